"""What a person expects of any window: keys, room on the screen, ways on, and alarms that are seen."""

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtTest import QSignalSpy, QTest
from PySide6.QtWidgets import QApplication, QLabel, QMainWindow, QWidget
from window_bench import ON_BITCOIN, PASSPHRASE, WindowBench, click, in_a_window, new_address, until

from pillarbox.model.network import Network
from pillarbox.wallet.wallet import Wallet
from pillarbox_gui.pages.controls import Button
from pillarbox_gui.pages.overview import OverviewPage
from pillarbox_gui.pages.settings import SettingsPage
from pillarbox_gui.pages.unlock import UnlockPage
from pillarbox_gui.pages.wallet_view import WalletView
from pillarbox_gui.theme.theme import SchemePreference, Theme
from pillarbox_gui.window_place import WindowPlace
from pillarbox_gui.wizards.wizard_view import WizardView


async def press_in(window: QWidget, key: Qt.Key, modifier: Qt.KeyboardModifier) -> None:
    window.activateWindow()
    await until(window.isActiveWindow)
    QTest.keyClick(window, key, modifier)


@in_a_window
async def test_the_keys_to_lock_and_quit_work_after_the_wallet_menu_was_open(bench: WindowBench) -> None:
    await bench.wallet_of_words()
    view = await bench.shown("Safe")
    for _ in range(2):
        view.sidebar.wallet_menu.aboutToShow.emit()
    asked = QSignalSpy(bench.window.close_asked)
    await press_in(bench.window, Qt.Key.Key_Q, Qt.KeyboardModifier.ControlModifier)
    assert asked.count() == 1
    await press_in(bench.window, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    await bench.screen(UnlockPage)
    assert view.wallet.unlocking.locked


@in_a_window
async def test_the_window_opens_no_larger_than_the_screen(bench: WindowBench) -> None:
    room = bench.window.screen().availableGeometry()
    assert bench.window.width() <= room.width()
    assert bench.window.height() <= room.height()


def test_a_window_opens_as_large_as_it_was_left(qapp: QApplication, tmp_path: Path) -> None:
    place = WindowPlace(tmp_path / "window.json")
    left, opened = QMainWindow(), QMainWindow()
    left.resize(612, 345)
    place.keep(left)
    place.restore(opened)
    assert opened.size() == left.size()


@pytest.mark.logs_warning("the window's place cannot be")
@pytest.mark.parametrize(
    "damaged", [b"", b"[]", b"{}", b'{"geometry": 5}', b'{"geometry": "AAAA"}', b"\xff"], ids=str
)
def test_a_damaged_record_of_the_place_leaves_the_window_as_it_is(
    qapp: QApplication, tmp_path: Path, damaged: bytes
) -> None:
    path = tmp_path / "window.json"
    path.write_bytes(damaged)
    window = QMainWindow()
    window.resize(500, 400)
    WindowPlace(path).restore(window)
    assert (window.width(), window.height()) == (500, 400)


@in_a_window
async def test_why_a_passphrase_was_refused_is_seen_whole(bench: WindowBench) -> None:
    await bench.wallet_of_words()
    view = await bench.shown("Safe")
    view.lock_asked.emit()
    page = await bench.screen(UnlockPage)
    page.passphrase.setText("wrong horse")
    click(page.go_on)
    await until(page.trouble.isVisible)
    needed = page.trouble.heightForWidth(page.trouble.width())
    await until(lambda: page.trouble.height() >= needed)
    assert needed > page.trouble.fontMetrics().height()


@in_a_window
async def test_a_locked_wallet_leaves_ways_to_other_wallets_and_to_a_new_one(bench: WindowBench) -> None:
    shop = await bench.watching_wallet()
    await bench.wallet_of_words()
    bench.window.open_wallet("Safe")
    await until(lambda: not shop.isVisible())
    view = await bench.screen(WalletView)
    view.lock_asked.emit()
    page = await bench.screen(UnlockPage)
    assert page.others.isVisible()
    page.others.menu().actions()[0].trigger()
    assert (await bench.screen(WalletView)).wallet.name == "Shop"
    bench.window.open_wallet("Safe")
    click((await bench.screen(UnlockPage)).another)
    await bench.screen(WizardView)


@in_a_window
async def test_an_only_wallet_names_no_others(bench: WindowBench) -> None:
    await bench.wallet_of_words()
    view = await bench.shown("Safe")
    view.lock_asked.emit()
    page = await bench.screen(UnlockPage)
    assert not page.others.isVisible()
    page.passphrase.setText(PASSPHRASE)
    click(page.go_on)
    assert await bench.screen(WalletView) is view


@in_a_window
async def test_a_focused_button_has_one_ring(bench: WindowBench) -> None:
    view = await bench.watching_wallet()
    button = view.sidebar.add_account
    bench.window.activateWindow()
    await until(bench.window.isActiveWindow)
    button.setFocus()
    QTest.keyClick(button, Qt.Key.Key_Tab)
    QTest.keyClick(bench.window.focusWidget(), Qt.Key.Key_Backtab)  # only keys make the style draw its own
    assert button.hasFocus()
    image = button.grab().toImage()
    ring = QColor(bench.window.look.theme.palette.focus)
    # Inside its ring and left of the icon, a button of the sidebar is plain ground.
    ground = image.pixelColor(4, image.height() // 2)
    assert image.pixelColor(0, image.height() // 2) == ring
    assert {image.pixelColor(4, y).name() for y in range(8, image.height() - 8)} == {ground.name()}
    assert {image.pixelColor(x, 4).name() for x in range(12, image.width() - 12)} == {ground.name()}


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space])
def test_enter_presses_a_focused_button_as_space_does(qapp: QApplication, key: Qt.Key) -> None:
    theme = Theme(qapp, SchemePreference.LIGHT)
    button = Button(theme, "Go")
    pressed = QSignalSpy(button.clicked)
    QTest.keyClick(button, key)
    assert pressed.count() == 1
    theme.deleteLater()


@in_a_window
async def test_the_overview_raises_an_alarm_when_a_payment_vanished(bench: WindowBench) -> None:
    view = await bench.watching_wallet()
    ref = await new_address(view)
    page = view.page("overview")
    assert isinstance(page, OverviewPage)
    view.show_page("overview")
    bench.pay(view, ref.index, 70_000)
    await until(lambda: received(view.wallet) == 70_000)
    assert all(notice.address is None for notice in page.notices())
    script = next(iter(bench.chain._histories))
    empty = replace(bench.chain.of(script), sightings=())
    bench.chain._histories[script] = empty
    for watch in bench.chain._watches:
        watch.tell(empty)
    await until(lambda: page.notices()[0].address == ref)
    notice = page.notices()[0]
    assert notice.said.text.startswith("A payment is no longer in the chain")
    assert "0.0007" in notice.said.text.replace("\N{NARROW NO-BREAK SPACE}", "").replace(" ", "")
    button = next(b for b in page.findChildren(Button) if b.accessibleName() == notice.verb)
    click(button)
    assert view.receive.isVisible()
    await until(lambda: view.receive.panel.detail is not None)


def received(wallet: Wallet) -> int:
    return sum(wallet.accounts.counts(account.id).received for account in wallet.accounts.all())


@in_a_window
async def test_a_network_for_trying_out_is_named_in_the_window(bench: WindowBench) -> None:
    view = await bench.watching_wallet()
    assert any("Regtest" in label.text() for label in view.sidebar.findChildren(QLabel) if label.isVisible())


@in_a_window
async def test_a_changed_server_offers_to_be_used(bench: WindowBench) -> None:
    view = await bench.watching_wallet()
    view.show_page("settings")
    page = view.page("settings")
    assert isinstance(page, SettingsPage)
    field, use = page.servers[ON_BITCOIN], page.use_server[ON_BITCOIN]
    assert not use.isVisible()
    field.setText("127.0.0.1:50001:t")
    assert use.isVisible()
    click(use)
    assert not use.isVisible()
    assert bench.app.settings.values.servers_for(Network.REGTEST) == ("127.0.0.1:50001:t",)


@in_a_window
async def test_the_fields_of_the_settings_stand_in_one_column(bench: WindowBench) -> None:
    view = await bench.watching_wallet()
    view.show_page("settings")
    page = view.page("settings")
    assert isinstance(page, SettingsPage)
    await until(page.isVisible)
    fields: list[QWidget] = [*page.servers.values(), page.proxy, page.appearance, page.hold, page.lock]
    await until(lambda: len({field.mapTo(page, field.rect().topLeft()).x() for field in fields}) == 1)


@in_a_window
async def test_a_choice_is_marked_in_the_themes_own_colour(bench: WindowBench) -> None:
    view = await bench.watching_wallet()
    view.show_page("settings")
    page = view.page("settings")
    assert isinstance(page, SettingsPage)
    page.appearance.ensurePolished()
    # Qt paints the open list of a combo box with the palette of the box, not that of the list.
    marked = page.appearance.palette().color(QPalette.ColorRole.Highlight)
    assert marked == QColor(bench.window.look.theme.palette.selected)
