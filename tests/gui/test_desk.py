"""The desk in windows of every size, with labels, amounts and counts of every length."""

import asyncio

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QMenu, QScrollArea, QWidget
from window_bench import ACCOUNT, WindowBench, click, in_a_window, new_address, states, until

from pillarbox.model.address import AddressRef, AddressState
from pillarbox.model.receiving import Hold, RequestTerms
from pillarbox_gui.models.address_order import SortBy
from pillarbox_gui.pages.address_panel import BAR
from pillarbox_gui.pages.controls import Elided
from pillarbox_gui.pages.wallet_view import WalletView
from pillarbox_gui.theme.theme import SchemePreference
from pillarbox_gui.theme.tokens import Scale

UNUSED, RESERVED, USED = AddressState
ALL_BITCOIN = 21_000_000 * 10**8
UNBROKEN = "https://shop.example/orders/" + "W" * 172
SMALLEST = 1024, 600
SMALL = 1024, 640
SIZES = (1440, 820), (1280, 760), SMALL

# What the offscreen platform says of every window that has a least size.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")


async def ask(view: WalletView, label: str = "", amount: int | None = None) -> AddressRef:
    """Hand out a payment request, and show its address."""
    terms = RequestTerms(label, amount, Hold(3600))
    ref = (await view.wallet.receiving.hand_out(ACCOUNT, terms)).ref
    await show(view, ref)
    return ref


async def show(view: WalletView, ref: AddressRef) -> None:
    await until(lambda: view.receive.model.position_of(ref) is not None)
    view.receive.choose(ref)
    await until(lambda: shown_ref(view) == ref and not view.receive._tasks.running("detail"))


def shown_ref(view: WalletView) -> AddressRef | None:
    detail = view.receive.panel.detail
    return detail.address.ref if detail else None


def facts(view: WalletView) -> dict[str, str]:
    """What the panel says of an address, by the names it says it with."""
    pairs = view.receive.panel._values.values()
    return {key.text(): plain(value.text()) for key, value in pairs if value.isVisible()}


def plain(text: str) -> str:
    return text.replace("\N{NARROW NO-BREAK SPACE}", "").replace("\N{NO-BREAK SPACE}", " ")


async def resize(bench: WindowBench, size: tuple[int, int]) -> None:
    """Give the window a size, however small, and let everything find its place."""
    bench.window.setMinimumSize(1, 1)
    bench.window.resize(*size)
    await until(lambda: (bench.window.width(), bench.window.height()) == size)
    await asyncio.sleep(0.05)


def end_of(part: QWidget, root: QWidget) -> int:
    """Where its right edge is."""
    return part.mapTo(root, part.rect().topRight()).x()


def overflowing(root: QWidget) -> list[str]:
    """What stands out of the widget it is in, at a side."""
    return [
        f"{type(part).__name__} in {type(parent).__name__}"
        for part in root.findChildren(QWidget)
        if part.isVisible() and (parent := part.parentWidget()) is not None and not part.isWindow()
        if part.x() < 0 or part.geometry().right() > parent.width()
    ]


def squeezed(*parts: QWidget) -> list[str]:
    """Which of these are too narrow for their words."""
    return [p.accessibleName() for p in parts if p.isVisible() and p.width() < p.minimumSizeHint().width()]


@in_a_window
async def test_no_label_and_no_amount_pushes_the_address_out_of_the_panel(bench: WindowBench) -> None:
    view = await bench.watching_wallet()
    panel = view.receive.panel
    refs = [await ask(view, UNBROKEN, ALL_BITCOIN), await ask(view, "W" * 200, 1)]
    bench.pay(view, refs[0].index, ALL_BITCOIN - 1, 968_412)
    await until(lambda: states(view).count(USED) == 1)
    for size in SIZES:
        await resize(bench, size)
        for ref in refs:
            await show(view, ref)
            await asyncio.sleep(0.05)
            assert overflowing(panel) == []
            (area,) = panel.findChildren(QScrollArea)
            assert area.widget().width() == area.viewport().width()
            assert panel.chunks.width() > area.viewport().width() - BAR - 4
            ends = {end_of(part, panel) for part in (panel.chunks, panel.release) if part.isVisible()}
            assert len(ends) == 1
        assert panel.qr.isVisible()
        assert panel.copy.visibleRegion().boundingRect().width() == panel.copy.width()
    handed_out = next(label for label in panel.findChildren(Elided) if "…" in label.text())
    assert "W" * 200 in handed_out.toolTip()


