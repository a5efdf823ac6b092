"""How often an indexer is asked."""

from pillarbox.clock import Clock


class Rate:
    """Gives turns: `burst` at once, then `per_second`; none while the server asked for a pause."""

    def __init__(self, clock: Clock, per_second: float, burst: int) -> None:
        self._clock = clock
        self._per_second = per_second
        self._burst = burst
        self._left = float(burst)
        self._since = clock.monotonic()
        self._paused_until = self._since

    def pause(self, seconds: float) -> None:
        """Give no turn for so long."""
        self._paused_until = max(self._paused_until, self._clock.monotonic() + seconds)

    async def turn(self) -> None:
        """Return once a question may be asked."""
        while (due := self._due()) is not None:
            await self._clock.sleep_until(due)

    def _due(self) -> float | None:
        """When to look again; None takes a turn now."""
        now = self._clock.monotonic()
        self._left = min(float(self._burst), self._left + (now - self._since) * self._per_second)
        self._since = now
        if now < self._paused_until:
            return self._paused_until
        if self._left < 1:
            return now + (1 - self._left) / self._per_second
        self._left -= 1
        return None
