"""What a backup would bring: read and checked as a whole, before anything is touched."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from pillarbox.accounts import Kinds
from pillarbox.accounts.kind import UsageProof
from pillarbox.backup.content import SectionData, Value
from pillarbox.backup.envelope import DamagedBackupError, Facts
from pillarbox.backup.sections import rows_of
from pillarbox.errors import PillarboxError
from pillarbox.model.account import Account, AccountId, AtLimit, ScanState
from pillarbox.model.network import Network
from pillarbox.model.restoring import Outcome, ReportItem
from pillarbox.storage.backup_sections import ACCOUNTS, SECTIONS
from pillarbox.wallet.backup_reading import OpenedBackup
from pillarbox.wallet.backup_sealing import PROGRAM, WALLET, WORDS

Rows = Sequence[Sequence[Value]]


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
    """Takes its time: for a thread. Raises DamagedBackupError."""
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
    reach = _reach(rows)
    accounts: list[PlannedAccount] = []
    for account in _accounts(opened):
        error = _unusable(account, kinds)
        if error is None:
            accounts.append(PlannedAccount(_with_past(account, kinds), reach.get(account.id, {})))
        else:
            left_out.append(ReportItem(ACCOUNTS.name, Outcome.SKIPPED, 1, error.text))
    return Plan(
        opened.facts,
        _name(opened),
        _network(opened.facts.network),
        tuple(accounts),
        rows,
        tuple(left_out),
        opened.is_bundle,
    )


def _unusable(account: Account, kinds: Kinds) -> PillarboxError | None:
    if account.kind not in kinds:
        return UnknownKindInBackupError(account=account.label, kind=account.kind[:40])
    try:
        kinds.get(account.kind).deriver(account.params, account.network)
    except PillarboxError as error:
        return AccountUnusableError(account=account.label, why=error.text.message)
    except (ValueError, KeyError, TypeError):
        return AccountUnusableError(account=account.label, why="its parameters make no sense.")
    return None


def _with_past(account: Account, kinds: Kinds) -> Account:
    """Where nobody tells of payments, the ledger in the backup says all that will ever be known."""
    told = kinds.get(account.kind).usage is not UsageProof.HAND_ONLY
    return account if told else replace(account, scan_state=ScanState.MADE_HERE)


def _reach(rows: Mapping[str, Rows]) -> dict[int, dict[int, int]]:
    """By account and branch, one past the highest index that any record names."""
    found: dict[int, dict[int, int]] = {}
    for section in SECTIONS:
        if [each.name for each in section.fields[:3]] != ["account", "branch", "idx"]:
            continue
        for account, branch, index, *_ in rows.get(section.name, ()):
            if isinstance(account, int) and isinstance(branch, int) and isinstance(index, int):
                branches = found.setdefault(account, {})
                branches[branch] = max(branches.get(branch, 0), index + 1)
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


def _accounts(opened: OpenedBackup) -> list[Account]:
    data = opened.sections.get(ACCOUNTS.name, SectionData(ACCOUNTS.name, 1, (), []))
    if not data.rows:
        return []
    try:
        return [_account(row) for row in rows_of(data, ACCOUNTS.fields)]
    except ValueError as error:
        raise DamagedBackupError(why="One of its accounts makes no sense") from error


def _account(row: Sequence[Value]) -> Account:
    """Raises ValueError."""
    values = dict(zip((each.name for each in ACCOUNTS.fields), row, strict=True))

    def text(name: str) -> str:
        return str(values[name])

    def number(name: str) -> int:
        return int(values[name] or 0)

    if not 1 <= number("gap_limit") <= 1000:
        raise ValueError("gap limit")
    return Account(
        id=AccountId(number("id")),
        kind=text("kind"),
        network=Network(text("network")),
        label=text("label"),
        number=None if values["number"] is None else number("number"),
        path=text("path"),
        fingerprint=text("fingerprint"),
        watch_only=bool(number("watch_only")),
        gap_limit=number("gap_limit"),
        at_limit=AtLimit(text("at_limit")),
        scan_state=ScanState.UNSCANNED,
        created_at=number("created_at"),
        params=text("params"),
        same_key=text("same_key"),
    )
