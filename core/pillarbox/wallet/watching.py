"""Keeps watch over every address of the wallet: what was shown or seen, and all that is ready to be."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence

from pillarbox.chain.usage import UsageSource, Watch
from pillarbox.model.account import AccountId
from pillarbox.model.address import DerivedAddress
from pillarbox.model.network import Chain
from pillarbox.model.payment import ScriptHistory, Sighting
from pillarbox.storage import addresses, chain_history
from pillarbox.storage.database import Database, Tx
from pillarbox.wallet.open_accounts import OpenAccount, OpenAccounts, service_name
from pillarbox.wallet.usage_recording import UsageRecording

CHUNK = 2_000

Source = Callable[[Chain], Awaitable[UsageSource]]
"""What tells of a chain, as soon as there is a server for it."""


class ChainWatching:
    """A service: one watch over one chain for the whole wallet, for as long as it is open."""

    def __init__(
        self, chain: Chain, accounts: OpenAccounts, db: Database, source: Source, recording: UsageRecording
    ) -> None:
        self.name = service_name("watching", chain)
        self.chain = chain
        self.caught_up = asyncio.Event()
        """Whether the state of every watched address is known and recorded, or refused."""
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

    @property
    def refused(self) -> int:
        return len(self._refused)

    def tells_of(self, script: bytes) -> bool:
        return self._all_added and script not in self._unknown and script not in self._refused

    async def run(self) -> None:
        """Watch until cancelled."""
        source = await self._source(self.chain)
        self._watch = watch = source.watch()
        try:
            for account in tuple(self._accounts):
                if account.told_by_chain and account.chain == self.chain:
                    await self._add_account(watch, account)
            self._all_added = True
            self._tell_when_caught_up()
            async for histories in watch:
                self._note_told(histories)
                await self._recording.record(histories, chain=self.chain)
                self._tell_when_caught_up()
        finally:
            self._watch = None
            self._all_added = False
            self._unknown.clear()
            self._refused.clear()
            self.caught_up.clear()
            await watch.aclose()

    def add(self, rows: Sequence[DerivedAddress]) -> None:
        """Watch new rows of an account too. Before `run` they are found in the database by it."""
        if self._watch is not None:
            self._add(self._watch, [row.watch_key for row in rows], ())

    def _add(self, watch: Watch, scripts: Sequence[bytes], seen: Sequence[Sighting]) -> None:
        self._unknown.update(scripts)
        self.caught_up.clear()
        watch.add(scripts, seen)

    def _note_told(self, histories: Sequence[ScriptHistory]) -> None:
        self._unknown.difference_update(history.watch_key for history in histories)
        self._refused.difference_update(history.watch_key for history in histories)
        self._refused.update(history.watch_key for history in histories if history.refused)

    def _tell_when_caught_up(self) -> None:
        if not self._unknown:
            self.caught_up.set()

    async def _add_account(self, watch: Watch, account: OpenAccount) -> None:
        for branch in account.paid_branches:
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


class Watching:
    """A service for each chain that an account needs: one without a server delays no other."""

    name = "watching"
    """What the names of its services begin with."""

    def __init__(
        self, accounts: OpenAccounts, db: Database, source: Source, recording: UsageRecording
    ) -> None:
        self._accounts = accounts
        self._db = db
        self._source = source
        self._recording = recording
        self._keep: Callable[[ChainWatching], None] | None = None
        self._watches: dict[Chain, ChainWatching] = {}

    @property
    def refused(self) -> int:
        """Of how many addresses no server would tell: what they received is not known."""
        return sum(watch.refused for watch in self._watches.values())

    def tells_of(self, chain: Chain, script: bytes) -> bool:
        """Whether a chain's watch has told of a script of the wallet, and so will of every change of it."""
        return chain in self._watches and self._watches[chain].tells_of(script)

    async def caught_up(self, chains: Collection[Chain] | None = None) -> None:
        """Return once the state of every watched address is known and recorded, or refused.

        With `chains`, of those on these alone.
        """
        while waiting := [
            watch
            for chain, watch in self._watches.items()
            if (chains is None or chain in chains) and not watch.caught_up.is_set()
        ]:
            await waiting[0].caught_up.wait()

    def begin(self, keep: Callable[[ChainWatching], None]) -> None:
        """Watch what there is, and what is added later. `keep` runs a service for as long as the wallet."""
        self._keep = keep
        for account in self._accounts:
            self._require(account)

    def add(self, account: AccountId, rows: Sequence[DerivedAddress]) -> None:
        """Watch new rows of an account too, and with its first account a chain."""
        opened = self._accounts.get(account)
        self._require(opened)
        if opened.told_by_chain and opened.chain in self._watches:
            self._watches[opened.chain].add(rows)

    def _require(self, account: OpenAccount) -> None:
        chain = account.chain
        if self._keep is not None and account.told_by_chain and chain not in self._watches:
            watch = ChainWatching(chain, self._accounts, self._db, self._source, self._recording)
            self._watches[chain] = watch
            self._keep(watch)
