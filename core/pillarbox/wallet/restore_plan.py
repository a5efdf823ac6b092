"""What a backup would bring: read and checked as a whole, before anything is touched."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from pillarbox.accounts import Kinds
from pillarbox.accounts.kind import UsageProof
from pillarbox.backup.content import SectionData, Value
from pillarbox.backup.envelope import DamagedBackupError, Facts, NewerBackupError
from pillarbox.backup.sections import rows_of
from pillarbox.errors import PillarboxError
from pillarbox.model.account import Account, AccountId, AtLimit, ScanState
from pillarbox.model.network import Network
from pillarbox.model.restoring import Outcome, ReportItem
from pillarbox.pool.sequence import FIRST_HARDENED
from pillarbox.storage.backup_sections import ACCOUNTS, SECTIONS
from pillarbox.wallet.backup_reading import OpenedBackup
from pillarbox.wallet.backup_records import (
    ADDRESSED,
    FIRST_DAY,
    Around,
    by_branch,
    index_column,
    leave_out_senseless,
    within_time,
)
from pillarbox.wallet.backup_sealing import PROGRAM, WALLET, WORDS

Rows = Sequence[Sequence[Value]]

WIDEST_GAP = 1000
_FIRST_ADDRESSES, _MOST_ADDRESSES = 100_000, 10_000_000
"""How far the records of a branch may reach, beside WIDEST_GAP for each; and all branches together.

Each address up to there is derived, and no wallet leaves wider gaps: a file that asks for more is no backup.
Marks that were taken back leave no record, hence the first ones.
"""


class UnknownSectionError(PillarboxError):
    """Parameters: section."""

    code = "backup-section-unknown"
    title = "Part of the backup is of a newer Pillarbox"
    message = 'This version does not know the part "{section}". It is still in the backup file.'
    hint = "Install the newest Pillarbox and restore the same file into this wallet: only this part is added."


class UnknownKindInBackupError(PillarboxError):
    """Parameters: account, kind."""

    code = "backup-kind-unknown"
    title = "An account is of a kind that this version does not know"
    message = 'The account "{account}" is of the kind {kind}. It is still in the backup file.'
    hint = (
        "Install the newest Pillarbox and restore the same file into this wallet: the account is added then."
    )


class AccountUnusableError(PillarboxError):
    """Parameters: account, why."""

    code = "backup-account-unusable"
    title = "An account of the backup cannot be used"
    message = 'The account "{account}" was not restored: {why} It is still in the backup file.'
    hint = "Add it by its kind and number, or choose an earlier backup."


@dataclass(frozen=True, slots=True)
class PlannedAccount:
    """An account as it was. `account.id` is its id in the backup."""

    account: Account
    reach: Mapping[int, int]
    """By branch, how many of its first addresses the backup's records speak of."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be restored, and what this version cannot take."""

    facts: Facts
    name: str
    network: Network
    accounts: tuple[PlannedAccount, ...]
    rows: Mapping[str, Rows] = field(repr=False)
    """Of every known section but the accounts."""
    left_out: tuple[ReportItem, ...]
    has_words: bool

    @property
    def counts(self) -> dict[str, int]:
        """How many records of each section there are."""
        found = {name: len(rows) for name, rows in self.rows.items()}
        return {ACCOUNTS.name: len(self.accounts), **found}


def read_plan(opened: OpenedBackup, kinds: Kinds) -> Plan:
    """Takes its time: for a thread. Raises DamagedBackupError, NewerBackupError."""
    network = _network(opened.facts.network)
    known = {section.name: section for section in SECTIONS}
    left_out: list[ReportItem] = []
    rows: dict[str, Rows] = {}
    for name, data in opened.sections.items():
        if name in (WALLET, WORDS, PROGRAM, ACCOUNTS.name):
            continue
        section = known.get(name)
        if section is None or data.version > section.version:
            reason = UnknownSectionError(section=name[:40]).text
            left_out.append(ReportItem(name, Outcome.SKIPPED, len(data.rows), reason))
            continue
        rows[name] = rows_of(data, section.fields)
    accounts: list[Account] = []
    for found in _accounts(opened):
        error = found if isinstance(found, PillarboxError) else _unusable(found, network, kinds)
        if error is not None:
            left_out.append(ReportItem(ACCOUNTS.name, Outcome.SKIPPED, 1, error.text))
        elif isinstance(found, Account):
            accounts.append(_with_past(found, kinds))
    ids, keys = {each.id for each in accounts}, {each.same_key for each in accounts}
    if min(len(ids), len(keys)) < len(accounts):
        raise DamagedBackupError(why="It has an account twice")
    around = Around(kinds, network, {account.id: account for account in accounts})
    left_out += leave_out_senseless(rows, around)
    reach = _reach(rows)
    return Plan(
        opened.facts,
        _name(opened),
        network,
        tuple(PlannedAccount(account, reach.get(account.id, {})) for account in accounts),
        rows,
        tuple(left_out),
        opened.is_bundle,
    )


