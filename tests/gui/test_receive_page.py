"""Handing out, holding and giving back, by the widgets a user touches."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from window_bench import ACCOUNT, WindowBench, click, in_a_window, new_address, state_shown, states, until

from pillarbox.model.address import AddressRef, AddressState
from pillarbox_gui.dialogs.gap_limit import GapLimitQuestion, NotScannedQuestion
from pillarbox_gui.dialogs.message import Confirmation
from pillarbox_gui.dialogs.payment_request import PaymentRequestQuestion
from pillarbox_gui.pages.wallet_view import WalletView

HELD = AddressState.RESERVED


@in_a_window
async def test_looking_at_every_page_hands_nothing_out(bench: WindowBench) -> None:
    view = await bench.watching_wallet()
    for name in view.sidebar.nav:
        view.show_page(name)
    assert set(states(view)) == {AddressState.UNUSED}


@in_a_window
async def test_a_click_hands_out_an_address_and_shows_it(bench: WindowBench) -> None:
    view = await bench.watching_wallet()
    ref = await new_address(view)
    detail = view.receive.panel.detail
    assert detail is not None
    assert detail.link is not None
    assert view.receive.list.table.chosen_ref == ref
    assert state_shown(view, ref.index) is HELD
    assert view.receive.panel.chunks.address == detail.address.text
    assert view.receive.panel.qr.text == detail.link.qr
    assert view.receive.panel.qr.isVisible()


@in_a_window
async def test_a_second_click_hands_out_another_address(bench: WindowBench) -> None:
    view = await bench.watching_wallet()
    assert await new_address(view) != await new_address(view)


@in_a_window
async def test_a_double_click_hands_out_one_address(bench: WindowBench) -> None:
    view = await bench.watching_wallet()
    button = view.receive.list.new_address
    click(button)
    QTest.mouseDClick(button, Qt.MouseButton.LeftButton)
    await until(lambda: not view.receive._tasks.running("hand-out"))
    assert states(view).count(HELD) == 1


@in_a_window
async def test_the_keyboard_alone_hands_out_an_address(bench: WindowBench) -> None:
    view = await bench.watching_wallet()
    bench.window.activateWindow()
    await until(bench.window.isActiveWindow)
    view.receive.list.table.setFocus()
    QTest.keyClick(view.receive.list.table, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    await until(lambda: states(view).count(HELD) == 1)


@in_a_window
async def test_an_address_asked_for_elsewhere_shows_up(bench: WindowBench) -> None:
    view = await bench.watching_wallet()
    given = await view.wallet.receiving.hand_out(ACCOUNT)
    await until(lambda: state_shown(view, given.ref.index) is HELD)
    assert view.receive.panel.detail is None
    await until(lambda: view.receive.list.filters[HELD].text() == "Reserved 1")


@in_a_window
async def test_copying_takes_the_address_and_never_one_that_nobody_was_shown(bench: WindowBench) -> None:
    view = await bench.watching_wallet()
    QGuiApplication.clipboard().setText("before")
    view.receive.copy_address(AddressRef(ACCOUNT, 0, 3))
    assert QGuiApplication.clipboard().text() == "before"
    ref = await new_address(view)
    click(view.receive.panel.copy)
    assert QGuiApplication.clipboard().text() == view.wallet.accounts.address(ref).text


@in_a_window
async def test_a_payment_request_keeps_its_label_and_asks_for_its_amount(bench: WindowBench) -> None:
    view = await bench.watching_wallet()
    click(view.receive.list.request)
    question = await bench.question(PaymentRequestQuestion)
    question.label.setText("Invoice 7")
    question.amount.setText("0.5")
    click(question.request)
    await until(lambda: view.receive.panel.detail is not None)
    detail = view.receive.panel.detail
    assert detail is not None
    assert detail.request is not None
    assert (detail.address.label, detail.request.amount) == ("Invoice 7", 50_000_000)
    click(view.receive.panel.link)
    assert QGuiApplication.clipboard().text().endswith("?amount=0.5&message=Invoice%207")


@in_a_window
async def test_an_amount_that_cannot_be_read_keeps_the_question_open(bench: WindowBench) -> None:
    view = await bench.watching_wallet()
    click(view.receive.list.request)
    question = await bench.question(PaymentRequestQuestion)
    question.amount.setText("1,5")
    click(question.request)
    assert question.isVisible()
    assert "commas" in question.trouble.text()
    question.reject()
    await until(lambda: not view.receive._tasks.running("hand-out"))
    assert states(view).count(HELD) == 0


@in_a_window
async def test_made_available_again_it_is_unused_and_not_lost(bench: WindowBench) -> None:
    view = await bench.watching_wallet()
    ref = await new_address(view)
    click(view.receive.panel.release)
    await until(lambda: state_shown(view, ref.index) is AddressState.UNUSED)
    await until(lambda: not view.receive.panel.qr.isVisible())


@in_a_window
async def test_keep_for_makes_a_hold_last_until_it_is_paid(bench: WindowBench) -> None:
    view = await bench.watching_wallet()
    ref = await new_address(view)
    menu = view.receive.panel.keep.menu()
    menu.actions()[-1].trigger()
    await until(lambda: view.wallet.accounts.address(ref).held_until_used)
    await until(lambda: view.receive.panel.chip.text() == "Reserved until paid")


@in_a_window
async def test_marked_as_used_by_hand_can_be_taken_back(bench: WindowBench) -> None:
    view = await bench.watching_wallet()
    ref = await new_address(view)
    click(view.receive.panel.mark_used)
    question = await bench.question(Confirmation)
    click(question.go_on)
    await until(lambda: state_shown(view, ref.index) is AddressState.USED)
    await until(view.receive.panel.undo.isVisible)
    click(view.receive.panel.undo)
    await until(lambda: state_shown(view, ref.index) is AddressState.UNUSED)


@in_a_window
async def test_a_label_typed_in_the_panel_is_kept(bench: WindowBench) -> None:
    view = await bench.watching_wallet()
    ref = await new_address(view)
    view.receive.panel.label.setFocus()
    QTest.keyClicks(view.receive.panel.label, "Mara")
    QTest.keyClick(view.receive.panel.label, Qt.Key.Key_Return)
    await until(lambda: view.wallet.accounts.address(ref).label == "Mara")


@in_a_window
async def test_a_payment_turns_it_used_and_adds_to_the_account(bench: WindowBench) -> None:
    view = await bench.watching_wallet()
    ref = await new_address(view)
    bench.pay(view, ref.index, 1_250_000)
    await until(lambda: state_shown(view, ref.index) is AddressState.USED)
    card = next(iter(view.sidebar._cards.values()))
    await until(lambda: card.facts.spoken_amount == "0.0125 tBTC")
    panel = view.receive.panel
    await until(lambda: panel.detail is not None and len(panel.detail.payments) == 1)


@in_a_window
async def test_filters_show_what_they_say(bench: WindowBench) -> None:
    view = await bench.watching_wallet()
    ref = await new_address(view)
    click(view.receive.list.filters[HELD])
    assert view.receive.model.rowCount() == 1
    click(view.receive.list.filters[AddressState.USED])
    assert view.receive.model.rowCount() == 0
    assert view.receive.list.none.isVisible()
    click(view.receive.list.filters[None])
    view.receive.list.search.setText(view.wallet.accounts.address(ref).text)
    assert view.receive.model.rowCount() == 1


@in_a_window
async def test_a_new_address_is_shown_although_a_filter_would_hide_it(bench: WindowBench) -> None:
    view = await bench.watching_wallet()
    click(view.receive.list.filters[AddressState.USED])
    ref = await new_address(view)
    assert view.receive.model.position_of(ref) is not None


async def at_the_gap_limit(bench: WindowBench) -> WalletView:
    """A wallet that has handed out as many addresses in a row as it may."""
    view = await bench.watching_wallet()
    gap_limit = view.wallet.accounts.get(ACCOUNT).gap_limit
    await view.wallet.receiving.hand_out_many(ACCOUNT, gap_limit)
    await until(lambda: view.receive.model.in_state(HELD) == gap_limit)
    return view


@in_a_window
async def test_at_the_gap_limit_cancel_hands_nothing_out(bench: WindowBench) -> None:
    view = await at_the_gap_limit(bench)
    held = states(view).count(HELD)
    click(view.receive.list.new_address)
    (await bench.question(GapLimitQuestion)).reject()
    await until(lambda: not view.receive._tasks.running("hand-out"))
    assert states(view).count(HELD) == held


@in_a_window
async def test_at_the_gap_limit_extending_keeps_the_larger_gap(bench: WindowBench) -> None:
    view = await at_the_gap_limit(bench)
    before = view.wallet.accounts.get(ACCOUNT).gap_limit
    click(view.receive.list.new_address)
    click((await bench.question(GapLimitQuestion)).extend)
    await until(lambda: state_shown(view, before) is HELD)
    assert view.wallet.accounts.get(ACCOUNT).gap_limit > before


@in_a_window
async def test_at_the_gap_limit_the_oldest_hold_is_reused(bench: WindowBench) -> None:
    view = await at_the_gap_limit(bench)
    held = states(view).count(HELD)
    click(view.receive.list.new_address)
    click((await bench.question(GapLimitQuestion)).reuse)
    await until(lambda: not view.receive._tasks.running("hand-out"))
    await until(lambda: view.receive.panel.detail is not None)
    detail = view.receive.panel.detail
    assert detail is not None
    assert detail.address.ref.index == 0
    assert states(view).count(HELD) == held


@in_a_window
async def test_before_the_scan_an_address_is_only_handed_out_knowingly(bench: WindowBench) -> None:
    bench.chain.silent = True
    view = await bench.unscanned_wallet()
    click(view.receive.list.new_address)
    (await bench.question(NotScannedQuestion)).reject()
    await until(lambda: not view.receive._tasks.running("hand-out"))
    assert states(view).count(HELD) == 0
    assert view.receive.list.banner.isVisible()
    click(view.receive.list.new_address)
    click((await bench.question(NotScannedQuestion)).anyway)
    await until(lambda: states(view).count(HELD) == 1)


@in_a_window
async def test_closing_during_a_hand_out_leaves_no_task(bench: WindowBench) -> None:
    view = await bench.watching_wallet()
    asked: list[bool] = []
    bench.window.close_asked.connect(lambda: asked.append(True))
    click(view.receive.list.new_address)
    bench.window.close()
    assert asked
    assert view.receive._tasks.running("hand-out")
