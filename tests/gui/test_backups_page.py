"""The Backups page: what is known, what is written where, and what a person can do about it."""

import asyncio
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QLabel, QLineEdit, QWidget
from window_bench import ACCOUNT, PASSPHRASE, WORDS, WindowBench, click, in_a_window, until

from pillarbox.model.backup import BackupFile, BackupPhase, BackupStatus
from pillarbox.model.progress import ConnectionPhase, ConnectionState
from pillarbox.model.receiving import RequestTerms
from pillarbox.secret import Secret
from pillarbox_gui.dialogs.backup_passphrase import BackupPassphraseQuestion, BundleQuestion
from pillarbox_gui.dialogs.choose_place import choose_folder
from pillarbox_gui.pages.backup_state import SLOW_MS
from pillarbox_gui.pages.backups import BackupsPage
from pillarbox_gui.pages.overview import OverviewPage
from pillarbox_gui.pages.wallet_view import WalletView
from pillarbox_gui.wording.backups import shelves

# What the offscreen platform says of every window that has a least size.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")

NOW = 1_763_640_000
FILE = BackupFile("/home", "a-7.pillarbox-backup", 7, NOW, 12_340, None, None)
BUNDLE_PASSPHRASE = "of the bundle alone"


async def backups_page(bench: WindowBench) -> tuple[WalletView, BackupsPage]:
    """Of a wallet with words, once its first backup is written and shown."""
    await bench.wallet_of_words()
    view = await bench.shown("Safe")
    page = shown_page(view)
    await until(lambda: bool(names_shown(page)))
    return view, page


def shown_page(view: WalletView) -> BackupsPage:
    view.show_page("backups")
    page = view.page("backups")
    assert isinstance(page, BackupsPage)
    return page


def names_shown(page: BackupsPage, folder: str = "") -> list[str]:
    """In a folder's table, by default the wallet's own."""
    part = page.folders.parts.get(folder or page._wallet.backing_up.home)
    if part is None:
        return []
    return [
        part.model.index(row, 0).data(Qt.ItemDataRole.ToolTipRole) for row in range(part.model.rowCount())
    ]


def home_of(view: WalletView) -> Path:
    return Path(view.wallet.backing_up.home)


def folder_beside(bench: WindowBench, name: str) -> Path:
    folder = bench.app.paths.root.parent / name
    folder.mkdir()
    return folder


def answer_with(page: BackupsPage, folder: Path | None) -> list[str]:
    """Stand in for the desktop's dialog; what it was asked for."""
    titles: list[str] = []

    async def choose(_before: QWidget, title: str) -> Path | None:
        titles.append(title)
        return folder

    page.choose_folder = choose
    return titles


def said_in(widget: QWidget) -> str:
    return "\n".join(label.text() for label in widget.findChildren(QLabel) if label.isVisibleTo(widget))


@in_a_window
async def test_a_change_is_backed_up_and_shown_without_a_click(bench: WindowBench) -> None:
    view, page = await backups_page(bench)
    first = names_shown(page)
    await view.wallet.receiving.hand_out(ACCOUNT, RequestTerms("Ada"))
    await until(lambda: len(names_shown(page)) > len(first))
    await until(lambda: page.state.chip.text() == "Backed up")
    assert "just now" in page.state.sentence.text()
    assert page.state.chip.text() == view.backup.text().strip()


@in_a_window
async def test_backing_up_now_writes_and_reads_again(bench: WindowBench) -> None:
    view, page = await backups_page(bench)
    click(page.state.back_up)
    await until(lambda: page.state.chip.text() == "Backup verified")
    await until(page.state.back_up.isEnabled)
    assert "read again" in view.told.accessibleName()
    assert not page.state.banner.isVisible()


@in_a_window
async def test_a_backup_is_proven_on_the_page(bench: WindowBench) -> None:
    view, page = await backups_page(bench)
    click(page.state.prove)
    await until(lambda: page.state.chip.text() == "Backup proven")
    await until(page.state.prove.isEnabled)
    assert "everything back" in view.told.accessibleName()
    assert view.wallet.backup.phase is BackupPhase.DRILLED


