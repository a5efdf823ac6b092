"""From the first start to an open wallet, by the widgets a user touches."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel
from window_bench import PASSPHRASE, PUBLIC_KEY, WORDS, WindowBench, click, in_a_window, until

from pillarbox.flows.create_wallet import Start
from pillarbox.model.network import Network
from pillarbox_gui.pages.wallet_view import WalletView
from pillarbox_gui.wizards.create_pages import (
    DonePage,
    KeysPage,
    NamingPage,
    ProtectPage,
    RestorePage,
    StepPage,
    VerifyPage,
    WelcomePage,
    WordsPage,
)
from pillarbox_gui.wizards.wizard_view import WizardView

REGTEST = list(Network).index(Network.REGTEST)


async def first_page(bench: WindowBench) -> WizardView:
    bench.window.start()
    return await bench.screen(WizardView)


async def go_on(wizard: WizardView, kind: type[StepPage]) -> None:
    """Press the wizard's button and wait for the next page."""
    click(wizard.go_on)
    await until(lambda: isinstance(wizard.page, kind) and wizard.page.isEnabled())


async def choose(wizard: WizardView, start: Start, kind: type[StepPage]) -> None:
    assert isinstance(wizard.page, WelcomePage)
    click(wizard.page.choices[start])
    await until(lambda: isinstance(wizard.page, kind))


def name_it(wizard: WizardView, name: str) -> None:
    assert isinstance(wizard.page, NamingPage)
    wizard.page.name.setText(name)
    wizard.page.network.setCurrentIndex(REGTEST)


def trouble(wizard: WizardView) -> str:
    said = wizard.page.findChild(QLabel, "trouble")
    return "" if said is None else said.text()


def protect(wizard: WizardView, passphrase: str) -> None:
    assert isinstance(wizard.page, ProtectPage)
    wizard.page.passphrase.setText(passphrase)
    wizard.page.repeated.setText(passphrase)


@in_a_window
async def test_a_new_wallet_is_made_from_words_that_were_written_down(bench: WindowBench) -> None:
    wizard = await first_page(bench)
    await choose(wizard, Start.CREATE, NamingPage)
    name_it(wizard, "Mine")
    await go_on(wizard, WordsPage)
    assert isinstance(wizard.page, WordsPage)
    words = wizard.page.words
    assert len(set(words)) > 1
    await go_on(wizard, VerifyPage)
    assert isinstance(wizard.page, VerifyPage)
    for position, field in wizard.page.fields.items():
        field.setText(words[position - 1])
    await go_on(wizard, ProtectPage)
    protect(wizard, PASSPHRASE)
    await go_on(wizard, DonePage)
    click(wizard.go_on)
    view = await bench.screen(WalletView)
    assert view.wallet.name == "Mine"
    assert await view.wallet.unlocking.has_words()


@in_a_window
async def test_a_wrong_word_is_refused_and_going_back_shows_the_same_words(bench: WindowBench) -> None:
    wizard = await first_page(bench)
    await choose(wizard, Start.CREATE, NamingPage)
    name_it(wizard, "Mine")
    await go_on(wizard, WordsPage)
    assert isinstance(wizard.page, WordsPage)
    words = wizard.page.words
    await go_on(wizard, VerifyPage)
    click(wizard.go_on)
    await until(lambda: bool(trouble(wizard)))
    click(wizard.back)
    await until(lambda: isinstance(wizard.page, WordsPage))
    assert isinstance(wizard.page, WordsPage)
    assert wizard.page.words == words
    click(wizard.back)
    await until(lambda: isinstance(wizard.page, NamingPage))
    assert isinstance(wizard.page, NamingPage)
    assert wizard.page.name.text() == "Mine"


@pytest.mark.parametrize("keys", [WORDS, PUBLIC_KEY], ids=["words", "public key"])
async def test_a_wallet_is_imported(keys: str, qapp: object, tmp_path: object) -> None:
    @in_a_window
    async def imported(bench: WindowBench) -> None:
        wizard = await first_page(bench)
        await choose(wizard, Start.IMPORT, NamingPage)
        name_it(wizard, "Old")
        await go_on(wizard, KeysPage)
        assert isinstance(wizard.page, KeysPage)
        wizard.page.text.setPlainText(keys)
        await go_on(wizard, ProtectPage)
        protect(wizard, PASSPHRASE)
        await go_on(wizard, DonePage)
        click(wizard.go_on)
        view = await bench.screen(WalletView)
        assert await view.wallet.unlocking.has_words() is (keys is WORDS)

    await imported(qapp, tmp_path)


@in_a_window
async def test_words_that_do_not_belong_together_say_so_and_stay(bench: WindowBench) -> None:
    wizard = await first_page(bench)
    await choose(wizard, Start.IMPORT, NamingPage)
    name_it(wizard, "Old")
    await go_on(wizard, KeysPage)
    assert isinstance(wizard.page, KeysPage)
    wrong = " ".join(["abandon"] * 12)
    wizard.page.text.setPlainText(wrong)
    click(wizard.go_on)
    await until(lambda: "do not belong together" in trouble(wizard))
    assert isinstance(wizard.page, KeysPage)
    assert wizard.page.text.toPlainText() == wrong


@in_a_window
async def test_restore_says_that_it_is_coming_and_leads_back(bench: WindowBench) -> None:
    wizard = await first_page(bench)
    await choose(wizard, Start.RESTORE, RestorePage)
    assert not wizard.go_on.isVisible()
    click(wizard.back)
    await until(lambda: isinstance(wizard.page, WelcomePage))


@in_a_window
async def test_the_first_run_needs_no_mouse(bench: WindowBench) -> None:
    wizard = await first_page(bench)
    bench.window.activateWindow()
    await until(bench.window.isActiveWindow)
    QTest.keyClick(bench.window.focusWidget(), Qt.Key.Key_Space)
    await until(lambda: isinstance(wizard.page, NamingPage))
    QTest.keyClicks(bench.window.focusWidget(), "By hand")
    QTest.keyClick(bench.window.focusWidget(), Qt.Key.Key_Return)
    await until(lambda: isinstance(wizard.page, WordsPage))
    QTest.keyClick(bench.window.focusWidget(), Qt.Key.Key_Space)
    await until(lambda: isinstance(wizard.page, VerifyPage))


@in_a_window
async def test_a_taken_name_is_refused(bench: WindowBench) -> None:
    await bench.watching_wallet()
    bench.window.show_first_run()
    wizard = await bench.screen(WizardView)
    await choose(wizard, Start.CREATE, NamingPage)
    name_it(wizard, "Shop")
    click(wizard.go_on)
    await until(lambda: "already a wallet" in trouble(wizard))


@in_a_window
async def test_adding_a_wallet_can_be_left_for_the_one_that_is_there(bench: WindowBench) -> None:
    view = await bench.watching_wallet()
    bench.window.show_first_run()
    wizard = await bench.screen(WizardView)
    click(wizard.cancel)
    assert await bench.screen(WalletView) is view
