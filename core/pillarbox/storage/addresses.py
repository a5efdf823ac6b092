"""Derived addresses, look-ahead included, and which of them are used."""

import json
from collections.abc import Collection, Iterable, Sequence

from pillarbox.errors import PillarboxError
from pillarbox.model.account import AccountId
from pillarbox.model.address import AddressRef, DerivedAddress
from pillarbox.storage import bulk, counters
from pillarbox.storage.database import Tx

_READ_AT_ONCE = 50_000
"""Texts read at once: splitting them holds the interpreter lock, for about two milliseconds."""


class AddressConflictError(PillarboxError):
    """Parameters: account, branch, index."""

    code = "address-conflict"
    title = "The same key gave two different addresses"
    message = (
        "Address {branch}/{index} of account {account} was derived before, and came out differently now. "
        "Neither is handed out: money sent to the wrong one would be lost."
    )
    hint = "Close Pillarbox and check this computer's memory and disk before you go on."


def insert(tx: Tx, account: AccountId, branch: int, rows: Iterable[DerivedAddress]) -> None:
    """Keep addresses; one that is there already stays. Raises AddressConflictError where it differs."""
    for chunk in bulk.chunks(rows):
        packed = json.dumps([(row.index, row.text, row.watch_key.hex()) for row in chunk])
        new = tx.execute(
            "INSERT INTO addresses SELECT ?, ?, value ->> 0, value ->> 1, unhex(value ->> 2) "
            "FROM json_each(?) WHERE true ON CONFLICT DO NOTHING",
            (account, branch, packed),
        )
        if new < len(chunk):
            _refuse_conflicts(tx, account, branch, packed)


def texts(tx: Tx, account: AccountId, branch: int) -> list[str | None]:
    """Every address text of a branch by index; None where there is none."""
    found: list[str | None] = []
    end = next_index(tx, account, branch)
    for start in range(0, end, _READ_AT_ONCE):
        stop = min(start + _READ_AT_ONCE, end)
        found += _texts_between(tx, account, branch, start, stop)
    return found


def next_index(tx: Tx, account: AccountId, branch: int) -> int:
    """One past the highest index kept."""
    highest = tx.value("SELECT max(idx) FROM addresses WHERE account = ? AND branch = ?", (account, branch))
    return 0 if highest is None else int(highest) + 1


def counts(tx: Tx, account: AccountId) -> dict[int, int]:
    """One past the highest index kept, by branch."""
    found = tx.rows("SELECT branch, max(idx) FROM addresses WHERE account = ? GROUP BY branch", (account,))
    return {branch: 1 + highest for branch, highest in found}


def derived(tx: Tx, account: AccountId, branch: int, start: int, stop: int) -> list[DerivedAddress]:
    """The kept addresses from `start` up to, and without, `stop`."""
    found: list[DerivedAddress] = []
    for first in range(start, stop, bulk.CHUNK):
        rows = bulk.rows(
            tx,
            ("idx", "text", "hex(watch_key)"),
            "SELECT * FROM addresses WHERE account = ? AND branch = ? AND idx >= ? AND idx < ? ORDER BY idx",
            (account, branch, first, min(first + bulk.CHUNK, stop)),
        )
        found += [DerivedAddress(index, text, bytes.fromhex(key)) for index, text, key in rows]
    return found


def watch_keys(tx: Tx, account: AccountId, branch: int, indices: Iterable[int]) -> list[bytes]:
    """What the chain is asked about these addresses, in their order; indices not kept are left out."""
    found: list[bytes] = []
    for chunk in bulk.chunks(indices):
        rows = bulk.rows(
            tx,
            ("idx", "hex(watch_key)"),
            "SELECT idx, watch_key FROM json_each(?) "
            "CROSS JOIN addresses ON account = ? AND branch = ? AND idx = value",
            (json.dumps(chunk), account, branch),
        )
        keys = {index: bytes.fromhex(key) for index, key in rows}
        found += [keys[index] for index in chunk if index in keys]
    return found


def find_text(tx: Tx, text: str) -> AddressRef | None:
    """Whose address this is, exactly as it is written."""
    row = tx.row(
        "SELECT account, branch, idx FROM addresses WHERE substr(text, -8) = substr(?1, -8) AND text = ?1",
        (text,),
    )
    return None if row is None else AddressRef(*row)


