"""When what failed is tried again."""

from collections.abc import Iterator
from contextlib import contextmanager

from pillarbox.clock import Clock
from pillarbox.errors import ErrorText, PillarboxError

FIRST_RETRY, LAST_RETRY = 2.0, 300.0
"""Seconds until the first attempt after a failure, and at most between two."""


class Retry:
    """Why the last attempt failed, until one succeeds; each failure doubles the wait for the next."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._pause = FIRST_RETRY
        self._again_at = 0.0
        self.failure: ErrorText | None = None
        self.failed_at: int | None = None
        """Unix seconds."""

    def failed(self, error: PillarboxError) -> None:
        self.failure, self.failed_at = error.text, self._clock.now()
        self._again_at = self._clock.monotonic() + self._pause
        self._pause = min(self._pause * 2, LAST_RETRY)

    def succeeded(self) -> None:
        self.went_on()
        self._pause = FIRST_RETRY

    def went_on(self) -> None:
        """It works again, as far as was tried: what may fail once more is not tried sooner for it."""
        self.failure = self.failed_at = None

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """What fails in here is noted, and raised; otherwise it went on."""
        try:
            yield
        except PillarboxError as error:
            self.failed(error)
            raise
        self.went_on()

    @property
    def left(self) -> float:
        """Seconds until it is to be tried again."""
        return 0.0 if self.failure is None else max(self._again_at - self._clock.monotonic(), 0.0)
