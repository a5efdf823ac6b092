"""A wallet's backups where they lie: the data folder's place, and the further folders the user named."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

from pillarbox.accounts import Kinds
from pillarbox.backup.content import SectionLines
from pillarbox.backup.envelope import BackupError, WrongPassphraseError, WrongWordsError
from pillarbox.clock import Clock
from pillarbox.errors import PillarboxError
from pillarbox.model.backup import BackupFile
from pillarbox.storage import backups, meta
from pillarbox.storage.backups import Written
from pillarbox.storage.database import Database, Tx
from pillarbox.wallet import backup_files, backup_folders, backup_proof, backup_sealing
from pillarbox.wallet.backup_files import Generation
from pillarbox.wallet.backup_proof import BackupUnlikeError
from pillarbox.wallet.backup_sealing import Sealing, Writer
from pillarbox.wallet.folder_work import WRITING, FolderSilentError, FolderWork

T = TypeVar("T")

log = logging.getLogger(__name__)

Proof = Callable[[Written, Sealing, Database, Kinds], Awaitable[None]]

_PROGRAM = "backup-program"
"""Under this name the wallet keeps the SHA-256 of the program's settings as they were last looked at."""


@dataclass(frozen=True, slots=True)
class Stock:
    """What is known: the wallet's revision, what was written, where it is to lie, and by what key."""

    revision: int
    written: Sequence[Written]
    """Newest first."""
    folders: tuple[str, ...]
    missing: frozenset[str]
    """Of the folders and of those that files were put into."""
    sealing: Sealing | None
    home: str

    @property
    def newest(self) -> Written | None:
        """In the data folder: the others may be away."""
        return next((each for each in self.written if each.folder == self.home), None)

    @property
    def is_current(self) -> bool:
        return self.newest is not None and self.newest.revision >= self.revision

    @property
    def missing_folders(self) -> tuple[str, ...]:
        """Further folders that are not there."""
        return tuple(folder for folder in self.folders if folder in self.missing)

    @property
    def lacking(self) -> list[str]:
        """Folders that are there and do not have the newest."""
        revision = -1 if self.newest is None else self.newest.revision
        have = {each.folder for each in self.written if each.revision == revision}
        return [folder for folder in self.folders if folder not in self.missing and folder not in have]

    @property
    def files(self) -> list[BackupFile]:
        return [_file(each, self.missing) for each in self.written]


