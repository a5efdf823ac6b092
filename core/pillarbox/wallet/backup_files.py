"""Backups in folders: put there, found again, the superseded ones taken away."""

import hashlib
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pillarbox.backup.retention import superseded
from pillarbox.errors import FolderUnusableError, PillarboxError
from pillarbox.files.generations import set_aside, sweep_half_written
from pillarbox.files.install import install_file
from pillarbox.files.private_folder import make_private_folder
from pillarbox.files.refusals import in_words
from pillarbox.storage.backups import Written
from pillarbox.wallet.backup_sealing import SUFFIX

DRILL = ".drill-"
"""What the folders of throwaway wallets begin with."""


class BackupFolderUnusableError(FolderUnusableError):
    """Parameters: folder, why."""

    code = "backup-folder-unusable"
    title = "A folder takes no backups"
    message = "{folder} cannot be used: {why}. The wallet and the backups in other folders are not affected."
    hint = "Give yourself the right to write there, or choose another folder."


@dataclass(frozen=True, slots=True)
class Generation:
    """One backup's bytes, before it lies anywhere."""

    name: str
    revision: int
    at: int
    data: bytes

    def written(self, folder: str) -> Written:
        digest = hashlib.sha256(self.data).digest()
        return Written(folder, self.name, self.revision, self.at, len(self.data), digest)


def prepare_home(home: Path) -> None:
    """The data folder's own place for a wallet's backups. Raises DiskFullError, FolderUnusableError."""
    try:
        make_private_folder(home)
        sweep_half_written(home, SUFFIX)
        for left in home.glob(f"{DRILL}*"):  # of a drill whose process was killed
            shutil.rmtree(left, ignore_errors=True)
    except OSError as error:
        raise in_words(error, home) from error


def put(folder: Path, generation: Generation) -> Written:
    """Write a generation, beside whatever is there. Raises DiskFullError, BackupFolderUnusableError."""
    stem = generation.name.removesuffix(SUFFIX)
    for number in range(1, 1000):
        name = f"{stem}{'' if number == 1 else f'-{number}'}{SUFFIX}"
        kept = Generation(name, generation.revision, generation.at, generation.data)
        try:
            install_file(folder / name, generation.data)
        except FileExistsError:
            if is_whole(kept.written(str(folder))):
                return kept.written(str(folder))
            continue
        except PillarboxError as error:
            raise _of_backups(error) from error
        except OSError as error:
            raise _of_backups(in_words(error, folder)) from error
        return kept.written(str(folder))
    raise in_words(FileExistsError(f"a thousand files {generation.name}"), folder)


def _of_backups(error: PillarboxError) -> PillarboxError:
    unusable = isinstance(error, FolderUnusableError)
    return BackupFolderUnusableError(**error.parameters) if unusable else error


def is_whole(written: Written) -> bool:
    """Whether the file is there, as it was written."""
    return load(written) is not None


def load(written: Written) -> bytes | None:
    """The file's bytes as they were written, or None where it is not that any more."""
    path = Path(written.folder, written.name)
    try:
        if path.stat().st_size != written.size:
            return None
        data = path.read_bytes()
    except OSError:
        return None
    return data if hashlib.sha256(data).digest() == written.sha256 else None


def put_aside(written: Written) -> None:
    """Out of the way of the next ones, where it is there at all. Raises FolderUnusableError."""
    path = Path(written.folder, written.name)
    try:
        if path.exists():
            set_aside(path)
    except OSError as error:
        raise in_words(error, path.parent) from error


@dataclass(frozen=True, slots=True)
class Look:
    """What is not where it should be: whole folders, and files whose folder is there."""

    missing_folders: tuple[str, ...]
    gone: tuple[Written, ...]


def look(written: Sequence[Written], folders: Sequence[str]) -> Look:
    """Of each folder only the newest file is looked for: `written` has the newest first."""
    newest: dict[str, Written] = {}
    for each in written:
        newest.setdefault(each.folder, each)
    there = {folder for folder in {*folders, *newest} if Path(folder).is_dir()}
    gone = tuple(
        each for each in newest.values() if each.folder in there and not Path(each.folder, each.name).exists()
    )
    return Look(tuple(folder for folder in folders if folder not in there), gone)


def remove_superseded(written: Sequence[Written], now: int) -> list[Written]:
    """Delete those of one folder that newer ones made needless; which those were. One in use stays."""
    by_name = {each.name: each for each in written}
    removed = []
    for name in superseded([(each.name, each.written_at) for each in written], now):
        try:
            Path(by_name[name].folder, name).unlink(missing_ok=True)
        except OSError:
            continue
        removed.append(by_name[name])
    return removed
