"""Finds which addresses were ever used, under the gap rule: resumable, cancellable, and widened later."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Collection

from pillarbox.accounts.kind import UsageProof
from pillarbox.chain.usage import UsageSource
from pillarbox.events import Publish, ScanProgressed
from pillarbox.model.account import AccountId, ScanState, WalletId
from pillarbox.model.address import DerivedAddress
from pillarbox.model.progress import Progress
from pillarbox.pool.discovery import GapWalk
from pillarbox.storage import addresses, scans
from pillarbox.storage.database import Database, Tx
from pillarbox.wallet.open_accounts import OpenAccount, OpenAccounts, OpenBranch
from pillarbox.wallet.usage_recording import UsageRecording

CHUNK = 400
"""How many scripts are asked about at once."""

SetScanState = Callable[[AccountId, ScanState], Awaitable[None]]


class Scanning:
    """A service: scans accounts one after the other, those whose past is unknown first of all."""

    name = "scanning"

    def __init__(  # a service is given exactly what it needs
        self,
        wallet: WalletId,
        accounts: OpenAccounts,
        db: Database,
        source: Callable[[], Awaitable[UsageSource]],
        recording: UsageRecording,
        publish: Publish,
        set_scan_state: SetScanState,
    ) -> None:
        self._wallet = wallet
        self._accounts = accounts
        self._db = db
        self._source = source
        self._recording = recording
        self._publish = publish
        self._set_scan_state = set_scan_state
        self._queue: deque[tuple[AccountId, int]] = deque()
        self._wake = asyncio.Event()
        self._current: tuple[AccountId, asyncio.Task[None]] | None = None
        self.progress: dict[AccountId, Progress] = {}

    async def run(self) -> None:
        """Scan what is unscanned, then whatever is asked for, until cancelled."""
        for opened in self._accounts:
            if opened.account.scan_state in (ScanState.UNSCANNED, ScanState.SCANNING):
                self.start(opened.account.id)
        while True:
            while not self._queue:
                self._wake.clear()
                await self._wake.wait()
            account, gap_limit = self._queue.popleft()
            task = asyncio.create_task(self._scan(self._accounts.get(account), gap_limit))
            self._current = account, task
            try:
                await asyncio.wait([task])
            finally:
                if not task.done():
                    task.cancel()
                    await asyncio.gather(task, return_exceptions=True)
                self._current = None
                self._tell(account, self.progress.get(account, Progress(0, None)), running=False)
            if not task.cancelled():
                task.result()

    def start(self, account: AccountId, gap_limit: int | None = None) -> None:
        """Scan an account, again or for the first time; with a larger gap it looks further ("Scan more")."""
        opened = self._accounts.get(account)
        if opened.kind.usage is not UsageProof.CHAIN or self.is_running(account):
            return
        self._queue.append((account, max(gap_limit or 0, opened.account.gap_limit)))
        self._wake.set()

    def cancel(self, account: AccountId) -> None:
        """Stop scanning an account. What was found stays, and the next scan goes on from there."""
        self._queue = deque(entry for entry in self._queue if entry[0] != account)
        if self._current is not None and self._current[0] == account:
            self._current[1].cancel()

    def is_running(self, account: AccountId) -> bool:
        """Whether an account is being scanned or waits for its turn."""
        waiting = any(entry[0] == account for entry in self._queue)
        return waiting or (self._current is not None and self._current[0] == account)

    async def _scan(self, account: OpenAccount, gap_limit: int) -> None:
        known = account.account.scan_state
        if known is ScanState.UNSCANNED:
            await self._set_scan_state(account.account.id, ScanState.SCANNING)
        source = await self._source()
        walks = [await self._resume(account, branch, gap_limit) for branch in account.branches.values()]
        recorded = {id(walk): walk.progress for walk in walks}
        async with asyncio.TaskGroup() as group:
            for branch, walk in zip(account.branches.values(), walks, strict=True):
                group.create_task(self._walk(branch, walk, recorded, source))
        await self._set_scan_state(account.account.id, ScanState.SCANNED)

    async def _resume(self, account: OpenAccount, branch: OpenBranch, gap_limit: int) -> GapWalk:
        saved = await self._db.read(lambda tx: scans.load(tx, account.account.id, branch.branch.number))
        return GapWalk.resume(gap_limit, saved)

    async def _walk(
        self, branch: OpenBranch, walk: GapWalk, recorded: dict[int, Progress], source: UsageSource
    ) -> None:
        """Walk one branch; `recorded` is what all branches have found and stored, for the progress told."""
        place = branch.account, branch.branch.number
        while asked := walk.ask(CHUNK):
            await self._derive(branch, asked.stop)

            def stored(tx: Tx, asked: range = asked) -> list[DerivedAddress]:
                return addresses.derived(tx, *place, asked.start, asked.stop)

            # In the writer's queue: rows that others derived may still be on their way to the disk.
            rows = await self._db.write(stored)
            histories = await source.history([row.watch_key for row in rows])
            touched = [history for history in histories if history.touched]
            used = [row.index for row, history in zip(rows, histories, strict=True) if history.touched]
            walk.take(asked, used)

            def save(tx: Tx) -> None:
                highest_used = walk.highest_used if walk.highest_used >= 0 else None
                scans.save(tx, *place, walk.scanned_to, highest_used, walk.gap_limit)

            await self._recording.record(touched, save)
            recorded[id(walk)] = walk.progress
            self._tell(branch.account, _together(recorded.values()), running=True)

    async def _derive(self, branch: OpenBranch, count: int) -> None:
        """Rows up to `count` exist and are stored before anything is asked about them."""
        if branch.key_source is None or count <= len(branch.pool.texts):
            return
        await asyncio.to_thread(branch.pool.ensure, branch.key_source, count)
        await self._recording.store_derived(branch)

    def _tell(self, account: AccountId, progress: Progress, *, running: bool) -> None:
        self.progress[account] = progress
        revision = self._accounts.revisions.next()
        self._publish(ScanProgressed(self._wallet, revision, account, progress, running))


def _together(told: Collection[Progress]) -> Progress:
    """The progress of an account: of all its branches."""
    total = sum(progress.total or 0 for progress in told)
    return Progress(sum(progress.done for progress in told), total, sum(progress.found for progress in told))