def find_watch_keys(
    tx: Tx, keys: Iterable[bytes], among: Collection[AccountId] | None = None
) -> dict[bytes, AddressRef]:
    """Whose watch keys these are; those that are not ours, or of no account in `among`, are left out.

    Two chains may have an address of one script: on test networks, coins share their keys.
    """
    of_any, accounts = among is None, json.dumps(sorted(among or ()))
    found: dict[bytes, AddressRef] = {}
    for chunk in bulk.chunks(keys):
        columns = bulk.integers(
            tx,
            ("ordinal", "account", "branch", "idx"),
            "WITH asked AS MATERIALIZED (SELECT key AS ordinal, unhex(value) AS wanted FROM json_each(?)) "
            "SELECT ordinal, account, branch, idx FROM asked CROSS JOIN addresses "
            "ON substr(watch_key, -8) = substr(wanted, -8) AND watch_key = wanted "
            "WHERE ? OR account IN (SELECT value FROM json_each(?))",
            (json.dumps([key.hex() for key in chunk]), of_any, accounts),
        )
        for ordinal, account, branch, index in zip(*columns, strict=True):
            found[chunk[ordinal]] = AddressRef(AccountId(account), branch, index)
    return found


def mark_used(
    tx: Tx, account: AccountId, branch: int, indices: Iterable[int], *, by_hand: bool, at: int
) -> list[int]:
    """Mark addresses Used; returns those that were not, ascending.

    History makes a mark by hand final; a mark by hand changes nothing that history made.
    """
    wanted = set(indices)
    new = sorted(wanted - _used_among(tx, account, branch, wanted))
    bulk.execute(
        tx,
        "INSERT INTO used SELECT ?, ?, value ->> 0, ?, ? FROM json_each(?) "
        "WHERE true ON CONFLICT DO UPDATE SET by_hand = 0 WHERE by_hand = 1 AND excluded.by_hand = 0",
        (account, branch, at, by_hand),
        ([index] for index in sorted(wanted)),
    )
    if not by_hand:
        counters.pass_used(tx, account, branch, wanted)
    return new


def unmark_by_hand(tx: Tx, ref: AddressRef) -> bool:
    """Undo a mark made by hand; False where there is none, as for what history made Used."""
    return bool(
        tx.execute(
            "DELETE FROM used WHERE account = ? AND branch = ? AND idx = ? AND by_hand = 1", tuple(ref)
        )
    )


def used(tx: Tx, account: AccountId, branch: int) -> list[tuple[int, bool]]:
    """The used indices, ascending, each with whether that was said by hand alone."""
    indices, by_hand = bulk.integers(
        tx,
        ("idx", "by_hand"),
        "SELECT idx, by_hand FROM used WHERE account = ? AND branch = ? ORDER BY idx",
        (account, branch),
    )
    return [(index, bool(hand)) for index, hand in zip(indices, by_hand, strict=True)]


def _used_among(tx: Tx, account: AccountId, branch: int, indices: Iterable[int]) -> set[int]:
    found: set[int] = set()
    for chunk in bulk.chunks(indices):
        (among,) = bulk.integers(
            tx,
            ("idx",),
            "SELECT idx FROM json_each(?) CROSS JOIN used ON account = ? AND branch = ? AND idx = value",
            (json.dumps(chunk), account, branch),
        )
        found.update(among)
    return found


def _texts_between(tx: Tx, account: AccountId, branch: int, start: int, stop: int) -> Sequence[str | None]:
    place = (account, branch, start, stop)
    where = "WHERE account = ? AND branch = ? AND idx >= ? AND idx < ?"
    row = tx.row(
        f"SELECT count(*), group_concat(text, char(10) ORDER BY idx) FROM addresses {where}",  # noqa: S608  # a constant
        place,
    )
    count, joined = row or (0, None)
    kept: list[str] = joined.split("\n") if joined is not None else []
    if count == stop - start:
        return kept
    (indices,) = bulk.integers(tx, ("idx",), f"SELECT idx FROM addresses {where} ORDER BY idx", place)  # noqa: S608  # a constant
    by_index = dict(zip(indices, kept, strict=True))
    return [by_index.get(index) for index in range(start, stop)]


def _refuse_conflicts(tx: Tx, account: AccountId, branch: int, packed: str) -> None:
    index = tx.value(
        "SELECT idx FROM json_each(?) "
        "CROSS JOIN addresses ON account = ? AND branch = ? AND idx = value ->> 0 "
        "WHERE text <> value ->> 1 OR watch_key <> unhex(value ->> 2)",
        (packed, account, branch),
    )
    if index is not None:
        raise AddressConflictError(account=account, branch=branch, index=index)
