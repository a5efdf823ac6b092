"""What people read, without a widget."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QCoreApplication, QLocale, QTranslator

from pillarbox.errors import ErrorText, InvalidInputError, PillarboxError
from pillarbox.model.address import AddressFlag, AddressState
from pillarbox.model.backup import BackupPhase, BackupStatus
from pillarbox.model.network import BITCOIN, Coin, Network
from pillarbox.model.progress import ChangedCertificate, ConnectionPhase, ConnectionState
from pillarbox_gui.wording.amounts import (
    amount_figures,
    amount_words,
    group_digits,
    isolated,
    parse_amount,
    spoken_amount,
)
from pillarbox_gui.wording.errors import error_words, unexpected_words
from pillarbox_gui.wording.states import (
    AddressFacts,
    address_sentence,
    backup_words,
    connection_words,
    flag_sentence,
    flag_word,
    gap_words,
    hold_note,
    hold_sentence,
    note,
    state_word,
)
from pillarbox_gui.wording.times import DAY, HOUR, Calendar, duration

BRITISH = Calendar(QLocale("en_GB"), UTC)
BACKED_UP = 1_800_000_000
WEDNESDAY_NOON = int(datetime(2026, 11, 18, 12, tzinfo=UTC).timestamp())
FRIDAY_18 = int(datetime(2026, 11, 20, 18, tzinfo=UTC).timestamp())


def plain(text: str) -> str:
    """Figures with ordinary spaces, to be read in a test."""
    return text.replace("\N{NARROW NO-BREAK SPACE}", " ").replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        (420_000, "0.004 200 00"),
        (0, "0.000 000 00"),
        (1, "0.000 000 01"),
        (2_100_000_000_000_000, "21 000 000.000 000 00"),
        (-5, "-0.000 000 05"),
    ],
)
def test_amounts_are_grouped_to_the_last_unit(amount: int, said: str) -> None:
    assert plain(amount_figures(amount, BITCOIN)) == said


def test_an_amount_names_its_unit_and_test_coins_are_told_apart() -> None:
    assert plain(amount_words(1_803_700, BITCOIN, Network.MAINNET, trim=True)) == "0.018 037 BTC"
    assert plain(amount_words(0, BITCOIN, Network.REGTEST, trim=True)) == "0 tBTC"
    assert spoken_amount(123_456_789_000, BITCOIN, Network.MAINNET) == "1234.56789 BTC"


def test_an_amount_never_breaks_across_lines() -> None:
    assert " " not in amount_words(1_803_700, BITCOIN, Network.MAINNET)


@given(amount=st.integers(0, 10**18 - 1), decimals=st.integers(0, 18), trim=st.booleans())
def test_what_is_shown_is_read_back_as_the_same_amount(amount: int, decimals: int, trim: bool) -> None:
    coin = Coin("toy", "Toy", "TOY", "bit", decimals, "toy", 1)
    assert parse_amount(amount_figures(amount, coin, trim=trim), coin) == amount


@pytest.mark.parametrize(
    ("typed", "amount"), [("1", 10**8), (".5", 5 * 10**7), ("1.", 10**8), (" 1 000 ", 10**11)]
)
def test_people_type_amounts_in_many_ways(typed: str, amount: int) -> None:
    assert parse_amount(typed, BITCOIN) == amount


def test_all_the_bitcoin_there_will_be_can_be_typed_and_no_more_than_can_be_kept_of_other_coins() -> None:
    assert parse_amount("21000000", BITCOIN) == 21_000_000 * 10**8
    toy = Coin("toy", "Toy", "TOY", "bit", 0, "toy", 1)
    assert parse_amount("999999999999999999", toy) == 10**18 - 1
    fine = replace(toy, decimals=18)
    with pytest.raises(InvalidInputError, match="not that much"):
        parse_amount("100", fine)


def test_an_amount_in_a_sentence_keeps_its_order_whichever_way_the_sentence_runs() -> None:
    assert isolated("0.5 BTC") == "\N{LEFT-TO-RIGHT ISOLATE}0.5 BTC\N{POP DIRECTIONAL ISOLATE}"


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", "Nothing"),
        (".", "Only digits"),
        ("1,5", "no commas"),
        ("1,000.5", "no commas"),
        ("1.5.2", "Only digits"),
        ("-1", "Only digits"),
        ("1e3", "Only digits"),
        ("٣", "Only digits"),
        ("0.000000001", "no more than 8"),
        ("9" * 5_000, "not that much"),
        ("21000000.00000001", "not that much"),
    ],
)
def test_what_is_no_amount_is_refused_with_a_reason(typed: str, why: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        parse_amount(typed, BITCOIN)
    assert why in refused.value.text.message


def test_numbers_are_grouped_by_thousands() -> None:
    assert plain(group_digits(968412)) == "968 412"


@pytest.mark.parametrize(
    ("distance", "said"),
    [
        (2 * HOUR, "today 14:00"),
        (-DAY, "yesterday 12:00"),
        (DAY, "tomorrow 12:00"),
        (2 * DAY + 6 * HOUR, "Friday 18:00"),
        (6 * DAY, "Tuesday 12:00"),
        (7 * DAY, "25 November"),
        (-2 * DAY, "16 November"),
        (60 * DAY, "17 January 2027"),
        (-400 * DAY, "14 October 2025"),
    ],
)
def test_a_moment_is_near_in_words_and_far_in_dates(distance: int, said: str) -> None:
    assert BRITISH.moment(WEDNESDAY_NOON + distance, WEDNESDAY_NOON) == said


@pytest.mark.parametrize(
    ("elapsed", "said"),
    [(-5, "just now"), (59, "just now"), (240, "4 min ago"), (2 * HOUR, "2 h ago"), (DAY, "yesterday 12:00")],
)
def test_the_past_is_told_by_its_distance(elapsed: int, said: str) -> None:
    assert BRITISH.ago(WEDNESDAY_NOON - elapsed, WEDNESDAY_NOON) == said


def test_days_change_at_midnight_where_the_user_is() -> None:
    east = Calendar(QLocale("en_GB"), timezone(timedelta(hours=13)))
    assert BRITISH.until(WEDNESDAY_NOON + 11 * HOUR, WEDNESDAY_NOON) == "23:00"
    assert east.until(WEDNESDAY_NOON + 11 * HOUR, WEDNESDAY_NOON) == "12:00"
    assert BRITISH.until(WEDNESDAY_NOON + 13 * HOUR, WEDNESDAY_NOON) == "tomorrow 01:00"


def test_names_of_days_are_the_users() -> None:
    german = Calendar(QLocale("de_DE"), UTC)
    assert german.moment(FRIDAY_18, WEDNESDAY_NOON) == "Freitag 18:00"
    american = Calendar(QLocale("en_US"), UTC)
    assert plain(american.until_briefly(FRIDAY_18, WEDNESDAY_NOON)) == "Fri 6:00 PM"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(60, "1 minute"), (5400, "90 minutes"), (HOUR, "1 hour"), (DAY, "24 hours"), (7 * DAY, "7 days")],
)
def test_a_hold_is_told_in_its_largest_whole_unit(seconds: int, said: str) -> None:
    assert duration(seconds) == said


def test_a_hold_ends_but_an_address_never_does() -> None:
    said = hold_sentence(FRIDAY_18, False, WEDNESDAY_NOON, BRITISH)
    assert said == "Held for you until Friday 18:00. Money sent to it later still arrives."
    assert "while Pillarbox is open" in hold_sentence(None, False, WEDNESDAY_NOON, BRITISH)
    assert "until it is paid" in hold_sentence(None, True, WEDNESDAY_NOON, BRITISH)
    assert hold_note(FRIDAY_18, False, WEDNESDAY_NOON, BRITISH) == "Until Fri 18:00"


def test_the_note_says_the_most_urgent_first_and_nothing_twice() -> None:
    def said(facts: AddressFacts) -> str:
        return note(facts, WEDNESDAY_NOON, BRITISH)

    gone = AddressFlag.PAYMENT_VANISHED | AddressFlag.MARKED_BY_HAND
    assert said(AddressFacts(1, AddressState.UNUSED)) == ""
    assert said(AddressFacts(1, AddressState.UNUSED, flags=gone)) == "Payment vanished · Marked by hand"
    reused = AddressFacts(
        1, AddressState.USED, flags=AddressFlag.REUSED | AddressFlag.HANDED_OUT_BEFORE, payments=3
    )
    assert said(reused) == "3 payments"
    held = AddressFacts(1, AddressState.RESERVED, held_until=FRIDAY_18, flags=AddressFlag.BEYOND_GAP)
    assert said(held) == "Until Fri 18:00 · Beyond the gap limit"


def test_a_screen_reader_hears_the_whole_row() -> None:
    facts = AddressFacts(12, AddressState.RESERVED, label="Alice", held_until=FRIDAY_18)
    said = address_sentence(facts, WEDNESDAY_NOON, BRITISH)
    assert said == "Address 12, reserved until Friday 18:00, label Alice"


@pytest.mark.parametrize("state", AddressState)
def test_every_state_has_a_word(state: AddressState) -> None:
    assert state_word(state).lower() == state.word


@pytest.mark.parametrize("flag", [flag for flag in AddressFlag if flag])
def test_every_flag_has_a_word_and_a_sentence(flag: AddressFlag) -> None:
    assert flag_word(flag)
    assert flag_sentence(flag).endswith(".")


@pytest.mark.parametrize("phase", ConnectionPhase)
def test_every_connection_is_told_with_an_icon(phase: ConnectionPhase) -> None:
    error = ErrorText("wrong-chain", "Another chain", "It follows another chain.", "Choose another server.")
    for state in (
        ConnectionState(phase, "electrum.example:50002", 968_412),
        ConnectionState(phase, error=error),
    ):
        words = connection_words(state)
        assert words.icon
        assert words.detail
    assert plain(connection_words(ConnectionState(ConnectionPhase.CONNECTED, "here", 968_412)).text) == (
        "here · block 968 412"
    )


@pytest.mark.parametrize(
    ("server", "name"),
    [
        ("electrum.example:50002:s", "electrum.example"),
        ("127.0.0.1:50001:t", "127.0.0.1"),
        ("[2001:db8::1]:50002:s", "[2001:db8::1]"),
        ("electrum.example:50002", "electrum.example"),
    ],
)
def test_a_server_goes_by_its_name_and_its_address_is_in_the_detail(server: str, name: str) -> None:
    for phase in (ConnectionPhase.CONNECTING, ConnectionPhase.SYNCING, ConnectionPhase.CONNECTED):
        words = connection_words(ConnectionState(phase, server))
        assert name in words.text
        assert server not in words.text
        assert server in words.detail


def test_a_changed_certificate_is_told_without_its_fingerprints() -> None:
    error = ErrorText("certificate-changed", "It changed", "From AA:AA to BB:BB.", "Ask why.")
    state = ConnectionState(
        ConnectionPhase.REFUSED, "a.example:50002:s", None, error, ChangedCertificate("AA:AA", "BB:BB")
    )
    words = connection_words(state)
    assert words.text == "It changed"
    assert "a.example:50002:s shows another certificate" in words.detail
    assert words.detail.endswith("Ask why.")
    assert "BB" not in words.detail


def test_what_nobody_foresaw_claims_nothing_that_nobody_checked() -> None:
    words = unexpected_words()
    assert "unharmed" not in words.message
    assert "About Pillarbox" in words.hint


@pytest.mark.parametrize("phase", BackupPhase)
def test_every_backup_phase_is_told(phase: BackupPhase) -> None:
    words = backup_words(
        BackupStatus(phase, at=BACKED_UP - 240, reason=ErrorText("x", "t", "m.", "h.")), BRITISH, BACKED_UP
    )
    assert words.text
    assert words.detail.endswith(".")


def test_never_backed_up_is_said_as_it_is() -> None:
    never = BackupStatus(BackupPhase.NEVER)
    assert backup_words(never, BRITISH, BACKED_UP).text == "Never backed up"
    without_words = BackupStatus(BackupPhase.NEVER, needs_passphrase=True)
    assert backup_words(without_words, BRITISH, BACKED_UP).text == "Not backed up: set a passphrase"


def test_a_backup_is_told_with_its_time() -> None:
    assert (
        "4 min ago"
        in backup_words(BackupStatus(BackupPhase.VERIFIED, at=BACKED_UP - 240), BRITISH, BACKED_UP).detail
    )


def test_the_gap_is_told_in_full() -> None:
    assert gap_words(3, 20) == "3 of 20 unpaid in a row"


class SpilledError(PillarboxError):
    code: ClassVar[str] = "spilled"
    title: ClassVar[str] = "Milk was spilled"
    message: ClassVar[str] = "All {litres} litres are gone."
    hint: ClassVar[str] = "Fetch a cloth."


class Translator(QTranslator):
    """Knows one sentence, by its text and its code."""

    def isEmpty(self) -> bool:  # noqa: N802  # Qt's name
        return False

    def translate(
        self, context: str, source: str, disambiguation: str | None = None, n: int = -1
    ) -> str | None:
        known = {("errors", "All {litres} litres are gone.", "spilled"): "Alle {litres} Liter sind weg."}
        return known.get((context, source, disambiguation or ""))


def test_an_error_is_translated_by_its_code_and_else_told_in_english(qapp: QCoreApplication) -> None:
    translator = Translator()
    qapp.installTranslator(translator)
    try:
        words = error_words(SpilledError(litres=3))
    finally:
        qapp.removeTranslator(translator)
    assert words == ErrorText("spilled", "Milk was spilled", "Alle 3 Liter sind weg.", "Fetch a cloth.")
