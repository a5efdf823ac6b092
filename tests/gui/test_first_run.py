"""From the first start to an open wallet, by the widgets a user touches."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QWidget
from window_bench import PASSPHRASE, PUBLIC_KEY, WORDS, WindowBench, click, in_a_window, until

from pillarbox.flows.create_wallet import Start
from pillarbox.model.network import Network
from pillarbox_gui.dialogs.message import Confirmation
from pillarbox_gui.pages.unlock import UnlockPage
from pillarbox_gui.pages.wallet_view import WalletView
from pillarbox_gui.wizards.create_pages import (
    WORD_COUNTS,
    DonePage,
    KeysPage,
    NamingPage,
    ProtectPage,
    VerifyPage,
    WelcomePage,
    WordsPage,
)
from pillarbox_gui.wizards.step_page import TROUBLE, StepPage
from pillarbox_gui.wizards.wizard_view import WizardView

REGTEST = list(Network).index(Network.REGTEST)
PRIVATE_KEY = (
    "tprv8ZgxMBicQKsPd7Uf69XL1XwhmjHopUGep8GuEiJDZmbQz6o58Lnino"
    "rQAfcKZWARbtRtfnLcJ5MQ2AtHcQJCCRUcMRvmDUjyEmNUWwx8UbK"
)


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


async def go_back(wizard: WizardView, kind: type[StepPage]) -> None:
    click(wizard.back)
    await until(lambda: isinstance(wizard.page, kind))


async def to_verifying(wizard: WizardView) -> tuple[tuple[str, ...], VerifyPage]:
    """A new wallet's words, and the page that asks for some of them."""
    await choose(wizard, Start.CREATE, NamingPage)
    name_it(wizard, "Mine")
    await go_on(wizard, WordsPage)
    assert isinstance(wizard.page, WordsPage)
    words = wizard.page.words
    await go_on(wizard, VerifyPage)
    assert isinstance(wizard.page, VerifyPage)
    return words, wizard.page


async def title_place(wizard: WizardView) -> QPoint:
    """Where the title stands, once it was laid out."""
    title = next(label for label in wizard.page.findChildren(QLabel) if label.text() == wizard.page.title)
    await until(lambda: title.height() > 0 and wizard.page.pos() != QPoint(0, 0))
    return title.mapTo(wizard, QPoint(0, 0))


def name_it(wizard: WizardView, name: str) -> None:
    assert isinstance(wizard.page, NamingPage)
    wizard.page.name.setText(name)
    wizard.page.network.setCurrentIndex(REGTEST)


def trouble(wizard: WizardView) -> str:
    said = wizard.page.findChild(QWidget, TROUBLE)
    return said.accessibleName() if isinstance(said, QWidget) else ""


def said_in(wizard: WizardView) -> str:
    return " ".join(label.text() for label in wizard.page.findChildren(QLabel))


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
    assert "Your recovery words open them" in said_in(wizard)
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
async def test_going_back_keeps_what_was_typed(bench: WindowBench) -> None:
    wizard = await first_page(bench)
    await choose(wizard, Start.CREATE, NamingPage)
    assert isinstance(wizard.page, NamingPage)
    name_it(wizard, "Half a na")
    wizard.page.words.setCurrentIndex(len(WORD_COUNTS) - 1)
    await go_back(wizard, WelcomePage)
    await choose(wizard, Start.IMPORT, NamingPage)
    assert isinstance(wizard.page, NamingPage)
    assert (wizard.page.name.text(), wizard.page.network.currentIndex()) == ("Half a na", REGTEST)
    await go_on(wizard, KeysPage)
    assert isinstance(wizard.page, KeysPage)
    wizard.page.text.setPlainText("abandon abandon")
    wizard.page.extra.setText("extra")
    await go_back(wizard, NamingPage)
    await go_on(wizard, KeysPage)
    assert isinstance(wizard.page, KeysPage)
    assert (wizard.page.text.toPlainText(), wizard.page.extra.text()) == ("abandon abandon", "extra")
    await go_back(wizard, NamingPage)
    await go_back(wizard, WelcomePage)
    await choose(wizard, Start.CREATE, NamingPage)
    assert isinstance(wizard.page, NamingPage)
    assert wizard.page.words.currentText() == "24 words"


@in_a_window
async def test_a_refused_name_keeps_the_number_of_words(bench: WindowBench) -> None:
    wizard = await first_page(bench)
    await choose(wizard, Start.CREATE, NamingPage)
    assert isinstance(wizard.page, NamingPage)
    wizard.page.words.setCurrentIndex(len(WORD_COUNTS) - 1)
    click(wizard.go_on)
    await until(lambda: bool(trouble(wizard)))
    name_it(wizard, "Mine")
    await go_on(wizard, WordsPage)
    assert isinstance(wizard.page, WordsPage)
    assert len(wizard.page.words) == 24


