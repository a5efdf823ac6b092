"""The small parts: what they say, take and give back."""

from collections.abc import Callable, Iterator

import pytest
import segno
from address_samples import address_text
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent, QFontMetrics, QImage, QKeySequence
from PySide6.QtTest import QSignalSpy
from PySide6.QtWidgets import QApplication, QMenu, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from pillarbox.errors import ErrorText
from pillarbox.model.account import AccountId
from pillarbox.model.address import AddressState
from pillarbox.model.network import BITCOIN, Network
from pillarbox.model.progress import Progress
from pillarbox_gui.pages.account_card import AccountCard, AccountFacts
from pillarbox_gui.theme.theme import SchemePreference, Theme
from pillarbox_gui.theme.tokens import DARK, LIGHT, Tone
from pillarbox_gui.widgets.amount_edit import AmountEdit
from pillarbox_gui.widgets.banner import Banner
from pillarbox_gui.widgets.chunked_address import ChunkedAddress, grouped
from pillarbox_gui.widgets.empty_state import EmptyState
from pillarbox_gui.widgets.gap_meter import GapMeter
from pillarbox_gui.widgets.qr_code import QUIET, SIDE, QrCode
from pillarbox_gui.widgets.reflow import Reflow
from pillarbox_gui.widgets.row_delegate import elided_address
from pillarbox_gui.widgets.state_bar import StateBar, bar_widths
from pillarbox_gui.widgets.state_chip import StateChip
from pillarbox_gui.wording.amounts import amount_words

ADDRESS = address_text(7)
Show = Callable[[QWidget], None]

# What the offscreen platform says of every window that has a least size.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")


@pytest.fixture
def theme(qapp: QApplication) -> Iterator[Theme]:
    made = Theme(qapp, SchemePreference.LIGHT)
    yield made
    made.deleteLater()


@pytest.fixture
def show(qtbot: QtBot) -> Iterator[Callable[[QWidget], None]]:
    """Show a part in a window, as a page would."""
    windows: list[QWidget] = []

    def in_a_window(part: QWidget) -> None:
        window = QWidget()
        qtbot.addWidget(window)
        QVBoxLayout(window).addWidget(part)
        window.show()
        windows.append(window)

    yield in_a_window
    windows.clear()


def colours(widget: QWidget) -> set[str]:
    image = widget.grab().toImage()
    return {
        image.pixelColor(x, y).name().upper() for x in range(image.width()) for y in range(image.height())
    }


@pytest.mark.parametrize("state", AddressState)
def test_a_chip_says_its_state_and_shows_its_colours(state: AddressState, theme: Theme, qtbot: QtBot) -> None:
    chip = StateChip(theme, state)
    qtbot.addWidget(chip)
    assert chip.accessibleName().lower() == state.word
    assert {LIGHT.state(state).chip, LIGHT.state(state).fg} <= colours(chip)
    theme.prefer(SchemePreference.DARK)
    assert {DARK.state(state).chip, DARK.state(state).fg} <= colours(chip)


def test_a_chip_may_say_more_than_its_state(theme: Theme, qtbot: QtBot) -> None:
    chip = StateChip(theme)
    qtbot.addWidget(chip)
    before = chip.sizeHint().width()
    chip.set_state(AddressState.RESERVED, "Reserved until Friday 18:00")
    assert chip.accessibleName() == "Reserved until Friday 18:00"
    assert chip.sizeHint().width() > before


@given(address=st.text("abc123", max_size=120), most=st.integers(1, 6))
def test_groups_of_four_lose_nothing_and_fit(address: str, most: int) -> None:
    lines = grouped(address, most)
    assert "".join("".join(lines).split()) == address
    assert all(len(line.split()) <= most for line in lines)
    assert all(len(group) == 4 for line in lines for group in line.split()[:-1])


def test_what_stands_before_the_colon_of_an_address_is_in_a_line_of_its_own() -> None:
    assert grouped("bitcoincash:qpm2qsznhks", 5) == ["bitcoincash:", "qpm2  qszn  hks"]


@given(address=st.text("abc123:", max_size=60), room=st.integers(3, 40))
def test_of_an_address_that_does_not_fit_most_of_its_end_is_seen(address: str, room: int) -> None:
    shown = elided_address(address, room)
    head, cut, tail = shown.partition("\N{HORIZONTAL ELLIPSIS}")
    assert len(shown) <= room
    assert address.endswith(tail or head)
    assert not cut or len(tail) > len(head)


