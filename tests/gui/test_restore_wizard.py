"""From a backup, or what is left without one, to an open wallet, by the widgets a user touches."""

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QWidget
from window_bench import ACCOUNT, PASSPHRASE, PUBLIC_KEY, WORDS, WindowBench, click, in_a_window, until

from pillarbox.app import restoring
from pillarbox.app.new_wallet import NewWallet, WordsSource
from pillarbox.errors import ErrorText
from pillarbox.model.address import AddressRef
from pillarbox.model.network import Network
from pillarbox.model.receiving import RequestTerms
from pillarbox.model.restoring import Outcome, ReportItem, RestoreReport
from pillarbox.secret import Secret
from pillarbox.vault.sealed_words import RecoveryWords
from pillarbox.wallet.restoring import Options
from pillarbox_gui.dialogs.scan_wider import ScanWiderQuestion
from pillarbox_gui.pages.backups import BackupsPage
from pillarbox_gui.pages.unlock import UnlockPage
from pillarbox_gui.pages.wallet_view import WalletView
from pillarbox_gui.wizards.create_pages import WelcomePage
from pillarbox_gui.wizards.restore_files import NETWORK, WALLET, ChooseFilePage
from pillarbox_gui.wizards.restore_options import OptionsPage
from pillarbox_gui.wizards.restore_pages import (
    ChoosePage,
    FoldersPage,
    PassphrasePage,
    ProtectPage,
    PublicPage,
    WordsPage,
)
from pillarbox_gui.wizards.restore_preview import DonePage, PreviewPage
from pillarbox_gui.wizards.step_page import TROUBLE, StepPage
from pillarbox_gui.wizards.wizard_view import WizardView
from pillarbox_gui.wording.restoring import counts_words, merge_words, report_lines

# What the offscreen platform says of every window that has a least size.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")

OTHER_WORDS = "legal winner thank year wave sausage worth useful legal winner thank yellow"
BUNDLE_PASSPHRASE = "of the bundle alone"
REGTEST = list(Network).index(Network.REGTEST)

P = TypeVar("P", bound=StepPage)


async def backed_up(bench: WindowBench) -> Path:
    """A wallet handed out two addresses and is closed; its backups are copied to a stick."""
    await bench.wallet_of_words()
    wallet = bench.app.open_wallets["Safe"]
    for label in ("Ada", "Bob"):
        await wallet.receiving.hand_out(ACCOUNT, RequestTerms(label))
        await wallet.backing_up.now()
    stick = bench.app.paths.root.parent / "stick"
    await asyncio.to_thread(shutil.copytree, wallet.backing_up.home, stick)
    await bench.app.close_wallet("Safe")
    return stick


async def bundled(bench: WindowBench, stick: Path) -> Path:
    """A bundle of the same wallet, which stays open."""
    with Secret.from_text(PASSPHRASE) as own, Secret.from_text(BUNDLE_PASSPHRASE) as new:
        wallet = await bench.app.open_wallet("Safe", own)
        async with wallet.unlocking.words(own) as words:
            return stick / (await wallet.backing_up.write_bundle(words, new, stick)).name


async def wizard_at(bench: WindowBench, into: str = "") -> WizardView:
    bench.window.show_restore(into)
    return await bench.screen(WizardView)


async def shown(wizard: WizardView, kind: type[P]) -> P:
    """The page of this kind, once it can be used."""
    await until(lambda: isinstance(wizard.page, kind) and wizard.page.isEnabled())
    assert isinstance(wizard.page, kind)
    return wizard.page


async def go_on(wizard: WizardView, kind: type[P]) -> P:
    click(wizard.go_on)
    return await shown(wizard, kind)


async def refused(wizard: WizardView, kind: type[P]) -> tuple[P, str]:
    """Press the wizard's button; the same step again, and why."""
    before = wizard.page
    click(wizard.go_on)
    await until(lambda: wizard.page is not before)
    page = await shown(wizard, kind)
    trouble = page.findChild(QWidget, TROUBLE)
    assert isinstance(trouble, QWidget)
    return page, trouble.accessibleName()


