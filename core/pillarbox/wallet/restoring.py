"""Putting a backup into a database: prepared first, then done whole in one transaction, or only previewed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from pillarbox.accounts import Kinds
from pillarbox.accounts.kind import AccountKind, Deriver, KeyNeed
from pillarbox.backup.sections import Tally
from pillarbox.errors import PillarboxError, WordsNeededError
from pillarbox.keys.root import Root
from pillarbox.model.account import Account, AccountId
from pillarbox.model.address import DerivedAddress
from pillarbox.model.restoring import Outcome, ReportItem, RestoreReport, grouped
from pillarbox.storage import accounts as stored
from pillarbox.storage import addresses, counters, meta
from pillarbox.storage.backup_sections import ACCOUNTS, SECTIONS
from pillarbox.storage.database import Database, Tx
from pillarbox.wallet.new_account import rows_ahead
from pillarbox.wallet.restore_plan import AccountUnusableError, Plan, PlannedAccount

AT_ONCE = 500
"""Addresses derived between two looks at whether the work was cancelled."""

_Rows = Mapping[int, Sequence[tuple[int, str, bytes]]]
"""By branch number its very first row and the new ones, each what a DerivedAddress is made of: plain tuples
of plain values are nothing that the garbage collector goes through, again and again while they become many.
"""

Goes = Callable[[], bool]
"""Whether to go on. Asked in a thread."""


Derivers = Callable[[Account], Deriver]
"""What makes an account's addresses. Raises WordsNeededError where that takes the words."""


class CancelledInThreadError(Exception):
    """The work was given up; nothing came of it."""


class LabelTakenError(PillarboxError):
    """Parameters: account, label."""

    code = "backup-label-taken"
    title = "Another account has this label"
    message = 'The account "{account}" of the backup is called "{label}" here, since another has its label.'
    hint = "Rename it, if you like."


class AccountDiffersError(PillarboxError):
    """Parameters: account, here, there."""

    code = "backup-account-differs"
    title = "An account has another label here"
    message = 'The account called "{there}" in the backup is called "{here}" here. What was here stays.'
    hint = "Rename it, if the backup's label is the right one."


@dataclass(frozen=True, slots=True)
class Options:
    """What a person chose. `gap_limit` widens every account to at least that; `birthday`: Unix seconds."""

    gap_limit: int | None = None
    birthday: int | None = None


@dataclass(frozen=True, slots=True)
class Prepared:
    """A plan with every address that its records need, by account id in the backup."""

    plan: Plan
    rows: Mapping[int, _Rows]
    failed: tuple[ReportItem, ...]


def derivers_of(kinds: Kinds, root: Root | None) -> Derivers:
    """From the accounts' public keys, or the words where each address takes them."""

    def deriver(account: Account) -> Deriver:
        kind = kinds.get(account.kind)
        if kind.key_need is KeyNeed.EACH_ADDRESS and root is None:
            raise WordsNeededError(purpose=f'making the addresses of "{account.label}"')
        return kind.deriver(account.params, account.network, root)

    return deriver


def prepare(
    plan: Plan, derivers: Derivers, kinds: Kinds, kept: Mapping[tuple[str, int], int], goes: Goes
) -> Prepared:
    """Derive what is not kept yet. Takes its time: for a thread. Raises CancelledInThreadError.

    `kept`: how many addresses of each account's key and branch are here already. Accounts
    for which `derivers` raises WordsNeededError fail, and the others are restored.
    """
    rows: dict[int, _Rows] = {}
    failed = []
    for planned in plan.accounts:
        kind = kinds.get(planned.account.kind)
        try:
            deriver = derivers(planned.account)
        except WordsNeededError as error:
            failed.append(ReportItem(ACCOUNTS.name, Outcome.FAILED, 1, error.text))
            continue
        made: dict[int, Sequence[tuple[int, str, bytes]]] = {}
        for branch in kind.branches:
            start, stop = _span(planned, kind, branch.number, kept)
            first = _derive(deriver, branch.number, 0, min(1, start), goes)
            made[branch.number] = first + _derive(deriver, branch.number, start, stop, goes)
        rows[planned.account.id] = made
    return Prepared(plan, rows, tuple(failed))


def merge(tx: Tx, prepared: Prepared, options: Options) -> RestoreReport:
    """Add what is not there, all of it or nothing. What is here already stays as it is.

    Which account is which is told by the backup and proven by its first addresses.
    """
    plan = prepared.plan
    items = [*plan.left_out, *prepared.failed]
    ids: dict[int, int] = {}
    for planned in plan.accounts:
        if planned.account.id in prepared.rows:
            made, told = _put_account(tx, planned.account, prepared.rows[planned.account.id], options)
            items += told
            if made is not None:
                ids[planned.account.id] = made.id
    for section in SECTIONS:
        if section.name in plan.rows:
            items += _told(section.name, section.merge(tx, plan.rows[section.name], ids))
    for planned in plan.accounts:
        if planned.account.id in ids:
            _start_counters(tx, AccountId(ids[planned.account.id]), planned.account, prepared.rows)
    counters.catch_up(tx)
    report = RestoreReport(grouped(items))
    if report.count(Outcome.RESTORED):
        meta.raise_revision(tx, plan.facts.revision)
        meta.bump_revision(tx)
    return report


class _Undone(Exception):  # noqa: N818  # no error: it carries what was only to be seen
    def __init__(self, report: RestoreReport) -> None:
        self.report = report


