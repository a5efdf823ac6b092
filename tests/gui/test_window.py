"""The window around its pages: locking, settings, accounts, its end, and what screen readers are told."""

import asyncio
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from window_bench import (
    ACCOUNT,
    ON_BITCOIN,
    PASSPHRASE,
    WindowBench,
    click,
    in_a_window,
    new_address,
    state_shown,
    until,
)

from pillarbox.errors import ErrorText
from pillarbox.events import ConnectionChanged
from pillarbox.model.address import AddressState
from pillarbox.model.network import BITCOIN, Chain, Network
from pillarbox.model.progress import ConnectionPhase, ConnectionState
from pillarbox_gui.dialogs.add_account import AddAccountQuestion
from pillarbox_gui.dialogs.gap_limit import GapLimitQuestion
from pillarbox_gui.dialogs.message import Confirmation
from pillarbox_gui.dialogs.payment_request import PaymentRequestQuestion
from pillarbox_gui.dialogs.rename_account import RenameQuestion
from pillarbox_gui.pages.account_card import AccountCard
from pillarbox_gui.pages.overview import OverviewPage
from pillarbox_gui.pages.payments import PaymentsPage
from pillarbox_gui.pages.settings import SettingsPage
from pillarbox_gui.pages.unlock import UnlockPage
from pillarbox_gui.pages.wallet_view import WalletView
from pillarbox_gui.theme.theme import SchemePreference
from pillarbox_gui.wizards.wizard_view import WizardView

# What the offscreen platform says of every window that has a least size.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")


def unnamed(root: QWidget) -> Iterator[str]:
    """What can take the focus below `root` and would be read out without a name."""
    for widget in (root, *root.findChildren(QWidget)):
        takes_focus = widget.focusPolicy() & Qt.FocusPolicy.TabFocus == Qt.FocusPolicy.TabFocus
        belongs_to_qt = widget.objectName().startswith("qt_")
        if widget.isVisible() and takes_focus and not belongs_to_qt and not widget.accessibleName():
            yield f"{type(widget).__name__} in {type(widget.parent()).__name__}"


@in_a_window
async def test_every_control_of_every_page_has_a_name(bench: WindowBench) -> None:
    view = await bench.watching_wallet()
    await new_address(view)
    for name in view.sidebar.nav:
        view.show_page(name)
        await asyncio.sleep(0)
        assert not list(unnamed(bench.window)), name


@in_a_window
async def test_every_control_of_every_question_has_a_name(bench: WindowBench) -> None:
    view = await bench.watching_wallet()
    click(view.receive.list.request)
    question: QWidget = await bench.question(PaymentRequestQuestion)
    assert not list(unnamed(question))
    (await bench.question(PaymentRequestQuestion)).reject()
    click(view.sidebar.add_account)
    question = await bench.question(AddAccountQuestion)
    assert not list(unnamed(question))
    (await bench.question(AddAccountQuestion)).reject()
    await until(lambda: not view.receive._tasks.running("hand-out"))
    limit = view.wallet.accounts.get(ACCOUNT).gap_limit
    await view.wallet.receiving.hand_out_many(ACCOUNT, limit)
    click(view.receive.list.new_address)
    assert not list(unnamed(await bench.question(GapLimitQuestion)))


@in_a_window
async def test_every_control_of_the_first_run_has_a_name(bench: WindowBench) -> None:
    bench.window.start()
    wizard = await bench.screen(WizardView)
    assert not list(unnamed(wizard))


@in_a_window
async def test_the_tab_key_leads_from_the_sidebar_to_the_address_in_hand(bench: WindowBench) -> None:
    view = await bench.watching_wallet()
    await new_address(view)
    bench.window.activateWindow()
    await until(bench.window.isActiveWindow)
    view.sidebar.wallet_button.setFocus()
    seen = []
    for _ in range(40):
        focused = bench.window.focusWidget()
        seen.append(focused)
        QTest.keyClick(focused, Qt.Key.Key_Tab)
    card = view.sidebar.findChild(AccountCard)
    panel = view.receive.panel
    desk = view.receive.list
    stops = [card, view.sidebar.add_account, desk.search, desk.table, panel.copy, view.backup]
    places = [seen.index(stop) for stop in stops]
    assert places == sorted(places)


