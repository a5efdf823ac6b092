"""Deposits to static addresses: what the chain tells of them, their states, and how they came to these.

Made of the payments to these addresses. Only the steps, and what transactions were made to take one back,
cannot be had from the chain again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pillarbox.backup.sections import Field
from pillarbox.loop.deposits import Event, Standing, State, after
from pillarbox.model.account import AccountId
from pillarbox.model.address import AddressRef
from pillarbox.model.payment import ScriptHistory
from pillarbox.storage import meta, static_addresses
from pillarbox.storage.database import Row, Tx
from pillarbox.storage.table_section import TableSection

_COLUMNS = (
    "account, branch, idx, lower(hex(txid)), output, amount, confirmed_at, state, visible, "
    "lower(hex(spent_by))"
)
SETTLED = 3
"""Blocks after which what takes a deposit back is taken for settled."""


@dataclass(frozen=True, slots=True)
class Deposit:
    """An output that pays to a static address. `txid` as people write it, `amount` in satoshi.

    `confirmed_at`: height of its block, 0 while none is proven. `spent_by`: a transaction id, "" while none
    is known. Only a visible one may be shown as money that is there.
    """

    ref: AddressRef
    txid: str
    output: int
    amount: int
    confirmed_at: int
    state: State
    visible: bool
    spent_by: str

    @property
    def outpoint(self) -> str:
        return f"{self.txid}:{self.output}"

    def standing(self, expiry: int) -> Standing:
        """As choices among several see it; `expiry` in blocks."""
        return Standing(self.outpoint, self.amount, self.confirmed_at, expiry, self.state, self.visible)


@dataclass(frozen=True, slots=True)
class Step:
    """A state that a deposit came to, at `at` (Unix seconds)."""

    state: State
    at: int


@dataclass(frozen=True, slots=True)
class KeptExit:
    """A transaction that takes a deposit back: its id, where it pays to, and its fee in satoshi."""

    txid: str
    address: str
    fee: int


def note_spends(tx: Tx, histories: Sequence[tuple[AddressRef, ScriptHistory]]) -> None:
    """Keep which outputs of static addresses are spent now, of those whose history is told anew."""
    ours = {account for account, _ in static_addresses.bound(tx)}
    for ref, history in histories:
        if ref.account in ours and not history.refused:
            _note_spends(tx, ref, history)


def _note_spends(tx: Tx, ref: AddressRef, history: ScriptHistory) -> None:
    """What both spends and pays an address is not told again after a restart: it counts while it stands."""
    standing = {sighting.txid for sighting in history.sightings}
    told = {(txid, output): spender for txid, output, spender in history.spent}
    for txid, output, spender in tx.rows(
        "SELECT lower(hex(txid)), output, lower(hex(spent_by)) FROM static_spends "
        "WHERE account = ? AND branch = ? AND idx = ?",
        tuple(ref),
    ):
        if (txid, output) not in told and spender in standing:
            told[txid, output] = spender
    tx.execute("DELETE FROM static_spends WHERE account = ? AND branch = ? AND idx = ?", tuple(ref))
    for (txid, output), spender in told.items():
        tx.execute(
            "INSERT INTO static_spends VALUES (?, ?, ?, unhex(?), ?, unhex(?))",
            (*ref, txid, output, spender),
        )


def reconcile(tx: Tx, tip: int, at: int) -> set[AccountId]:
    """Make every deposit what the chain, as kept, tells of it; the accounts where anything changed.

    `tip`: the chain's height, 0 while it is not known.
    """
    changed = set()
    for account, _ in static_addresses.bound(tx):
        known = {(each.txid, each.output): each for each in deposits(tx, account)}
        for row in tx.rows(_SEEN, (tip + 1 - SETTLED, account)):
            _, _, _, txid, output, *_ = row
            old = known.get((txid, output))
            new = _judged(tx, row, old)
            if new != old:
                _put(tx, new)
                changed.add(account)
            if old is None or new.state is not old.state:
                _add_step(tx, new, at)
    return changed


_SEEN = (
    "SELECT p.account, p.branch, p.idx, lower(hex(p.txid)), p.output, p.amount, p.height, p.vanished_at, "
    "lower(hex(s.spent_by)), e.exit IS NOT NULL, "
    "EXISTS (SELECT 1 FROM payments AS own WHERE own.txid = s.spent_by AND own.height BETWEEN 1 AND ?) "
    "FROM payments AS p "
    "LEFT JOIN static_spends AS s ON (s.account, s.branch, s.idx, s.txid, s.output) "
    "= (p.account, p.branch, p.idx, p.txid, p.output) "
    "LEFT JOIN static_exits AS e ON (e.account, e.txid, e.output, e.exit) "
    "= (p.account, p.txid, p.output, s.spent_by) "
    "WHERE p.account = ?"
)


def _judged(tx: Tx, row: Row, old: Deposit | None) -> Deposit:
    account, branch, index, txid, output, amount, height, vanished_at, spent_by, by_exit, swept = row
    seen = Deposit(
        AddressRef(AccountId(account), branch, index),
        txid,
        output,
        amount,
        height if vanished_at is None else 0,
        State.DEPOSITED if old is None else old.state,
        vanished_at is None and not spent_by,
        spent_by or "",
    )
    state = seen.state if old is not None else _last_state(tx, seen)
    for event in _events(
        state, seen, vanished=vanished_at is not None, by_exit=bool(by_exit), swept=bool(swept)
    ):
        state = after(state, event)
    return replace(seen, state=state)


def _events(state: State, seen: Deposit, *, vanished: bool, by_exit: bool, swept: bool) -> list[Event]:
    """What happened to it since."""
    if vanished:
        return [Event.VANISHED] if state is State.DEPOSITED else []
    events = [Event.SEEN_AGAIN] if state is State.REPLACED else []
    waits = state is State.WAIT_FOR_EXPIRY_SWEEP
    if by_exit and state in (State.DEPOSITED, State.REPLACED):
        events += [Event.EXPIRY, Event.EXPIRY_PUBLISHED]
        waits = True
    if by_exit and waits and swept:
        events.append(Event.EXPIRY_SWEPT)
    if waits and not seen.spent_by:
        events += [Event.ERROR]
    return events


def deposits(tx: Tx, account: AccountId) -> list[Deposit]:
    """Every one there ever was, the oldest block first, those in no block last."""
    rows = tx.rows(
        f"SELECT {_COLUMNS} FROM static_deposits WHERE account = ? "  # noqa: S608  # a constant
        "ORDER BY confirmed_at = 0, confirmed_at, txid, output",
        (account,),
    )
    return [_deposit(row) for row in rows]


def by_outpoint(tx: Tx, txid: str, output: int) -> Deposit | None:
    row = tx.row(
        f"SELECT {_COLUMNS} FROM static_deposits WHERE txid = unhex(?) AND output = ?",  # noqa: S608  # a constant
        (txid, output),
    )
    return None if row is None else _deposit(row)


def any_unconfirmed(tx: Tx) -> bool:
    """Whether one that is seen waits for its block."""
    return bool(tx.value("SELECT EXISTS (SELECT 1 FROM static_deposits WHERE visible AND confirmed_at = 0)"))


def steps(tx: Tx, deposit: Deposit) -> list[Step]:
    """The states it came to, in order."""
    rows = tx.rows(
        "SELECT state, at FROM static_deposit_steps WHERE account = ? AND txid = unhex(?) AND output = ? "
        "ORDER BY number",
        (deposit.ref.account, deposit.txid, deposit.output),
    )
    return [Step(State(state), at) for state, at in rows]


def keep_exit(tx: Tx, deposit: Deposit, made: KeptExit, at: int) -> None:
    """A transaction takes the deposit back, once somebody broadcasts it. Keeping it twice changes nothing."""
    tx.execute(
        "INSERT OR IGNORE INTO static_exits VALUES (?, unhex(?), ?, unhex(?), ?, ?, ?)",
        (deposit.ref.account, deposit.txid, deposit.output, made.txid, made.address, made.fee, at),
    )
    meta.bump_revision(tx)


def exits(tx: Tx, deposit: Deposit) -> list[KeptExit]:
    """Those that were made for a deposit, the first one first."""
    rows = tx.rows(
        "SELECT lower(hex(exit)), address, fee FROM static_exits "
        "WHERE account = ? AND txid = unhex(?) AND output = ? ORDER BY made_at, exit",
        (deposit.ref.account, deposit.txid, deposit.output),
    )
    return [KeptExit(*row) for row in rows]


def _last_state(tx: Tx, deposit: Deposit) -> State:
    """Of one that is new here, but was known to the wallet that a backup was made of."""
    known = steps(tx, deposit)
    return known[-1].state if known else State.DEPOSITED


def _put(tx: Tx, deposit: Deposit) -> None:
    tx.execute(
        "INSERT OR REPLACE INTO static_deposits "
        "VALUES (?, unhex(?), ?, ?, ?, ?, ?, ?, ?, iif(? = '', NULL, unhex(?)))",
        (
            deposit.ref.account,
            deposit.txid,
            deposit.output,
            deposit.ref.branch,
            deposit.ref.index,
            deposit.amount,
            deposit.confirmed_at,
            deposit.state.value,
            deposit.visible,
            deposit.spent_by,
            deposit.spent_by,
        ),
    )


def _add_step(tx: Tx, deposit: Deposit, at: int) -> None:
    known = steps(tx, deposit)
    if known and known[-1].state is deposit.state:
        return
    outpoint = (deposit.ref.account, deposit.txid, deposit.output)
    number = tx.value(  # a step before the last may have been left out of the backup that they came from
        "SELECT coalesce(max(number), -1) + 1 FROM static_deposit_steps "
        "WHERE account = ? AND txid = unhex(?) AND output = ?",
        outpoint,
    )
    tx.execute(
        "INSERT INTO static_deposit_steps VALUES (?, unhex(?), ?, ?, ?, ?)",
        (*outpoint, number, at, deposit.state.value),
    )
    meta.bump_revision(tx)


def _deposit(row: Row) -> Deposit:
    account, branch, index, txid, output, amount, confirmed_at, state, visible, spent_by = row
    ref = AddressRef(AccountId(account), branch, index)
    return Deposit(ref, txid, output, amount, confirmed_at, State(state), bool(visible), spent_by or "")


_OUTPOINT = (Field("account", int), Field("txid", bytes), Field("output", int))
SECTION_DEPOSIT_STEPS = TableSection(
    "static-deposit-steps",
    "The history of the deposit",
    "static_deposit_steps",
    (*_OUTPOINT, Field("number", int), Field("at", int), Field("state", str)),
    ("account", "txid", "output", "number"),
)
SECTION_STATIC_EXITS = TableSection(
    "static-exits",
    "The exit of the deposit",
    "static_exits",
    (*_OUTPOINT, Field("exit", bytes), Field("address", str), Field("fee", int), Field("made_at", int)),
    ("account", "txid", "output", "exit"),
)
