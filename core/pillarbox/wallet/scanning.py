"""Finds which addresses were ever used, under the gap rule: resumable, cancellable, and widened later."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Coroutine, Sequence
from dataclasses import dataclass

from pillarbox.chain.usage import UsageSource
from pillarbox.events import Publish, ScanProgressed
from pillarbox.model.account import AccountId, ScanState, WalletId
from pillarbox.model.address import AddressState, DerivedAddress
from pillarbox.model.network import Chain
from pillarbox.model.payment import ScriptHistory
from pillarbox.model.progress import Progress
from pillarbox.pool.discovery import GapWalk
from pillarbox.storage import addresses, scans
from pillarbox.storage.database import Database, Tx
from pillarbox.wallet.open_accounts import OpenAccount, OpenAccounts, OpenBranch, service_name
from pillarbox.wallet.usage_recording import UsageRecording

CHUNK = 400
"""How many scripts are asked about at once."""

SetScanState = Callable[[AccountId, ScanState], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A scan that was asked for."""

    account: AccountId
    gap_limit: int
    further: int = 0
    """How much further than the widest scan before it."""


class ChainScanning:
    """A service: scans the accounts of one chain one after the other."""

    def __init__(
        self,
        chain: Chain,
        unscanned: Callable[[Chain], Collection[_Wanted]],
        scan: Callable[[_Wanted], Coroutine[None, None, None]],
        ended: Callable[[AccountId], None],
    ) -> None:
        """`unscanned`: the accounts whose past is not known. `ended` is told of each scan that stops."""
        self.name = service_name("scanning", chain)
        self._chain = chain
        self._unscanned = unscanned
        self._scan = scan
        self._ended = ended
        self._queue: deque[_Wanted] = deque()
        self._wake = asyncio.Event()
        self._current: tuple[_Wanted, asyncio.Task[None]] | None = None

    async def run(self) -> None:
        """Scan what is unscanned, then whatever is asked for, until cancelled.

        Raises what a scan raises; it is the first to be scanned again then.
        """
        for wanted in self._unscanned(self._chain):
            self.want(wanted)
        while True:
            while not self._queue:
                self._wake.clear()
                await self._wake.wait()
            wanted = self._queue.popleft()
            task = asyncio.create_task(self._scan(wanted))
            self._current = wanted, task
            try:
                await asyncio.wait([task])
            finally:
                if not task.done():
                    task.cancel()
                    await asyncio.gather(task, return_exceptions=True)
                self._current = None
                if not task.cancelled() and task.exception() is not None:
                    self._queue.appendleft(wanted)
                self._ended(wanted.account)
            if not task.cancelled():
                task.result()

    def want(self, wanted: _Wanted) -> None:
        """Scan, unless one that looks as far is under way or waits: a wider one follows it."""
        others = [*self._queue, *((self._current[0],) if self._current else ())]
        if not any(each.account == wanted.account and each.gap_limit >= wanted.gap_limit for each in others):
            self._enqueue(wanted)

    def want_further(self, wanted: _Wanted) -> None:
        """Scan after what is under way, once."""
        if not any(each.account == wanted.account and each.further for each in self._queue):
            self._enqueue(wanted)

    def cancel(self, account: AccountId) -> None:
        self._queue = deque(wanted for wanted in self._queue if wanted.account != account)
        if self._current is not None and self._current[0].account == account:
            self._current[1].cancel()

    def is_running(self, account: AccountId) -> bool:
        waiting = any(wanted.account == account for wanted in self._queue)
        return waiting or (self._current is not None and self._current[0].account == account)

    def _enqueue(self, wanted: _Wanted) -> None:
        self._queue.append(wanted)
        self._wake.set()