@in_a_window
async def test_a_locked_screen_answers_only_the_passphrase(bench: WindowBench) -> None:
    await bench.wallet_of_words()
    view = await bench.shown("Safe")
    view.lock_asked.emit()
    page = await bench.screen(UnlockPage)
    assert not view.isVisible()
    page.passphrase.setText("wrong horse")
    click(page.go_on)
    await until(page.trouble.isVisible)
    assert view.wallet.unlocking.locked
    page.passphrase.setText(PASSPHRASE)
    click(page.go_on)
    assert await bench.screen(WalletView) is view
    assert not view.wallet.unlocking.locked


@in_a_window
async def test_an_idle_window_locks_itself_and_a_key_puts_it_off(bench: WindowBench) -> None:
    await bench.wallet_of_words()
    view = await bench.shown("Safe")
    bench.app.settings.change(lock_minutes=1)
    idle = bench.window._idle
    assert idle._timer.isActive()
    idle._timer.start(60)
    bench.window.activateWindow()
    await until(bench.window.isActiveWindow)
    # Not by QTest, whose clicks on a QWindow run a loop of their own.
    pressed = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Shift, Qt.KeyboardModifier.NoModifier)
    QCoreApplication.sendEvent(bench.window.windowHandle(), pressed)
    assert idle._timer.interval() == 60_000
    idle._timer.start(1)
    await bench.screen(UnlockPage)
    assert view.wallet.unlocking.locked
    bench.app.settings.change(lock_minutes=0)
    assert not idle._timer.isActive()


@in_a_window
async def test_an_account_is_renamed(bench: WindowBench) -> None:
    view = await bench.watching_wallet()
    view.receive.rename_account()
    question = await bench.question(RenameQuestion)
    question.name.setText("Till")
    click(question.rename)
    await until(lambda: view.receive.list.title.accessibleName() == "Till")
    await until(lambda: view.sidebar.findChild(AccountCard).facts.label == "Till")


@in_a_window
async def test_scanning_more_finds_what_lay_beyond_the_gap(bench: WindowBench) -> None:
    view = await bench.watching_wallet()
    bench.pay(view, 35, 5_000)
    view.receive.scan_more()
    await until(lambda: view.receive.model.rowCount() > 35)
    await until(lambda: state_shown(view, 35) is AddressState.USED)


@in_a_window
async def test_locking_takes_open_questions_away(bench: WindowBench) -> None:
    await bench.wallet_of_words()
    view = await bench.shown("Safe")
    click(view.receive.list.request)
    question = await bench.question(PaymentRequestQuestion)
    view.lock_asked.emit()
    await bench.screen(UnlockPage)
    assert not question.isVisible()


@in_a_window
async def test_without_a_keychain_the_passphrase_opens_the_wallet(bench: WindowBench) -> None:
    await bench.wallet_of_words(use_keychain=False)
    await bench.app.close_wallet("Safe")
    bench.window.start()
    page = await bench.screen(UnlockPage)
    page.passphrase.setText(PASSPHRASE)
    QTest.keyClick(page.passphrase, Qt.Key.Key_Return)
    assert (await bench.screen(WalletView)).wallet.name == "Safe"


@in_a_window
async def test_an_account_is_added_and_its_addresses_are_shown(bench: WindowBench) -> None:
    await bench.wallet_of_words()
    view = await bench.shown("Safe")
    click(view.sidebar.add_account)
    question = await bench.question(AddAccountQuestion)
    question.kind.choose("bitcoin-p2tr")
    question.label.setText("Taproot")
    question.proof.setText("wrong horse")
    click(question.go_on)
    await until(question.trouble.isVisible)
    question.proof.setText(PASSPHRASE)
    click(question.go_on)
    await until(lambda: view.receive.account != ACCOUNT)
    assert view.receive.list.title.accessibleName() == "Taproot"
    assert view.receive.model.rowCount() > 0