async def to_words(wizard: WizardView, place: Path) -> WordsPage:
    page = await shown(wizard, ChoosePage)
    page.place.setText(str(place))
    await go_on(wizard, ChooseFilePage)
    return await go_on(wizard, WordsPage)


async def to_options(wizard: WizardView, place: Path) -> OptionsPage:
    page = await to_words(wizard, place)
    page.text.setPlainText(WORDS)
    await go_on(wizard, PreviewPage)
    return await go_on(wizard, OptionsPage)


async def finish(bench: WindowBench, wizard: WizardView) -> WalletView:
    """Protect it, look at what came back, and open it."""
    page = await go_on(wizard, ProtectPage)
    page.passphrase.setText(PASSPHRASE)
    page.repeated.setText(PASSPHRASE)
    await go_on(wizard, DonePage)
    click(wizard.go_on)
    return await bench.screen(WalletView)


def said_in(widget: QWidget, name: str = "") -> str:
    return "\n".join(label.text() for label in widget.findChildren(QLabel, name or None))


def unnamed(root: QWidget) -> Iterator[str]:
    """What can take the focus below `root` and would be read out without a name."""
    for widget in root.findChildren(QWidget):
        takes_focus = widget.focusPolicy() & Qt.FocusPolicy.TabFocus == Qt.FocusPolicy.TabFocus
        belongs_to_qt = widget.objectName().startswith("qt_")
        if widget.isVisible() and takes_focus and not belongs_to_qt and not widget.accessibleName():
            yield f"{type(widget).__name__} in {type(widget.parent()).__name__}"


@in_a_window
async def test_a_lost_wallet_comes_back_from_the_first_run(bench: WindowBench) -> None:
    stick = await backed_up(bench)
    bench.window.show_first_run()
    first = await bench.screen(WizardView)
    assert isinstance(first.page, WelcomePage)
    click(first.page.restore)
    await until(lambda: bench.window.screen_shown is not first)
    wizard = await bench.screen(WizardView)
    page = await to_words(wizard, stick)
    assert "73c5da0a" in said_in(page)
    page.text.setPlainText(WORDS)
    preview = await go_on(wizard, PreviewPage)
    assert "1 account, 2 payment requests" in said_in(preview)
    assert "Nothing has been changed yet" in said_in(preview)
    options = await go_on(wizard, OptionsPage)
    assert options.name.text() == "Safe"
    options.name.setText("Again")
    view = await finish(bench, wizard)
    assert view.wallet.name == "Again"
    assert view.wallet.accounts.address(AddressRef(ACCOUNT, 0, 1)).label == "Bob"


@in_a_window
async def test_what_came_back_is_told_at_the_end(bench: WindowBench) -> None:
    stick = await backed_up(bench)
    wizard = await wizard_at(bench)
    options = await to_options(wizard, stick)
    options.name.setText("Again")
    protect = await go_on(wizard, ProtectPage)
    protect.passphrase.setText("short")
    protect.repeated.setText("short")
    protect, why = await refused(wizard, ProtectPage)
    assert "8 characters" in why
    protect.passphrase.setText(PASSPHRASE)
    protect.repeated.setText(PASSPHRASE)
    done = await go_on(wizard, DonePage)
    assert "Restored" in said_in(done)
    assert "2 payment requests" in said_in(done)
    assert not wizard.back.isVisible()
    assert not wizard.cancel.isVisible()


@in_a_window
async def test_wrong_words_say_whose_backup_it_is_and_stay(bench: WindowBench) -> None:
    stick = await backed_up(bench)
    wizard = await wizard_at(bench)
    page = await to_words(wizard, stick)
    page.text.setPlainText(OTHER_WORDS)
    page, why = await refused(wizard, WordsPage)
    assert "73c5da0a" in why
    assert page.text.toPlainText() == OTHER_WORDS
    page.text.setPlainText(WORDS)
    await go_on(wizard, PreviewPage)
    click(wizard.back)
    page = await shown(wizard, WordsPage)
    assert page.text.toPlainText() == WORDS


