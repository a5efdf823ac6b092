"""What people call their addresses."""

from pillarbox.model.account import AccountId
from pillarbox.model.address import AddressRef
from pillarbox.storage import bulk
from pillarbox.storage.database import Tx


def put(tx: Tx, ref: AddressRef, label: str) -> None:
    """Set an address's label; an empty one removes it."""
    if label:
        tx.execute(
            "INSERT INTO labels VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET label = excluded.label",
            (*ref, label),
        )
    else:
        tx.execute("DELETE FROM labels WHERE account = ? AND branch = ? AND idx = ?", tuple(ref))


def get(tx: Tx, ref: AddressRef) -> str:
    """ "" where there is none."""
    return tx.value("SELECT label FROM labels WHERE account = ? AND branch = ? AND idx = ?", tuple(ref)) or ""


def all_labels(tx: Tx, account: AccountId, branch: int) -> dict[int, str]:
    """By index, only where there is one."""
    found: dict[int, str] = {}
    last = -1
    while rows := bulk.rows(
        tx,
        ("idx", "label"),
        "SELECT idx, label FROM labels WHERE account = ? AND branch = ? AND idx > ? ORDER BY idx LIMIT ?",
        (account, branch, last, bulk.CHUNK),
    ):
        found.update((index, label) for index, label in rows)
        last = rows[-1][0]
    return found
