"""Loop's backup files as they are found: in a wallet's own folder, and as Loop itself and people lay them."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pillarbox.errors import PillarboxError
from pillarbox.files.generations import generations
from pillarbox.files.reading import read_bounded
from pillarbox.keys.root import Root
from pillarbox.loop.backup_file import LARGEST, BackupFileError, Name, NotABackupError
from pillarbox.loop.generations import Generation, survey
from pillarbox.model.network import Network
from pillarbox.secret import Secret
from pillarbox.wallet import service_keys
from pillarbox.wallet.service_keys import ServiceKey

SUFFIX = ".enc"


class NoBackupError(PillarboxError):
    """No parameters."""

    code = "loop-no-backup"
    title = "There is no Loop backup here"
    message = "None of the wallet's backup folders holds a Loop backup of its network. Nothing was changed."
    hint = "Name the file: pillarbox loop recover NAME --backup-file F"


class NoUsableBackupError(PillarboxError):
    """Parameters: name, why, count."""

    code = "loop-no-usable-backup"
    title = "None of the Loop backups can be used"
    message = "The latest of {count} is {name}. {why} Nothing was changed, and nothing was paid."
    hint = (
        "Name another file (--backup-file), open the wallet that wrote it, or knowingly begin anew "
        "and pay again (--new-generation)."
    )


class DamagedFileError(BackupFileError):
    """Parameters: why."""

    code = "loop-backup-damaged"
    title = "This Loop backup is damaged"
    hint = "Take another copy of the same file: this very wallet wrote it."


class FolderUnreadableError(BackupFileError):
    """Parameters: why."""

    code = "loop-folder-unreadable"
    title = "A folder of Loop backups cannot be looked into"
    message = "{why}. What is in it is not known, and nothing is paid anew before it is."
    hint = "Connect its drive, or give yourself the right to read it, and try again."


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A backup file: a generation, or why it is none."""

    path: Path
    found: Generation | BackupFileError


def own_folder(key: Secret, network: Network) -> str:
    """The name of a wallet's own folder within a backup folder; `key`: the one that lnd derives.

    Wallets share backup folders. What lies in the folder itself is for whoever opens it, and what opens for
    nobody stops a payment; what another wallet of this program wrote must not.
    """
    digest = hashlib.sha256(b"pillarbox loop folder 1" + network.value.encode() + key.reveal())
    return f"loop-{digest.hexdigest()[:8]}"


def look_at(place: Path, root: Root, network: Network) -> list[FoundFile]:
    """The backups at a file or in a folder, and in the root's own one in there, latest name first.

    Opened with the root's keys. Takes its time: for a thread. Raises NotABackupError for a file's name,
    OSError.
    """
    keys = service_keys.derive_loop_backup(root.bip32, network)
    if place.is_dir():
        return sorted_by_name(
            in_folder(place, own_folder(keys[ServiceKey.LOOP_BACKUP], network), keys, network)
        )
    if Name.parse(place.name) is None:
        raise NotABackupError(why="Its name is not that of a Loop backup")
    return in_files([place], list(keys.values()), network)


def in_folder(folder: Path, own: str, keys: Mapping[ServiceKey, Secret], network: Network) -> list[FoundFile]:
    """What lies in a backup folder and in the wallet's own one there; nothing where they are not there.

    Takes its time: for a thread. Raises OSError for one that cannot be looked into.
    """
    found: list[FoundFile] = []
    for place in (folder / own, folder):
        try:
            paths = generations(place, SUFFIX)
        except FileNotFoundError:
            continue
        found += in_files(paths, list(keys.values()), network)
    return found


def in_files(paths: Sequence[Path], keys: Sequence[Secret], network: Network) -> list[FoundFile]:
    """Files of one folder: what they hold, or why they are no use."""
    readers = {path.name: partial(read_bounded, path, LARGEST) for path in paths}
    by_name = {path.name: path for path in paths}
    return [FoundFile(by_name[each.file_name], each.found) for each in survey(readers, keys, network.value)]


def sorted_by_name(found: Iterable[FoundFile]) -> list[FoundFile]:
    """Latest name first."""
    return sorted(found, key=_by_name, reverse=True)


def latest(looked_at: Sequence[FoundFile]) -> tuple[FoundFile, Generation]:
    """The first that is valid. Raises NoBackupError, NoUsableBackupError."""
    for file in looked_at:
        if isinstance(file.found, Generation):
            return file, file.found
    if not looked_at:
        raise NoBackupError
    first = looked_at[0]
    why = first.found.text.message if isinstance(first.found, BackupFileError) else ""
    raise NoUsableBackupError(name=first.path.name, why=why, count=len(looked_at))


def older(looked_at: Sequence[FoundFile]) -> list[FoundFile]:
    """The valid ones beside the latest, each generation once, latest first."""
    found: dict[Name, FoundFile] = {}
    for file in looked_at:
        if isinstance(file.found, Generation):
            found.setdefault(file.found.name, file)
    return list(found.values())[1:]


def _by_name(file: FoundFile) -> tuple[Name, str]:
    return Name.parse(file.path.name) or Name(0, ""), str(file.path)