def test_an_address_is_read_whole_and_copying_it_is_asked_for(theme: Theme, qtbot: QtBot) -> None:
    shown = ChunkedAddress(theme)
    qtbot.addWidget(shown)
    shown.resize(280, 80)
    shown.set_address(ADDRESS)
    assert shown.accessibleDescription() == ADDRESS
    assert "bc1q  " in shown.toPlainText()
    shown.show()
    shown.selectAll()
    QApplication.clipboard().setText("before")
    with qtbot.waitSignal(shown.copy_asked):
        qtbot.keySequence(shown, QKeySequence(QKeySequence.StandardKey.Copy))
    shown.copy()
    assert ADDRESS[:4] not in QApplication.clipboard().text()
    assert shown.createMimeDataFromSelection().text() == ""


@pytest.mark.qt_log_ignore("does not support")
def test_the_menu_of_an_address_asks_for_a_copy_too(theme: Theme, qtbot: QtBot) -> None:
    shown = ChunkedAddress(theme)
    qtbot.addWidget(shown)
    shown.set_address(ADDRESS)
    asked = QSignalSpy(shown.copy_asked)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(5, 5), QPoint(5, 5))
    shown.contextMenuEvent(event)
    (menu,) = shown.findChildren(QMenu)
    (copy,) = menu.actions()
    copy.trigger()
    assert asked.count() == 1
    menu.close()


def test_an_address_that_nobody_was_shown_cannot_be_selected_or_copied(theme: Theme, qtbot: QtBot) -> None:
    shown = ChunkedAddress(theme)
    qtbot.addWidget(shown)
    shown.set_address(ADDRESS, copyable=False)
    shown.show()
    asked = QSignalSpy(shown.copy_asked)
    QApplication.clipboard().setText("before")
    for keys in (QKeySequence.StandardKey.SelectAll, QKeySequence.StandardKey.Copy):
        qtbot.keySequence(shown, QKeySequence(keys))
    assert QApplication.clipboard().text() == "before"
    assert (asked.count(), shown.textCursor().hasSelection()) == (0, False)
    assert shown.focusPolicy() is Qt.FocusPolicy.NoFocus
    assert shown.accessibleDescription() == ADDRESS


def test_an_address_is_as_tall_as_its_lines_in_every_width(theme: Theme, qtbot: QtBot) -> None:
    shown = ChunkedAddress(theme)
    qtbot.addWidget(shown)
    shown.set_address(ADDRESS)
    assert shown.heightForWidth(110) > shown.heightForWidth(280)


