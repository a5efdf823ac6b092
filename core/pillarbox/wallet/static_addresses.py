"""Deposits to static addresses, kept as the chain tells of them, and what each may be used for."""

import asyncio
from dataclasses import dataclass

from pillarbox.clock import Clock, wait_until
from pillarbox.events import LoopChanged, Publish
from pillarbox.loop import deposits as rules
from pillarbox.loop.deposits import Standing, Use
from pillarbox.model.account import AccountId, WalletId
from pillarbox.model.network import Network
from pillarbox.storage import static_addresses
from pillarbox.storage import static_deposits as stored
from pillarbox.storage.database import Database, Tx
from pillarbox.storage.static_deposits import Deposit, Step
from pillarbox.wallet.loop_generations import KeptStatic, every_static, static_of
from pillarbox.wallet.loop_surroundings import Blocks
from pillarbox.wallet.revisions import Revisions

POLL = 10.0
"""Seconds between two looks while a deposit waits for its block."""
BLOCK_TIME = 600
"""Seconds that a block takes on average."""


@dataclass(frozen=True, slots=True)
class Recovery:
    """From when on a deposit needs no server: a height, and when that is likely to be (Unix seconds)."""

    height: int
    at: int


@dataclass(frozen=True, slots=True)
class Listed:
    """A deposit with what follows from it. `recovery` is None while it waits for its block."""

    deposit: Deposit
    standing: Standing
    recovery: Recovery | None
    expired: bool


class StaticAddresses:
    """A service: one pass at a time, at the start, at each block, and while a deposit waits for one."""

    name = "static addresses"

    def __init__(  # a service is given exactly what it needs
        self,
        wallet: WalletId,
        network: Network,
        revisions: Revisions,
        db: Database,
        blocks: Blocks,
        publish: Publish,
        clock: Clock,
    ) -> None:
        self._wallet = wallet
        self._network = network
        self._revisions = revisions
        self._db = db
        self._blocks = blocks
        self._publish = publish
        self._clock = clock
        self._wake = asyncio.Event()
        self._passing = asyncio.Lock()

    async def run(self) -> None:
        """Until cancelled."""
        end = self._blocks.on_block(self._network, lambda _height: self.wake())
        try:
            while True:
                self._wake.clear()
                await self.reconcile()
                waiting = await self._db.read(stored.any_unconfirmed)
                again_at = self._clock.monotonic() + POLL if waiting else None
                await wait_until(self._clock, again_at, self._wake)
        finally:
            end()

    def wake(self) -> None:
        """Something was told of a chain. Returns at once, whatever is under way."""
        self._wake.set()

    async def reconcile(self) -> None:
        """One pass."""
        async with self._passing:
            if not await self._db.read(static_addresses.bound):
                return
            at, tip = self._clock.now(), self._blocks.height(self._network)
            changed = await self._db.write(lambda tx: stored.reconcile(tx, tip, at))
            for account in sorted(changed):
                self._publish(LoopChanged(self._wallet, self._revisions.next(), account))

    async def accounts(self) -> list[KeptStatic]:
        """Each with its token."""
        return await self._db.read(every_static)

    async def listed(self, account: AccountId) -> list[Listed]:
        """Those that are there and not in use: only these may be shown as money."""
        every = await self.history(account)
        usable = {each.outpoint for each in rules.listed(each.standing for each in every)}
        return [each for each in every if each.deposit.outpoint in usable]

    async def history(self, account: AccountId) -> list[Listed]:
        """Every deposit there ever was, those that vanished or were spent too."""

        def read(tx: Tx) -> tuple[int, list[Deposit]]:
            return static_of(tx, account).expiry, stored.deposits(tx, account)

        expiry, found = await self._db.read(read)
        return [self._listed(deposit, expiry) for deposit in found]

    async def steps(self, deposit: Deposit) -> list[Step]:
        """The states it came to, in order."""
        return await self._db.read(lambda tx: stored.steps(tx, deposit))

    async def eligible(self, account: AccountId, use: Use) -> list[Standing]:
        """What an automatic choice may take for `use`, in the order it should."""
        standing = [each.standing for each in await self.history(account)]
        return rules.eligible(standing, use, self._blocks.height(self._network))

    async def earliest_recovery(self, account: AccountId) -> Recovery | None:
        """When the first of the deposits needs no server any more; None where none is in a block."""
        found = [each.recovery for each in await self.listed(account) if each.recovery is not None]
        return min(found, key=lambda recovery: recovery.height, default=None)

    def _listed(self, deposit: Deposit, expiry: int) -> Listed:
        standing, tip = deposit.standing(expiry), self._blocks.height(self._network)
        height = standing.recoverable_at()
        recovery = None
        if height is not None:
            recovery = Recovery(height, self._clock.now() + BLOCK_TIME * max(0, height - tip))
        return Listed(deposit, standing, recovery, standing.expired(tip))