@in_a_window
async def test_a_file_that_is_no_backup_is_listed_with_the_reason(bench: WindowBench) -> None:
    stick = await backed_up(bench)
    await asyncio.to_thread((stick / "noise.pillarbox-backup").write_bytes, b"noise")
    wizard = await wizard_at(bench)
    choose = await shown(wizard, ChoosePage)
    choose.place.setText(str(stick))
    page = await go_on(wizard, ChooseFilePage)
    assert page.table.currentIndex().row() == 0
    last = page.model.rowCount() - 1
    assert page.model.index(last, 4).data() == "Cannot be used"
    assert page.table.isColumnHidden(WALLET)
    assert page.table.isColumnHidden(NETWORK)
    spoken = page.model.index(last, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert "not a Pillarbox backup" in spoken
    page.table.choose_row(last)
    page, why = await refused(wizard, ChooseFilePage)
    assert "not a Pillarbox backup" in why
    assert page.table.currentIndex().row() == last


@in_a_window
async def test_backups_of_several_wallets_are_told_apart(bench: WindowBench) -> None:
    stick = await backed_up(bench)
    source = WordsSource(Secret.from_text(OTHER_WORDS), made_here=True)
    made = await bench.app.create_wallet(
        NewWallet("Other", Network.SIGNET, source, Secret.from_text(PASSPHRASE))
    )
    await made.wallet.backing_up.now()
    await asyncio.to_thread(shutil.copytree, made.wallet.backing_up.home, stick, dirs_exist_ok=True)
    wizard = await wizard_at(bench)
    choose = await shown(wizard, ChoosePage)
    choose.place.setText(str(stick))
    page = await go_on(wizard, ChooseFilePage)
    assert "several wallets" in said_in(page)
    assert not page.table.isColumnHidden(WALLET)
    assert not page.table.isColumnHidden(NETWORK)
    told = {
        (page.model.index(row, WALLET).data(), page.model.index(row, NETWORK).data())
        for row in range(page.model.rowCount())
    }
    assert told == {("73c5da0a", "Regtest"), (made.wallet.fingerprint, "Signet")}


@in_a_window
async def test_copies_that_the_words_open_are_there_to_choose_from(bench: WindowBench) -> None:
    stick = await backed_up(bench)
    await bench.wallet_of_words("Bare")
    await bench.app.open_wallets["Bare"].backing_up.now()
    wizard = await wizard_at(bench)
    click((await shown(wizard, ChoosePage)).words)
    page = await shown(wizard, WordsPage)
    page.text.setPlainText(WORDS)
    folders = await go_on(wizard, FoldersPage)

    async def choose(_before: QWidget, _title: str) -> Path | None:
        return stick

    folders.choose_folder = choose
    click(folders.add)
    await until(lambda: bool(folders.removers))
    files = await go_on(wizard, ChooseFilePage)
    assert "the newest of each" in said_in(files)
    assert sorted(str(files.model.index(row, 3).data())[:4] for row in range(files.model.rowCount())) == [
        "bare",
        "safe",
    ]
    await go_on(wizard, PreviewPage)


@in_a_window
async def test_the_place_is_typed_or_chosen_and_refused_where_nothing_is(bench: WindowBench) -> None:
    stick = await backed_up(bench)
    wizard = await wizard_at(bench)
    page = await shown(wizard, ChoosePage)
    page, why = await refused(wizard, ChoosePage)
    assert "Choose a backup file" in why
    offers: list[str] = []

    async def folder(_before: QWidget, _title: str) -> Path | None:
        return stick

    async def file(_before: QWidget, _title: str, offered: str) -> Path | None:
        offers.append(offered)
        return stick / "a.pillarbox-backup"

    page.choose_folder, page.choose_file = folder, file
    click(page.file)
    await until(lambda: page.place.text().endswith("a.pillarbox-backup"))
    assert offers == ["Pillarbox backups (*.pillarbox-backup);;Loop backups (*.enc)"]
    page, why = await refused(wizard, ChoosePage)
    assert "cannot be read" in why
    page.choose_folder = folder
    click(page.folder)
    await until(lambda: page.place.text() == str(stick))


@in_a_window
async def test_a_bundle_asks_for_its_passphrase_alone(bench: WindowBench) -> None:
    stick = await backed_up(bench)
    bundle = await bundled(bench, stick)
    await bench.app.close_wallet("Safe")
    wizard = await wizard_at(bench)
    choose = await shown(wizard, ChoosePage)
    choose.place.setText(str(bundle))
    page = await go_on(wizard, PassphrasePage)
    page.passphrase.setText("another one")
    page, why = await refused(wizard, PassphrasePage)
    assert "another passphrase" in why
    page.passphrase.setText(BUNDLE_PASSPHRASE)
    await go_on(wizard, PreviewPage)
    options = await go_on(wizard, OptionsPage)
    options.name.setText("From the bundle")
    view = await finish(bench, wizard)
    assert await view.wallet.unlocking.has_words()


@in_a_window
async def test_an_open_wallet_is_brought_what_it_lacks_and_shown_anew(bench: WindowBench) -> None:
    stick = await backed_up(bench)
    await bench.wallet_of_words("Bare")
    view = await bench.shown("Bare")
    view.sidebar.wallet_menu.aboutToShow.emit()
    next(act for act in view.sidebar.wallet_menu.actions() if "Restore" in act.text()).trigger()
    wizard = await bench.screen(WizardView)
    choose = await shown(wizard, ChoosePage)
    assert not choose.words.isVisible()
    choose.place.setText(str(stick))
    await go_on(wizard, ChooseFilePage)
    preview = await go_on(wizard, PreviewPage)
    assert "It would get 2 payment requests" in said_in(preview)
    options = await go_on(wizard, OptionsPage)
    assert wizard.go_on.text() == "Restore into it"
    assert options.into.currentText() == "Bare"
    assert not options.name.isVisible()
    await go_on(wizard, DonePage)
    click(wizard.go_on)
    again = await bench.screen(WalletView)
    assert again is not view
    assert again.wallet is bench.app.open_wallets["Bare"]
    assert again.wallet.accounts.address(AddressRef(ACCOUNT, 0, 0)).label == "Ada"


@in_a_window
async def test_a_wallet_that_a_command_restored_into_is_shown_anew(bench: WindowBench) -> None:
    stick = await backed_up(bench)
    await bench.wallet_of_words("Bare")
    view = await bench.shown("Bare")
    with Secret.from_text(WORDS) as words, Secret.from_text("") as extra:
        found = await restoring.find([stick])
        opened, _ = await restoring.open_by_words(
            bench.app.kinds, found, RecoveryWords(words.copy(), extra.copy())
        )
    assert opened is not None
    await restoring.restore_into(bench.app, opened, "Bare", Options())
    await until(lambda: bench.window.screen_shown is not view)
    again = await bench.screen(WalletView)
    assert again.wallet is bench.app.open_wallets["Bare"]


@in_a_window
async def test_leaving_leads_back_to_the_wallet_it_was_asked_from(bench: WindowBench) -> None:
    await bench.wallet_of_words()
    view = await bench.shown("Safe")
    view.show_page("backups")
    page = view.page("backups")
    assert isinstance(page, BackupsPage)
    await asyncio.sleep(0)  # nobody clicks on what is not drawn yet
    click(page.restore)
    wizard = await bench.screen(WizardView)
    await shown(wizard, ChoosePage)
    click(wizard.cancel)
    assert await bench.screen(WalletView) is view


@in_a_window
async def test_leaving_without_any_wallet_leads_to_the_first_run(bench: WindowBench) -> None:
    wizard = await wizard_at(bench)
    click((await shown(wizard, ChoosePage)).words)
    page = await shown(wizard, WordsPage)
    page.text.setPlainText(WORDS)
    await go_on(wizard, FoldersPage)
    click(wizard.cancel)
    await until(lambda: bench.window.screen_shown is not wizard)
    assert isinstance((await bench.screen(WizardView)).page, WelcomePage)


@in_a_window
async def test_of_two_ways_the_chosen_one_names_the_button(bench: WindowBench) -> None:
    stick = await backed_up(bench)
    bundle = await bundled(bench, stick)
    wizard = await wizard_at(bench)
    choose = await shown(wizard, ChoosePage)
    choose.place.setText(str(bundle))
    page = await go_on(wizard, PassphrasePage)
    page.passphrase.setText(BUNDLE_PASSPHRASE)
    await go_on(wizard, PreviewPage)
    options = await go_on(wizard, OptionsPage)
    assert options.new.isChecked()
    assert wizard.go_on.text() == "Continue"
    options.merge.click()
    assert wizard.go_on.text() == "Restore into it"
    assert options.into.isVisible()
    assert not options.name.isVisible()
    options.gap_limit.setValue(40)
    options.older.click()
    click(wizard.back)
    await shown(wizard, PreviewPage)
    options = await go_on(wizard, OptionsPage)
    assert options.merge.isChecked()
    assert options.older.isChecked()
    assert options.gap_limit.value() == 40


@in_a_window
async def test_the_words_alone_look_in_the_folders_that_are_named(bench: WindowBench) -> None:
    stick = await backed_up(bench)
    elsewhere = bench.app.paths.root.parent / "elsewhere"
    elsewhere.mkdir()
    wizard = await wizard_at(bench)
    click((await shown(wizard, ChoosePage)).words)
    page = await shown(wizard, WordsPage)
    page.text.setPlainText(OTHER_WORDS)
    folders = await go_on(wizard, FoldersPage)
    for chosen in (stick, elsewhere):

        async def choose(_before: QWidget, _title: str, chosen: Path = chosen) -> Path | None:
            return chosen

        folders.choose_folder = choose
        click(folders.add)
        await until(lambda chosen=chosen: str(chosen) in folders.removers)
    click(folders.removers[str(elsewhere)])
    assert list(folders.removers) == [str(stick)]
    preview = await go_on(wizard, PreviewPage)
    assert "No backup of these words was found" in said_in(preview)
    assert "These words do not open this backup" in said_in(preview)
    options = await go_on(wizard, OptionsPage)
    options.name.setText("Alone")
    options.network.setCurrentIndex(REGTEST)
    view = await finish(bench, wizard)
    assert view.wallet.name == "Alone"


@in_a_window
async def test_a_public_key_alone_makes_a_wallet_that_watches(bench: WindowBench) -> None:
    wizard = await wizard_at(bench)
    click((await shown(wizard, ChoosePage)).public)
    page = await shown(wizard, PublicPage)
    page.text.setPlainText("nonsense")
    page, why = await refused(wizard, PublicPage)
    assert why
    page.text.setPlainText(PUBLIC_KEY)
    options = await go_on(wizard, OptionsPage)
    options.name.setText("Eyes")
    options.network.setCurrentIndex(REGTEST)
    view = await finish(bench, wizard)
    assert view.wallet.watch_only


@in_a_window
async def test_more_is_looked_for_from_the_report(bench: WindowBench) -> None:
    stick = await backed_up(bench)
    wizard = await wizard_at(bench)
    options = await to_options(wizard, stick)
    options.name.setText("Again")
    protect = await go_on(wizard, ProtectPage)
    protect.passphrase.setText(PASSPHRASE)
    protect.repeated.setText(PASSPHRASE)
    done = await go_on(wizard, DonePage)
    assert done.gap_limit.value() == 200
    done.gap_limit.setValue(60)
    click(done.wider)
    await until(lambda: wizard.page is not done)
    again = await shown(wizard, DonePage)
    assert "60 addresses beyond the last used one" in said_in(again)
    assert "Restored" in said_in(again)
    assert again.gap_limit.value() == 120
    click(wizard.go_on)
    view = await bench.screen(WalletView)
    assert view.wallet.accounts.get(ACCOUNT).gap_limit == 60


@in_a_window
async def test_more_is_looked_for_at_any_time_later(bench: WindowBench) -> None:
    await bench.wallet_of_words()
    view = await bench.shown("Safe")
    bench.pay(view, 45, 777)
    view.show_page("backups")
    page = view.page("backups")
    assert isinstance(page, BackupsPage)
    click(page.scan_wider)
    click((await bench.question(ScanWiderQuestion)).cancel)
    await until(lambda: not view._tasks.running("scan wider"))
    assert view.wallet.accounts.get(ACCOUNT).gap_limit == 20
    view.sidebar.wallet_menu.aboutToShow.emit()
    next(act for act in view.sidebar.wallet_menu.actions() if "Scan wider" in act.text()).trigger()
    question = await bench.question(ScanWiderQuestion)
    question.gap_limit.setValue(50)
    click(question.go_on)
    await until(lambda: view.wallet.accounts.counts(ACCOUNT).received == 777)
    assert view.wallet.accounts.get(ACCOUNT).gap_limit == 50


@in_a_window
async def test_every_step_has_names_and_needs_no_mouse(bench: WindowBench) -> None:
    stick = await backed_up(bench)
    wizard = await wizard_at(bench)
    bench.window.activateWindow()
    await until(bench.window.isActiveWindow)

    async def enter(kind: type[P], text: str = "") -> P:
        page = await shown(wizard, kind)
        assert not list(unnamed(wizard))
        assert wizard.isAncestorOf(bench.window.focusWidget())
        if text:
            QTest.keyClicks(bench.window.focusWidget(), text)
        return page

    def press(key: Qt.Key) -> None:
        QTest.keyClick(bench.window.focusWidget(), key)

    await enter(ChoosePage, str(stick))
    press(Qt.Key.Key_Return)
    await enter(ChooseFilePage)
    press(Qt.Key.Key_Return)
    page = await enter(WordsPage, WORDS)
    page.extra.setFocus()
    press(Qt.Key.Key_Return)
    await enter(PreviewPage)
    press(Qt.Key.Key_Return)
    await enter(OptionsPage, "Again")
    press(Qt.Key.Key_Return)
    await enter(ProtectPage, PASSPHRASE)
    press(Qt.Key.Key_Tab)
    QTest.keyClicks(bench.window.focusWidget(), PASSPHRASE)
    press(Qt.Key.Key_Return)
    await enter(DonePage)
    press(Qt.Key.Key_Return)
    assert (await bench.screen(WalletView)).wallet.name == "Again"


@in_a_window
async def test_a_lock_covers_what_was_entered_and_gives_it_back(bench: WindowBench) -> None:
    await bench.wallet_of_words()
    view = await bench.shown("Safe")
    wizard = await wizard_at(bench)
    click((await shown(wizard, ChoosePage)).words)
    page = await shown(wizard, WordsPage)
    page.text.setPlainText(WORDS)
    view.wallet.unlocking.lock_screen()
    unlock = await bench.screen(UnlockPage)
    assert not wizard.isVisible()
    unlock.passphrase.setText(PASSPHRASE)
    click(unlock.go_on)
    assert await bench.screen(WizardView) is wizard
    assert page.text.toPlainText() == WORDS


def test_parts_of_a_backup_are_counted_by_the_names_people_know() -> None:
    assert counts_words({"accounts": 1, "requests": 12, "labels": 0}) == "1 account, 12 payment requests"
    assert counts_words({"labels": 2, "counters": 1, "from-the-future": 3}) == "2 labels, 4 other records"


def test_a_report_says_each_reason_once_the_worst_last() -> None:
    why = ErrorText("x", "A label differs", "It is another.", "Change it.")
    lost = ErrorText("y", "It takes the words", "None were entered.", "Enter them.")
    report = RestoreReport(
        (
            ReportItem("accounts", Outcome.RESTORED, 2),
            ReportItem("labels", Outcome.CONFLICT, 1, why),
            ReportItem("labels", Outcome.CONFLICT, 1, why),
            ReportItem("accounts", Outcome.FAILED, 1, lost),
            ReportItem("settings", Outcome.UNCHANGED, 4),
        )
    )
    lines = [(line.text, line.detail) for line in report_lines(report)]
    assert lines == [
        ("Restored", "2 accounts"),
        ("A label differs", "It is another. Change it."),
        ("It takes the words", "None were entered. Enter them."),
    ]
    assert merge_words(report) == "It would get 2 accounts. 2 records are others there, and stay."
    assert "everything of this backup already" in merge_words(RestoreReport(()))


def test_of_very_many_reasons_the_first_few_are_told() -> None:
    reasons = [ErrorText("x", f"Reason {n}", "", "") for n in range(20)]
    report = RestoreReport(tuple(ReportItem("labels", Outcome.SKIPPED, 1, reason) for reason in reasons))
    assert [line.text for line in report_lines(report)][-1] == "And 12 more like these"