def modules(code: QrCode) -> list[list[bool]]:
    """What a reader sees: the code's modules, from the middle of each."""
    image: QImage = code.grab().toImage()
    rows = range(image.height())
    dark = [(x, y) for y in rows for x in range(image.width()) if image.pixelColor(x, y).lightness() < 10]
    left, top = min(x for x, _ in dark), min(y for _, y in dark)
    right = max(x for x, _ in dark)
    finder = next(x for x in range(left, right) if image.pixelColor(x, top).lightness() > 200) - left
    size = finder // 7
    count = (right + 1 - left) // size
    return [
        [
            image.pixelColor(left + x * size + size // 2, top + y * size + size // 2).lightness() < 50
            for x in range(count)
        ]
        for y in range(count)
    ]


@pytest.mark.parametrize("scheme", [SchemePreference.LIGHT, SchemePreference.DARK])
@pytest.mark.parametrize("side", [150, 245])
def test_a_qr_code_is_painted_module_by_module_on_white(
    scheme: SchemePreference, side: int, theme: Theme, qtbot: QtBot
) -> None:
    theme.prefer(scheme)
    code = QrCode(theme)
    qtbot.addWidget(code)
    code.set_text("bitcoin:" + ADDRESS)
    code.resize(side, side)
    expected = [[bool(m) for m in row] for row in segno.make_qr("bitcoin:" + ADDRESS, error="m").matrix]
    assert modules(code) == expected
    image = code.grab().toImage()
    assert image.pixelColor(side // 2, 3).name() == "#ffffff"
    assert code.accessibleDescription() == "bitcoin:" + ADDRESS


def test_a_qr_code_asks_for_whole_modules_with_a_quiet_zone(theme: Theme, qtbot: QtBot) -> None:
    code = QrCode(theme)
    qtbot.addWidget(code)
    code.set_text(ADDRESS)
    code.resize(code.sizeHint())
    assert code.sizeHint().width() % (len(modules(code)) + 2 * QUIET) == 0


@pytest.mark.parametrize(
    "text", ["BITCOIN:" + ADDRESS.upper(), "bitcoin:" + ADDRESS + "?message=" + "x" * 150]
)
def test_a_qr_code_is_as_large_as_its_place_allows(text: str, theme: Theme, qtbot: QtBot) -> None:
    code = QrCode(theme)
    qtbot.addWidget(code)
    code.set_text(text)
    code.resize(code.sizeHint())
    count = len(modules(code)) + 2 * QUIET
    assert SIDE - count < code.sizeHint().width() <= SIDE
    assert code.sizeHint() == code.size()


def test_no_text_is_no_code(theme: Theme, qtbot: QtBot) -> None:
    code = QrCode(theme)
    qtbot.addWidget(code)
    code.set_text("")
    assert "#000000" not in colours(code)


def test_the_gap_meter_says_its_numbers_and_warns_by_more_than_words(theme: Theme, qtbot: QtBot) -> None:
    meter = GapMeter(theme)
    qtbot.addWidget(meter)
    meter.set_gap(3, 20)
    assert meter.accessibleName() == "3 of 20 unpaid in a row"
    meter.resize(meter.sizeHint())
    assert LIGHT.unused.fg in colours(meter)
    meter.set_gap(18, 20)
    assert LIGHT.reserved.fg in colours(meter)
    meter.set_gap(0, 20)
    assert not {LIGHT.unused.fg, LIGHT.reserved.fg} & colours(meter)


def test_the_gap_meter_gives_up_words_before_cells(theme: Theme, qtbot: QtBot) -> None:
    meter = GapMeter(theme)
    qtbot.addWidget(meter)
    meter.set_gap(3, 20)
    whole, cells = meter.sizeHint().width(), meter.minimumSizeHint().width()
    said = {}
    for room in (whole, whole - 1, cells):
        meter.fit(room)
        said[room] = meter.shown_words()
        assert meter.sizeHint().width() <= room
    assert said[whole] == "3 of 20 unpaid in a row"
    assert "3 of 20" in said[whole - 1]
    assert said[cells] == ""
    assert meter.toolTip() == meter.accessibleName() == "3 of 20 unpaid in a row"


def test_parts_stand_in_one_line_only_where_all_of_them_fit(theme: Theme, qtbot: QtBot) -> None:
    parts = [QPushButton("x", minimumWidth=100) for _ in range(3)]
    reflow, window = Reflow(theme, [parts], [parts[:1], parts[1:]], [parts[:1], parts[2:]]), QWidget()
    qtbot.addWidget(window)
    reflow.setParent(window)
    window.show()
    places = {}
    for width in (400, 250, 120):
        reflow.resize(width, 200)
        qtbot.waitUntil(lambda: all(reflow.rect().contains(p.geometry()) for p in parts if p.isVisible()))
        places[width] = [len({part.y() for part in parts if part.isVisible()}), parts[1].isVisible()]
    assert places == {400: [1, True], 250: [2, True], 120: [2, False]}
    assert reflow.minimumSizeHint().width() == 100
    reflow.resize(400, 200)
    assert parts[1].isVisible()


@given(counts=st.tuples(*[st.integers(0, 10**6)] * 3), width=st.integers(30, 400))
def test_a_bar_shows_whatever_exists_and_nothing_else(counts: tuple[int, ...], width: int) -> None:
    widths = bar_widths(counts, width)
    assert all((count > 0) == (part > 0) for count, part in zip(counts, widths, strict=True))
    assert sum(widths) == pytest.approx(width if any(counts) else 0)
    assert all(part >= 3 for count, part in zip(counts, widths, strict=True) if count)


def test_a_bar_says_its_counts(theme: Theme, qtbot: QtBot) -> None:
    bar = StateBar(theme)
    qtbot.addWidget(bar)
    bar.set_counts(12, 2, 7)
    assert bar.accessibleName() == "12 used, 2 reserved, 7 unused"


def test_an_accounts_amount_keeps_its_unit_however_long_it_is(theme: Theme, qtbot: QtBot) -> None:
    amount = amount_words(2_099_999_999_999_999, BITCOIN, Network.TESTNET)
    card = AccountCard(theme, AccountFacts(AccountId(1), "Till", "Bitcoin", amount, "much", 90_000, 1, 2))
    qtbot.addWidget(card)
    metrics = QFontMetrics(theme.fonts.mono_muted)
    shown = card._amount_within(140)
    assert "…" in shown
    assert shown.endswith("tBTC\N{POP DIRECTIONAL ISOLATE}")
    assert metrics.horizontalAdvance(shown) <= 140
    assert amount in card._amount_within(400)
    assert amount in card.toolTip()
    assert "90\N{NARROW NO-BREAK SPACE}000 used" in card.toolTip()


def test_an_amount_is_typed_in_coins_and_taken_in_smallest_units(theme: Theme, qtbot: QtBot) -> None:
    edit = AmountEdit(theme, BITCOIN, Network.TESTNET)
    qtbot.addWidget(edit)
    qtbot.keyClicks(edit, "0,0125")
    assert edit.text() == "0.0125"
    assert edit.amount == 1_250_000
    assert edit.accessibleName() == "Amount in tBTC"
    edit.set_amount(None)
    assert (edit.amount, edit.trouble) == (None, "")


def test_a_wrong_amount_says_why_and_gives_none(theme: Theme, qtbot: QtBot) -> None:
    edit = AmountEdit(theme, BITCOIN, Network.MAINNET)
    qtbot.addWidget(edit)
    edit.setText("1,000.5")
    assert edit.amount is None
    assert "no commas" in edit.trouble
    assert edit.accessibleDescription() == edit.trouble
    edit.setText("1000.5")
    assert edit.amount == 100_050_000_000
    assert edit.accessibleDescription() == ""


def test_a_banner_tells_an_error_and_is_closed_by_the_user(theme: Theme, qtbot: QtBot, show: Show) -> None:
    banner = Banner(theme)
    show(banner)
    banner.tell_error(ErrorText("x", "The disk is full", "Nothing was saved.", "Free some space."))
    assert banner.accessibleName() == "The disk is full Nothing was saved. Free some space."
    assert banner.isVisible()
    with qtbot.waitSignal(banner.closed):
        qtbot.mouseClick(banner.dismiss, Qt.MouseButton.LeftButton)
    assert not banner.isVisible()


def test_a_busy_banner_can_be_stopped_and_not_closed(theme: Theme, qtbot: QtBot, show: Show) -> None:
    banner = Banner(theme)
    show(banner)
    banner.tell_busy("Looking for used addresses", Progress(3, 10), "Stop")
    assert not banner.dismiss.isVisible()
    with qtbot.waitSignal(banner.acted):
        qtbot.mouseClick(banner.action, Qt.MouseButton.LeftButton)


def test_an_empty_page_teaches_the_first_step(theme: Theme, qtbot: QtBot, show: Show) -> None:
    empty = EmptyState(
        theme, "receive", "No addresses yet", "Take one for each payer.", "New receive address"
    )
    qtbot.addWidget(empty)
    empty.show()
    with qtbot.waitSignal(empty.acted):
        qtbot.mouseClick(empty.button, Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(empty.acted):
        qtbot.keyClick(empty.button, Qt.Key.Key_Return)
    empty.say("Nothing here", "Come back later.")
    assert not empty.button.isVisible()


def test_every_control_of_every_part_has_a_name(theme: Theme, show: Show) -> None:
    banner = Banner(theme)
    banner.tell(Tone.WAITING, "warning", "Never backed up", action="Back up")
    parts: list[QWidget] = [
        banner,
        AmountEdit(theme, BITCOIN, Network.MAINNET),
        ChunkedAddress(theme),
        EmptyState(theme, "receive", "Nothing", "Here", "Act"),
    ]
    for part in parts:
        show(part)
        shown = [part, *(inner for inner in part.findChildren(QWidget) if inner.isVisible())]
        focusable = [widget for widget in shown if widget.focusPolicy() is not Qt.FocusPolicy.NoFocus]
        assert focusable
        assert [widget for widget in focusable if not widget.accessibleName()] == []