@in_a_window
async def test_a_long_proof_can_be_stopped_and_keeps_nothing_else_from_working(bench: WindowBench) -> None:
    view, page = await backups_page(bench)
    bench.window.activateWindow()
    await until(bench.window.isActiveWindow)
    stopped = asyncio.Event()

    async def without_end() -> list[BackupFile]:
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()
        return []

    view.wallet.backing_up.drill = without_end  # type: ignore[method-assign]
    page.state.prove.setFocus()
    QTest.keyClick(page.state.prove, Qt.Key.Key_Return)
    await until(page.state.banner.isVisible)
    assert not page.state.back_up.isEnabled()
    assert "throwaway" in page.state.accessibleName()
    before = len(names_shown(page))
    await view.wallet.receiving.hand_out(ACCOUNT, RequestTerms("Ada"))
    await until(lambda: len(names_shown(page)) > before)
    click(page.state.banner.action)
    await until(stopped.is_set)
    assert page.state.prove.isEnabled()
    assert page.state.prove.hasFocus()
    assert not page.state.banner.isVisible()
    assert page.state.accessibleName() == ""


@in_a_window
async def test_what_is_quick_is_done_without_a_flicker(bench: WindowBench) -> None:
    _, page = await backups_page(bench)
    page.state.begin("Writing")
    page.state.end()
    await asyncio.sleep(SLOW_MS / 1000 + 0.05)
    assert not page.state.banner.isVisible()


@in_a_window
async def test_a_copy_goes_where_the_person_says(bench: WindowBench) -> None:
    view, page = await backups_page(bench)
    stick = folder_beside(bench, "stick")
    titles = answer_with(page, stick)
    click(page.state.save_copy)
    await until(lambda: bool(names_shown(page, str(stick))))
    assert titles == ["Where the copy goes"]
    assert [path.name for path in stick.iterdir()] == names_shown(page, str(stick))
    part = page.folders.parts[str(stick)]
    assert "Later backups are not put here" in part.detail.accessibleName()
    assert not part.remove.isVisible()
    assert str(stick) in view.told.accessibleName()


@in_a_window
async def test_a_cancelled_choice_writes_nothing(bench: WindowBench) -> None:
    _, page = await backups_page(bench)
    titles = answer_with(page, None)
    for button in (page.state.save_copy, page.folders.add):
        click(button)
        await until(lambda: not page._tasks.running("ask"))
    assert titles == ["Where the copy goes", "A folder for every backup"]
    assert list(page.folders.parts) == [page._wallet.backing_up.home]


@pytest.mark.logs_warning("a backup could not be written")
@in_a_window
async def test_a_folder_that_takes_no_copy_is_told_in_place(bench: WindowBench) -> None:
    _, page = await backups_page(bench)
    answer_with(page, bench.app.paths.root.parent / "nowhere")
    click(page.state.save_copy)
    await until(page.state.banner.isVisible)
    assert "nowhere" in page.state.banner.accessibleName()
    assert "choose another folder" in page.state.banner.accessibleName()
    await until(lambda: page.state.chip.text() == "Backup verified")
    click(page.state.banner.dismiss)
    assert not page.state.banner.isVisible()


@pytest.mark.logs_warning("a backup could not be written")
@in_a_window
async def test_a_failed_backup_says_why_once_and_what_to_do(bench: WindowBench) -> None:
    view, page = await backups_page(bench)
    home = home_of(view)
    away = home.rename(home.parent / "away")
    home.write_text("in the way")
    await view.wallet.receiving.hand_out(ACCOUNT, RequestTerms("Ada"))
    await until(lambda: page.state.chip.text() == "Backup failed")
    click(page.state.back_up)
    await until(page.state.banner.isVisible)
    assert "cannot" in page.state.banner.accessibleName()
    await until(lambda: not page.state.sentence.isVisible())
    click(page.state.banner.dismiss)
    assert "cannot" in page.state.sentence.text()
    assert "tries again by itself" in page.state.sentence.text()
    assert notices(view) == ["Backup failed"]
    home.unlink()
    away.rename(home)
    click(page.state.back_up)
    await until(lambda: page.state.chip.text() == "Backup verified")


def notices(view: WalletView) -> list[str]:
    """What the overview says of backups."""
    page = view.page("overview")
    assert isinstance(page, OverviewPage)
    return [notice.said.text for notice in page.notices() if notice.page == "backups"]


