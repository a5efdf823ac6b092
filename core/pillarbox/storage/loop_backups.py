"""Which Loop backups this wallet wrote, so that a damaged one is told from another wallet's.

In no backup: what lies in a folder is a fact of this computer.
"""

from pillarbox.storage.database import Tx


def record(tx: Tx, folder: str, name: str, token_id: bytes, size: int, sha256: bytes, at: int) -> None:
    """A file was written. `at` in Unix seconds."""
    tx.execute(
        "INSERT OR REPLACE INTO loop_backups VALUES (?, ?, ?, ?, ?, ?)",
        (folder, name, token_id, size, sha256, at),
    )


def digests(tx: Tx, name: str) -> set[bytes]:
    """What the files of this name were, in whatever folder, when they were written."""
    rows = tx.rows("SELECT sha256 FROM loop_backups WHERE name = ?", (name,))
    return {sha256 for (sha256,) in rows}
