"""Payment requests: promises to payers, kept through restarts."""

import json
from collections.abc import Sequence
from typing import NamedTuple

from pillarbox.model.account import AccountId
from pillarbox.model.address import AddressRef
from pillarbox.model.receiving import HandOutEnding, PaymentRequest
from pillarbox.storage import bulk
from pillarbox.storage.database import Row, Tx

_SELECT = (
    "SELECT id, account, branch, idx, label, amount, created_at, held_until, ended_at, ending, token "
    "FROM requests "
)


class NewRequest(NamedTuple):
    """A request about to be made, by the hand-out of `token`. `amount` is in the smallest unit."""

    ref: AddressRef
    token: bytes
    label: str
    amount: int | None
    created_at: int
    held_until: int | None
    """None: until used."""


def insert(
    tx: Tx,
    ref: AddressRef,
    token: bytes,
    label: str,
    amount: int | None,
    created_at: int,
    held_until: int | None,
) -> PaymentRequest:
    """Keep one request. `held_until` None: until used."""
    return insert_all(tx, [NewRequest(ref, token, label, amount, created_at, held_until)])[0]


def insert_all(tx: Tx, requests: Sequence[NewRequest]) -> list[PaymentRequest]:
    """Keep requests; returns them with their ids, which are never given again."""
    first = 1 + (tx.value("SELECT seq FROM sqlite_sequence WHERE name = 'requests'") or 0)
    bulk.execute(
        tx,
        "INSERT INTO requests (id, token, account, branch, idx, label, amount, created_at, held_until) "
        "SELECT value ->> 0, unhex(value ->> 1), value ->> 2, value ->> 3, value ->> 4, value ->> 5, "
        "value ->> 6, value ->> 7, value ->> 8 FROM json_each(?)",
        (),
        (
            (number, new.token.hex(), *new.ref, new.label, new.amount, new.created_at, new.held_until)
            for number, new in enumerate(requests, first)
        ),
    )
    return [
        PaymentRequest(number, new.ref, new.label, new.amount, new.created_at, new.held_until, None, "")
        for number, new in enumerate(requests, first)
    ]


def running(tx: Tx) -> list[tuple[PaymentRequest, bytes]]:
    """Requests whose promise stands, oldest first, each with the token that holds its address."""
    found = tx.rows(_SELECT + "WHERE ended_at IS NULL ORDER BY id")
    return [(_request(row), row[-1]) for row in found]


def end(tx: Tx, token: bytes, at: int, ending: str) -> bool:
    """The request of a hand-out is over, as "paid", "used", "released", "ran-out" or "voided".

    False where it was already, or where there is none.
    """
    return bool(
        tx.execute(
            "UPDATE requests SET ended_at = ?, ending = ? WHERE token = ? AND ended_at IS NULL",
            (at, ending, token),
        )
    )


def resume(tx: Tx, token: bytes) -> bool:
    """A request that was released in favour of a hand-out which nobody saw runs on.

    False where there is none such, or where its address was used since.
    """
    return bool(
        tx.execute(
            "UPDATE requests SET ended_at = NULL, ending = '' WHERE token = ? AND ending = ? AND NOT EXISTS "
            "(SELECT 1 FROM used AS u WHERE (u.account, u.branch, u.idx) = "
            "(requests.account, requests.branch, requests.idx))",
            (token, HandOutEnding.RELEASED.value),
        )
    )


def end_for(tx: Tx, ref: AddressRef, at: int, ending: str) -> int:
    """Whatever request runs on an address is over; returns how many did."""
    return tx.execute(
        "UPDATE requests SET ended_at = ?, ending = ? "
        "WHERE account = ? AND branch = ? AND idx = ? AND ended_at IS NULL",
        (at, ending, *ref),
    )


def pay(tx: Tx, request: int, at: int) -> None:
    """A request is settled, in time or late. The first settlement stays."""
    tx.execute(
        "UPDATE requests SET ended_at = ?, ending = 'paid' WHERE id = ? AND ending IS NOT 'paid'",
        (at, request),
    )


def unpay(tx: Tx, request: int) -> None:
    """What settled a request is gone again: its address is used, and it is not paid."""
    tx.execute("UPDATE requests SET ending = 'used' WHERE id = ? AND ending = 'paid'", (request,))


def void(tx: Tx, token: bytes, at: int) -> str:
    """End the request of a hand-out that nobody saw; the label it gave its address, or ""."""
    label = tx.value("SELECT label FROM requests WHERE token = ?", (token,))
    end(tx, token, at, HandOutEnding.VOIDED.value)
    return label or ""


def asked_for(tx: Tx, account: AccountId, branch: int, indices: Sequence[int]) -> list[int]:
    """Those of `indices` that were ever handed out for a request, ascending."""
    found = tx.rows(
        "SELECT DISTINCT idx FROM json_each(?) JOIN requests ON account = ? AND branch = ? AND idx = value "
        "ORDER BY idx",
        (json.dumps(indices), account, branch),
    )
    return [index for (index,) in found]


def of_hand_out(tx: Tx, token: bytes) -> PaymentRequest | None:
    """The request that a hand-out made, running or over."""
    found = tx.row(_SELECT + "WHERE token = ?", (token,))
    return None if found is None else _request(found)


def last_of_used(tx: Tx, account: AccountId, branch: int) -> list[PaymentRequest]:
    """Of each used address that was handed out for requests, the last of them."""
    where = (
        "WHERE id IN (SELECT max(id) FROM requests JOIN used USING (account, branch, idx) "
        "WHERE account = ? AND branch = ? GROUP BY idx)"
    )
    return [_request(row) for row in tx.rows(_SELECT + where, (account, branch))]


def set_hold(tx: Tx, request: int, held_until: int | None) -> None:
    """Change how long a request holds its address. None: until used."""
    tx.execute("UPDATE requests SET held_until = ? WHERE id = ?", (held_until, request))


def for_address(tx: Tx, ref: AddressRef) -> list[PaymentRequest]:
    """Every request an address was handed out for, oldest first."""
    where = "WHERE account = ? AND branch = ? AND idx = ? ORDER BY id"
    return [_request(row) for row in tx.rows(_SELECT + where, tuple(ref))]


def all_requests(tx: Tx, account: AccountId) -> list[PaymentRequest]:
    """Every request of an account, oldest first."""
    return [_request(row) for row in tx.rows(_SELECT + "WHERE account = ? ORDER BY id", (account,))]


def _request(row: Row) -> PaymentRequest:
    number, account, branch, index, label, amount, created_at, held_until, ended_at, ending, _token = row
    ref = AddressRef(AccountId(account), branch, index)
    return PaymentRequest(number, ref, label, amount, created_at, held_until, ended_at, ending)
