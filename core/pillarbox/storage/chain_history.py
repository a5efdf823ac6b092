"""Payments as the chain tells of them, and what they add up to for each address.

A source tells the whole state of a script each time. What it no longer tells of has vanished: its row stays,
stops counting, and counts again when it comes back. A block that is said to hold a payment is kept only once
that is proven; until then the payment is unconfirmed.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from pillarbox.model.account import AccountId
from pillarbox.model.address import AddressFlag, AddressRef
from pillarbox.model.payment import Payment, ScriptHistory, Sighting
from pillarbox.storage import bulk
from pillarbox.storage.database import Row, Tx

Histories = Sequence[tuple[AddressRef, ScriptHistory]]

_SELECT = (
    "SELECT p.account, p.branch, p.idx, lower(hex(p.txid)), p.output, p.amount, p.height, p.block, "
    "p.first_seen, p.vanished_at, p.after_hand_out, a.watch_key "
    "FROM payments AS p JOIN addresses AS a USING (account, branch, idx) "
)
_MOST = (1 << 63) - 1
_AGE = "iif(height > 0, height, 4294967296)"
_SUMS = (
    "SELECT account, branch, idx, "
    "coalesce(sum(amount >> 32) FILTER (WHERE vanished_at IS NULL), 0) AS high, "
    "coalesce(sum(amount & 4294967295) FILTER (WHERE vanished_at IS NULL), 0) AS low, "
    "count(*) FILTER (WHERE vanished_at IS NULL) AS payments, "
    "count(DISTINCT txid) FILTER (WHERE vanished_at IS NULL) > 1 AS reused, "
    "coalesce(max(vanished_at), -1) > coalesce(max(first_seen) FILTER (WHERE vanished_at IS NULL), -1) "
    "AS vanished, "
    "coalesce(max(height = 0) FILTER (WHERE vanished_at IS NULL), 0) AS unconfirmed"
)
_SUM_COLUMNS = ("account", "branch", "idx", "high", "low", "payments", "reused", "vanished", "unconfirmed")


class AddressAmounts(NamedTuple):
    """What an address received in payments that stand.

    `flags` holds REUSED, PAYMENT_VANISHED (a payment is gone, and none came since) and UNCONFIRMED (one of
    them is not proven to be in a block yet).
    """

    received: int
    payments: int
    """Outputs, not transactions."""
    flags: AddressFlag


class _Kept(NamedTuple):
    amount: int
    height: int
    block: bytes
    first_seen: int
    vanished_at: int | None
    after_hand_out: int


_Output = tuple[str, int]
"""Transaction id and output number."""


def apply(tx: Tx, ref: AddressRef, history: ScriptHistory, at: int) -> AddressAmounts | None:
    """Make what is kept of an address equal to what a source tells now; None where nothing changed."""
    return apply_all(tx, [(ref, history)], at).get(ref)


def apply_all(tx: Tx, histories: Histories, at: int) -> dict[AddressRef, AddressAmounts]:
    """The same for many at once; returns what changed, also by being from the wallet itself."""
    changed: dict[AddressRef, AddressAmounts] = {}
    newest = tx.value("SELECT coalesce(max(id), 0) FROM hand_outs")
    for chunk in bulk.chunks(histories):
        kept = _kept(tx, [ref for ref, _ in chunk])
        changes = [
            (ref, output, row)
            for ref, history in chunk
            if not history.refused
            for output, row in _changes(kept.get(ref, {}), history, at, newest)
        ]
        _put(tx, changes)
        moved = _put_spends(tx, {txid for _, history in chunk for txid in history.spends})
        changed |= _sums_of(tx, {*moved, *(ref for ref, _, _ in changes)})
    return changed


def moved(tx: Tx) -> dict[AccountId, int]:
    """How much of what stands as received, by account, the wallet has paid to itself."""
    found = tx.rows(
        "SELECT account, sum(amount >> 32), sum(amount & 4294967295) FROM payments WHERE vanished_at IS NULL "
        "AND txid IN (SELECT txid FROM own_transactions) GROUP BY account"
    )
    return {AccountId(account): _whole(high, low) for account, high, low in found}


def amounts(tx: Tx, account: AccountId, branch: int) -> Mapping[int, AddressAmounts]:
    """What each address of a branch received, by index, where there ever was a payment."""
    found = _sums(tx, "FROM payments WHERE account = ? AND branch = ?", (account, branch))
    return {ref.index: sums for ref, sums in found}


def proven(tx: Tx, account: AccountId, branch: int, start: int, stop: int) -> list[Sighting]:
    """What stands proven of the addresses from `start` up to, and without, `stop`."""
    rows = bulk.rows(
        tx,
        ("hex(watch_key)", "lower(hex(txid))", "output", "amount", "height", "hex(block)"),
        "SELECT watch_key, txid, output, amount, height, block "
        "FROM payments JOIN addresses USING (account, branch, idx) "
        "WHERE account = ? AND branch = ? AND idx >= ? AND idx < ? AND height > 0 AND vanished_at IS NULL",
        (account, branch, start, stop),
    )
    return [
        Sighting(bytes.fromhex(key), txid, output, amount, height, True, bytes.fromhex(block))
        for key, txid, output, amount, height, block in rows
    ]


def payments(tx: Tx, account: AccountId, limit: int, before: Payment | None = None) -> list[Payment]:
    """Up to `limit` payments of an account, newest first, going on after `before`."""
    order = f"ORDER BY {_AGE} DESC, p.first_seen DESC, p.txid DESC, p.output DESC LIMIT ?"
    if before is None:
        return _payments(tx, _SELECT + f"WHERE p.account = ? {order}", (account, limit))
    seen = before.sighting
    return _payments(
        tx,
        _SELECT + f"WHERE p.account = ? AND ({_AGE}, p.first_seen, p.txid, p.output) "
        f"< (iif(? > 0, ?, 4294967296), ?, unhex(?), ?) {order}",
        (account, seen.height, seen.height, before.first_seen, seen.txid, seen.output, limit),
    )


def payments_of(tx: Tx, ref: AddressRef) -> list[Payment]:
    """Every payment an address ever received, oldest first, vanished ones included."""
    where = (
        f"WHERE p.account = ? AND p.branch = ? AND p.idx = ? ORDER BY {_AGE}, p.first_seen, p.txid, p.output"
    )
    return _payments(tx, _SELECT + where, tuple(ref))


def _changes(
    kept: Mapping[_Output, _Kept], history: ScriptHistory, at: int, newest_hand_out: int
) -> Iterator[tuple[_Output, _Kept]]:
    """The rows to write so that `kept` tells what `history` tells."""
    told = {(sighting.txid, sighting.output): sighting for sighting in history.sightings}
    for output, sighting in told.items():
        old = kept.get(output)
        height, block = (sighting.height, sighting.block) if sighting.proven else (0, b"")
        first_seen, after = (at, newest_hand_out) if old is None else (old.first_seen, old.after_hand_out)
        row = _Kept(sighting.amount, height, block, first_seen, None, after)
        if row != old:
            yield output, row
    for output, old in kept.items():
        if output not in told and old.vanished_at is None:
            yield output, old._replace(vanished_at=at)


def _kept(tx: Tx, refs: Sequence[AddressRef]) -> dict[AddressRef, dict[_Output, _Kept]]:
    found: dict[AddressRef, dict[_Output, _Kept]] = {}
    rows = bulk.rows(
        tx,
        (
            "account",
            "branch",
            "idx",
            "txid",
            "output",
            "amount",
            "height",
            "hex(block)",
            "first_seen",
            "vanished_at",
            "after_hand_out",
        ),
        "SELECT p.account, p.branch, p.idx, lower(hex(txid)) AS txid, output, amount, height, block, "
        "first_seen, vanished_at, after_hand_out FROM json_each(?) CROSS JOIN payments AS p "
        "ON p.account = value ->> 0 AND p.branch = value ->> 1 AND p.idx = value ->> 2",
        (json.dumps(refs),),
    )
    for account, branch, index, txid, output, amount, height, block, *when in rows:
        ref = AddressRef(AccountId(account), branch, index)
        row = _Kept(amount, height, bytes.fromhex(block), *when)
        found.setdefault(ref, {})[txid, output] = row
    return found


def _put(tx: Tx, changes: Sequence[tuple[AddressRef, _Output, _Kept]]) -> None:
    bulk.execute(
        tx,
        "INSERT OR REPLACE INTO payments SELECT value ->> 0, value ->> 1, value ->> 2, unhex(value ->> 3), "
        "value ->> 4, value ->> 5, value ->> 6, unhex(value ->> 7), value ->> 8, value ->> 9, value ->> 10 "
        "FROM json_each(?)",
        (),
        ((*ref, *output, row.amount, row.height, row.block.hex(), *row[3:]) for ref, output, row in changes),
    )


def _put_spends(tx: Tx, txids: Collection[str]) -> list[AddressRef]:
    """Keep which transactions spend the wallet's coins; the addresses that those not known before pay."""
    if not txids:
        return []
    packed = json.dumps(sorted(txids))
    new = bulk.rows(
        tx,
        ("value",),
        "SELECT value FROM json_each(?) WHERE unhex(value) NOT IN (SELECT txid FROM own_transactions)",
        (packed,),
    )
    if not new:
        return []
    tx.execute("INSERT OR IGNORE INTO own_transactions SELECT unhex(value) FROM json_each(?)", (packed,))
    paid = bulk.rows(
        tx,
        ("account", "branch", "idx"),
        "SELECT DISTINCT account, branch, idx FROM payments "
        "WHERE txid IN (SELECT unhex(value ->> 0) FROM json_each(?))",
        (json.dumps(new),),
    )
    return [AddressRef(AccountId(account), branch, index) for account, branch, index in paid]


