"""States, flags and statuses as words, each with the icon and the tone that go with it."""

import re
from dataclasses import dataclass, replace

from PySide6.QtCore import QCoreApplication

from pillarbox.model.address import AddressFlag, AddressState
from pillarbox.model.backup import BackupPhase, BackupStatus
from pillarbox.model.network import BITCOIN, Coin
from pillarbox.model.progress import ConnectionPhase, ConnectionState
from pillarbox_gui.theme.tokens import Tone
from pillarbox_gui.wording.amounts import group_digits
from pillarbox_gui.wording.errors import window_words
from pillarbox_gui.wording.times import Calendar, counted

translate = QCoreApplication.translate

_ADDRESS_END = re.compile(r":\d+(:[st])?$")
"""Port and protocol, as in "electrum.example:50002:s"."""

STATE_ICONS = {
    AddressState.UNUSED: "state-unused",
    AddressState.RESERVED: "state-reserved",
    AddressState.USED: "state-used",
}


@dataclass(frozen=True, slots=True)
class StatusWords:
    """One quiet fact: how it is, in few words and in many."""

    tone: Tone
    icon: str
    text: str
    detail: str


@dataclass(frozen=True, slots=True)
class AddressFacts:
    """What the words for one address are made of. Times are Unix seconds."""

    index: int
    state: AddressState
    label: str = ""
    flags: AddressFlag = AddressFlag.NONE
    payments: int = 0
    held_until: int | None = None
    held_until_used: bool = False


def state_word(state: AddressState) -> str:
    """The state's name on chips and filters."""
    return (
        translate("states", "Unused"),
        translate("states", "Reserved"),
        translate("states", "Used"),
    )[state]


def flag_word(flag: AddressFlag) -> str:
    """One flag in the note column."""
    return {
        AddressFlag.HANDED_OUT_BEFORE: translate("states", "Handed out before"),
        AddressFlag.REUSED: translate("states", "Paid more than once"),
        AddressFlag.BEYOND_GAP: translate("states", "Beyond the gap limit"),
        AddressFlag.PAYMENT_VANISHED: translate("states", "Payment vanished"),
        AddressFlag.MARKED_BY_HAND: translate("states", "Marked by hand"),
        AddressFlag.UNSCANNED: translate("states", "Handed out before the scan"),
        AddressFlag.UNCONFIRMED: translate("states", "Not confirmed yet"),
    }[flag]


def flag_sentence(flag: AddressFlag) -> str:
    """What a flag means for the user, for the detail panel."""
    return {
        AddressFlag.HANDED_OUT_BEFORE: translate(
            "states", "This address was shown to somebody before. A late payment may still arrive on it."
        ),
        AddressFlag.REUSED: translate(
            "states", "More than one payment arrived here. Anyone can see that they belong together."
        ),
        AddressFlag.BEYOND_GAP: translate(
            "states",
            "It lies further out than the gap limit: another wallet may need a wider scan to find it.",
        ),
        AddressFlag.PAYMENT_VANISHED: translate(
            "states", "A payment was seen here and is gone. The address is never offered again."
        ),
        AddressFlag.MARKED_BY_HAND: translate("states", "You marked this address as used yourself."),
        AddressFlag.UNSCANNED: translate(
            "states", "Handed out before this account's past was known; it may have been used elsewhere."
        ),
        AddressFlag.UNCONFIRMED: translate("states", "The payment is seen, but no block holds it yet."),
    }[flag]


def unshown_sentence(payable: bool) -> str:
    """Of an address that nobody was shown. `payable`: it is one to be paid at."""
    if not payable:
        return translate("states", "Nobody has this id yet. Take the next node id to hand one out.")
    return translate("states", "Nobody has this address yet. Take a new receive address to hand one out.")


def hold_note(held_until: int | None, until_used: bool, now: int, calendar: Calendar) -> str:
    """How long an address is held, in a table: "Until Fri 18:00", "Until paid", "While open"."""
    if until_used:
        return translate("states", "Until paid")
    if held_until is None:
        return translate("states", "While open")
    return translate("states", "Until {time}").format(time=calendar.until_briefly(held_until, now))


