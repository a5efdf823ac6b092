"""Keeps watch over every address of the wallet: what was shown or seen, and all that is ready to be."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from pillarbox.accounts.kind import UsageProof
from pillarbox.chain.usage import UsageSource, Watch
from pillarbox.model.address import DerivedAddress
from pillarbox.storage import addresses
from pillarbox.storage.database import Database, Tx
from pillarbox.wallet.open_accounts import OpenAccount, OpenAccounts
from pillarbox.wallet.usage_recording import UsageRecording

CHUNK = 2_000


class Watching:
    """A service: one watch over the chain for the whole wallet, for as long as it is open."""

    name = "watching"

    def __init__(
        self,
        accounts: OpenAccounts,
        db: Database,
        source: Callable[[], Awaitable[UsageSource]],
        recording: UsageRecording,
    ) -> None:
        self._accounts = accounts
        self._db = db
        self._source = source
        self._recording = recording
        self._watch: Watch | None = None
        self._unknown: set[bytes] = set()
        """Scripts that are watched and were not told of yet."""
        self._caught_up = asyncio.Event()

    async def caught_up(self) -> None:
        """Return once the state of every watched address is known and recorded."""
        await self._caught_up.wait()

    async def run(self) -> None:
        """Watch until cancelled."""
        source = await self._source()
        self._watch = watch = source.watch()
        try:
            for account in tuple(self._accounts):
                await self._add_account(watch, account)
            self._tell_when_caught_up()
            async for histories in watch:
                await self._recording.record(histories)
                self._unknown.difference_update(history.watch_key for history in histories)
                self._tell_when_caught_up()
        finally:
            self._watch = None
            self._unknown.clear()
            self._caught_up.clear()
            await watch.aclose()

    def add(self, rows: Sequence[DerivedAddress]) -> None:
        """Watch new rows too. Before `run` they are found in the database by it."""
        if self._watch is not None:
            self._add(self._watch, [row.watch_key for row in rows])

    def _add(self, watch: Watch, scripts: Sequence[bytes]) -> None:
        self._unknown.update(scripts)
        self._caught_up.clear()
        watch.add(scripts)

    def _tell_when_caught_up(self) -> None:
        if not self._unknown:
            self._caught_up.set()

    async def _add_account(self, watch: Watch, account: OpenAccount) -> None:
        if account.kind.usage is not UsageProof.CHAIN:
            return
        for branch in account.branches.values():
            # Every row there is, not only the pool's window: the window may reach any of them again unseen.
            for start in range(0, branch.pool.count, CHUNK):
                chunk = range(start, min(start + CHUNK, branch.pool.count))

                def read(tx: Tx, chunk: range = chunk, number: int = branch.branch.number) -> list[bytes]:
                    return addresses.watch_keys(tx, account.account.id, number, chunk)

                self._add(watch, await self._db.read(read))
