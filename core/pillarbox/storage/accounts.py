"""Accounts: their kind, its opaque parameters, and what the user set for each."""

from dataclasses import replace

from pillarbox.model.account import Account, AccountId, AtLimit, ScanState
from pillarbox.model.network import Network
from pillarbox.storage.database import Row, Tx

_COLUMNS = (
    "id, kind, network, label, number, path, fingerprint, watch_only, gap_limit, at_limit, scan_state, "
    "created_at, params, same_key"
)


def insert(tx: Tx, draft: Account, *, keep_id: bool = False) -> Account:
    """Keep an account; returns it with its id, which is never given again.

    The draft's id is ignored, unless it is to be kept: that of an account which was here before.
    """
    made = tx.insert(
        "INSERT INTO accounts (id, kind, network, label, number, path, fingerprint, watch_only, gap_limit, "
        "at_limit, scan_state, created_at, params, same_key) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            draft.id if keep_id else None,
            draft.kind,
            draft.network.value,
            draft.label,
            draft.number,
            draft.path,
            draft.fingerprint,
            draft.watch_only,
            draft.gap_limit,
            draft.at_limit.value,
            draft.scan_state.value,
            draft.created_at,
            draft.params,
            draft.same_key,
        ),
    )
    return replace(draft, id=AccountId(made))


def all_accounts(tx: Tx) -> list[Account]:
    """In the order they were made."""
    return [_account(row) for row in tx.rows(f"SELECT {_COLUMNS} FROM accounts ORDER BY id")]  # noqa: S608  # a constant


def same_key_exists(tx: Tx, same_key: str) -> AccountId | None:
    """The account that hands out the same addresses, if there is one."""
    found = tx.value("SELECT id FROM accounts WHERE same_key = ?", (same_key,))
    return None if found is None else AccountId(found)


def exists(tx: Tx, account: AccountId) -> bool:
    """Whether an account of this id is here."""
    return tx.value("SELECT 1 FROM accounts WHERE id = ?", (account,)) is not None


def set_label(tx: Tx, account: AccountId, label: str) -> None:
    tx.execute("UPDATE accounts SET label = ? WHERE id = ?", (label, account))


def set_gap_limit(tx: Tx, account: AccountId, gap_limit: int) -> None:
    tx.execute("UPDATE accounts SET gap_limit = ? WHERE id = ?", (gap_limit, account))


def set_at_limit(tx: Tx, account: AccountId, at_limit: AtLimit) -> None:
    tx.execute("UPDATE accounts SET at_limit = ? WHERE id = ?", (at_limit.value, account))


def set_scan_state(tx: Tx, account: AccountId, state: ScanState) -> None:
    tx.execute("UPDATE accounts SET scan_state = ? WHERE id = ?", (state.value, account))


def set_created_at(tx: Tx, account: AccountId, at: int) -> None:
    tx.execute("UPDATE accounts SET created_at = ? WHERE id = ?", (at, account))


def set_params(tx: Tx, account: AccountId, params: str) -> None:
    tx.execute("UPDATE accounts SET params = ? WHERE id = ?", (params, account))


def _account(row: Row) -> Account:
    number, kind, network, *rest = row
    label, account_number, path, fingerprint, watch_only, gap_limit, at_limit, scan_state, *rest = rest
    created_at, params, same_key = rest
    return Account(
        id=AccountId(number),
        kind=kind,
        network=Network(network),
        label=label,
        number=account_number,
        path=path,
        fingerprint=fingerprint,
        watch_only=bool(watch_only),
        gap_limit=gap_limit,
        at_limit=AtLimit(at_limit),
        scan_state=ScanState(scan_state),
        created_at=created_at,
        params=params,
        same_key=same_key,
    )
