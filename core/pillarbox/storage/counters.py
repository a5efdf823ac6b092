"""Sequential counters as kept: read, checked and advanced in the transaction that hands a number out.

Stored as Word32, as source 003 has it (docs/decisions/sequential-counters.md). Indices and account numbers in
arguments and results count from 0.
"""

from collections.abc import Iterable
from typing import NamedTuple

from pillarbox.model.account import AccountId
from pillarbox.pool.sequence import (
    FIRST_HARDENED,
    check,
    counter_past,
    is_counter,
    next_account,
    next_address,
)
from pillarbox.storage import bulk
from pillarbox.storage.database import Tx


class Behind(NamedTuple):
    """A counter lay below what was handed out or used; it was raised from `was` to `now`, both indices."""

    account: AccountId
    branch: int
    was: int
    now: int


def start(tx: Tx, account: AccountId, branch: int) -> None:
    """The counter of a new branch, at the first hardened index."""
    _raise(tx, account, branch, FIRST_HARDENED)


def next_index(tx: Tx, account: AccountId, branch: int) -> int:
    """The index that goes out next where nobody had one before. Raises SequenceError where there is none."""
    return next_address(_stored(tx, account, branch)).issued - FIRST_HARDENED


def position(tx: Tx, account: AccountId, branch: int) -> int:
    """Where the counter stands, at its end too. Raises CounterDamagedError; 0 where there is none yet."""
    stored = _stored(tx, account, branch)
    return 0 if stored is None else check(stored) - FIRST_HARDENED


def is_damaged(tx: Tx, account: AccountId, branch: int) -> bool:
    """Whether the counter is one that no counter can be: then nothing more is handed out of the branch."""
    stored = _stored(tx, account, branch)
    return stored is not None and not is_counter(stored)


def issue(tx: Tx, account: AccountId, branch: int, indices: Iterable[int]) -> None:
    """These indices are handed out: the counter moves past the highest, and never back.

    One below the counter was handed out before and released. Raises SequenceError, and moves nothing.
    """
    stored = _stored(tx, account, branch)
    highest = FIRST_HARDENED + max(indices)
    if stored is None or highest >= check(stored):
        step = next_address(None if stored is None else highest)
        _raise(tx, account, branch, step.counter_after)


def pass_used(tx: Tx, account: AccountId, branch: int, indices: Iterable[int]) -> None:
    """These indices are used: none at or below the highest is new any more."""
    highest = max(indices, default=None)
    if highest is not None:
        _raise(tx, account, branch, counter_past(highest))


def catch_up(tx: Tx) -> list[Behind]:
    """Raise each counter that lies below what the ledger and the marks say; which those were."""
    known = tx.rows(
        "SELECT account, branch, max(highest) FROM ("
        "SELECT account, branch, max(idx) AS highest FROM used WHERE NOT by_hand GROUP BY account, branch "
        "UNION ALL SELECT account, branch, max(idx) FROM hand_outs GROUP BY account, branch"
        ") GROUP BY account, branch"
    )
    behind = []
    for account, branch, highest in known:
        if is_damaged(tx, account, branch):
            continue
        was, now = position(tx, account, branch), counter_past(highest) - FIRST_HARDENED
        if was < now:
            _raise(tx, account, branch, FIRST_HARDENED + now)
            behind.append(Behind(account, branch, was, now))
    return behind


def given_back(tx: Tx, account: AccountId, branch: int) -> list[int]:
    """Indices whose every hand-out was voided: nobody saw them."""
    (indices,) = bulk.integers(
        tx,
        ("idx",),
        "SELECT h.idx FROM hand_outs AS h LEFT JOIN hand_out_endings AS e ON e.hand_out = h.id "
        "WHERE h.account = ? AND h.branch = ? GROUP BY h.idx "
        "HAVING min(coalesce(e.ending, '') = 'voided') = 1",
        (account, branch),
    )
    return list(indices)


def next_account_number(tx: Tx, kind: str) -> int:
    """The next account number of a kind, whatever its root. Issues nothing. Raises SequenceError."""
    stored = tx.value("SELECT max(next_word) FROM account_counters WHERE kind = ?", (kind,))
    return next_account(FIRST_HARDENED if stored is None else stored).issued - FIRST_HARDENED


def take_account_number(tx: Tx, kind: str, root: str, number: int | None = None) -> int:
    """Issue the next account number of a kind and root, in the transaction that inserts the account.

    With `number` (the keys were made before, with what `next_account_number` told, or a person chose it) the
    counter moves past that one, and never back. Raises SequenceError.
    """
    stored = tx.value("SELECT next_word FROM account_counters WHERE kind = ? AND root = ?", (kind, root))
    counter = check(FIRST_HARDENED if stored is None else stored)
    if number is None:
        number = next_account(counter).issued - FIRST_HARDENED
    tx.execute(
        "INSERT INTO account_counters VALUES (?, ?, ?) "
        "ON CONFLICT DO UPDATE SET next_word = excluded.next_word",
        (kind, root, max(counter, counter_past(number))),
    )
    return number


def pass_account_number(tx: Tx, kind: str, root: str, number: int) -> None:
    """An account of this number is here: the counter moves past it, and never back."""
    tx.execute(
        "INSERT INTO account_counters VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET "
        "next_word = excluded.next_word WHERE excluded.next_word > next_word AND next_word >= ?",
        (kind, root, counter_past(number), FIRST_HARDENED),
    )


def _stored(tx: Tx, account: AccountId, branch: int) -> int | None:
    found = tx.value("SELECT next_word FROM counters WHERE account = ? AND branch = ?", (account, branch))
    return None if found is None else int(found)


def _raise(tx: Tx, account: AccountId, branch: int, word: int) -> None:
    """One that is damaged stays so: what is known may lie below what was once handed out."""
    tx.execute(
        "INSERT INTO counters VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET next_word = excluded.next_word "
        "WHERE excluded.next_word > next_word AND next_word >= ?",
        (account, branch, word, FIRST_HARDENED),
    )
