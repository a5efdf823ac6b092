"""A new account: its label, its first rows, and its branches in memory."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pillarbox.accounts.kind import AccountKind, Deriver, Enrolment, KeyNeed, Params
from pillarbox.errors import InvalidInputError, PillarboxError
from pillarbox.model.account import Account, AccountId, AtLimit, ScanState
from pillarbox.model.address import DerivedAddress
from pillarbox.model.network import BITCOIN, Network
from pillarbox.model.printable import is_printable
from pillarbox.pool.address_pool import AddressPool
from pillarbox.pool.sequence import Sequential
from pillarbox.storage import accounts as stored
from pillarbox.storage import addresses, counters, meta
from pillarbox.storage.database import Tx
from pillarbox.wallet.account_loading import is_sequential, open_branch
from pillarbox.wallet.open_accounts import OpenAccount, OpenAccounts

LONGEST_LABEL = 100
MADE_AHEAD = 100
"""Rows of a branch that are made at once, beyond what is handed out, where each needs the words."""

Rows = dict[int, list[DerivedAddress]]
"""New rows by branch number."""


class AccountExistsError(PillarboxError):
    """Parameters: account."""

    code = "account-exists"
    title = "This account is in the wallet already"
    message = 'The wallet has an account with the same keys: "{account}".'
    hint = "Use that one, or choose another account number."


def checked_label(label: str, accounts: OpenAccounts, account: AccountId | None = None) -> str:
    """A label that names one account, `account` where it has one, and no other. Raises InvalidInputError."""
    plain = label.strip()
    if not plain or len(plain) > LONGEST_LABEL or not is_printable(plain):
        why = f"An account's label has 1 to {LONGEST_LABEL} characters that can be printed."
    elif plain.isascii() and plain.isdigit():
        why = "A number would be taken for an account's number. Add a letter to it."
    elif any(opened.account.label == plain and opened.account.id != account for opened in accounts):
        why = f'Another account is called "{plain}".'
    else:
        return plain
    raise InvalidInputError(what="label", why=why)


def usual_label(kind: AccountKind) -> str:
    """What an account is called unless somebody says otherwise: by its kind, Bitcoin's by the coin alone."""
    return kind.coin.title if kind.coin == BITCOIN else kind.title.replace(" \N{MIDDLE DOT} ", " ")


def short_title(kind: AccountKind) -> str:
    """Without the coin."""
    return kind.title.removeprefix(f"{kind.coin.title} \N{MIDDLE DOT} ")


def free_label(accounts: OpenAccounts, plain: str) -> str:
    """`plain`, or with the first number after it that no other account has."""
    labels = {opened.account.label for opened in accounts}
    numbered = (plain if n == 1 else f"{plain} {n}" for n in range(1, len(labels) + 2))
    return next(label for label in numbered if label not in labels)


@dataclass(frozen=True, slots=True)
class Preview:
    """An account not made yet: its path ("" where unknown), its first address, and the path of that one."""

    path: str
    address: str
    address_path: str


def preview(kind: AccountKind, need: Enrolment) -> Preview:
    """Raises what `require_network` and `kind.enrol` raise."""
    require_network(kind, need.network)
    params = kind.enrol(need)
    deriver = kind.deriver(params.data, need.network, need.root)
    branch = next(branch.number for branch in kind.branches if branch.receives)
    first = next(row for index in range(kind.last_index) for row in deriver.derive(branch, index, 1))
    return Preview(params.path, first.text, deriver.path(branch, first.index))


def draft(  # noqa: PLR0913  # all that is said of an account that its kind does not say
    kind: AccountKind,
    params: Params,
    label: str,
    *,
    network: Network,
    number: int | None,
    gap_limit: int,
    scan_state: ScanState,
    created_at: int,
) -> Account:
    """An account that is not kept yet. Without a number it is watch-only."""
    return Account(
        id=AccountId(0),
        kind=kind.name,
        network=network,
        label=label,
        number=number,
        path=params.path,
        fingerprint=params.fingerprint,
        watch_only=number is None,
        gap_limit=gap_limit,
        at_limit=AtLimit.ASK,
        scan_state=scan_state,
        created_at=created_at,
        same_key=params.same_key,
        params=params.data,
    )


def require_network(kind: AccountKind, network: Network) -> None:
    """Raises InvalidInputError for a kind that does not exist on `network`."""
    if network not in kind.networks:
        raise InvalidInputError(what="account kind", why=f"{kind.title} does not exist on {network}.")


def rows_ahead(kind: AccountKind, gap_limit: int) -> int:
    """How many free rows a branch is to have beyond what was handed out, while the words are in hand."""
    return max(gap_limit, MADE_AHEAD) if kind.key_need is KeyNeed.EACH_ADDRESS else gap_limit


def look_ahead(kind: AccountKind, deriver: Deriver, count: int) -> Rows:
    """The first `count` rows of each branch."""
    return {branch.number: list(deriver.derive(branch.number, 0, count)) for branch in kind.branches}


def write(tx: Tx, draft: Account, rows: Rows) -> Account:
    """Keep the account and its rows; returns it with its id. Raises AccountExistsError."""
    twin = stored.same_key_exists(tx, draft.same_key)
    if twin is not None:
        labels = {account.id: account.label for account in stored.all_accounts(tx)}
        raise AccountExistsError(account=labels[twin])
    account = stored.insert(tx, draft)
    if draft.number is not None:
        counters.take_account_number(tx, draft.kind, draft.fingerprint, draft.number)
    for branch, made in rows.items():
        counters.start(tx, account.id, branch)
        addresses.insert(tx, account.id, branch, made)
    meta.bump_revision(tx)
    return account


def opened(account: Account, kind: AccountKind, rows: Rows, now: Callable[[], int]) -> OpenAccount:
    """The account with its pools, all of its addresses unused."""
    deriver = kind.deriver(account.params, account.network)
    branches = {}
    for branch in kind.branches:
        pool = AddressPool.load(
            branch.number,
            account.gap_limit,
            now,
            account.at_limit,
            kind.last_index,
            addresses=_texts(rows[branch.number]),
            used=(),
            shown={},
            sequence=Sequential(0) if is_sequential(kind) else None,
        )
        branches[branch.number] = open_branch(account, kind, branch, deriver, pool)
        branches[branch.number].grow()
    return OpenAccount(account, kind, branches)


def _texts(rows: Sequence[DerivedAddress]) -> list[str]:
    """By index; "" where an index has no address."""
    texts = [""] * (rows[-1].index + 1 if rows else 0)
    for row in rows:
        texts[row.index] = row.text
    return texts
