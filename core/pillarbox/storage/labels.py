"""What people call their addresses."""

import json

from pillarbox.model.account import AccountId
from pillarbox.model.address import AddressRef
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
    packed = tx.value(
        "SELECT json_group_object(idx, label) FROM labels WHERE account = ? AND branch = ?", (account, branch)
    )
    return {int(index): label for index, label in json.loads(packed).items()}
