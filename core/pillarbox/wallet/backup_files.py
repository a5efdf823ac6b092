"""Backups in folders: put there, found again, the superseded ones taken away."""

import hashlib
import stat
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pillarbox.backup import envelope
from pillarbox.backup.envelope import BackupError
from pillarbox.backup.retention import superseded
from pillarbox.errors import DiskFullError, FolderUnusableError, PillarboxError
from pillarbox.files.generations import generations, set_aside, sweep_half_written
from pillarbox.files.install import install_file
from pillarbox.files.private_folder import make_private_folder, remove_folder
from pillarbox.files.reading import read_bounded
from pillarbox.files.refusals import in_words, refusals_told
from pillarbox.storage.backups import Written
from pillarbox.wallet.backup_sealing import NAMED_BY, SUFFIX

DRILL = ".drill-"
"""What the folders of throwaway wallets begin with."""


class BackupFolderUnusableError(FolderUnusableError):
    """Parameters: folder, why."""

    code = "backup-folder-unusable"
    title = "A folder takes no backups"
    message = "{folder} cannot be used: {why}. The wallet and the backups in other folders are not affected."
    hint = "Give yourself the right to write there, or choose another folder."


class BackupDiskFullError(DiskFullError):
    """Parameters: where."""

    title = "A folder has no room for a backup"
    message = (
        "There is no room left in {where}. The wallet has every change, and so have the backups in other "
        "folders that could be written."
    )
    hint = "Free some space there, or choose another folder. What lacks is put there by itself."


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
    with refusals_told(home):
        make_private_folder(home)


def sweep(folder: str, *, drills: bool) -> None:
    """Clear away what a killed process left half written, and its `drills`. Raises FolderUnusableError."""
    with refusals_told(Path(folder)):
        sweep_half_written(Path(folder), SUFFIX)
        for left in Path(folder).glob(f"{DRILL}*") if drills else ():
            remove_folder(left)


def names(first: Written) -> Iterator[Written]:
    """As it may be called where others have its name."""
    stem = first.name.removesuffix(SUFFIX)
    for number in range(1, 1000):
        yield first._replace(name=f"{stem}{'' if number == 1 else f'-{number}'}{SUFFIX}")


def find(begun: Written) -> Written | None:
    """What was about to be written, if it was and can be read. Raises FolderUnusableError for the folder."""
    for written in names(begun):
        with refusals_told(Path(written.folder)):
            if not Path(written.folder, written.name).exists():
                return None
        with suppress(FolderUnusableError):  # what cannot be read holds no later backup up
            if load(written) is not None:
                return written
    return None


def put(folder: Path, generation: Generation) -> Written:
    """Write a generation, beside whatever is there, and read it again.

    Raises DiskFullError, BackupFolderUnusableError.
    """
    for written in names(generation.written(str(folder))):
        try:
            install_file(folder / written.name, generation.data)
        except FileExistsError:
            if load(written) is not None:
                return written
            continue
        except PillarboxError as error:
            raise _of_backups(error) from error
        except OSError as error:
            raise _of_backups(in_words(error, folder)) from error
        if load(written) is None:
            raise BackupFolderUnusableError(
                folder=str(folder), why="what is written there reads back otherwise"
            )
        return written
    raise in_words(FileExistsError(f"a thousand files {generation.name}"), folder)


def _of_backups(error: PillarboxError) -> PillarboxError:
    if isinstance(error, FolderUnusableError):
        return BackupFolderUnusableError(**error.parameters)
    return BackupDiskFullError(**error.parameters) if isinstance(error, DiskFullError) else error


def load(written: Written) -> bytes | None:
    """The file's bytes as they were written, or None where it is not that any more.

    Raises FolderUnusableError where it cannot be read now: that says nothing about the file.
    """
    path = Path(written.folder, written.name)
    try:
        data = read_bounded(path, written.size)
    except OSError as error:
        if _is_taken_away(error, written.folder):
            return None
        raise in_words(error, path) from error
    return data if hashlib.sha256(data).digest() == written.sha256 else None


def put_aside(written: Written) -> None:
    """Out of the way of the next ones, where it is there at all. Raises FolderUnusableError."""
    path = Path(written.folder, written.name)
    try:
        set_aside(path)
    except OSError as error:
        if not _is_taken_away(error, written.folder):
            raise in_words(error, path.parent) from error


def _is_taken_away(error: OSError, folder: str) -> bool:
    """A file, and not the folder with all that is in it."""
    return isinstance(error, FileNotFoundError) and has_folder(folder)


def has_folder(folder: str) -> bool:
    """One on a drive that fails, or that was pulled out, is none."""
    try:
        return stat.S_ISDIR(Path(folder).stat().st_mode)
    except OSError:
        return False


def is_apart(folder: str, home: str) -> bool:
    """Whether a folder is on another drive than the data folder. Raises FolderUnusableError."""
    with refusals_told(Path(folder)):
        there = next(place for place in (Path(home), *Path(home).parents) if place.exists())
        return Path(folder).stat().st_dev != there.stat().st_dev


def highest_revision(folder: str, wallet: str, known: Collection[str]) -> int:
    """Of a wallet's backups in a folder, those of the names `known` apart; 0 where there are none.

    As they say themselves. Those of other wallets, of which there may be thousands, are told by their names
    and not opened. Raises FolderUnusableError for the folder; files that cannot be read have no revision.
    """
    found = 0
    with refusals_told(Path(folder)):
        there = generations(Path(folder), SUFFIX) if Path(folder).is_dir() else []
    for path in (each for each in there if each.name not in known and wallet[:NAMED_BY] in each.name):
        with suppress(OSError, BackupError):
            facts = envelope.read_facts(read_bounded(path, envelope.BEGINNING))
            if facts.wallet == wallet:
                found = max(found, facts.revision)
    return found


def gone(written: Sequence[Written]) -> list[Written]:
    """Which of one folder's files are not there any more, or not at the size that was written."""
    return [each for each in written if _size(each) not in (each.size, None)]


def _size(written: Written) -> int | None:
    """0 where it is not there; None where the disk tells nothing: when it is read, that is told."""
    try:
        return Path(written.folder, written.name).stat().st_size
    except FileNotFoundError:
        return 0
    except OSError:
        return None


def remove_superseded(written: Sequence[Written], now: int) -> list[Written]:
    """Delete those of one folder that newer ones made needless; which those were. One in use stays.

    Only what is there as it was written makes another one needless.
    """
    there = [each for each in written if _size(each) == each.size]
    by_name = {each.name: each for each in there}
    removed = []
    for name in superseded([(each.name, each.revision, each.written_at) for each in there], now):
        try:
            Path(by_name[name].folder, name).unlink(missing_ok=True)
        except OSError:
            continue
        removed.append(by_name[name])
    return removed
