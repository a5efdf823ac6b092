"""Copies of the newest backup in the further folders that the user named; none of them holds anybody up."""

import asyncio
from collections.abc import Callable

from pillarbox.clock import Clock, wait_until
from pillarbox.errors import PillarboxError
from pillarbox.wallet.backup_shelf import BackupShelf
from pillarbox.wallet.retry import Retry

LOOK_EVERY = 30.0
"""Seconds between two looks at folders that come and go."""


class BackupCopies:
    """A service: looks at the folders, and puts the newest where it is not, as on a stick that is back."""

    name = "backup-copies"

    def __init__(self, shelf: BackupShelf, clock: Clock, told: Callable[[], None]) -> None:
        """`told` is called after each look: what is known may be other than before."""
        self._shelf = shelf
        self._clock = clock
        self._told = told
        self._one_at_a_time = asyncio.Lock()
        self._woken = asyncio.Event()
        self.retry = Retry(clock)

    def wake(self) -> None:
        """There is a newer one."""
        self._woken.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            self._woken.clear()
            await self.bring()
            self._told()
            again_at = self._clock.monotonic() + (self.retry.left or LOOK_EVERY)
            await wait_until(self._clock, again_at, self._woken)

    async def bring(self) -> PillarboxError | None:
        """Look at every folder, and copy what it lacks; the first refusal, once all were tried."""
        async with self._one_at_a_time:
            try:
                await self._shelf.look_around()
                await self._shelf.copy()
            except PillarboxError as error:
                self.retry.failed(error)
                return error
            self.retry.succeeded()
            return None