@in_a_window
async def test_in_the_lowest_window_the_code_and_its_buttons_are_seen_at_once(bench: WindowBench) -> None:
    view = await bench.watching_wallet()
    await resize(bench, SMALLEST)
    first, second = await new_address(view), await new_address(view)
    panel = view.receive.panel
    (area,) = panel.findChildren(QScrollArea)
    area.verticalScrollBar().setValue(area.verticalScrollBar().maximum())
    await show(view, first)
    await asyncio.sleep(0.05)
    for part in (panel.qr, panel.chunks, panel.copy, panel.link):
        assert part.visibleRegion().boundingRect() == part.rect()
    assert first != second


@in_a_window
async def test_an_address_that_nobody_was_shown_cannot_be_copied_from_the_panel(bench: WindowBench) -> None:
    view = await bench.watching_wallet()
    await show(view, AddressRef(ACCOUNT, 0, 7))
    QGuiApplication.clipboard().setText("before")
    for keys in (QKeySequence.StandardKey.SelectAll, QKeySequence.StandardKey.Copy):
        QTest.keySequence(view.receive.panel.chunks, QKeySequence(keys))
    assert QGuiApplication.clipboard().text() == "before"
    assert set(states(view)) == {UNUSED}


@in_a_window
async def test_what_is_copied_from_the_panels_text_is_checked_as_by_the_button(
    bench: WindowBench,
) -> None:
    view = await bench.watching_wallet()
    ref = await new_address(view)
    chunks = view.receive.panel.chunks
    chunks.selectAll()
    QTest.keySequence(chunks, QKeySequence(QKeySequence.StandardKey.Copy))
    assert QGuiApplication.clipboard().text() == view.wallet.accounts.address(ref).text
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(view.wallet.accounts, "checked_text", lambda _ref: "derived again")
        QTest.keySequence(chunks, QKeySequence(QKeySequence.StandardKey.Copy))
    assert QGuiApplication.clipboard().text() == "derived again"


