"""A chain that only the tour sees: it tells of the payments that the tour makes up."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence

from pillarbox.model.payment import ScriptHistory, Sighting
from pillarbox.model.progress import ConnectionPhase, ConnectionState


class SimulatedChain:
    """Answers as a server would; nothing is asked of a network. Belongs to one event loop."""

    state = ConnectionState(ConnectionPhase.CONNECTED, "Simulated chain", height=112)

    def __init__(self) -> None:
        self._histories: dict[bytes, ScriptHistory] = {}
        self._watches: list[SimulatedWatch] = []

    def pay(self, script: bytes, amount: int, *, height: int = 0) -> None:
        """A payment of so many satoshi is seen, in a block where `height` is given."""
        before = self.of(script).sightings
        txid = f"{len(self._histories) + 1:02x}" * 32
        seen = Sighting(script, txid, 0, amount, height, proven=height > 0)
        told = self._histories[script] = ScriptHistory(script, True, (*before, seen))
        for watch in self._watches:
            watch.tell(told)

    def of(self, script: bytes) -> ScriptHistory:
        return self._histories.get(script) or ScriptHistory(script, False, ())

    async def history(self, scripts: Sequence[bytes]) -> Sequence[ScriptHistory]:
        return [self.of(script) for script in scripts]

    def watch(self) -> "SimulatedWatch":
        watch = SimulatedWatch(self)
        self._watches.append(watch)
        return watch

    def forget(self, watch: "SimulatedWatch") -> None:
        self._watches.remove(watch)


class SimulatedWatch:
    """One wallet's standing question."""

    def __init__(self, chain: SimulatedChain) -> None:
        self._chain = chain
        self._scripts: set[bytes] = set()
        self._news: asyncio.Queue[list[ScriptHistory]] = asyncio.Queue()

    def add(self, scripts: Iterable[bytes], _seen: Iterable[Sighting] = ()) -> None:
        new = set(scripts) - self._scripts
        self._scripts |= new
        if new:
            self._news.put_nowait([self._chain.of(script) for script in new])

    def tell(self, history: ScriptHistory) -> None:
        if history.watch_key in self._scripts:
            self._news.put_nowait([history])

    def __aiter__(self) -> AsyncIterator[list[ScriptHistory]]:
        return self

    async def __anext__(self) -> list[ScriptHistory]:
        return await self._news.get()

    async def aclose(self) -> None:
        self._chain.forget(self)