@in_a_window
async def test_the_overview_is_silent_about_a_backup_that_is_well(bench: WindowBench) -> None:
    view, page = await backups_page(bench)
    assert notices(view) == []
    await view.wallet.receiving.hand_out(ACCOUNT, RequestTerms("Ada"))
    click(page.state.back_up)
    await until(lambda: page.state.chip.text() == "Backup verified")
    assert notices(view) == []


@in_a_window
async def test_the_overview_says_that_all_is_well_for_as_long_as_it_is(bench: WindowBench) -> None:
    bench.chain.state = ConnectionState(ConnectionPhase.CONNECTED, "a server", height=1)
    view, _ = await backups_page(bench)
    view.show_page("overview")
    page = view.page("overview")
    await until(lambda: "Nothing needs your attention" in said_in(page))
    for _ in range(view.wallet.accounts.get(ACCOUNT).gap_limit):
        await view.wallet.receiving.hand_out(ACCOUNT)
    await until(lambda: "has reached its gap limit" in said_in(page))
    assert "Nothing needs your attention" not in said_in(page)


@in_a_window
async def test_a_notice_on_the_overview_goes_once_it_is_dealt_with(bench: WindowBench) -> None:
    view = await bench.watching_wallet()
    view.show_page("overview")
    page = view.page("overview")

    def told() -> bool:
        return any("Not backed up" in label.text() for label in page.findChildren(QLabel))

    await until(told)
    with Secret.from_text(BUNDLE_PASSPHRASE) as passphrase:
        await view.wallet.backing_up.set_passphrase(passphrase)
    await until(lambda: not told())


@in_a_window
async def test_a_further_folder_gets_every_backup_is_marked_when_away_and_can_be_taken_off(
    bench: WindowBench,
) -> None:
    view, page = await backups_page(bench)
    stick = folder_beside(bench, "stick")
    answer_with(page, stick)
    click(page.folders.add)
    await until(lambda: bool(names_shown(page, str(stick))))
    assert await view.wallet.backing_up.folders() == (str(stick),)
    part = page.folders.parts[str(stick)]
    assert not part.missing.isVisible()
    click(page.folders.add)
    await until(lambda: "already" in view.told.accessibleName())
    shutil.rmtree(stick)
    await view.wallet.backing_up.look()
    await until(part.missing.isVisible)
    assert part.missing.text() == "Not there"
    assert page.state.chip.text() == "Backup folder missing"
    assert notices(view) == ["Backup folder missing"]
    click(part.remove)
    await until(lambda: page.state.chip.text() != "Backup folder missing")
    assert await view.wallet.backing_up.folders() == ()
    await until(lambda: not part.remove.isVisible())


@in_a_window
async def test_older_backups_stand_behind_a_button(bench: WindowBench) -> None:
    view, page = await backups_page(bench)
    home = view.wallet.backing_up.home
    files = tuple(replace(FILE, name=f"a-{n}.pillarbox-backup", folder=home) for n in range(5))
    part = page.folders.parts[home]
    part.show_shelf(shelves(BackupStatus(BackupPhase.VERIFIED, files=files), home, ())[0])
    assert len(names_shown(page)) == 3
    assert part.more.text() == "Show all 5"
    click(part.more)
    assert len(names_shown(page)) == 5
    heights = part.table.header.sizeHint().height() + sum(part.table.rowHeight(row) for row in range(5))
    assert part.table.height() == heights
    click(part.more)
    assert len(names_shown(page)) == 3


@in_a_window
async def test_a_bundle_takes_both_passphrases_and_a_folder(bench: WindowBench) -> None:
    view, page = await backups_page(bench)
    safe = folder_beside(bench, "safe")
    answer_with(page, safe)
    click(page.save_bundle)
    question = await bench.question(BundleQuestion)
    assert "Whoever has file and passphrase has the money" in said_in(question)
    assert question.focusWidget() is question.own
    for own, new, repeated, refusal in (
        (PASSPHRASE, BUNDLE_PASSPHRASE, "something else", "differ"),
        (PASSPHRASE, "short", "short", "fewer than 8"),
        (PASSPHRASE, BUNDLE_PASSPHRASE, BUNDLE_PASSPHRASE, "Choose the folder"),
    ):
        fill(question, own, new, repeated)
        click(question.go_on)
        await until(lambda refusal=refusal: refusal in question.trouble.text())
    click(question.choose)
    await until(question.chosen.isVisible)
    fill(question, "not the passphrase", BUNDLE_PASSPHRASE, BUNDLE_PASSPHRASE)
    click(question.go_on)
    await until(lambda: question.own.hasSelectedText() and question.go_on.isEnabled())
    assert list(safe.iterdir()) == []
    fill(question, PASSPHRASE, BUNDLE_PASSPHRASE, BUNDLE_PASSPHRASE)
    click(question.go_on)
    await until(lambda: not bench.window.findChildren(BundleQuestion))
    (file,) = safe.iterdir()
    assert file.name in view.told.accessibleName()
    assert "bundle" in file.name
    assert WORDS.split()[0].encode() not in file.read_bytes()
    assert all("bundle" not in name for name in names_shown(page))