def _unusable(account: Account, network: Network, kinds: Kinds) -> PillarboxError | None:
    if account.kind not in kinds:
        return UnknownKindInBackupError(account=account.label, kind=account.kind[:40])
    if account.network is not network:
        return AccountUnusableError(account=account.label, why="it is of another network than the wallet.")
    try:
        kinds.get(account.kind).deriver(account.params, account.network)
    except PillarboxError as error:
        return AccountUnusableError(account=account.label, why=error.text.message)
    except Exception:  # noqa: BLE001  # whatever a kind makes of parameters that are none of its own
        return AccountUnusableError(account=account.label, why="its parameters make no sense.")
    return None


def _with_past(account: Account, kinds: Kinds) -> Account:
    """Where nobody tells of payments, the ledger in the backup says all that will ever be known."""
    told = kinds.get(account.kind).usage is not UsageProof.HAND_ONLY
    return account if told else replace(account, scan_state=ScanState.MADE_HERE)


def _reach(rows: Mapping[str, Rows]) -> dict[int, dict[int, int]]:
    """By account and branch, one past the highest index that any record names. Raises DamagedBackupError."""
    found: dict[int, dict[int, int]] = {}
    records: Counter[tuple[int, int]] = Counter()
    for section in ADDRESSED:
        for account, branch, run in by_branch(rows.get(section, ())):
            branches = found.setdefault(account, {})
            furthest = max(index_column(run))
            branches[branch] = max(branches.get(branch, 0), furthest + 1)
            records[account, branch] += len(run)
    for (account, branch), count in records.items():
        if found[account][branch] > _FIRST_ADDRESSES + count * WIDEST_GAP:
            raise DamagedBackupError(why="Its records lie further apart than those of any wallet")
    if sum(sum(branches.values()) for branches in found.values()) > _MOST_ADDRESSES:
        raise DamagedBackupError(why="It speaks of more addresses than any wallet has")
    return found


def _name(opened: OpenedBackup) -> str:
    data = opened.sections.get(WALLET)
    value = data.rows[0][data.fields.index("name")] if data and data.rows and "name" in data.fields else ""
    return value if isinstance(value, str) else ""


def _network(text: str) -> Network:
    try:
        return Network(text)
    except ValueError as error:
        raise DamagedBackupError(why=f"It is of an unknown network, {text[:40]}") from error


def _accounts(opened: OpenedBackup) -> list[Account | PillarboxError]:
    """Each, or why it is none."""
    data = opened.sections.get(ACCOUNTS.name, SectionData(ACCOUNTS.name, 1, (), []))
    if data.version > ACCOUNTS.version:  # without its accounts nothing of a backup has a place
        raise NewerBackupError(version=f"1, with accounts of version {data.version}")
    return [_account(row) for row in rows_of(data, ACCOUNTS.fields)] if data.rows else []


def _account(row: Sequence[Value]) -> Account | PillarboxError:
    values = dict(zip((each.name for each in ACCOUNTS.fields), row, strict=True))

    def text(name: str) -> str:
        return str(values[name])

    def number(name: str) -> int:
        return int(values[name] or 0)

    try:
        network, at_limit = Network(text("network")), AtLimit(text("at_limit"))
    except ValueError:
        return AccountUnusableError(account=text("label"), why="this version does not know its settings.")
    numbered = 1 <= number("id") < FIRST_HARDENED and 0 <= number("number") < FIRST_HARDENED
    if not 1 <= number("gap_limit") <= WIDEST_GAP or not numbered or not text("label"):
        return AccountUnusableError(account=text("label"), why="what is told of it makes no sense.")
    return Account(
        id=AccountId(number("id")),
        kind=text("kind"),
        network=network,
        label=text("label"),
        number=None if values["number"] is None else number("number"),
        path=text("path"),
        fingerprint=text("fingerprint"),
        watch_only=bool(number("watch_only")),
        gap_limit=number("gap_limit"),
        at_limit=at_limit,
        scan_state=ScanState.UNSCANNED,
        created_at=within_time(number("created_at"), FIRST_DAY),
        params=text("params"),
        same_key=text("same_key"),
    )
