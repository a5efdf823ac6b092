"""What records of a backup can mean, beside the types of their values: others are left out, and told."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress, groupby
from operator import itemgetter

from pillarbox.accounts import Kinds
from pillarbox.accounts.kind import AccountKind
from pillarbox.accounts.loop_static import LOOP_STATIC
from pillarbox.backup.content import Row
from pillarbox.errors import PillarboxError
from pillarbox.loop.deposits import State
from pillarbox.loop.token_file import TokenFileError
from pillarbox.loop.token_file import parse as parse_token
from pillarbox.model.account import Account
from pillarbox.model.network import Network
from pillarbox.model.restoring import Outcome, ReportItem
from pillarbox.pool.sequence import FIRST_HARDENED
from pillarbox.storage.backup_sections import SECTIONS
from pillarbox.storage.l402_tokens import TokenState
from pillarbox.storage.settings import USUAL_HOLD
from pillarbox.wallet.backup_folders import FOLDERS

Rows = Sequence[Row]

ADDRESSED = [
    section.name
    for section in SECTIONS
    if [each.name for each in section.fields[:3]] == ["account", "branch", "idx"]
]
"""Whose records each speak of one address."""

_FIELDS = {section.name: tuple(each.name for each in section.fields) for section in SECTIONS}
_TIMES = frozenset({"at", "created_at", "shown_at", "ended_at", "held_until", "made_at"})
_AT_ONCE = 2_000
"""Records that are looked at without a break."""
_LAST_TIME = 253_402_300_799
"""The end of the year 9999 in Unix seconds."""


class RecordSenselessError(PillarboxError):
    """Parameters: section."""

    code = "backup-record-senseless"
    title = "Part of the backup makes no sense"
    message = 'Its part "{section}" says something that cannot be. That was left out.'
    hint = "The rest was restored. Choose an earlier backup, if something is missing."


@dataclass(frozen=True, slots=True)
class Around:
    """What a record may refer to: the accounts of its backup by their ids there, and their network."""

    kinds: Kinds
    network: Network
    accounts: Mapping[int, Account]

    def kind_of(self, account: object) -> AccountKind | None:
        """None: its records are skipped together with the account."""
        found = self.accounts.get(account) if isinstance(account, int) else None
        return None if found is None else self.kinds.get(found.kind)


def leave_out_senseless(rows: dict[str, Rows], around: Around) -> list[ReportItem]:
    """Take what cannot be out of `rows`, by section. Takes its time: for a thread.

    A time that cannot be is no reason: without its record an address might be handed out again.
    """
    told = []
    for section, given in rows.items():
        found = _in_time(section, given)
        can_be = _CHECKS.get(section)
        if section in ADDRESSED:
            kept = _placed(found, around)
        else:
            kept = found if can_be is None else [row for row in found if can_be(row, around)]
        if len(kept) < len(found):
            error = RecordSenselessError(section=section)
            told.append(ReportItem(section, Outcome.SKIPPED, len(found) - len(kept), error.text))
        rows[section] = kept
    return told


FIRST_DAY = -62_135_596_800
"""The year 1, in Unix seconds: a birthday may lie before 1970."""


def within_time(at: int, first: int = 0) -> int:
    """The nearest time that there is, from `first` on. Unix seconds."""
    return min(max(at, first), _LAST_TIME)


def _in_time(section: str, rows: Rows) -> Rows:
    for place, name in enumerate(_FIELDS[section]):
        if name in _TIMES and section != "l402-tokens":  # theirs are nanoseconds, and all of them times
            times = [at for row in rows if isinstance(at := row[place], int)]
            if times and not (min(times) >= 0 and max(times) <= _LAST_TIME):
                rows = [_with_time(row, place) for row in rows]
    return rows


def _with_time(row: Row, place: int) -> Row:
    at = row[place]
    return (*row[:place], within_time(at), *row[place + 1 :]) if isinstance(at, int) else row


def _placed(rows: Rows, around: Around) -> Rows:
    """Those of addresses that there can be."""
    kept: list[Row] = []
    for account, branch, run in by_branch(rows):
        kind = around.kind_of(account)
        if kind is None:
            kept += run
        elif branch in {each.number for each in kind.branches}:
            indices = index_column(run)
            whole = min(indices) >= 0 and max(indices) <= kind.last_index
            fits = [True] * len(run) if whole else [0 <= index <= kind.last_index for index in indices]
            kept += compress(run, fits)
    return kept


def by_branch(rows: Rows) -> Iterator[tuple[int, int, list[Row]]]:
    """Records of addresses, in runs of one account and branch, each of as many as hold nobody up.

    They mostly come sorted: the runs are long.
    """
    for start in range(0, len(rows), _AT_ONCE):
        for (account, branch), run in groupby(rows[start : start + _AT_ONCE], itemgetter(0, 1)):
            yield account, branch, list(run)


def index_column(rows: Rows) -> list[int]:
    """Of records of addresses."""
    return list(map(itemgetter(2), rows))


def _is_static(row: Row, around: Around) -> bool:
    """It belongs to an account of static addresses."""
    kind = around.kind_of(row[0])
    return kind is None or kind.name == LOOP_STATIC.name


def _is_step(row: Row, around: Around) -> bool:
    number, _, state = row[-3:]
    return (
        _is_static(row, around)
        and state in set(State)
        and isinstance(number, int)
        and 0 <= number < FIRST_HARDENED
    )


def _is_token(row: Row, around: Around) -> bool:
    """Its columns say what its file says."""
    del around
    token_id, _, payment_hash, state, data, *_ = row
    try:
        token = parse_token(bytes.fromhex(str(data)))
    except TokenFileError:
        return False
    return (
        state in set(TokenState)
        and token.paid is (state == TokenState.PAID)
        and token.identifier.token_id.hex() == token_id
        and token.payment_hash.hex() == payment_hash
    )


def _is_candidate(row: Row, around: Around) -> bool:
    kind, *_, params, _ = row
    if kind not in around.kinds:
        return False
    try:
        around.kinds.get(str(kind)).deriver(str(params), around.network)
    except Exception:  # noqa: BLE001  # whatever a kind makes of parameters that are none of its own
        return False
    return True


def _is_setting(row: Row, around: Around) -> bool:
    """One of an unknown name says nothing to this version, and is kept for a newer one."""
    del around
    name, _, text = row
    if "/" in str(name):  # what follows would be read as an account
        return False
    try:
        value = json.loads(str(text))
    except (ValueError, RecursionError):
        return False
    return _SETTINGS.get(str(name), _is_any)(value)


def _is_any(value: object) -> bool:
    del value
    return True


def _are_folders(value: object) -> bool:
    return isinstance(value, list) and all(
        isinstance(each, str) and each and "\0" not in each for each in value
    )


def _is_hold(value: object) -> bool:
    return value is None or (type(value) is int and 0 < value <= _LAST_TIME)


_SETTINGS: Mapping[str, Callable[[object], bool]] = {FOLDERS: _are_folders, USUAL_HOLD: _is_hold}
_CHECKS: Mapping[str, Callable[[Row, Around], bool]] = {
    "candidates": _is_candidate,
    "settings": _is_setting,
    "l402-tokens": _is_token,
    "static-addresses": _is_static,
    "static-deposit-steps": _is_step,
    "static-exits": _is_static,
}