async def preview(db: Database, prepared: Prepared, options: Options) -> RestoreReport:
    """What `merge` would do: it is done, looked at, and undone."""

    def write(tx: Tx) -> None:
        raise _Undone(merge(tx, prepared, options))

    try:
        await db.write(write)
    except _Undone as undone:
        return undone.report
    raise AssertionError("a preview was kept")


def kept_rows(tx: Tx) -> dict[tuple[str, int], int]:
    """How many addresses of each account's key and branch are kept, for `prepare`."""
    return {
        (account.same_key, branch): count
        for account in stored.all_accounts(tx)
        for branch, count in addresses.counts(tx, account.id).items()
    }


def _span(
    planned: PlannedAccount, kind: AccountKind, branch: int, kept: Mapping[tuple[str, int], int]
) -> tuple[int, int]:
    start = kept.get((planned.account.same_key, branch), 0)
    wanted = planned.reach.get(branch, 0) + rows_ahead(kind, planned.account.gap_limit)
    return start, max(start, min(wanted, kind.last_index))  # the very last is left for the pool to make


def _derive(deriver: Deriver, branch: int, start: int, stop: int, goes: Goes) -> list[tuple[int, str, bytes]]:
    found: list[tuple[int, str, bytes]] = []
    for first in range(start, stop, AT_ONCE):
        if not goes():
            raise CancelledInThreadError
        made = deriver.derive(branch, first, min(AT_ONCE, stop - first))
        found += [(row.index, row.text, row.watch_key) for row in made]
    return found


def _put_account(
    tx: Tx, account: Account, rows: _Rows, options: Options
) -> tuple[Account | None, Sequence[ReportItem]]:
    gap_limit = max(account.gap_limit, options.gap_limit or 0)
    every = stored.all_accounts(tx)
    here = next((each for each in every if each.same_key == account.same_key), None)
    if here is None:
        same = ((each, _are_same(tx, each, rows)) for each in every if each.kind == account.kind)
        alike = [each.label for each, found in same if found and all(found)]
        if alike:
            return None, [_unusable(account, f'it has the addresses of "{alike[0]}".')]
        return _insert(tx, replace(account, gap_limit=gap_limit), rows, options)
    if not all(_are_same(tx, here, rows)):
        return None, [_unusable(account, f'it is told to be "{here.label}", whose addresses are others.')]
    for branch, made in rows.items():
        addresses.insert(tx, here.id, branch, map(DerivedAddress._make, made))
    outcome = Outcome.UNCHANGED
    if gap_limit > here.gap_limit:
        stored.set_gap_limit(tx, here.id, gap_limit)
        outcome = Outcome.RESTORED
    items = [ReportItem(ACCOUNTS.name, outcome, 1)]
    if here.label != account.label:
        error = AccountDiffersError(here=here.label, there=account.label)
        items = [ReportItem(ACCOUNTS.name, Outcome.CONFLICT, 1, error.text)]
    return here, items


def _are_same(tx: Tx, here: Account, rows: _Rows) -> list[bool]:
    """By branch, whether an account's first address is that of `rows`; nothing where it has none."""
    return [
        kept.text == made[0][1]
        for branch, made in rows.items()
        if made
        for kept in addresses.derived(tx, here.id, branch, made[0][0], made[0][0] + 1)
    ]


def _unusable(account: Account, why: str) -> ReportItem:
    error = AccountUnusableError(account=account.label, why=why)
    return ReportItem(ACCOUNTS.name, Outcome.SKIPPED, 1, error.text)


def _insert(tx: Tx, account: Account, rows: _Rows, options: Options) -> tuple[Account, Sequence[ReportItem]]:
    labels = {each.label for each in stored.all_accounts(tx)}
    numbered = (account.label if n == 1 else f"{account.label} {n}" for n in range(1, len(labels) + 2))
    label = next(each for each in numbered if each not in labels)
    draft = replace(account, label=label, created_at=_born(account.created_at, options.birthday))
    made = stored.insert(tx, draft, keep_id=not labels or not stored.exists(tx, account.id))
    for branch, derived in rows.items():
        addresses.insert(tx, made.id, branch, map(DerivedAddress._make, derived))
    items = [ReportItem(ACCOUNTS.name, Outcome.RESTORED, 1)]
    if label != account.label:
        error = LabelTakenError(account=account.label, label=label)
        items.append(ReportItem(ACCOUNTS.name, Outcome.CONFLICT, 1, error.text))
    return made, items


def _born(told: int, birthday: int | None) -> int:
    """Since when an account may have received, as Unix seconds: the earlier of what is known, else 0."""
    known = [at for at in (told, birthday) if at]
    return min(known, default=0)


def _start_counters(tx: Tx, here: AccountId, account: Account, rows: Mapping[int, _Rows]) -> None:
    """Those that the backup has none of."""
    for branch in rows[account.id]:
        counters.start(tx, here, branch)
    if account.number is not None:
        counters.pass_account_number(tx, account.kind, account.fingerprint, account.number)


def _told(section: str, tally: Tally) -> list[ReportItem]:
    return [
        ReportItem(section, Outcome.RESTORED, tally.restored),
        ReportItem(section, Outcome.UNCHANGED, tally.unchanged),
        *(ReportItem(section, Outcome.CONFLICT, 1, reason) for reason in tally.conflicts),
        *(ReportItem(section, Outcome.SKIPPED, 1, reason) for reason in tally.skipped),
    ]