def hold_words(held_until: int | None, until_used: bool, now: int, calendar: Calendar) -> str:
    """The chip of a held address: "Reserved until Friday 18:00"."""
    if until_used:
        return translate("states", "Reserved until paid")
    if held_until is None:
        return translate("states", "Reserved while open")
    return translate("states", "Reserved until {time}").format(time=calendar.until(held_until, now))


def hold_sentence(held_until: int | None, until_used: bool, now: int, calendar: Calendar) -> str:
    """The promise in full. An address never ends; only the hold does."""
    if until_used:
        return translate("states", "Held for you until it is paid.")
    if held_until is None:
        return translate(
            "states",
            "Held for you while Pillarbox is open, for a day at most. Money sent to it later still arrives.",
        )
    return translate("states", "Held for you until {time}. Money sent to it later still arrives.").format(
        time=calendar.until(held_until, now)
    )


def payments_words(count: int) -> str:
    return counted(count, translate("states", "1 payment"), translate("states", "{n} payments"))


def note(facts: AddressFacts, now: int, calendar: Calendar) -> str:
    """What else is to be said of an address, the most urgent first, on one line."""
    parts = []
    if facts.state is AddressState.RESERVED:
        parts.append(hold_note(facts.held_until, facts.held_until_used, now, calendar))
    elif facts.payments > 1 or (facts.payments and AddressFlag.UNCONFIRMED not in facts.flags):
        parts.append(payments_words(facts.payments))
    said_by_count = AddressFlag.REUSED if facts.payments > 1 else AddressFlag.NONE
    said_by_state = AddressFlag.HANDED_OUT_BEFORE if facts.state is AddressState.USED else AddressFlag.NONE
    parts += [
        flag_word(flag) for flag in _NOTE_ORDER if flag in facts.flags & ~said_by_count & ~said_by_state
    ]
    return " \N{MIDDLE DOT} ".join(parts)


def address_sentence(facts: AddressFacts, now: int, calendar: Calendar) -> str:
    """An address as a screen reader tells it: "Address 12, reserved until Friday 18:00, label Alice"."""
    if facts.state is AddressState.RESERVED:
        state = hold_words(facts.held_until, facts.held_until_used, now, calendar)
    else:
        state = state_word(facts.state)
    parts = [translate("states", "Address {index}").format(index=facts.index), _lower_first(state)]
    if facts.label:
        parts.append(translate("states", "label {label}").format(label=facts.label))
    if facts.payments:
        parts.append(payments_words(facts.payments))
    parts += [_lower_first(flag_word(flag)) for flag in _NOTE_ORDER if flag in facts.flags]
    return ", ".join(parts)


def gap_words(unpaid_in_a_row: int, gap_limit: int) -> str:
    """ "3 of 20 unpaid in a row"."""
    return translate("states", "{n} of {limit} unpaid in a row").format(n=unpaid_in_a_row, limit=gap_limit)


def connection_words(state: ConnectionState, coin: Coin = BITCOIN, *, name_all: bool = False) -> StatusWords:
    """The chain connection in the status line: the server's name there, its whole address in the detail.

    The coin is named where it is not Bitcoin; with `name_all` Bitcoin is, too.
    """
    said = _connection_words(state)
    return said if coin == BITCOIN and not name_all else replace(said, text=f"{coin.title}: {said.text}")


