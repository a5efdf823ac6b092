"""What stands in front of the window, and what a person has to know to answer it."""

import re
from pathlib import Path

import pytest
from PySide6.QtWidgets import QLabel, QWidget
from window_bench import (
    ACCOUNT,
    ON_BITCOIN,
    PASSPHRASE,
    WORDS,
    WindowBench,
    click,
    in_a_window,
    states,
    until,
)

from pillarbox import __version__
from pillarbox.errors import ErrorText
from pillarbox.events import ConnectionChanged
from pillarbox.model.address import AddressState
from pillarbox.model.network import BITCOIN, Chain, Network
from pillarbox.model.progress import ChangedCertificate, ConnectionPhase, ConnectionState
from pillarbox.model.receiving import RequestTerms
from pillarbox_gui.dialogs.about import About
from pillarbox_gui.dialogs.add_account import AddAccountQuestion
from pillarbox_gui.dialogs.gap_limit import GapLimitQuestion, NotScannedQuestion
from pillarbox_gui.dialogs.message import Confirmation
from pillarbox_gui.dialogs.recovery_words import RecoveryWordsQuestion
from pillarbox_gui.dialogs.server_certificate import TrustQuestion, in_lines
from pillarbox_gui.pages.backups import BackupsPage
from pillarbox_gui.pages.settings import SettingsPage

# What the offscreen platform says of every window that has a least size.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")

PRIVATE_KEY = (
    "tprv8ZgxMBicQKsPd7Uf69XL1XwhmjHopUGep8GuEiJDZmbQz6o58Lnino"
    "rQAfcKZWARbtRtfnLcJ5MQ2AtHcQJCCRUcMRvmDUjyEmNUWwx8UbK"
)
KNOWN, SHOWN = ":".join(["AA"] * 32), ":".join(["BB"] * 32)


def said_in(widget: QWidget) -> str:
    """All that its labels say."""
    return "\n".join(label.text() for label in widget.findChildren(QLabel))


@in_a_window
async def test_at_the_gap_limit_the_oldest_hold_and_the_next_gap_are_named(bench: WindowBench) -> None:
    view = await bench.watching_wallet()
    limit = view.wallet.accounts.get(ACCOUNT).gap_limit
    await view.wallet.receiving.hand_out(ACCOUNT, RequestTerms("Mara, rent"))
    await view.wallet.receiving.hand_out_many(ACCOUNT, limit - 1)
    click(view.receive.list.new_address)
    question = await bench.question(GapLimitQuestion)
    said = said_in(question)
    assert 'No. 0, "Mara, rent", held since today' in said
    assert f"on {2 * limit} addresses are watched beyond the last one shown, instead of {limit}" in said
    click(question.extend)
    await until(lambda: view.wallet.accounts.get(ACCOUNT).gap_limit == 2 * limit)


@in_a_window
async def test_the_words_are_shown_again_for_the_passphrase_alone(bench: WindowBench) -> None:
    await bench.wallet_of_words()
    view = await bench.shown("Safe")
    page = view.page("backups")
    assert isinstance(page, BackupsPage)
    view.show_page("backups")
    click(page.show_words)
    question = await bench.question(RecoveryWordsQuestion)
    question.passphrase.setText("not the passphrase")
    click(question.go_on)
    await until(lambda: not question.trouble.isHidden())
    assert question.grid is None
    question.passphrase.setText(PASSPHRASE)
    click(question.go_on)
    await until(lambda: question.grid is not None)
    assert question.passphrase.text() == ""
    assert question.grid is not None
    assert " ".join(re.findall("[a-z]+", said_in(question.grid))) == WORDS.strip()
    click(question.cancel)
    await until(lambda: not bench.window.findChildren(RecoveryWordsQuestion))


@in_a_window
async def test_a_payment_request_is_not_ended_by_accident(bench: WindowBench) -> None:
    view = await bench.watching_wallet()
    given = await view.wallet.receiving.hand_out(ACCOUNT, RequestTerms("Mara, rent"))
    await until(lambda: states(view)[0] == AddressState.RESERVED)
    view.receive.release(given.ref)
    question = await bench.question(Confirmation)
    click(question.cancel)
    await until(lambda: not bench.window.findChildren(Confirmation))
    assert view.wallet.accounts.address(given.ref).state is AddressState.RESERVED
    view.receive.release(given.ref)
    click((await bench.question(Confirmation)).go_on)
    await until(lambda: states(view)[0] == AddressState.UNUSED)


@in_a_window
async def test_shown_words_are_gone_once_the_screen_is_locked(bench: WindowBench) -> None:
    await bench.wallet_of_words()
    view = await bench.shown("Safe")
    page = view.page("backups")
    assert isinstance(page, BackupsPage)
    view.show_page("backups")
    click(page.show_words)
    await bench.question(RecoveryWordsQuestion)
    view.wallet.unlocking.lock_screen()
    await until(lambda: not bench.window.findChildren(RecoveryWordsQuestion))