class Scanning:
    """A service for each chain that an account needs, those whose past is unknown first of all."""

    name = "scanning"
    """What the names of its services begin with."""

    def __init__(  # noqa: PLR0913, PLR0917  # a service is given exactly what it needs
        self,
        wallet: WalletId,
        accounts: OpenAccounts,
        db: Database,
        source: Callable[[Chain], Awaitable[UsageSource]],
        recording: UsageRecording,
        publish: Publish,
        set_scan_state: SetScanState,
        told_by_watch: Callable[[Chain, bytes], bool],
    ) -> None:
        """`told_by_watch`: whether a watch over a chain tells of a script, and has."""
        self._wallet = wallet
        self._accounts = accounts
        self._db = db
        self._source = source
        self._recording = recording
        self._publish = publish
        self._set_scan_state = set_scan_state
        self._told_by_watch = told_by_watch
        self._keep: Callable[[ChainScanning], None] | None = None
        self._services: dict[Chain, ChainScanning] = {}
        self.progress: dict[AccountId, Progress] = {}

    def begin(self, keep: Callable[[ChainScanning], None]) -> None:
        """Scan what is unscanned, and what is asked for. `keep` runs a service as long as the wallet."""
        self._keep = keep
        for service in self._services.values():
            keep(service)
        for account in self._accounts:
            if account.told_by_chain:
                self._service(account)

    def start(self, account: AccountId, gap_limit: int | None = None) -> None:
        """Scan an account, again or for the first time; with a larger gap it looks further.

        One that is under way and looks as far is left to it; a wider one follows it.
        """
        opened = self._accounts.get(account)
        if opened.told_by_chain:
            gap = max(gap_limit or 0, opened.account.gap_limit)
            self._service(opened).want(_Wanted(account, gap))

    def go_on(self, account: AccountId) -> None:
        """Rows were made ahead: scan them, if that is what the last scan ended for."""
        opened = self._accounts.get(account)
        if opened.lacks_rows:
            opened.lacks_rows = False
            self.start(account)

    def widen(self, account: AccountId) -> None:
        """Look further than any scan before ("Scan more addresses"), by one more gap of the kind's own.

        While a scan is under way this follows it, once, however often it was asked for.
        """
        opened = self._accounts.get(account)
        if opened.told_by_chain:
            wanted = _Wanted(account, opened.account.gap_limit, opened.kind.gap_limit)
            self._service(opened).want_further(wanted)

    def cancel(self, account: AccountId) -> None:
        """Stop scanning an account. What was found stays, and the next scan goes on from there."""
        for service in self._services.values():
            service.cancel(account)

    def is_running(self, account: AccountId) -> bool:
        """Whether an account is being scanned or waits for its turn."""
        return any(service.is_running(account) for service in self._services.values())

    def _service(self, account: OpenAccount) -> ChainScanning:
        chain = account.chain
        if chain not in self._services:
            self._services[chain] = made = ChainScanning(chain, self._unscanned, self._scan, self._tell_end)
            if self._keep is not None:
                self._keep(made)
        return self._services[chain]

    def _unscanned(self, chain: Chain) -> list[_Wanted]:
        return [
            _Wanted(opened.account.id, opened.account.gap_limit)
            for opened in self._accounts
            if opened.told_by_chain
            and opened.chain == chain
            and opened.account.scan_state in (ScanState.UNSCANNED, ScanState.SCANNING)
        ]

    async def _scan(self, wanted: _Wanted) -> None:
        account = self._accounts.get(wanted.account)
        if account.account.scan_state is ScanState.UNSCANNED:
            await self._set_scan_state(wanted.account, ScanState.SCANNING)
        source = await self._source(account.chain)
        walks = await self._resume(account, wanted)
        recorded = {id(walk): walk.progress for walk in walks}
        try:
            async with asyncio.TaskGroup() as group:
                for branch, walk in zip(account.paid_branches, walks, strict=True):
                    group.create_task(self._walk(branch, walk, recorded, source))
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from None
        account.lacks_rows = not all(walk.done for walk in walks)
        if account.lacks_rows:
            await self._db.write(lambda tx: _save_all(tx, account, walks))
            await self._set_scan_state(wanted.account, ScanState.UNSCANNED)
        elif all(walk.first_refused is None for walk in walks):
            await self._set_scan_state(wanted.account, ScanState.SCANNED)

    async def _resume(self, account: OpenAccount, wanted: _Wanted) -> list[GapWalk]:
        """Walks that go on where earlier ones stood, none of them less far."""
        numbers = [branch.branch.number for branch in account.paid_branches]
        saved = await self._db.read(lambda tx: [scans.load(tx, wanted.account, each) for each in numbers])
        gap_limit = max([wanted.gap_limit, *(scan.gap for scan in saved if scan)]) + wanted.further
        return [
            GapWalk.resume(gap_limit, scan, branch.pool.stats().highest_used)
            for branch, scan in zip(account.paid_branches, saved, strict=True)
        ]

    async def _walk(
        self, branch: OpenBranch, walk: GapWalk, recorded: dict[int, Progress], source: UsageSource
    ) -> None:
        """Walk one branch; `recorded` is what all branches have found and stored, for the progress told."""
        place = branch.account, branch.branch.number
        while asked := self._within_reach(branch, walk.ask(CHUNK)):
            await self._derive(branch, asked.stop)

            def stored(tx: Tx, asked: range = asked) -> list[DerivedAddress]:
                return addresses.derived(tx, *place, asked.start, asked.stop)

            # In the writer's queue: rows that others derived may still be on their way to the disk.
            rows = await self._db.write(stored)
            histories = await source.history([row.watch_key for row in rows])
            self._take(branch, walk, asked, rows, histories)

            def save(tx: Tx) -> None:
                _save(tx, branch, walk)

            await self._record(branch, [history for history in histories if history.touched], save)
            recorded[id(walk)] = walk.progress
            self._tell(branch.account, _together(recorded.values()), running=True)

    @staticmethod
    def _within_reach(branch: OpenBranch, asked: range) -> range:
        """What can be asked about: where each address takes the words, only the rows that were made ahead."""
        if branch.key_source is not None:
            return asked
        return range(asked.start, max(asked.start, min(asked.stop, branch.pool.count)))

    def _take(
        self,
        branch: OpenBranch,
        walk: GapWalk,
        asked: range,
        rows: Sequence[DerivedAddress],
        histories: Sequence[ScriptHistory],
    ) -> None:
        chain = self._accounts.get(branch.account).chain
        used: list[int] = []
        refused: list[int] = []
        for row, history in zip(rows, histories, strict=True):
            if history.touched or branch.pool.state(row.index) is AddressState.USED:
                used.append(row.index)
            elif history.refused and not self._told_by_watch(chain, row.watch_key):
                refused.append(row.index)
        walk.take(asked, used, refused)

    async def _record(
        self, branch: OpenBranch, touched: Sequence[ScriptHistory], save: Callable[[Tx], None]
    ) -> None:
        """Record what was found. Of what a watch tells of, only that it was used: what it tells is newer."""
        chain = self._accounts.get(branch.account).chain
        told = [history.watch_key for history in touched if self._told_by_watch(chain, history.watch_key)]
        untold = [history for history in touched if not self._told_by_watch(chain, history.watch_key)]
        await self._recording.record(untold, save, used=told, chain=chain)

    async def _derive(self, branch: OpenBranch, count: int) -> None:
        """Rows up to `count` exist and are stored before anything is asked about them."""
        if branch.key_source is None or count <= len(branch.pool.texts):
            return
        await asyncio.to_thread(branch.pool.ensure, branch.key_source, count)
        await self._recording.store_derived(branch)

    def _tell_end(self, account: AccountId) -> None:
        self._tell(account, self.progress.get(account, Progress(0, None)), running=False)

    def _tell(self, account: AccountId, progress: Progress, *, running: bool) -> None:
        self.progress[account] = progress
        revision = self._accounts.revisions.next()
        self._publish(ScanProgressed(self._wallet, revision, account, progress, running))


def _save(tx: Tx, branch: OpenBranch, walk: GapWalk) -> None:
    """From here another walk goes on, no less far."""
    highest_used = walk.highest_used if walk.highest_used >= 0 else None
    scans.save(tx, branch.account, branch.branch.number, walk.known_to, highest_used, walk.gap_limit)


def _save_all(tx: Tx, account: OpenAccount, walks: Sequence[GapWalk]) -> None:
    for branch, walk in zip(account.paid_branches, walks, strict=True):
        _save(tx, branch, walk)


def _together(told: Collection[Progress]) -> Progress:
    """The progress of an account: of all its branches."""
    total = sum(progress.total or 0 for progress in told)
    return Progress(sum(progress.done for progress in told), total, sum(progress.found for progress in told))