def _connection_words(state: ConnectionState) -> StatusWords:
    server = state.server
    name = _ADDRESS_END.sub("", server)
    match state.phase:
        case ConnectionPhase.UNSET:
            text, detail = (
                translate("states", "No server chosen"),
                translate("states", "Choose a server in Settings to see payments arrive."),
            )
            return StatusWords(Tone.QUIET, "offline", text, detail)
        case ConnectionPhase.OFFLINE:
            detail = _reason(state, translate("states", "Pillarbox keeps trying to reach it."))
            return StatusWords(Tone.WAITING, "offline", translate("states", "Offline"), detail)
        case ConnectionPhase.CONNECTING:
            text = translate("states", "Connecting to {server}")
            return StatusWords(Tone.WAITING, "busy", text.format(server=name), text.format(server=server))
        case ConnectionPhase.SYNCING:
            text = translate("states", "{server}, checking blocks").format(server=name)
            detail = translate("states", "Connected to {server}. Block headers are still being checked.")
            return StatusWords(Tone.WAITING, "busy", text, detail.format(server=server))
        case ConnectionPhase.CONNECTED:
            text = name
            if state.height is not None:
                block = translate("states", "block {height}").format(height=group_digits(state.height))
                text = f"{name} \N{MIDDLE DOT} {block}"
            detail = translate("states", "Connected to {server}.").format(server=server)
            return StatusWords(Tone.GOOD, "connected", text, detail)
        case ConnectionPhase.REFUSED:
            text = state.error.title if state.error else translate("states", "Server refused")
            detail = _reason(state, translate("states", "This server cannot be used. Choose another."))
            return StatusWords(Tone.BAD, "error", text, detail)


def backup_words(status: BackupStatus, calendar: Calendar, now: int) -> StatusWords:
    """How safe the wallet is. Never better than what was proven."""
    reason = None if status.reason is None else window_words(status.reason)
    why = "" if reason is None else f"{reason.message} {reason.hint}"
    tone, icon, text, detail = _backup_words()[status.phase]
    if status.phase is BackupPhase.NEVER and status.needs_passphrase:
        text = translate("states", "Not backed up: set a passphrase")
    when = "" if status.at is None else calendar.ago(status.at, now)
    if status.phase is BackupPhase.FAILED:
        why = f"{why} {translate('states', 'Pillarbox tries again by itself.')}".strip()
    return StatusWords(tone, icon, text, why or detail.format(when=when))


def _backup_words() -> dict[BackupPhase, tuple[Tone, str, str, str]]:
    return {
        BackupPhase.NEVER: (
            Tone.WAITING,
            "warning",
            translate("states", "Never backed up"),
            translate("states", "The first backup is written as soon as there is something to keep."),
        ),
        BackupPhase.CHANGED: (
            Tone.WAITING,
            "busy",
            translate("states", "Changed since the backup"),
            translate("states", "The newest backup: {when}. Another one is being written."),
        ),
        BackupPhase.FAILED: (Tone.BAD, "error", translate("states", "Backup failed"), ""),
        BackupPhase.FOLDER_MISSING: (
            Tone.WAITING,
            "warning",
            translate("states", "Backup folder missing"),
            "",
        ),
        BackupPhase.WRITTEN: (
            Tone.GOOD,
            "check",
            translate("states", "Backed up"),
            translate("states", "Written {when}. It is read again and compared in a moment."),
        ),
        BackupPhase.VERIFIED: (
            Tone.GOOD,
            "check",
            translate("states", "Backup verified"),
            translate("states", "Read again and compared {when}: it has all of this wallet."),
        ),
        BackupPhase.DRILLED: (
            Tone.GOOD,
            "check",
            translate("states", "Backup proven"),
            translate("states", "Restored {when} into a throwaway wallet: everything was the same."),
        ),
    }


def _reason(state: ConnectionState, otherwise: str) -> str:
    """Why there is no connection, and what to do. Fingerprints are for the question about them."""
    if state.error is None:
        return otherwise
    said = window_words(state.error)
    if state.certificate is None:
        return f"{said.message} {said.hint}"
    changed = translate(
        "states",
        "{server} shows another certificate than before. Somebody may be listening in between: they could "
        "see your addresses and hide payments from you, but not take any.",
    )
    return f"{changed.format(server=state.server)} {said.hint}"


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]


_NOTE_ORDER = (
    AddressFlag.PAYMENT_VANISHED,
    AddressFlag.UNCONFIRMED,
    AddressFlag.REUSED,
    AddressFlag.HANDED_OUT_BEFORE,
    AddressFlag.UNSCANNED,
    AddressFlag.BEYOND_GAP,
    AddressFlag.MARKED_BY_HAND,
)
