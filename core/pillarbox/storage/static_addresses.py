"""Which L402 token each account of static addresses is bound to."""

from collections.abc import Sequence

from pillarbox.backup.sections import Field
from pillarbox.model.account import AccountId
from pillarbox.storage import meta
from pillarbox.storage.database import Tx
from pillarbox.storage.table_section import TableSection


def bind(tx: Tx, account: AccountId, token_id: bytes) -> None:
    """Raises apsw.ConstraintError where either is bound to another."""
    tx.execute("INSERT INTO static_addresses VALUES (?, ?)", (account, token_id))
    meta.bump_revision(tx)


def rebind(tx: Tx, account: AccountId, token_id: bytes) -> None:
    """Bind it whatever it is bound to. Raises apsw.ConstraintError where another has the token."""
    tx.execute(
        "INSERT INTO static_addresses VALUES (?, ?) "
        "ON CONFLICT (account) DO UPDATE SET token_id = excluded.token_id",
        (account, token_id),
    )
    meta.bump_revision(tx)


def bound(tx: Tx) -> Sequence[tuple[AccountId, bytes]]:
    """Every account with its token's id, in the order they were made."""
    rows = tx.rows("SELECT account, token_id FROM static_addresses ORDER BY account")
    return [(AccountId(account), token_id) for account, token_id in rows]


SECTION_STATIC_ADDRESSES = TableSection(
    "static-addresses",
    "The static address",
    "static_addresses",
    (Field("account", int), Field("token_id", bytes)),
    ("account",),
)
