"""Keeps watch over every address of the wallet: what was shown or seen, and all that is ready to be."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from pillarbox.accounts.kind import UsageProof
from pillarbox.chain.usage import UsageSource, Watch
from pillarbox.model.account import AccountId
from pillarbox.model.address import DerivedAddress
from pillarbox.model.payment import ScriptHistory, Sighting
from pillarbox.storage import addresses, chain_history
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
        self._all_added = False
        self._unknown: set[bytes] = set()
        """Scripts that are watched and were not told of yet."""
        self._refused: set[bytes] = set()
        """Scripts that no server would tell of."""
        self._caught_up = asyncio.Event()

    @property
    def refused(self) -> int:
        """Of how many addresses no server would tell: what they received is not known."""
        return len(self._refused)

    def tells_of(self, script: bytes) -> bool:
        """Whether the watch has told of a script of the wallet, and so will of every change of it."""
        return self._all_added and script not in self._unknown and script not in self._refused

    async def caught_up(self) -> None:
        """Return once the state of every watched address is known and recorded, or refused."""
        await self._caught_up.wait()

    async def run(self) -> None:
        """Watch until cancelled."""
        source = await self._source()
        self._watch = watch = source.watch()
        try:
            for account in tuple(self._accounts):
                await self._add_account(watch, account)
            self._all_added = True
            self._tell_when_caught_up()
            async for histories in watch:
                self._note_told(histories)
                await self._recording.record(histories)
                self._tell_when_caught_up()
        finally:
            self._watch = None
            self._all_added = False
            self._unknown.clear()
            self._refused.clear()
            self._caught_up.clear()
            await watch.aclose()

    def add(self, account: AccountId, rows: Sequence[DerivedAddress]) -> None:
        """Watch new rows of an account too. Before `run` they are found in the database by it."""
        if self._watch is not None and self._accounts.get(account).kind.usage is UsageProof.CHAIN:
            self._add(self._watch, [row.watch_key for row in rows], ())

    def _add(self, watch: Watch, scripts: Sequence[bytes], seen: Sequence[Sighting]) -> None:
        self._unknown.update(scripts)
        self._caught_up.clear()
        watch.add(scripts, seen)

    def _note_told(self, histories: Sequence[ScriptHistory]) -> None:
        self._unknown.difference_update(history.watch_key for history in histories)
        self._refused.difference_update(history.watch_key for history in histories)
        self._refused.update(history.watch_key for history in histories if history.refused)

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

                def read(
                    tx: Tx, chunk: range = chunk, number: int = branch.branch.number
                ) -> tuple[list[bytes], list[Sighting]]:
                    place = account.account.id, number
                    seen = chain_history.proven(tx, *place, chunk.start, chunk.stop)
                    return addresses.watch_keys(tx, *place, chunk), seen

                self._add(watch, *await self._db.read(read))
