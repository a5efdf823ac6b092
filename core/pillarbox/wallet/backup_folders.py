"""The further folders that the user named for backups, and whether each is on its own drive."""

import json
from collections.abc import Sequence

from pillarbox.errors import InvalidInputError
from pillarbox.storage import meta, settings
from pillarbox.storage.database import Tx

FOLDERS = "backup-folders"
"""The wallet's setting: a list of paths."""
_APART = "backup-folders-apart"
"""Under this name it is kept which of them were seen to be on drives of their own. In no backup."""


def require_text(folder: str) -> None:
    """Raises InvalidInputError for a name that is no UTF-8: it could not be kept."""
    try:
        folder.encode()
    except UnicodeEncodeError as error:
        shown = folder.encode(errors="replace").decode()
        why = f"The name {shown} is in an encoding that cannot be kept. Rename it, or choose another folder."
        raise InvalidInputError(what="backup folder", why=why) from error


def named(tx: Tx) -> tuple[str, ...]:
    """In the order the user named them."""
    found = settings.get(tx, FOLDERS, [])
    return tuple(text for text in found if isinstance(text, str)) if isinstance(found, list) else ()


def name(tx: Tx, folders: Sequence[str]) -> None:
    """From now on these, each on whatever drive it is found to be, unless it was named before."""
    kept = apart(tx).intersection(named(tx)).intersection(folders)
    settings.put(tx, FOLDERS, list(folders))
    meta.put(tx, _APART, json.dumps(sorted(kept)))


def apart(tx: Tx) -> set[str]:
    """Those that were seen on another drive than the data folder's.

    Where a drive is not mounted an empty folder is left: what went there would be lost with this computer's.
    """
    return set(json.loads(meta.get(tx, _APART) or "[]"))


def note_apart(tx: Tx, folder: str) -> None:
    """It was seen on another drive."""
    meta.put(tx, _APART, json.dumps(sorted({*apart(tx), folder})))
