"""An open wallet's frame: its heading, the line of facts, where the focus is, and where notices lead."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from window_bench import (
    ACCOUNT,
    PASSPHRASE,
    WORDS,
    WindowBench,
    click,
    in_a_window,
    new_address,
    until,
)

from pillarbox.app.new_wallet import NewWallet, WordsSource
from pillarbox.errors import ErrorText
from pillarbox.events import ConnectionChanged, ServiceStateChanged
from pillarbox.model.account import ScanState
from pillarbox.model.network import BITCOIN, Chain, Network
from pillarbox.model.progress import ConnectionPhase, ConnectionState, ServicePhase, ServiceState
from pillarbox.pool.sequence import CounterBehindError
from pillarbox.secret import Secret
from pillarbox_gui.pages.account_card import AccountCard
from pillarbox_gui.pages.overview import NoticeCard, OverviewPage
from pillarbox_gui.pages.settings import SettingsPage
from pillarbox_gui.pages.unlock import UnlockPage
from pillarbox_gui.pages.wallet_view import WalletView

LONG_NAME = "Wallet of the Grand Studio at the Harbour, third floor"
ONION = f"{'abcdefgh' * 7}.onion:50002:s"


async def active(bench: WindowBench) -> None:
    bench.window.activateWindow()
    await until(bench.window.isActiveWindow)


def connect(bench: WindowBench, view: WalletView, server: str) -> None:
    """As if the wallet's network had reached a server."""
    bench.chain.state = ConnectionState(ConnectionPhase.CONNECTED, server, 968_412)
    chain = Chain(BITCOIN, view.wallet.network)
    bench.app.events.publish(ConnectionChanged(None, 1, chain, bench.chain.state))


def press_tab(bench: WindowBench, times: int) -> list[QWidget | None]:
    """What had the focus after each."""
    seen = []
    for _ in range(times):
        QTest.keyClick(bench.window.focusWidget(), Qt.Key.Key_Tab)
        seen.append(bench.window.focusWidget())
    return seen


def takes_tab(widget: QWidget) -> bool:
    return widget.isVisible() and bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)


@in_a_window
async def test_a_long_wallet_name_is_cut_with_a_mark_and_whole_in_its_tooltip(bench: WindowBench) -> None:
    words = WordsSource(Secret.from_text(WORDS), made_here=True)
    await bench.app.create_wallet(NewWallet(LONG_NAME, Network.REGTEST, words, Secret.from_text(PASSPHRASE)))
    view = await bench.shown(LONG_NAME)
    button = view.sidebar.wallet_button
    assert button.name_shown.endswith("…")
    assert LONG_NAME in button.toolTip()
    assert button.accessibleName() == f"Wallet {LONG_NAME}"
    fingerprint = next(label for label in view.sidebar.findChildren(QLabel) if label.text() == "73c5 da0a")
    assert fingerprint.mapTo(view.sidebar, QPoint(0, 0)).y() >= button.geometry().bottom()