@in_a_window
async def test_a_server_is_checked_before_it_is_kept(bench: WindowBench) -> None:
    view = await bench.watching_wallet()
    view.show_page("settings")
    page = view.page("settings")
    assert isinstance(page, SettingsPage)
    field = page.servers[ON_BITCOIN]
    field.setText("no port")
    field.editingFinished.emit()
    assert page.troubles[field].isVisible()
    assert bench.app.settings.values.servers_for(Network.REGTEST) == ()
    field.setText("127.0.0.1:50001:t")
    field.editingFinished.emit()
    assert not page.troubles[field].isVisible()
    assert bench.app.settings.values.servers_for(Network.REGTEST) == ("127.0.0.1:50001:t",)
    field.setText("")
    field.editingFinished.emit()
    assert bench.app.settings.values.servers_for(Network.REGTEST) == ()


@in_a_window
async def test_the_servers_named_are_asked_in_that_order_and_no_others(bench: WindowBench) -> None:
    view = await bench.watching_wallet()
    view.show_page("settings")
    page = view.page("settings")
    assert isinstance(page, SettingsPage)
    field = page.servers[ON_BITCOIN]
    field.setText("127.0.0.1:50001:t")
    field.editingFinished.emit()
    field.setText("127.0.0.1:50002 , 127.0.0.1:50003:t,")
    field.editingFinished.emit()
    assert bench.app.settings.values.servers_for(Network.REGTEST) == (
        "127.0.0.1:50002:s",
        "127.0.0.1:50003:t",
    )
    assert field.text() == "127.0.0.1:50002:s, 127.0.0.1:50003:t"
    field.setText("127.0.0.1:50002:s, no port")
    field.editingFinished.emit()
    assert page.troubles[field].isVisible()
    assert len(bench.app.settings.values.servers_for(Network.REGTEST)) == 2


@pytest.mark.may_pause_the_loop("a whole window is styled anew")
@in_a_window
async def test_dark_is_chosen_at_once_and_kept(bench: WindowBench) -> None:
    view = await bench.watching_wallet()
    page = view.page("settings")
    assert isinstance(page, SettingsPage)
    page.appearance.setCurrentIndex(list(SchemePreference).index(SchemePreference.DARK))
    page.appearance.activated.emit(page.appearance.currentIndex())
    assert bench.window.look.theme.palette.dark
    assert bench.app.settings.values.appearance == "dark"


@in_a_window
async def test_a_changed_certificate_is_trusted_only_after_a_confirming_step(bench: WindowBench) -> None:
    view = await bench.watching_wallet()
    view.show_page("settings")
    page = view.page("settings")
    assert isinstance(page, SettingsPage)
    said = ErrorText("certificate-changed", "The certificate changed", "It is another one.", "Ask why.")
    refused = ConnectionState(ConnectionPhase.REFUSED, "127.0.0.1:50002:s", error=said)
    bench.app.events.publish(ConnectionChanged(None, 1, Chain(BITCOIN, Network.REGTEST), refused))
    assert page.trust.isVisible()
    click(page.trust)
    (await bench.question(Confirmation)).reject()
    await until(lambda: not page._tasks.running("trust"))
    assert bench.app.settings.values.servers_for(Network.REGTEST) == ()


@in_a_window
async def test_the_overview_says_what_needs_attention(bench: WindowBench) -> None:
    view = await bench.watching_wallet()
    page = view.page("overview")
    assert isinstance(page, OverviewPage)
    await until(lambda: view.wallet.backup.needs_passphrase)
    said = [notice.said.text for notice in page.notices()]
    assert said == ["No server chosen", "Not backed up: set a passphrase"]


@in_a_window
async def test_payments_are_listed_newest_first(bench: WindowBench) -> None:
    view = await bench.watching_wallet()
    ref = await new_address(view)
    view.show_page("payments")
    page = view.page("payments")
    assert isinstance(page, PaymentsPage)
    assert page.none.isVisible()
    bench.pay(view, ref.index, 700)
    await until(lambda: page.model.rowCount() == 1)
    await until(page.table.isVisible)
    assert page.model.index(0, 1).data().startswith("0.000")


@in_a_window
async def test_a_wallet_closed_by_another_program_leaves_the_window(bench: WindowBench) -> None:
    await bench.watching_wallet()
    await bench.app.close_wallet("Shop")
    await until(lambda: "Shop" in bench.app.open_wallets)
    await bench.screen(WalletView)


@in_a_window
async def test_the_window_ends_with_an_open_question(bench: WindowBench) -> None:
    view = await bench.watching_wallet()
    click(view.receive.list.request)
    await bench.question(PaymentRequestQuestion)
    bench.window.close()
