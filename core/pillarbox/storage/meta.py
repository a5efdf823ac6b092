"""Single values by name, and the number of the wallet's last change."""

from typing import cast

from pillarbox.storage.database import Tx

_REVISION = "revision"


def get(tx: Tx, name: str) -> str | None:
    return cast("str | None", tx.value("SELECT value FROM meta WHERE name = ?", (name,)))


def put(tx: Tx, name: str, text: str) -> None:
    _put(tx, name, text)


def get_blob(tx: Tx, name: str) -> bytes | None:
    return cast("bytes | None", tx.value("SELECT value FROM meta WHERE name = ?", (name,)))


def put_blob(tx: Tx, name: str, blob: bytes) -> None:
    _put(tx, name, blob)


def remove(tx: Tx, name: str) -> None:
    tx.execute("DELETE FROM meta WHERE name = ?", (name,))


def revision(tx: Tx) -> int:
    """How many changes were bumped since the wallet was made."""
    return int(tx.value("SELECT value FROM meta WHERE name = ?", (_REVISION,)) or 0)


def bump_revision(tx: Tx) -> int:
    """Count one more change; returns the new revision."""
    return int(
        tx.value(
            "INSERT INTO meta VALUES (?, 1) ON CONFLICT DO UPDATE SET value = value + 1 RETURNING value",
            (_REVISION,),
        )
    )


def raise_revision(tx: Tx, least: int) -> None:
    """The next revision is above `least`: so count those that come after what an older file had."""
    tx.execute(
        "INSERT INTO meta VALUES (?, ?) ON CONFLICT DO UPDATE SET value = max(value, excluded.value)",
        (_REVISION, least),
    )


def _put(tx: Tx, name: str, value: str | bytes) -> None:
    tx.execute(
        "INSERT INTO meta VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value", (name, value)
    )
