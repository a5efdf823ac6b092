"""A wallet's backups where they lie: the data folder's place, and the further folders the user named."""

import asyncio
import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from pillarbox.accounts import Kinds
from pillarbox.backup.content import SectionLines
from pillarbox.backup.envelope import BackupError
from pillarbox.clock import Clock
from pillarbox.errors import PillarboxError
from pillarbox.model.backup import BackupFile
from pillarbox.storage import backups, meta, settings
from pillarbox.storage.backups import Written
from pillarbox.storage.database import Database, Tx
from pillarbox.wallet import backup_files, backup_proof, backup_sealing
from pillarbox.wallet.backup_files import Generation
from pillarbox.wallet.backup_proof import BackupUnlikeError
from pillarbox.wallet.backup_sealing import Sealing, Writer
from pillarbox.wallet.folder_work import FolderSilentError, FolderWork

T = TypeVar("T")

log = logging.getLogger(__name__)

FOLDERS = "backup-folders"
"""Under this name the wallet keeps in which further folders its backups lie."""


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
        self._is_swept = False

    @property
    def home(self) -> str:
        return str(self._home)

    async def take_stock(self) -> Stock:
        """What the database knows, and what of it is still there."""

        def read(tx: Tx) -> Stock:
            written, sealing = backups.all_written(tx), backup_sealing.kept_sealing(tx)
            return Stock(meta.revision(tx), written, folders(tx), frozenset(), sealing, str(self._home))

        stock = await self._db.read(read)
        missing: set[str] = set()
        gone: list[Written] = []
        for folder in {*stock.folders, stock.home, *(each.folder for each in stock.written)}:
            mine = [each for each in stock.written if each.folder == folder]
            if await self._is_there(folder):
                gone += await self._in(folder, partial(backup_files.gone, mine))
            elif folder == stock.home:  # which never goes away, so what it lacks is gone
                gone += mine
            else:
                missing.add(folder)
        await self._forget(gone)
        there = [each for each in stock.written if each not in gone]
        return replace(stock, written=there, missing=frozenset(missing))

    async def write(self, stock: Stock, sealing: Sealing) -> None:
        """A new generation, into each folder that is there. Raises the first refusal, once all were tried."""
        await asyncio.to_thread(backup_files.prepare_home, self._home)
        if not self._is_swept:  # once, before there is any drill of our own
            self._is_swept = True
            await asyncio.to_thread(backup_files.sweep_home, self._home)
        generation = await self._seal(sealing, ())
        there = [folder for folder in stock.folders if folder not in stock.missing]
        await self.put([stock.home, *there], generation)

    async def bundle(self, sealing: Sealing, words: SectionLines, to: Path) -> BackupFile:
        """A file apart from the generations, with the words. Raises DiskFullError, FolderUnusableError."""
        generation = await self._seal(sealing, (words,))
        return _file(await self._in(str(to), partial(backup_files.put, to, generation)), ())

    async def put(self, into: Sequence[str], generation: Generation) -> None:
        """Raises the first refusal, once all folders were tried."""
        refused: PillarboxError | None = None
        for folder in into:
            try:
                put = partial(backup_files.put, Path(folder), generation)
                await self._record(await self._in(folder, put))
            except PillarboxError as error:
                log.warning("a backup could not be written: %s", error.code)
                refused = refused or error
        if refused is not None:
            raise refused

    async def load(self, written: Written) -> Generation:
        """A generation again, to be put elsewhere too. Raises BackupUnlikeError; it is set aside then."""
        data = await self._in(written.folder, partial(backup_files.load, written))
        if data is None:
            await self._discard(written)
            raise BackupUnlikeError(file=written.name, what="its bytes are not those that were written")
        return Generation(written.name, written.revision, written.written_at, data)

    async def verify(self, written: Written, sealing: Sealing) -> None:
        """Raises as `backup_proof.verify` does; what is not as it should be is set aside."""
        try:
            await backup_proof.verify(written, sealing, self._db, self._kinds)
        except (BackupError, BackupUnlikeError):
            await self._discard(written)
            raise
        at = self._clock.now()
        await self._db.write(lambda tx: backups.set_verified(tx, written.folder, written.name, at))

    async def drill(self, written: Written, sealing: Sealing) -> None:
        """Raises as `verify` does."""
        try:
            await backup_proof.drill(written, sealing, self._db, self._kinds)
        except (BackupError, BackupUnlikeError):
            await self._discard(written)
            raise
        at = self._clock.now()
        await self._db.write(lambda tx: backups.set_drilled(tx, written.folder, written.name, at))

    async def _seal(self, sealing: Sealing, extra: Sequence[SectionLines]) -> Generation:
        snapshot = await self._db.read(backup_sealing.export_all)
        at, writer = self._clock.now(), self._writer()
        data = await asyncio.to_thread(
            backup_sealing.sealed_file, snapshot, writer, sealing, at, (*self._program(), *extra)
        )
        name = backup_sealing.file_name(writer, at, snapshot.revision, bundle=bool(extra))
        return Generation(name, snapshot.revision, at, data)

    async def _record(self, written: Written) -> None:
        """Remember what was written, and clear away what it made needless."""
        now = self._clock.now()

        def write(tx: Tx) -> list[Written]:
            backups.record(tx, written)
            return [each for each in backups.all_written(tx) if each.folder == written.folder]

        mine = await self._db.write(write)
        removed = await self._in(written.folder, partial(backup_files.remove_superseded, mine, now))
        await self._forget(removed)

    async def _is_there(self, folder: str) -> bool:
        try:
            return await self._in(folder, partial(backup_files.has_folder, folder))
        except FolderSilentError:
            return False

    async def _in(self, folder: str, work: Callable[[], T]) -> T:
        """Work in a folder. One that is not the data folder's may fail to answer: FolderSilentError."""
        if folder == str(self._home):
            return await asyncio.to_thread(work)
        return await self._folder_work.do(folder, work)

    async def _discard(self, written: Written) -> None:
        """It is not what it should be: set aside, so that another is written in its place."""
        log.warning("a backup was set aside: %s", written.name)
        await asyncio.to_thread(backup_files.put_aside, written)
        await self._forget([written])

    async def _forget(self, gone: Sequence[Written]) -> None:
        def write(tx: Tx) -> None:
            for each in gone:
                backups.forget(tx, each.folder, each.name)

        if gone:
            await self._db.write(write)


def folders(tx: Tx) -> tuple[str, ...]:
    """The further folders."""
    return tuple(str(folder) for folder in settings.get(tx, FOLDERS, []))


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
