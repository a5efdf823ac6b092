"""More than one wallet: names as they are, ways between them, and one that cannot be opened."""

import pytest
from PySide6.QtWidgets import QApplication, QMenu
from window_bench import PASSPHRASE, PUBLIC_KEY, WindowBench, click, in_a_window, until

from pillarbox.app.new_wallet import NewWallet, PublicSource
from pillarbox.model.network import Network
from pillarbox.secret import Secret
from pillarbox_gui.pages.controls import plain, tip
from pillarbox_gui.pages.trouble import TroublePage
from pillarbox_gui.pages.unlock import UnlockPage
from pillarbox_gui.pages.wallet_view import WalletView
from pillarbox_gui.wizards.wizard_view import WizardView

NAME = "Tom & Jerry"


async def watching(bench: WindowBench, name: str, *, use_keychain: bool = True) -> None:
    """A wallet, closed again."""
    passphrase = None if use_keychain else Secret.from_text(PASSPHRASE)
    source = PublicSource(PUBLIC_KEY)
    await bench.app.create_wallet(NewWallet(name, Network.REGTEST, source, passphrase, use_keychain))
    await bench.app.close_wallet(name)


def entries(menu: QMenu) -> list[str]:
    """What a person reads in a menu."""
    return [action.text().replace("&&", "&") for action in menu.actions()]


@pytest.mark.parametrize("text", ["A & B", "A&B", "&", "A && B", "plain"])
def test_an_ampersand_is_shown_as_it_is(qapp: QApplication, text: str) -> None:
    # Twice means once to Qt, and a single one means the letter that follows.
    assert plain(text).replace("&&", "&") == text
    assert plain(text).count("&") == 2 * text.count("&")


def test_a_tooltip_reads_no_markup() -> None:
    assert tip("<b>a</b> & b\nc") == "<qt>&lt;b&gt;a&lt;/b&gt; &amp; b<br>c</qt>"


@in_a_window
async def test_names_with_an_ampersand_are_whole_in_every_place(bench: WindowBench) -> None:
    await watching(bench, NAME)
    await watching(bench, "R&D", use_keychain=False)
    view = await bench.shown(NAME)
    assert view.sidebar.wallet_button.name_shown == NAME
    view.sidebar.wallet_menu.aboutToShow.emit()
    assert "R&D" in entries(view.sidebar.wallet_menu)
    bench.window.open_wallet("R&D")
    page = await bench.screen(UnlockPage)
    assert entries(page.others.menu()) == [NAME]


@in_a_window
async def test_a_wallet_that_cannot_be_opened_leaves_three_ways_on(bench: WindowBench) -> None:
    for name in ("Broken", NAME, "A wallet with quite a long name", "Other"):
        await watching(bench, name)
    bench.app.folder("Broken").database.unlink()
    bench.window.open_wallet("Broken")
    page = await bench.screen(TroublePage)
    buttons = (page.try_again, page.others, page.add)
    await until(lambda: page.add.width() > 0)
    assert all(button.width() >= button.sizeHint().width() for button in buttons)
    assert all(button.isVisible() for button in buttons)
    assert entries(page.others.menu()) == ["A wallet with quite a long name", "Other", NAME]
    click(page.try_again)
    await until(lambda: bench.window.screen_shown is not page)
    page = await bench.screen(TroublePage)
    page.others.menu().actions()[1].trigger()
    assert (await bench.screen(WalletView)).wallet.name == "Other"
    bench.window.open_wallet("Broken")
    click((await bench.screen(TroublePage)).add)
    await bench.screen(WizardView)


@in_a_window
async def test_an_only_wallet_that_cannot_be_opened_names_no_others(bench: WindowBench) -> None:
    await watching(bench, "Broken")
    bench.app.folder("Broken").database.unlink()
    bench.window.start()
    page = await bench.screen(TroublePage)
    assert not page.others.isVisible()


@in_a_window
async def test_a_wallet_whose_folder_cannot_be_read_hides_no_other(bench: WindowBench) -> None:
    await watching(bench, "Broken")
    await watching(bench, "Shop")
    bench.app.folder("Broken").slots.write_bytes(b"not slots")
    bench.window.start()
    view = await bench.screen(WalletView)
    assert view.wallet.name == "Shop"
    view.sidebar.wallet_menu.aboutToShow.emit()
    broken = next(act for act in view.sidebar.wallet_menu.actions() if act.text() == "Broken")
    assert not broken.isEnabled()
    assert "damaged" in broken.toolTip()
    assert view.sidebar.wallet_menu.toolTipsVisible()


@in_a_window
async def test_where_no_folder_can_be_read_the_window_says_why(bench: WindowBench) -> None:
    await watching(bench, "Broken")
    bench.app.folder("Broken").slots.write_bytes(b"not slots")
    bench.window.start()
    await bench.screen(TroublePage)
