"""Which backup files this wallet wrote, where they lie, and what was proven of each."""

import json
from typing import NamedTuple

from pillarbox.storage import meta
from pillarbox.storage.database import Tx

_BEGUN = "backup-begun/{folder}"
"""Under this name stands what is being written into a folder."""


class Written(NamedTuple):
    """A file as it was written. Times are Unix seconds."""

    folder: str
    name: str
    revision: int
    written_at: int
    size: int
    sha256: bytes
    verified_at: int | None = None
    drilled_at: int | None = None


def begin(tx: Tx, written: Written) -> None:
    """A file is about to be written: whatever ends the process, it is known afterwards what to look for."""
    folder, name, revision, at, size, digest, *_ = written
    text = json.dumps([folder, name, revision, at, size, digest.hex()])
    meta.put(tx, _BEGUN.format(folder=folder), text)


def begun(tx: Tx, folder: str) -> Written | None:
    """What was about to be written there, and is neither recorded nor dropped."""
    text = meta.get(tx, _BEGUN.format(folder=folder))
    if text is None:
        return None
    folder, name, revision, at, size, digest = json.loads(text)
    return Written(folder, name, revision, at, size, bytes.fromhex(digest))


def drop_begun(tx: Tx, folder: str) -> None:
    meta.remove(tx, _BEGUN.format(folder=folder))


def record(tx: Tx, written: Written) -> None:
    """A file was written. What was proven of the same bytes holds; of others nothing is proven yet."""
    drop_begun(tx, written.folder)
    forget_others = "DELETE FROM backups WHERE folder = ? AND name = ? AND sha256 <> ?"
    tx.execute(forget_others, (written.folder, written.name, written.sha256))
    tx.execute(
        "INSERT INTO backups VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (folder, name) DO NOTHING", written
    )


def forget(tx: Tx, folder: str, name: str) -> None:
    """The file is there no more, or counts no more."""
    tx.execute("DELETE FROM backups WHERE folder = ? AND name = ?", (folder, name))


def set_verified(tx: Tx, folder: str, name: str, at: int) -> None:
    tx.execute("UPDATE backups SET verified_at = ? WHERE folder = ? AND name = ?", (at, folder, name))


def set_drilled(tx: Tx, folder: str, name: str, at: int) -> None:
    tx.execute(
        "UPDATE backups SET drilled_at = ?1, verified_at = ?1 WHERE folder = ?2 AND name = ?3",
        (at, folder, name),
    )


def all_written(tx: Tx) -> list[Written]:
    """Newest first."""
    found = tx.rows("SELECT * FROM backups ORDER BY revision DESC, written_at DESC, folder, name")
    return [Written(*row) for row in found]