@in_a_window
async def test_a_wallet_without_words_offers_none(bench: WindowBench) -> None:
    view = await bench.watching_wallet()
    page = view.page("backups")
    assert isinstance(page, BackupsPage)
    assert page.show_words.isHidden()


@in_a_window
async def test_before_the_scan_and_without_a_server_a_way_to_choose_one_is_offered(
    bench: WindowBench,
) -> None:
    bench.chain.silent = True
    view = await bench.unscanned_wallet()
    click(view.receive.list.new_address)
    question = await bench.question(NotScannedQuestion)
    assert "Wait" not in question.wait.text()
    click(question.settings)
    page = view.page("settings")
    assert isinstance(page, SettingsPage)
    await until(page.isVisible)
    assert bench.window.focusWidget() is page.servers[ON_BITCOIN]
    assert AddressState.RESERVED not in states(view)


@in_a_window
async def test_before_the_scan_and_with_a_server_one_may_wait(bench: WindowBench) -> None:
    bench.chain.silent = True
    bench.chain.state = ConnectionState(ConnectionPhase.CONNECTED, "127.0.0.1:50001:t")
    view = await bench.unscanned_wallet()
    click(view.receive.list.new_address)
    question = await bench.question(NotScannedQuestion)
    assert question.wait.text() == "Wait for the scan"
    assert not question.settings.isVisible()
    question.reject()
    await until(lambda: not view.receive._tasks.running("hand-out"))


@in_a_window
async def test_a_changed_certificate_is_trusted_by_its_fingerprints(bench: WindowBench) -> None:
    view = await bench.watching_wallet()
    view.show_page("settings")
    page = view.page("settings")
    assert isinstance(page, SettingsPage)
    said = ErrorText("certificate-changed", "It changed", f"From {KNOWN} to {SHOWN}.", "Ask why.")
    certificate = ChangedCertificate(KNOWN, SHOWN)
    refused = ConnectionState(ConnectionPhase.REFUSED, "a.example:50002:s", None, said, certificate)
    bench.chain.state = refused
    bench.app.events.publish(ConnectionChanged(None, 1, Chain(BITCOIN, Network.REGTEST), refused))
    # The page has no room for them.
    assert SHOWN not in said_in(page)
    click(page.trust)
    question = await bench.question(TrustQuestion)
    assert in_lines(KNOWN) in said_in(question)
    assert in_lines(SHOWN) in said_in(question)
    widest = max(label.sizeHint().width() for label in question.findChildren(QLabel) if "BB:" in label.text())
    assert widest < question.width()
    question.reject()
    await until(lambda: not page._tasks.running("trust"))


def test_a_fingerprint_takes_two_lines_and_loses_nothing() -> None:
    assert in_lines(SHOWN).replace("\n", "") == SHOWN
    assert in_lines(SHOWN).count("\n") == 1
    assert in_lines("a certificate that an authority vouched for").count("\n") == 0


@in_a_window
async def test_the_wallet_menu_tells_what_this_program_is_and_opens_its_log(bench: WindowBench) -> None:
    view = await bench.watching_wallet()
    view.sidebar.wallet_menu.aboutToShow.emit()
    next(act for act in view.sidebar.wallet_menu.actions() if "About" in act.text()).trigger()
    question = await bench.question(About)
    assert __version__ in question.version.text()
    assert "MIT" in said_in(question)
    opened: list[Path] = []

    def refuse(folder: Path) -> bool:
        opened.append(folder)
        return False

    question._open_folder = refuse
    click(question.open_log)
    assert opened == [bench.app.paths.log.parent]
    assert str(opened[0]) in question.trouble.text()
    question._open_folder = lambda folder: not opened.append(folder)
    click(question.open_log)
    assert not question.trouble.isVisible()
    click(question.close_button)
    await until(lambda: not bench.window._tasks.running("about"))


@in_a_window
async def test_a_refused_private_key_does_not_stay_in_the_question(bench: WindowBench) -> None:
    view = await bench.watching_wallet()
    click(view.sidebar.add_account)
    question = await bench.question(AddAccountQuestion)
    question.proof.setText(PRIVATE_KEY)
    click(question.go_on)
    await until(question.trouble.isVisible)
    assert question.proof.text() == ""
    question.proof.setText("nonsense")
    click(question.go_on)
    await until(question.go_on.isEnabled)
    assert question.proof.text() == "nonsense"


@in_a_window
async def test_what_the_words_bring_back_is_told_of_every_coin_and_of_accounts_that_watch(
    bench: WindowBench,
) -> None:
    await bench.wallet_of_words()
    page = (await bench.shown("Safe")).page("backups")
    assert isinstance(page, BackupsPage)
    said = "\n".join(label.text() for label in page.findChildren(QLabel))
    assert "every account that was made from them" in said
    assert "of any coin" in said
    assert "Accounts that only watch" in said
