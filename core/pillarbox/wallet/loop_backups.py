"""Loop's backups: each generation is written once into every backup folder, and never changed."""

import asyncio
import hashlib
import logging
import secrets
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

from pillarbox.backup.status import BackupFolderMissingError
from pillarbox.clock import Clock, wait_until
from pillarbox.errors import ErrorText, PillarboxError
from pillarbox.files.generations import set_aside, sweep_half_written
from pillarbox.files.install import install_file
from pillarbox.files.private_folder import make_private_folder
from pillarbox.files.reading import read_bounded
from pillarbox.files.refusals import in_words
from pillarbox.loop import backup_file
from pillarbox.loop.backup_file import LARGEST, NONCE_SIZE, BackupFileError, SealedOtherwiseError
from pillarbox.loop.generations import open_file, validate
from pillarbox.secret import Secret
from pillarbox.storage import loop_backups as written
from pillarbox.storage.database import Database
from pillarbox.wallet import backup_files, backup_folders
from pillarbox.wallet.folder_work import WRITING, FolderWork
from pillarbox.wallet.loop_files import SUFFIX, own_folder
from pillarbox.wallet.loop_generations import KeptGeneration, kept
from pillarbox.wallet.service_keys import ServiceKey

log = logging.getLogger(__name__)


class OtherFileThereError(PillarboxError):
    """Parameters: path."""

    code = "loop-backup-in-the-way"
    title = "A Loop backup cannot be written"
    message = (
        "{path} is there already, and this wallet's keys do not open it. It was left as it is. The wallet's "
        "own backup has the token and the static address too."
    )
    hint = "If the file is of no use, move it away: then a new one is written."


AGAIN_AFTER = 600.0
"""Seconds before a folder that refused is tried again."""


class LoopBackups:
    """A service: writes what lacks when the wallet is opened, and after each new static address."""

    name = "loop backups"

    def __init__(
        self,
        db: Database,
        folder: Path,
        service_key: Callable[[ServiceKey], Awaitable[Secret]],
        clock: Clock,
    ) -> None:
        """`folder` is made where it is missing; those of the wallet's setting are not."""
        self._db = db
        self._folder = folder
        self._service_key = service_key
        self._clock = clock
        self._wake = asyncio.Event()
        self._writing = asyncio.Lock()
        self._folder_work = FolderWork()
        self.troubles: dict[Path, ErrorText] = {}
        """By folder, why its backups lack. What was written before is safe."""

    async def run(self) -> None:
        """Write what lacks, whenever `wake` is called and some time after a failure."""
        await self._sweep()
        while True:
            self._wake.clear()
            await self.write_missing()
            again_at = self._clock.monotonic() + AGAIN_AFTER if self.troubles else None
            await wait_until(self._clock, again_at, self._wake)

    def wake(self) -> None:
        """There is a new generation, or another folder."""
        self._wake.set()

    async def folders(self) -> list[Path]:
        """The program's own, then the wallet's further ones."""
        named = await self._db.read(backup_folders.named)
        return list(dict.fromkeys((self._folder, *map(Path, named))))

    async def write_missing(self) -> list[Path]:
        """What was written now. A folder that refuses is told in `troubles`, and raises nothing."""
        async with self._writing:
            generations = [each for each in await self._db.read(kept) if _is_of_these_words(each)]
            made: list[Path] = []
            for folder in await self.folders() if generations else ():
                try:
                    for generation in generations:
                        made += await self._write(folder, generation)
                except PillarboxError as error:
                    self._note(folder, error.text)
                except OSError as error:
                    self._note(folder, in_words(error, folder).text)
                else:
                    self.troubles.pop(folder, None)
            return made

    async def _write(self, folder: Path, generation: KeptGeneration) -> list[Path]:
        """Nothing where a valid one is there; one that is not valid is set aside.

        A valid one that is not on record, as a killed process leaves it, is put there.
        """
        keys = [await self._service_key(purpose) for purpose in _KEYS]
        key = keys[generation.static.strict]
        own = folder == self._folder
        ours = await self._db.read(lambda tx: written.digests(tx, str(generation.name)))
        mine = folder / own_folder(keys[0], generation.static.network)
        write = partial(_write_file, mine, generation, key, keys, ours=bool(ours))
        if own:
            await asyncio.to_thread(make_private_folder, mine)
            there = await asyncio.to_thread(write)
        else:  # which may never answer, and holds up neither the account that was made nor the end
            was_apart = str(folder) in await self._db.read(backup_folders.apart)
            further = partial(_write_further, mine, self._folder, was_apart, write)
            there = await self._folder_work.do(str(folder), further, WRITING)
        data, is_new = there
        digest, at = hashlib.sha256(data).digest(), self._clock.now()
        if digest in ours:
            return []
        name, token_id = str(generation.name), generation.token.token_id
        await self._db.write(lambda tx: written.record(tx, str(mine), name, token_id, len(data), digest, at))
        return [mine / name] if is_new else []

    async def _sweep(self) -> None:
        for folder in await self.folders():
            with suppress(OSError):  # what is in the way of writing there is told when something is written
                await asyncio.to_thread(_sweep, folder)

    def _note(self, folder: Path, trouble: ErrorText) -> None:
        if self.troubles.get(folder) != trouble:
            log.warning("a Loop backup could not be written: %s", trouble.code)
        self.troubles[folder] = trouble


_KEYS = (ServiceKey.LOOP_BACKUP, ServiceKey.LOOP_BACKUP_STRICT)
"""The strict one second: an account's `strict` picks it."""


def _sweep(folder: Path) -> None:
    for place in (folder, *folder.glob("loop-*")):
        sweep_half_written(place, SUFFIX)


def _write_further(
    mine: Path, home: Path, was_apart: bool, write: Callable[[], tuple[bytes, bool]]
) -> tuple[bytes, bool]:
    """Only where the folder around `mine` is there, on its own drive. Raises as `_write_file` does."""
    around = str(mine.parent)
    if not backup_files.has_folder(around) or (was_apart and not backup_files.is_apart(around, str(home))):
        raise BackupFolderMissingError(folder=around)
    mine.mkdir(exist_ok=True)
    return write()


def _write_file(
    folder: Path, generation: KeptGeneration, key: Secret, keys: Sequence[Secret], *, ours: bool
) -> tuple[bytes, bool]:
    """The file's bytes, and whether it was written now. `ours`: the wallet wrote one of this name before.

    Raises OtherFileThereError, what `install_file` raises, and OSError.
    """
    path = folder / str(generation.name)
    if path.exists():
        valid = _valid(path, generation, keys, ours=ours)
        if valid is not None:
            return valid, False
        set_aside(path)
    data = backup_file.seal(backup_file.write(generation.payload), key, secrets.token_bytes(NONCE_SIZE))
    install_file(path, data)
    return data, True


def _is_of_these_words(generation: KeptGeneration) -> bool:
    """An account of an lnd node's seed has no number: the wallet's keys would seal what it cannot restore."""
    return generation.account.number is not None


def _valid(path: Path, generation: KeptGeneration, keys: Sequence[Secret], *, ours: bool) -> bytes | None:
    """The file's bytes if it holds this generation, as far as a restore would look.

    Raises OtherFileThereError for one that somebody else may have sealed, and OSError.
    """
    try:
        data = read_bounded(path, LARGEST)
        validate(generation.name, open_file(data, keys), generation.static.network.value)
    except SealedOtherwiseError as error:
        if ours:
            return None
        raise OtherFileThereError(path=str(path)) from error
    except BackupFileError:
        return None
    return data