def fill(question: BundleQuestion, own: str, new: str, repeated: str) -> None:
    question.own.setText(own)
    question.new.setText(new)
    question.repeated.setText(repeated)


@in_a_window
async def test_without_words_a_passphrase_is_set_and_backups_begin(bench: WindowBench) -> None:
    view = await bench.watching_wallet()
    page = shown_page(view)
    await until(lambda: page.state.chip.text() == "Not backed up: set a passphrase")
    assert notices(view) == ["Not backed up: set a passphrase"]
    assert not page.state.back_up.isVisible()
    assert not page.save_bundle.isVisible()
    click(page.state.set_passphrase)
    question = await bench.question(BackupPassphraseQuestion)
    question.new.setText(BUNDLE_PASSPHRASE)
    question.repeated.setText("something else")
    click(question.go_on)
    await until(lambda: "differ" in question.trouble.text())
    assert view.wallet.backup.needs_passphrase
    question.repeated.setText(BUNDLE_PASSPHRASE)
    click(question.go_on)
    await until(lambda: bool(names_shown(page)))
    await until(lambda: page.state.back_up.isVisible() and not page.state.set_passphrase.isVisible())
    assert notices(view) == []
    click(page.change_passphrase)
    question = await bench.question(BackupPassphraseQuestion)
    assert "earlier one only" in said_in(question)
    question.reject()
    await until(lambda: not page._tasks.running("ask"))


@in_a_window
async def test_the_tab_key_reaches_everything_from_top_to_bottom(bench: WindowBench) -> None:
    view, page = await backups_page(bench)
    stick = folder_beside(bench, "stick")
    answer_with(page, stick)
    click(page.folders.add)
    await until(lambda: bool(names_shown(page, str(stick))))
    await until(lambda: not page._tasks.running("read"))
    bench.window.activateWindow()
    await until(bench.window.isActiveWindow)
    home, further = page.folders.parts.values()
    stops = [
        page.state.back_up,
        page.state.prove,
        page.state.save_copy,
        home.table,
        further.remove,
        further.table,
        page.folders.add,
        page.show_words,
        page.save_bundle,
        page.restore,
        page.scan_wider,
        view.connection,
    ]
    stops[0].setFocus()
    seen = [bench.window.focusWidget()]
    for _ in stops[1:]:
        QTest.keyClick(bench.window.focusWidget(), Qt.Key.Key_Tab)
        seen.append(bench.window.focusWidget())
    assert seen == stops


@in_a_window
async def test_a_row_that_the_keyboard_reaches_comes_into_view(bench: WindowBench) -> None:
    _, page = await backups_page(bench)
    bench.window.resize(1024, 600)
    part = page.folders.parts[page._wallet.backing_up.home]
    files = [replace(FILE, name=f"a-{n}.pillarbox-backup") for n in range(30)]
    part.model.show(files)
    part._fit()
    part.table.setFocus()
    await asyncio.sleep(0.05)
    for _ in range(30):
        QTest.keyClick(part.table, Qt.Key.Key_Down)
    row = part.table.visualRect(part.table.currentIndex())
    place = QRect(part.table.viewport().mapTo(page._area.viewport(), row.topLeft()), row.size())
    assert page._area.viewport().rect().contains(place.center())


@in_a_window
async def test_a_folder_is_chosen_by_the_desktops_own_dialog(bench: WindowBench) -> None:
    stick = folder_beside(bench, "stick")
    for accept, chosen in ((True, stick), (False, None)):
        asking = asyncio.create_task(choose_folder(bench.window, "Where?"))
        dialog = await bench.question(QFileDialog)
        name = dialog.findChild(QLineEdit)
        assert name is not None
        name.setText(str(stick))
        dialog.done(accept)
        assert await asking == chosen
