"""L402 tokens as files hold them, byte for byte, and what became of their payments."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from pillarbox.backup.content import Row as BackupRow
from pillarbox.backup.sections import AccountMap, Field, Tally
from pillarbox.loop import token_file
from pillarbox.loop.token_file import Token
from pillarbox.storage import meta
from pillarbox.storage.database import Row, Tx
from pillarbox.storage.table_section import TableSection

_COLUMNS = "token_id, server, payment_hash, state, data, invoice, shown_at, sent_by, created_at"


class TokenState(StrEnum):
    PENDING = "pending"
    PAID = "paid"
    DISCARDED = "discarded"
    """Given up unpaid. If its payment turns out to have been made, it is paid all the same."""


@dataclass(frozen=True, slots=True)
class StoredToken:
    """`data` is the token file. `server` is the URL it is for, or "" where that is not known.

    `shown_at` (Unix seconds): when the invoice was given out to be paid by hand. `sent_by`: who was told to
    pay it, and is not known to have failed; "" for nobody. `created_at` in Unix nanoseconds.
    """

    token_id: bytes
    server: str
    payment_hash: bytes
    state: TokenState
    data: bytes = field(repr=False)
    invoice: str
    shown_at: int | None
    sent_by: str
    created_at: int

    @property
    def token(self) -> Token:
        return token_file.parse(self.data)


def insert(tx: Tx, token: StoredToken) -> None:
    """Raises apsw.ConstraintError for an id that is there, and for a second one that is pending."""
    tx.execute(
        f"INSERT INTO l402_tokens ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608  # a constant
        (
            token.token_id,
            token.server,
            token.payment_hash,
            token.state.value,
            token.data,
            token.invoice,
            token.shown_at,
            token.sent_by,
            token.created_at,
        ),
    )
    meta.bump_revision(tx)


def all_tokens(tx: Tx) -> list[StoredToken]:
    """In the order they were demanded."""
    return _found(tx, "ORDER BY created_at, token_id", ())


def pending(tx: Tx) -> StoredToken | None:
    """The one whose payment is under way or to be made."""
    return next(iter(_found(tx, "WHERE state = 'pending'", ())), None)


def by_id(tx: Tx, token_id: bytes) -> StoredToken | None:
    return next(iter(_found(tx, "WHERE token_id = ?", (token_id,))), None)


def unpaid_for(tx: Tx, payment_hash: bytes) -> list[StoredToken]:
    """Those that a payment of this hash would pay for, discarded ones too."""
    return _found(tx, "WHERE payment_hash = ? AND state <> 'paid'", (payment_hash,))


def free(tx: Tx, server: str) -> StoredToken | None:
    """The newest paid one for a server that no static address is bound to."""
    where = (
        "WHERE state = 'paid' AND server = ? "
        "AND token_id NOT IN (SELECT token_id FROM static_addresses) ORDER BY created_at DESC, token_id"
    )
    return next(iter(_found(tx, where, (server,))), None)


def set_server(tx: Tx, token_id: bytes, server: str) -> None:
    """It is known now which server it is for."""
    tx.execute("UPDATE l402_tokens SET server = ? WHERE token_id = ? AND server = ''", (server, token_id))


def mark_shown(tx: Tx, token_id: bytes, at: int) -> None:
    """Its invoice is given out to be paid by hand; the first time counts."""
    tx.execute("UPDATE l402_tokens SET shown_at = coalesce(shown_at, ?) WHERE token_id = ?", (at, token_id))
    meta.bump_revision(tx)


def set_sent_by(tx: Tx, token_id: bytes, payer: str) -> None:
    """`payer` is about to be told to pay; with "" it is certain that nobody's attempt goes on."""
    tx.execute("UPDATE l402_tokens SET sent_by = ? WHERE token_id = ?", (payer, token_id))
    meta.bump_revision(tx)


def set_paid(tx: Tx, token_id: bytes, data: bytes) -> None:
    """From now on it never changes. `data`: its file, the preimage within."""
    tx.execute(
        "UPDATE l402_tokens SET state = 'paid', data = ?, sent_by = '' WHERE token_id = ?", (data, token_id)
    )
    meta.bump_revision(tx)


def discard(tx: Tx, token_id: bytes) -> None:
    """Give a pending one up; a paid one stays as it is."""
    tx.execute(
        "UPDATE l402_tokens SET state = 'discarded', sent_by = '' WHERE token_id = ? AND state = 'pending'",
        (token_id,),
    )
    meta.bump_revision(tx)


def _found(tx: Tx, where: str, bindings: tuple[object, ...]) -> list[StoredToken]:
    rows = tx.rows(f"SELECT {_COLUMNS} FROM l402_tokens {where}", bindings)  # noqa: S608  # constants
    return [_token(row) for row in rows]


def _token(row: Row) -> StoredToken:
    token_id, server, payment_hash, state, *rest = row
    return StoredToken(token_id, server, payment_hash, TokenState(state), *rest)


class _TokenSection(TableSection):
    """A paid token wins over the same one that was not paid yet, wherever it comes from."""

    __slots__ = ()

    def merge(self, tx: Tx, rows: Sequence[BackupRow], accounts: AccountMap) -> Tally:
        learned = {row[0] for row in rows if row[_STATE] == TokenState.PAID and _learn_paid(tx, row)}
        here = {token.token_id.hex() for token in all_tokens(tx) if token.state is TokenState.PAID}
        rest = [row for row in rows if row[0] not in learned]
        news = [row for row in rest if row[_STATE] == TokenState.PAID or row[0] not in here]
        tally = super().merge(tx, news, accounts)
        tally.restored += len(learned)
        tally.unchanged += len(rest) - len(news)
        return tally


def _learn_paid(tx: Tx, row: BackupRow) -> int:
    """Only with a preimage that proves the payment: another would stand in its way for ever."""
    token_id, _, payment_hash, _, data, *_ = row
    if token_file.parse(bytes.fromhex(str(data))).oddities:
        return 0
    return tx.execute(
        "UPDATE l402_tokens SET state = 'paid', data = unhex(?), sent_by = '' "
        "WHERE token_id = unhex(?) AND payment_hash = unhex(?) AND state <> 'paid'",
        (data, token_id, payment_hash),
    )


_STATE = 3
"""Where the state stands among the fields."""
SECTION_L402_TOKENS = _TokenSection(
    "l402-tokens",
    "The L402 token",
    "l402_tokens",
    (
        Field("token_id", bytes),
        Field("server", str),
        Field("payment_hash", bytes),
        Field("state", str),
        Field("data", bytes),
        Field("invoice", str),
        Field("shown_at", int, optional=True),
        Field("sent_by", str),
        Field("created_at", int),
    ),
    ("token_id",),
)