class BackupShelf:
    """Writes, copies, proves and clears away. It decides nothing about when."""

    def __init__(
        self,
        writer: Callable[[], Writer],
        kinds: Kinds,
        db: Database,
        clock: Clock,
        home: Path,
        program: Callable[[], Sequence[SectionLines]],
    ) -> None:
        self._writer = writer
        self._kinds = kinds
        self._db = db
        self._clock = clock
        self._home = home
        self._program = program
        self._folder_work = FolderWork()
        self._missing: frozenset[str] = frozenset()
        """Of the further folders, when they were last looked at."""
        self._swept: set[str] = set()
        self._outgrown: set[str] = set()
        """Folders in which no backup of this wallet tells of more changes than the wallet itself."""

    @property
    def home(self) -> str:
        return str(self._home)

    async def take_stock(self) -> Stock:
        """What the database knows, and what of it is still in the data folder. Waits for no other folder."""
        stock = await self._db.read(self._read)
        mine = [each for each in stock.written if each.folder == stock.home]
        gone = await asyncio.to_thread(backup_files.gone, mine)
        await self._lose(gone)
        return replace(stock, written=[each for each in stock.written if each not in gone])

    async def look_around(self) -> None:
        """See which further folders are there, with what; and whether the program's settings changed."""
        await self._count_program()
        stock = await self._db.read(self._read)
        further = {*stock.folders, *(each.folder for each in stock.written)} - {stock.home}
        there = await asyncio.gather(
            *(
                self._look([each for each in stock.written if each.folder == folder], folder)
                for folder in further
            )
        )
        self._missing = frozenset(
            folder for folder, is_there in zip(further, there, strict=True) if not is_there
        )

    async def write(self, sealing: Sealing) -> None:
        """A new generation, in the data folder. Raises DiskFullError, FolderUnusableError."""
        await asyncio.to_thread(backup_files.prepare_home, self._home)
        await self._prepare(self.home)
        await self.put(self.home, await self._seal(sealing, ()))

    async def copy(self) -> None:
        """Put the newest into each further folder that lacks it.

        Raises the first refusal, once all were tried.
        """
        stock = await self.take_stock()
        if stock.newest is None or not stock.lacking:
            return
        generation = await self.load(stock.newest)
        tried = await asyncio.gather(
            *(self.put(folder, generation) for folder in stock.lacking), return_exceptions=True
        )
        for failed in tried:
            if failed is not None:
                raise failed

    async def bundle(self, sealing: Sealing, words: SectionLines, to: Path) -> BackupFile:
        """A file apart from the generations, with the words. Raises DiskFullError, FolderUnusableError."""
        generation = await self._seal(sealing, (words,))
        await self._sweep(str(to))
        return _file(await self._in(str(to), partial(backup_files.put, to, generation), WRITING), ())

    async def put(self, folder: str, generation: Generation) -> None:
        """Raises DiskFullError, FolderUnusableError, FolderSilentError; the log tells too."""
        try:
            await self._prepare(folder)
            await self._db.write(lambda tx: backups.begin(tx, generation.written(folder)))
            put = partial(backup_files.put, Path(folder), generation)
            await self._record(await self._in(folder, put, WRITING))
        except PillarboxError as error:
            log.warning("a backup could not be written: %s", error.code)
            raise

    async def load(self, written: Written) -> Generation:
        """A generation again, to be put elsewhere too. Raises BackupUnlikeError; it is set aside then."""
        data = await self._in(written.folder, partial(backup_files.load, written), WRITING)
        if data is None:
            await self._discard(written)
            raise BackupUnlikeError(file=written.name, what="its bytes are not those that were written")
        return Generation(written.name, written.revision, written.written_at, data)

    async def verify(self, written: Written, sealing: Sealing) -> None:
        """Raises as `backup_proof.verify` does; what is not as it should be is set aside."""
        await self._prove(backup_proof.verify, written, sealing)
        at = self._clock.now()
        await self._db.write(lambda tx: backups.set_verified(tx, written.folder, written.name, at))

    async def drill(self, written: Written, sealing: Sealing) -> None:
        """Also reads every other file again, in whatever folder. Raises as `verify` does."""
        await self._sweep(written.folder)
        await self._prove(backup_proof.drill, written, sealing)
        at = self._clock.now()
        await self._db.write(lambda tx: backups.set_drilled(tx, written.folder, written.name, at))
        await self._read_again()

    async def _prove(self, proof: Proof, written: Written, sealing: Sealing) -> None:
        try:
            await proof(written, sealing, self._db, self._kinds)
        except (WrongPassphraseError, WrongWordsError):
            raise  # it is whole, and of the key before: good until another is written
        except (BackupError, BackupUnlikeError):
            await self._discard(written)
            raise

    async def _read_again(self) -> None:
        """Set aside what is not as it was written any more: the newest is then put there anew."""
        stock = await self.take_stock()
        for each in (each for each in stock.written if each.folder not in stock.missing):
            try:
                await self.load(each)
            except PillarboxError as error:  # a folder that refuses is told by whoever writes to it
                log.warning("a backup could not be read again: %s", error.code)

    async def _seal(self, sealing: Sealing, extra: Sequence[SectionLines]) -> Generation:
        snapshot = await self._db.read(backup_sealing.export_all)
        at, writer = self._clock.now(), self._writer()
        data = await asyncio.to_thread(
            backup_sealing.sealed_file, snapshot, writer, sealing, at, (*self._program(), *extra)
        )
        name = backup_sealing.file_name(writer, at, snapshot.revision, bundle=bool(extra))
        return Generation(name, snapshot.revision, at, data)

    def _read(self, tx: Tx) -> Stock:
        written, sealing = backups.all_written(tx), backup_sealing.kept_sealing(tx)
        return Stock(meta.revision(tx), written, backup_folders.named(tx), self._missing, sealing, self.home)

    async def _count_program(self) -> None:
        """The program's settings lie outside the database: what changed there is counted here."""
        now = sha256(b"".join(section.digest for section in self._program())).digest()
        before = await self._db.read(lambda tx: meta.get_blob(tx, _PROGRAM))
        if before == now:
            return

        def write(tx: Tx) -> None:
            meta.put_blob(tx, _PROGRAM, now)
            if before is not None:
                meta.bump_revision(tx)

        await self._db.write(write)

    async def _record(self, written: Written) -> None:
        """Remember what was written, and clear away what it made needless."""
        now = self._clock.now()

        def write(tx: Tx) -> list[Written]:
            backups.record(tx, written)
            return [each for each in backups.all_written(tx) if each.folder == written.folder]

        mine = await self._db.write(write)
        removed = await self._in(written.folder, partial(backup_files.remove_superseded, mine, now))
        await self._forget(removed)

    async def _look(self, mine: Sequence[Written], folder: str) -> bool:
        """Whether a further folder is there; what it lost is forgotten."""
        try:
            if not await self._in(folder, partial(backup_files.has_folder, folder)):
                return False
            if not await self._has_its_drive(folder):
                return False
            await self._sweep(folder)
            gone = await self._in(folder, partial(backup_files.gone, mine))
            if gone and not await self._in(folder, partial(backup_files.has_folder, folder)):
                return False  # taken away just now, with all that is in it
            await self._lose(gone)
        except FolderSilentError:
            return False
        except PillarboxError as error:
            log.warning("a folder could not be swept: %s", error.code)
        return True

    async def _has_its_drive(self, folder: str) -> bool:
        is_apart = await self._in(folder, partial(backup_files.is_apart, folder, self.home))
        was_apart = folder in await self._db.read(backup_folders.apart)
        if is_apart and not was_apart:
            await self._db.write(lambda tx: backup_folders.note_apart(tx, folder))
        return is_apart or not was_apart

    async def _sweep(self, folder: str) -> None:
        """Once, before anything of our own is in it."""
        if folder not in self._swept:
            self._swept.add(folder)
            await self._in(folder, partial(backup_files.sweep, folder, drills=folder == self.home))

    async def _take_up(self, folder: str) -> None:
        """Record what was written there just before an end: unknown, it would never be cleared away."""
        begun = await self._db.read(lambda tx: backups.begun(tx, folder))
        if begun is None:
            return
        written = await self._in(folder, partial(backup_files.find, begun))

        def write(tx: Tx) -> None:
            backups.drop_begun(tx, folder)
            if written is not None:
                backups.record(tx, written)

        await self._db.write(write)

    async def _prepare(self, folder: str) -> None:
        await self._sweep(folder)
        await self._take_up(folder)
        await self._outgrow(folder)

    async def _outgrow(self, folder: str) -> None:
        """Once, before anything of our own is in it: count on from the backups that are there.

        Where an older copy of the wallet was put back, those of its lost future would pass for the newest.
        """
        if folder in self._outgrown:
            return
        stock = await self._db.read(self._read)
        known = {each.name for each in stock.written if each.folder == folder}
        look = partial(backup_files.highest_revision, folder, self._writer().wallet, known)
        highest = await self._in(folder, look)

        def write(tx: Tx) -> None:
            meta.raise_revision(tx, highest)
            meta.bump_revision(tx)

        if highest >= max(1, stock.revision):
            await self._db.write(write)
        self._outgrown.add(folder)

    async def _in(self, folder: str, work: Callable[[], T], patience: float | None = None) -> T:
        """Work in a folder. One that is not the data folder's may fail to answer: FolderSilentError."""
        if folder == self.home:
            return await asyncio.to_thread(work)
        return await self._folder_work.do(folder, work, patience)

    async def _discard(self, written: Written) -> None:
        """It is not what it should be: set aside, so that another is written in its place."""
        log.warning("a backup was set aside: %s", written.name)
        await self._in(written.folder, partial(backup_files.put_aside, written))
        await self._forget([written])

    async def _lose(self, gone: Sequence[Written]) -> None:
        """Files that are not there as they were written: what is left of them is no backup."""
        for each in gone:
            try:
                if await self._in(each.folder, partial(backup_files.has_folder, each.folder)):
                    await self._in(each.folder, partial(backup_files.put_aside, each))
            except PillarboxError as error:
                log.warning("what is left of a backup could not be set aside: %s", error.code)
        try:
            await self._forget(gone)
        except (
            PillarboxError
        ) as error:  # a database that takes nothing must not keep the status from saying so
            log.warning("that a backup is gone could not be noted: %s", error.code)

    async def _forget(self, gone: Sequence[Written]) -> None:
        def write(tx: Tx) -> None:
            for each in gone:
                backups.forget(tx, each.folder, each.name)

        if gone:
            await self._db.write(write)


def _file(written: Written, missing: Collection[str]) -> BackupFile:
    return BackupFile(
        written.folder,
        written.name,
        written.revision,
        written.written_at,
        written.size,
        written.verified_at,
        written.drilled_at,
        missing=written.folder in missing,
    )