@in_a_window
async def test_one_wrong_word_leaves_the_others_and_has_the_focus(bench: WindowBench) -> None:
    wizard = await first_page(bench)
    bench.window.activateWindow()
    await until(bench.window.isActiveWindow)
    words, page = await to_verifying(wizard)
    first, wrong, last = page.fields
    entered = {first: words[first - 1], wrong: "wrong", last: words[last - 1]}
    for position, text in entered.items():
        page.fields[position].setText(text)
    click(wizard.go_on)
    await until(lambda: bool(trouble(wizard)))
    assert isinstance(wizard.page, VerifyPage)
    assert {position: field.text() for position, field in wizard.page.fields.items()} == entered
    assert wizard.page.fields[wrong].hasFocus()
    assert wizard.page.fields[wrong].selectedText() == "wrong"
    await go_back(wizard, WordsPage)
    await go_on(wizard, VerifyPage)
    assert isinstance(wizard.page, VerifyPage)
    assert wizard.page.fields[first].text() == entered[first]


@in_a_window
async def test_cancelling_asks_once_words_were_shown(bench: WindowBench) -> None:
    wizard = await first_page(bench)
    await choose(wizard, Start.CREATE, NamingPage)
    click(wizard.cancel)
    await until(lambda: isinstance(wizard.page, WelcomePage))
    words, _ = await to_verifying(wizard)
    click(wizard.cancel)
    click((await bench.question(Confirmation)).cancel)
    await until(lambda: not wizard._tasks.running("answer"))
    await go_back(wizard, WordsPage)
    assert isinstance(wizard.page, WordsPage)
    assert wizard.page.words == words
    click(wizard.cancel)
    click((await bench.question(Confirmation)).go_on)
    await until(lambda: isinstance(wizard.page, WelcomePage))


@in_a_window
async def test_a_refused_private_key_is_taken_out_of_sight(bench: WindowBench) -> None:
    wizard = await first_page(bench)
    await choose(wizard, Start.IMPORT, NamingPage)
    name_it(wizard, "Old")
    await go_on(wizard, KeysPage)
    assert isinstance(wizard.page, KeysPage)
    wizard.page.text.setPlainText(PRIVATE_KEY)
    click(wizard.go_on)
    await until(lambda: "did not keep it" in trouble(wizard))
    assert isinstance(wizard.page, KeysPage)
    assert wizard.page.text.toPlainText() == ""


@in_a_window
async def test_what_was_refused_for_the_passphrase_is_still_there(bench: WindowBench) -> None:
    wizard = await first_page(bench)
    await choose(wizard, Start.IMPORT, NamingPage)
    name_it(wizard, "Old")
    await go_on(wizard, KeysPage)
    assert isinstance(wizard.page, KeysPage)
    wizard.page.text.setPlainText(WORDS)
    await go_on(wizard, ProtectPage)
    protect(wizard, PASSPHRASE)
    assert isinstance(wizard.page, ProtectPage)
    wizard.page.repeated.setText("correct hors")
    click(wizard.go_on)
    await until(lambda: "differ" in trouble(wizard))
    assert isinstance(wizard.page, ProtectPage)
    assert (wizard.page.passphrase.text(), wizard.page.repeated.text()) == (PASSPHRASE, "correct hors")


@in_a_window
async def test_a_brought_wallet_says_that_it_scans_first_and_where_a_server_is_chosen(
    bench: WindowBench,
) -> None:
    wizard = await first_page(bench)
    await choose(wizard, Start.IMPORT, NamingPage)
    name_it(wizard, "Old")
    await go_on(wizard, KeysPage)
    assert isinstance(wizard.page, KeysPage)
    wizard.page.text.setPlainText(PUBLIC_KEY)
    await go_on(wizard, ProtectPage)
    protect(wizard, PASSPHRASE)
    await go_on(wizard, DonePage)
    said = said_in(wizard)
    assert "server" in said
    assert "Settings" in said
    assert "once a passphrase is set" in said


@in_a_window
async def test_a_title_stays_where_it_is_from_step_to_step(bench: WindowBench) -> None:
    wizard = await first_page(bench)
    await choose(wizard, Start.CREATE, NamingPage)
    place = await title_place(wizard)
    click(wizard.go_on)
    await until(lambda: bool(trouble(wizard)))
    assert await title_place(wizard) == place
    name_it(wizard, "Mine")
    await go_on(wizard, WordsPage)
    assert await title_place(wizard) == place


@in_a_window
async def test_a_lock_covers_half_written_words_and_gives_them_back(bench: WindowBench) -> None:
    await bench.wallet_of_words()
    view = await bench.shown("Safe")
    bench.window.show_first_run()
    wizard = await bench.screen(WizardView)
    words, _ = await to_verifying(wizard)
    view.wallet.unlocking.lock_screen()
    page = await bench.screen(UnlockPage)
    assert not wizard.isVisible()
    page.passphrase.setText(PASSPHRASE)
    click(page.go_on)
    assert await bench.screen(WizardView) is wizard
    await go_back(wizard, WordsPage)
    assert isinstance(wizard.page, WordsPage)
    assert wizard.page.words == words


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


@in_a_window
async def test_why_an_answer_was_refused_goes_as_it_is_mended(bench: WindowBench) -> None:
    wizard = await first_page(bench)
    await choose(wizard, Start.CREATE, NamingPage)
    click(wizard.go_on)
    await until(lambda: bool(trouble(wizard)))
    said = wizard.page.findChild(QWidget, TROUBLE)
    assert isinstance(said, QWidget)
    assert not said.isHidden()
    name_it(wizard, "Mine")
    assert said.isHidden()