@in_a_window
async def test_a_label_being_typed_is_kept_where_a_new_address_takes_its_place(bench: WindowBench) -> None:
    view = await bench.watching_wallet()
    first = await new_address(view)
    panel = view.receive.panel
    bench.window.activateWindow()
    await until(bench.window.isActiveWindow)
    panel.label.setFocus()
    QTest.keyClicks(panel.label, "Alice")
    QTest.keyClick(panel.label, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    await until(lambda: shown_ref(view) not in (first, None))
    assert panel.label.text() == ""
    await until(lambda: view.wallet.accounts.address(first).label == "Alice")


@in_a_window
async def test_what_was_asked_and_what_came_are_told_apart(bench: WindowBench) -> None:
    view = await bench.watching_wallet()
    panel = view.receive.panel
    for paid, said, told in (
        (500_000, "Less than asked", {"Missing": "0.00500000 tBTC"}),
        (1_250_000, "More than asked", {"Extra": "0.00250000 tBTC"}),
        (1_000_000, "", {}),
    ):
        ref = await ask(view, "Rent", 1_000_000)
        assert not panel.difference.isVisible()
        bench.pay(view, ref.index, paid)
        await until(lambda: panel.detail is not None and len(panel.detail.payments) == 1)
        known = facts(view)
        assert known.pop("Asked") == "0.01000000 tBTC"
        assert {name: known[name] for name in ("Missing", "Extra") if name in known} == told
        assert (panel.difference.text() if panel.difference.isVisible() else "") == said


@in_a_window
async def test_an_amount_is_told_to_its_last_unit_and_in_one_face_wherever_it_stands(
    bench: WindowBench,
) -> None:
    view = await bench.watching_wallet()
    ref = await ask(view, "Rent", 1_000_000)
    bench.pay(view, ref.index, 500_000)
    panel = view.receive.panel
    await until(lambda: panel.detail is not None and len(panel.detail.payments) == 1)
    amounts = [label for label in panel.findChildren(QLabel) if "tBTC" in label.text() and label.isVisible()]
    assert sorted(plain(label.text()) for label in amounts) == [
        *["0.00500000 tBTC"] * 3,
        "0.01000000 tBTC",
    ]
    assert {label.property("role") for label in amounts} == {"mono"}


@in_a_window
async def test_every_column_and_the_gap_meter_have_their_place(bench: WindowBench) -> None:
    view = await bench.watching_wallet()
    await new_address(view)
    desk = view.receive.list
    for size in SIZES:
        await resize(bench, size)
        hidden = {column for column in SortBy if desk.table.isColumnHidden(column)}
        assert hidden == ({SortBy.NOTE} if size == SMALL else set())
        assert not desk.table.horizontalScrollBar().isVisible()
        assert desk.meter.isVisible()
        assert overflowing(desk) == []
        assert squeezed(desk.search, desk.new_address, desk.request, *desk.filters.values()) == []


@in_a_window
async def test_a_hundred_thousand_addresses_are_counted_in_groups_and_in_full(bench: WindowBench) -> None:
    view = await bench.watching_wallet()
    desk = view.receive.list
    desk.filter.tell_counts({UNUSED: 90_020, RESERVED: 5_000, USED: 5_000})
    said = [chip.text().replace("\N{NARROW NO-BREAK SPACE}", " ") for chip in desk.filters.values()]
    assert said == ["All 100 020", "Unused 90 020", "Reserved 5 000", "Used 5 000"]
    for size in SIZES:
        await resize(bench, size)
        assert squeezed(desk.search, *desk.filters.values()) == []
        assert desk.search.width() >= 140


@in_a_window
async def test_a_narrow_window_leaves_the_panels_room_to_the_table(bench: WindowBench) -> None:
    view = await bench.watching_wallet()
    await resize(bench, SMALL)
    panel = view.receive.panel
    assert panel.teaches
    assert panel.isVisible()
    ref = await new_address(view)
    assert panel.isVisible()
    bench.pay(view, ref.index, 1_000)
    await until(lambda: states(view).count(USED) == 1)
    view.receive.show_account(ACCOUNT)
    await until(lambda: not panel.isVisible())
    await until(lambda: not view.receive.list.table.isColumnHidden(SortBy.NOTE))
    view.receive.list.table.opened.emit(ref)
    await until(panel.label.hasFocus)
    view.receive.show_account(ACCOUNT)
    await resize(bench, SIZES[0])
    assert panel.isVisible()


@pytest.mark.may_pause_the_loop("a whole window is styled anew")
@in_a_window
async def test_with_large_text_the_desk_fits_a_small_screen_and_its_buttons_are_whole(
    bench: WindowBench,
) -> None:
    theme = bench.window.look.theme
    theme._scale_override = Scale(1.5)
    theme.prefer(SchemePreference.LIGHT)
    view = await bench.watching_wallet()
    await new_address(view)
    assert view.minimumSizeHint().width() <= 1280
    await resize(bench, (1280, 760))
    desk = view.receive.list
    assert squeezed(desk.new_address, desk.more, *desk.filters.values()) == []
    assert overflowing(desk) == []
    assert desk.meter.isVisible()
    menu = QMenu(desk)
    view.receive.fill_account_menu(menu)
    in_menu = any(action.text() == "Request a payment…" for action in menu.actions())
    assert desk.request.isVisible() != in_menu


@in_a_window
async def test_after_the_keyboard_took_an_address_its_copy_is_next(bench: WindowBench) -> None:
    view = await bench.watching_wallet()
    bench.window.activateWindow()
    await until(bench.window.isActiveWindow)
    button = view.receive.list.new_address
    button.setFocus()
    QTest.keyClick(button, Qt.Key.Key_Return)
    await until(view.receive.panel.copy.hasFocus)
    QTest.keyClick(view.receive.panel.copy, Qt.Key.Key_Return)
    ref = shown_ref(view)
    assert ref is not None
    assert QGuiApplication.clipboard().text() == view.wallet.accounts.address(ref).text


@in_a_window
async def test_rows_are_sorted_without_a_mouse(bench: WindowBench) -> None:
    view = await bench.watching_wallet()
    desk = view.receive.list

    def actions() -> dict[str, QAction]:
        menu = QMenu(desk)
        desk.fill_sort_menu(menu)
        return {action.text(): action for action in menu.actions() if action.text()}

    assert [text for text, action in actions().items() if action.isChecked()] == ["Number", "Ascending"]
    actions()["Address"].trigger()
    actions()["Descending"].trigger()
    assert [text for text, action in actions().items() if action.isChecked()] == ["Address", "Descending"]
    shown = [view.receive.model.index(row, SortBy.ADDRESS).data() for row in range(20)]
    assert shown == sorted(shown, reverse=True)


@in_a_window
async def test_a_filter_that_finds_nothing_offers_to_show_all(bench: WindowBench) -> None:
    view = await bench.watching_wallet()
    desk = view.receive.list
    desk.search.setText("no such label")
    click(desk.filters[USED])
    assert desk.none.isVisible()
    click(desk.none.button)
    assert desk.table.isVisible()
    assert view.receive.model.rowCount() == len(states(view))


@in_a_window
async def test_the_labels_field_stays_where_it_is_from_address_to_address(bench: WindowBench) -> None:
    view = await bench.watching_wallet()
    asked = await ask(view, "Rent", 1_000)
    places = set()
    for ref in (asked, AddressRef(ACCOUNT, 0, 9)):
        await show(view, ref)
        await asyncio.sleep(0.05)
        places.add((view.receive.panel.label.x(), view.receive.panel.label.width()))
    assert len(places) == 1


@in_a_window
async def test_the_focus_never_falls_into_the_label_when_its_button_goes(bench: WindowBench) -> None:
    view = await bench.watching_wallet()
    ref = await new_address(view)
    panel = view.receive.panel
    await until(lambda: panel.detail is not None and not panel.link.isHidden())
    panel.link.setFocus()
    bench.pay(view, ref.index, 1_000)
    await until(lambda: panel.detail is not None and panel.detail.address.state is USED)
    assert bench.window.focusWidget() is panel.copy


@in_a_window
async def test_a_change_of_the_address_just_left_does_not_bring_it_back(bench: WindowBench) -> None:
    view = await bench.watching_wallet()
    left, wanted = await ask(view, "left"), await new_address(view)
    await show(view, left)
    view.receive._changed = {left.index}
    view.receive.choose(wanted)
    view.receive._take_changes()
    await until(lambda: not view.receive._tasks.running("detail"))
    assert shown_ref(view) == wanted


@in_a_window
async def test_an_accounts_name_keeps_the_number_at_its_end_at_every_size(bench: WindowBench) -> None:
    view = await bench.watching_wallet()
    for size in SIZES:
        await resize(bench, size)
        for name in ("Cardano 2", "Dash Platform", "What my grandmother gave to me for the summer 12"):
            await view.wallet.accounts.rename(ACCOUNT, name)
            title = view.receive.list.title
            await until(lambda title=title, name=name: title.text()[-1] == name[-1])
