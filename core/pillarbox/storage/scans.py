"""How far the search for used addresses came, so that it goes on there after a restart."""

from dataclasses import dataclass

from pillarbox.model.account import AccountId
from pillarbox.storage.database import Tx


@dataclass(frozen=True, slots=True)
class Scan:
    """One branch's search."""

    scanned_to: int
    """Every index below this was asked about."""
    highest_used: int | None
    gap: int


def save(
    tx: Tx, account: AccountId, branch: int, scanned_to: int, highest_used: int | None, gap: int
) -> None:
    """Replaces what was saved of this branch before."""
    tx.execute(
        "INSERT OR REPLACE INTO scans VALUES (?, ?, ?, ?, ?)",
        (account, branch, scanned_to, highest_used, gap),
    )


def widest_gap(tx: Tx, account: AccountId) -> int:
    """The widest that any of its branches was, or is to be, searched with; 0 where none was."""
    found = tx.value("SELECT max(gap) FROM scans WHERE account = ?", (account,))
    return 0 if found is None else int(found)


def load(tx: Tx, account: AccountId, branch: int) -> Scan | None:
    row = tx.row(
        "SELECT scanned_to, highest_used, gap FROM scans WHERE account = ? AND branch = ?",
        (account, branch),
    )
    return None if row is None else Scan(*row)
