"""The hand-out ledger: which address was shown, when, to whom, and how that ended. Rows are only ever added.

Whatever was shown is watched for ever and handed out again only after what never was, so nothing here is
removed or changed, and an ending is a row of its own.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import compress
from typing import NamedTuple

from pillarbox.model.account import AccountId
from pillarbox.model.address import AddressRef
from pillarbox.model.receiving import HandOutEnding, LedgerEntry
from pillarbox.storage import bulk
from pillarbox.storage.database import Tx

Showing = tuple[bytes, AccountId, int, int, int, str, int | None, bool]
"""Token, account, branch, index, shown_at, label, payment request or None, account's past unknown."""


class Shown(NamedTuple):
    """What the ledger says of a branch's addresses, by index: only showings that somebody saw count.

    Plain integers, for there may be many, and the garbage collector would go through anything else.
    """

    last_ended_at: Mapping[int, int | None]
    """When a hand-out of it last ended, in Unix seconds; None where none did."""
    unscanned: Sequence[int]
    """Handed out, at some time, before the account's past was known."""


def record(tx: Tx, showings: Iterable[Showing]) -> None:
    """Write down that addresses are shown. Tokens are unique."""
    bulk.execute(
        tx,
        "INSERT INTO hand_outs (token, account, branch, idx, shown_at, label, request, unscanned) "
        "SELECT unhex(value ->> 0), value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, "
        "value ->> 6, value ->> 7 FROM json_each(?)",
        (),
        ((token.hex(), *rest) for token, *rest in showings),
    )


def end(tx: Tx, token: bytes, at: int, ending: HandOutEnding) -> bool:
    """A hand-out is over; False where it was already, or where there is none of that token."""
    return end_all(tx, [token], at, ending) == 1


def end_all(tx: Tx, tokens: Iterable[bytes], at: int, ending: HandOutEnding) -> int:
    """Hand-outs are over; returns how many of them were running."""
    return bulk.execute(
        tx,
        "INSERT INTO hand_out_endings SELECT hand_outs.id, ?, ? FROM json_each(?) CROSS JOIN hand_outs "
        "ON token = unhex(value ->> 0) WHERE true ON CONFLICT DO NOTHING",
        (at, ending.value),
        ([token.hex()] for token in tokens),
    )


def void(tx: Tx, token: bytes, at: int) -> bool:
    """A hand-out was given back before anybody saw it: it does not count as shown."""
    return end(tx, token, at, HandOutEnding.VOIDED)


def end_running(tx: Tx, at: int) -> int:
    """End what a killed process left running; returns how many.

    Payment requests go on, and where the address was paid the hand-out did what it was for.
    """
    return tx.execute(
        "INSERT INTO hand_out_endings SELECT id, ?, ? FROM hand_outs AS h "
        "WHERE NOT EXISTS (SELECT 1 FROM hand_out_endings WHERE hand_out = h.id) "
        "AND NOT EXISTS (SELECT 1 FROM requests AS r WHERE r.token = h.token) "
        "AND NOT EXISTS (SELECT 1 FROM used AS u "
        "WHERE u.account = h.account AND u.branch = h.branch AND u.idx = h.idx)",
        (at, HandOutEnding.RELEASED.value),
    )


def is_running(tx: Tx, token: bytes) -> bool:
    """Whether a hand-out has not ended."""
    found = tx.value(
        "SELECT NOT EXISTS (SELECT 1 FROM hand_out_endings WHERE hand_out = id) "
        "FROM hand_outs WHERE token = ?",
        (token,),
    )
    return bool(found)


def history(tx: Tx, ref: AddressRef) -> list[LedgerEntry]:
    """Every line about one address, oldest first."""
    found = tx.rows(
        "SELECT h.id, h.token, h.shown_at, h.label, coalesce(r.id, h.request), e.at, e.ending "
        "FROM hand_outs AS h LEFT JOIN requests AS r ON r.token = h.token "
        "LEFT JOIN hand_out_endings AS e ON e.hand_out = h.id "
        "WHERE h.account = ? AND h.branch = ? AND h.idx = ? ORDER BY h.id",
        tuple(ref),
    )
    return [
        LedgerEntry(
            number=number,
            token=token,
            ref=ref,
            shown_at=shown_at,
            label=label,
            request=request,
            ended_at=ended_at,
            ending=None if ending is None else HandOutEnding(ending),
        )
        for number, token, shown_at, label, request, ended_at, ending in found
    ]


def shown(tx: Tx, account: AccountId, branch: int) -> Shown:
    """What was shown of a branch."""
    indices, ended, unscanned = bulk.integers(
        tx,
        ("idx", "ended", "unscanned"),
        "SELECT h.idx, max(coalesce(e.at, -1)) AS ended, max(h.unscanned) AS unscanned FROM hand_outs AS h "
        "LEFT JOIN hand_out_endings AS e ON e.hand_out = h.id "
        "WHERE h.account = ? AND h.branch = ? AND e.ending IS NOT ? GROUP BY h.idx",
        (account, branch, HandOutEnding.VOIDED.value),
    )
    return Shown(
        {index: None if at < 0 else at for index, at in zip(indices, ended, strict=True)},
        list(compress(indices, unscanned)),
    )