def _sums_of(tx: Tx, refs: Iterable[AddressRef]) -> dict[AddressRef, AddressAmounts]:
    among = (
        "FROM json_each(?) CROSS JOIN payments "
        "ON account = value ->> 0 AND branch = value ->> 1 AND idx = value ->> 2"
    )
    return dict(_sums(tx, among, (json.dumps(list(refs)),)))


def _whole(high: int, low: int) -> int:
    """A sum whose halves were added apart: SQLite refuses one beyond 64 bits, as a server can make up."""
    return min((high << 32) + low, _MOST)


def _sums(tx: Tx, among: str, bindings: tuple[object, ...]) -> Iterator[tuple[AddressRef, AddressAmounts]]:
    query = f"{_SUMS} {among} GROUP BY account, branch, idx"
    columns = bulk.integers(tx, _SUM_COLUMNS, query, bindings)
    for account, branch, index, high, low, count, reused, vanished, unconfirmed in zip(*columns, strict=True):
        flags = _FLAGS[bool(reused), bool(vanished), bool(unconfirmed)]
        yield AddressRef(AccountId(account), branch, index), AddressAmounts(_whole(high, low), count, flags)


_FLAGS = {
    (reused, vanished, unconfirmed): (AddressFlag.REUSED if reused else AddressFlag.NONE)
    | (AddressFlag.PAYMENT_VANISHED if vanished else AddressFlag.NONE)
    | (AddressFlag.UNCONFIRMED if unconfirmed else AddressFlag.NONE)
    for reused in (False, True)
    for vanished in (False, True)
    for unconfirmed in (False, True)
}


def _payments(tx: Tx, query: str, bindings: tuple[object, ...]) -> list[Payment]:
    return [_payment(row) for row in tx.rows(query, bindings)]


def _payment(row: Row) -> Payment:
    account, branch, index, txid, output, amount, height, block, *when, watch_key = row
    sighting = Sighting(watch_key, txid, output, amount, height, height > 0, block)
    return Payment(sighting, account, branch, index, *when)