@in_a_window
async def test_the_headings_of_the_sidebar_begin_at_one_edge(bench: WindowBench) -> None:
    view = await bench.watching_wallet()
    image = view.sidebar.grab().toImage()
    ground = image.pixelColor(2, 2)

    def left_of(widget: QWidget) -> int:
        place = widget.mapTo(view.sidebar, QPoint(0, 0))
        columns = range(place.x() + 1, place.x() + widget.width() // 2)
        rows = range(place.y() + 2, place.y() + widget.height() - 2)
        return next(x for x in columns if any(image.pixelColor(x, y) != ground for y in rows))

    section = next(label for label in view.sidebar.findChildren(QLabel) if label.text() == "ACCOUNTS")
    assert abs(left_of(view.sidebar.wallet_button) - left_of(section)) <= 1


@in_a_window
async def test_a_long_server_name_leaves_room_for_the_rest_of_the_line(bench: WindowBench) -> None:
    view = await bench.watching_wallet()
    bench.window.resize(1024, 640)
    connect(bench, view, ONION)
    view.tell("Nobody has this address yet. Take a new receive address to hand one out.")
    await until(lambda: "968" in view.connection.text())
    await until(lambda: view.told.width() > 0 and view.told.text().endswith("…"))
    assert view.minimumSizeHint().width() <= 1024
    assert view.told.geometry().left() > view.backup.geometry().right()
    assert view.told.geometry().right() <= view.width()
    assert "hand one out" in view.told.toolTip()


@in_a_window
async def test_the_status_line_names_the_server_and_its_tooltip_the_whole_address(
    bench: WindowBench,
) -> None:
    view = await bench.watching_wallet()
    connect(bench, view, "electrum.example:50002:s")
    await until(lambda: "968" in view.connection.text())
    assert view.connection.accessibleName().startswith("electrum.example · block")
    assert "electrum.example:50002:s" in view.connection.toolTip()


@in_a_window
async def test_a_wallet_opens_with_the_focus_on_its_addresses(bench: WindowBench) -> None:
    await active(bench)
    view = await bench.watching_wallet()
    assert bench.window.focusWidget() is view.receive.list.table


@in_a_window
async def test_unlocking_gives_the_focus_back_to_where_it_was(bench: WindowBench) -> None:
    await active(bench)
    await bench.wallet_of_words()
    view = await bench.shown("Safe")
    view.receive.list.search.setFocus()
    view.lock_act.trigger()
    page = await bench.screen(UnlockPage)
    page.passphrase.setText(PASSPHRASE)
    QTest.keyClick(page.passphrase, Qt.Key.Key_Return)
    await bench.screen(WalletView)
    assert bench.window.focusWidget() is view.receive.list.search


@pytest.mark.qt_log_ignore("This plugin does not support")
@in_a_window
async def test_a_menu_that_stands_open_goes_when_the_screen_is_locked(bench: WindowBench) -> None:
    await bench.wallet_of_words()
    view = await bench.shown("Safe")
    await new_address(view)
    view.receive.panel.keep.menu().popup(view.mapToGlobal(QPoint(10, 10)))
    assert QApplication.activePopupWidget() is not None
    view.wallet.unlocking.lock_screen()
    await bench.screen(UnlockPage)
    assert QApplication.activePopupWidget() is None


@pytest.mark.parametrize("name", ["settings", "overview"])
async def test_tab_reaches_a_page_before_the_line_below_it(name: str, qapp: object, tmp_path: object) -> None:
    @in_a_window
    async def reached(bench: WindowBench) -> None:
        view = await bench.watching_wallet()
        await active(bench)
        view.show_page(name)
        page = view.page(name)
        await until(lambda: any(takes_tab(part) for part in page.findChildren(QWidget)))
        view.sidebar.nav[name].setFocus()
        seen = press_tab(bench, 30)
        below = seen.index(view.connection)
        assert below > 0
        assert all(stop is not None and page.isAncestorOf(stop) for stop in seen[:below])
        assert seen[below + 1] is view.backup

    await reached(qapp, tmp_path)


@in_a_window
async def test_tab_stops_at_the_page_and_the_account_that_are_shown(bench: WindowBench) -> None:
    await bench.wallet_of_words()
    view = await bench.shown("Safe")
    with Secret.from_text(PASSPHRASE) as passphrase:
        async with view.wallet.unlocking.root(passphrase) as root:
            second = await view.wallet.accounts.add("bitcoin-p2tr", root=root, scan_state=ScanState.MADE_HERE)
    await until(lambda: [card.isVisible() for card in view.sidebar.findChildren(AccountCard)] == [True, True])
    view.show_account(second.id)
    view.show_page("backups")
    await active(bench)
    view.sidebar.wallet_button.setFocus()
    card, add, page = press_tab(bench, 3)
    assert isinstance(card, AccountCard)
    assert card.facts.account == second.id
    assert add is view.sidebar.add_account
    assert page is view.sidebar.nav["backups"]


@in_a_window
async def test_a_notice_leads_to_the_account_it_is_about(bench: WindowBench) -> None:
    await bench.wallet_of_words()
    view = await bench.shown("Safe")
    with Secret.from_text(PASSPHRASE) as passphrase:
        async with view.wallet.unlocking.root(passphrase) as root:
            second = await view.wallet.accounts.add("bitcoin-p2tr", label="Shop", root=root)
    await view.wallet.receiving.hand_out_many(second.id, 16)
    view.show_page("overview")
    page = view.page("overview")
    assert isinstance(page, OverviewPage)
    await until(page.isVisible)
    near = next(
        card for card in page.findChildren(NoticeCard) if "Shop" in card.button.accessibleDescription()
    )
    assert view.receive.account == ACCOUNT
    click(near.button)
    assert view.receive.isVisible()
    assert view.receive.account == second.id


@in_a_window
async def test_the_buttons_of_notices_stand_in_one_column(bench: WindowBench) -> None:
    view = await bench.watching_wallet()
    await view.wallet.receiving.hand_out_many(ACCOUNT, 16)
    view.show_page("overview")
    page = view.page("overview")
    await until(lambda: len(page.findChildren(NoticeCard)) == 3)
    await until(lambda: page.findChildren(NoticeCard)[-1].pos().y() > 0)
    edges = {card.button.mapTo(page, QPoint(0, 0)).x() for card in page.findChildren(NoticeCard)}
    assert len(edges) == 1


@in_a_window
async def test_news_that_change_no_notice_leave_the_focus_in_it(bench: WindowBench) -> None:
    view = await bench.watching_wallet()
    await active(bench)
    view.show_page("overview")
    page = view.page("overview")
    await until(lambda: bool(page.findChildren(NoticeCard)))
    button = page.findChildren(NoticeCard)[-1].button
    button.setFocus()
    await view.wallet.receiving.hand_out(ACCOUNT)
    await until(lambda: view.wallet.accounts.counts(ACCOUNT).reserved == 1)
    assert bench.window.focusWidget() is button


@in_a_window
async def test_a_watching_wallet_is_not_told_of_words_that_it_has_not(bench: WindowBench) -> None:
    view = await bench.watching_wallet()
    await until(lambda: "has no recovery words" in view.backup.accessibleDescription())
    for name, told in (("overview", "has no recovery words"), ("backups", "elsewhere")):
        view.show_page(name)
        labels = view.page(name).findChildren(QLabel)
        assert any(told in label.text() for label in labels)
        assert not any("recovery words on paper" in label.text() for label in labels)


@in_a_window
async def test_why_a_server_was_refused_is_said_once(bench: WindowBench) -> None:
    view = await bench.watching_wallet()
    view.show_page("settings")
    page = view.page("settings")
    assert isinstance(page, SettingsPage)
    error = ErrorText("wrong-chain", "Another chain", "It follows another.", "Choose another server.")
    for phase in (ConnectionPhase.REFUSED, ConnectionPhase.OFFLINE):
        state = ConnectionState(phase, "a.example:50002:s", error=error)
        bench.app.events.publish(ConnectionChanged(None, 1, Chain(BITCOIN, Network.REGTEST), state))
        said = "\n".join(label.text() for label in page.findChildren(QLabel) if label.isVisibleTo(page))
        assert said.count(error.hint) == 1


@in_a_window
async def test_a_part_that_stopped_is_told_of_until_it_runs_again(bench: WindowBench) -> None:
    view = await bench.watching_wallet()
    said = ErrorText("disk-full", "The disk is full", "There is no room left.", "Free some space.")
    service = view.wallet.watching.name

    def tell(state: ServiceState) -> None:
        bench.app.events.publish(ServiceStateChanged(view.wallet.id, 10**9, service, state))

    tell(ServiceState(ServicePhase.FAILED, said))
    await until(view.trouble.isVisible)
    assert "Free some space." in view.trouble.banner.accessibleName()
    view.trouble._steady.setInterval(1)
    tell(ServiceState(ServicePhase.RUNNING))
    await until(view.trouble.isHidden)
    assert view._stack.y() == 0


@pytest.mark.qt_log_ignore("propagateSizeHints")
@in_a_window
async def test_what_was_mended_when_a_wallet_was_opened_is_told_until_it_is_closed(
    bench: WindowBench,
) -> None:
    await bench.wallet_of_words()
    mended = CounterBehindError(account="Savings", was=1, now=3).text
    bench.app.open_wallets["Safe"].notices = (mended,)
    view = await bench.shown("Safe")
    await until(view.trouble.isVisible)
    assert "goes on at number 3" in view.trouble.banner.accessibleName()
    view.trouble.banner.dismiss.click()
    await until(view.trouble.isHidden)
