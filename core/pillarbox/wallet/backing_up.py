"""The wallet's own backups: written after every change that matters, proven, and told of truthfully."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from pillarbox.backup.status import BackupPassphraseNeededError, Situation, status
from pillarbox.clock import Clock, wait_until
from pillarbox.errors import InvalidInputError, PillarboxError
from pillarbox.events import BackupStatusChanged, Publish
from pillarbox.model.account import WalletId
from pillarbox.model.backup import BackupFile, BackupPhase, BackupStatus
from pillarbox.secret import Secret
from pillarbox.storage import meta
from pillarbox.storage.backups import Written
from pillarbox.storage.database import Database, Tx
from pillarbox.vault.sealed_words import RecoveryWords
from pillarbox.wallet import backup_folders, backup_sealing
from pillarbox.wallet.backup_copies import LOOK_EVERY, BackupCopies
from pillarbox.wallet.backup_sealing import Sealing
from pillarbox.wallet.backup_shelf import BackupShelf, Stock
from pillarbox.wallet.retry import Retry
from pillarbox.wallet.revisions import Revisions

log = logging.getLogger(__name__)

NOTICE = 0.05
"""Seconds from a commit until it is looked at: commits come in bursts."""
GATHER = 0.2
"""Seconds in which further changes join a backup: a hand-out is in one within a second."""
QUIET, AT_MOST = 10.0, 60.0
"""Seconds without a change before the newest is proven; and how long changes may put that off."""
DRILL_EVERY = 7 * 86_400

Proof = Callable[[Written, Sealing], Awaitable[None]]


class BackingUp:
    """Also a service: it writes by itself, proves what it wrote, and tries again what failed."""

    name = "backing-up"

    def __init__(
        self,
        wallet: WalletId,
        shelf: BackupShelf,
        db: Database,
        revisions: Revisions,
        publish: Publish,
        clock: Clock,
    ) -> None:
        self._wallet = wallet
        self._shelf = shelf
        self._db = db
        self._revisions = revisions
        self._publish = publish
        self._clock = clock
        self._one_at_a_time = asyncio.Lock()
        self._one_proof = asyncio.Lock()
        self._changed = asyncio.Event()
        self.copies = BackupCopies(shelf, clock, self._changed.set)
        """A service beside this one: the data folder waits for no other."""
        self.folders_changed: Callable[[], None] = _nothing
        """Told when further folders were named or taken off."""
        self._retry = Retry(clock)
        self._changed_at = 0.0
        self._seen = -1
        """The revision that the wallet came to at `_changed_at`."""
        self._unproven_since: float | None = None
        self._was_verified = False
        """One was, since the wallet was opened: where they change all the time, a drill's turn comes too."""
        self._due_at: float | None = None
        """When what is not in a backup yet is to be written; None where all is."""
        self._tried = -1
        """The revision of the last attempt: what changed since is tried at once."""
        self._proving: asyncio.Task[None] | None = None
        """A proof takes its time, and what changes meanwhile does not wait for it."""
        self.status = BackupStatus(BackupPhase.NEVER)
        db.call_after_commits(self._changed.set)

    @property
    def home(self) -> str:
        """The data folder's own place for this wallet's backups."""
        return self._shelf.home

    async def run(self) -> None:
        """Until cancelled."""
        try:
            while True:
                self._changed.clear()
                async with self._one_at_a_time:
                    pause = await self._step(await self._take_stock())
                await wait_until(self._clock, self._clock.monotonic() + pause, self._changed)
                if self._changed.is_set():
                    await self._clock.sleep_until(self._clock.monotonic() + NOTICE)
        finally:
            if self._proving is not None:
                self._proving.cancel()
                await asyncio.gather(self._proving, return_exceptions=True)
                self._proving = None

    async def finish(self) -> None:
        """The wallet is being closed: write what is not in a backup yet. A failure is told in the log."""
        try:
            await self._write_newest()
        except PillarboxError as error:
            log.warning("no backup could be written at the end: %s", error.code)

    async def look(self) -> BackupStatus:
        """How it is at this moment: the folders are looked at again, and given what they lack."""
        await self.copies.bring()
        await self._take_stock()
        return self.status

    async def now(self, to: Path | None = None) -> list[BackupFile]:
        """Write a backup now, into every folder and `to`, and verify it; the files it is in.

        Where nothing changed since the last one, that one is verified, and put where it is not yet. Raises
        BackupPassphraseNeededError, DiskFullError, FolderUnusableError, what `backup_proof.verify` raises,
        and InvalidInputError for a `to` whose name is no text.
        """
        if to is not None:
            backup_folders.require_text(str(to))
        return await self._at_once(self._shelf.verify, to)

    async def drill(self) -> list[BackupFile]:
        """Restore the newest backup into a throwaway wallet, after writing it where need be.

        Raises as `now` does.
        """
        return await self._at_once(self._shelf.drill)

    async def write_bundle(self, words: RecoveryWords, passphrase: Secret, to: Path) -> BackupFile:
        """Write a file that also holds the words, and that the passphrase alone opens.

        Raises DiskFullError, FolderUnusableError, MemoryNeededError.
        """
        sealing = await backup_sealing.by_passphrase(passphrase)
        with sealing.key:
            return await self._shelf.bundle(sealing, backup_sealing.words_section(words), to)

    async def folders(self) -> tuple[str, ...]:
        """Further folders that every backup is put into."""
        return await self._db.read(backup_folders.named)

    async def set_folders(self, folders: Sequence[Path]) -> None:
        """Raises InvalidInputError for a new one that is not there."""
        plain = list(dict.fromkeys(str(folder) for folder in folders))
        known = await self.folders()
        backups, data = Path(self.home).parents[0], Path(self.home).parents[1]
        for folder in (each for each in plain if each not in known):
            backup_folders.require_text(folder)
            if not await asyncio.to_thread(Path(folder).is_dir):
                raise InvalidInputError(what="backup folder", why=f"There is no folder {folder}.")
            if Path(folder) == data or Path(folder).is_relative_to(backups):
                why = f"{folder} is in the data folder, which has them already, and is lost together with it."
                raise InvalidInputError(what="backup folder", why=why)

        def write(tx: Tx) -> None:
            backup_folders.name(tx, plain)
            meta.bump_revision(tx)

        await self._db.write(write)
        self.folders_changed()

    async def set_passphrase(self, passphrase: Secret) -> None:
        """For a wallet without words: what opens its backups from now on. Raises MemoryNeededError."""
        sealing = await backup_sealing.by_passphrase(passphrase)

        def write(tx: Tx) -> None:
            backup_sealing.keep_sealing(tx, sealing)
            meta.bump_revision(tx)

        with sealing.key:
            async with self._one_at_a_time:  # what is being written is recorded before its key is another
                await self._db.write(write)

    async def _at_once(self, prove: Proof, to: Path | None = None) -> list[BackupFile]:
        stock = await self._write_newest()
        if stock.sealing is None:
            raise BackupPassphraseNeededError
        newest = stock.newest
        if newest is None:  # taken away between two steps
            return []
        refused = await self.copies.bring()
        try:
            with self._retry.attempt():
                async with self._one_proof:
                    await prove(newest, stock.sealing)
        finally:
            stock = await self._take_stock()
        if to is not None:  # a refusal there says nothing of the wallet's own backups
            await self._shelf.put(str(to), await self._shelf.load(newest))
            stock = await self._take_stock()
        if refused is not None:
            raise refused
        return [file for file in stock.files if file.revision == newest.revision]

    async def _write_newest(self) -> Stock:
        """Whatever is not in a backup yet, where one can be sealed; how it is then."""
        async with self._one_at_a_time:
            stock = await self._take_stock()
            if stock.sealing is None or stock.is_current:
                return stock
            try:
                with self._retry.attempt():
                    await self._shelf.write(stock.sealing)
            finally:
                stock = await self._take_stock()
            return stock

    async def _step(self, stock: Stock) -> float:
        """Do what is due; returns after how many seconds to look again."""
        if stock.sealing is None:
            return LOOK_EVERY
        if stock.revision != self._seen:
            self._seen, self._changed_at = stock.revision, self._clock.monotonic()
        if stock.revision == self._tried and (left := self._retry.left) > 0:
            return left
        self._tried = stock.revision
        try:
            self._take_proof()
            return await self._do_next(stock, stock.sealing)
        except PillarboxError as error:
            self._retry.failed(error)
            return 0.0

    async def _do_next(self, stock: Stock, sealing: Sealing) -> float:
        pause = self._prove_when_due(stock, sealing)
        if stock.is_current:
            self._due_at = None
            return pause
        if (left := self._gathering()) > 0:
            return left
        await self._shelf.write(sealing)
        self._due_at = None
        self._retry.went_on()
        self.copies.wake()
        return 0.0

    def _prove_when_due(self, stock: Stock, sealing: Sealing) -> float:
        """Begin a proof whose time has come; returns after how many seconds to look again."""
        if self._proving is not None or self._one_proof.locked() or stock.newest is None:
            return LOOK_EVERY  # one that was asked for is as good, and may be what is due
        proof = self._proof_due(stock.newest, stock)
        if proof is None:
            self._unproven_since = None
            if stock.is_current:
                self._retry.succeeded()
            return LOOK_EVERY
        now = self._clock.monotonic()
        if self._unproven_since is None:
            self._unproven_since = now
        left = min(self._changed_at + QUIET, self._unproven_since + AT_MOST) - now
        if left > 0:
            return left
        self._proving = asyncio.create_task(self._prove(proof, stock.newest, sealing), name="backup-proof")
        return LOOK_EVERY

    def _take_proof(self) -> None:
        """Raises what ended a proof that was under way."""
        if self._proving is not None and self._proving.done():
            proven, self._proving = self._proving, None
            proven.result()
            self._was_verified, self._unproven_since = True, None
            self._retry.succeeded()

    async def _prove(self, proof: Proof, newest: Written, sealing: Sealing) -> None:
        try:
            async with self._one_proof:
                await proof(newest, sealing)
        finally:
            self._changed.set()

    def _gathering(self) -> float:
        """How many seconds changes may still join the next backup."""
        now = self._clock.monotonic()
        if self._due_at is None:
            self._due_at = now + GATHER
        return self._due_at - now

    def _proof_due(self, newest: Written, stock: Stock) -> Proof | None:
        drilled = [each.drilled_at for each in stock.written if each.drilled_at is not None]
        drill_is_due = not drilled or self._clock.now() - max(drilled) >= DRILL_EVERY
        if newest.verified_at is None and not (drill_is_due and self._was_verified):
            return self._shelf.verify
        return self._shelf.drill if drill_is_due else None

    async def _take_stock(self) -> Stock:
        """What is known, told to whoever listens."""
        stock = await self._shelf.take_stock()
        failing = self._retry if self._retry.failure is not None else self.copies.retry
        found = status(
            Situation(
                stock.revision,
                stock.sealing is not None,
                stock.files,
                stock.missing_folders,
                failing.failure,
                failing.failed_at,
                stock.lacking,
            )
        )
        if found != self.status:
            self.status = found
            self._publish(BackupStatusChanged(self._wallet, self._revisions.next(), found))
        return stock


def _nothing() -> None:
    """Nobody is told."""
