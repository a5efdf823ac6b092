"""Accounts that the words of an imported wallet may have had elsewhere: kept until a chain was asked."""

from collections.abc import Iterable
from typing import NamedTuple

from pillarbox.storage import meta
from pillarbox.storage.database import Tx


class Candidate(NamedTuple):
    """An account's public parameters, as its kind made them."""

    kind: str
    number: int
    path: str
    fingerprint: str
    params: str
    same_key: str


def keep(tx: Tx, candidates: Iterable[Candidate]) -> None:
    """One that is there already stays as it is."""
    for candidate in candidates:
        tx.execute("INSERT INTO candidates VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", candidate)
    meta.bump_revision(tx)


def remaining(tx: Tx) -> list[Candidate]:
    """Those that no chain was asked about yet, in the order they were kept."""
    return [Candidate(*row) for row in tx.rows("SELECT * FROM candidates ORDER BY rowid")]


def remove(tx: Tx, same_key: str) -> None:
    """It was asked about."""
    if tx.execute("DELETE FROM candidates WHERE same_key = ?", (same_key,)):
        meta.bump_revision(tx)
