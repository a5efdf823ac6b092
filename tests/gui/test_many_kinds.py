"""Accounts of many kinds and coins in one window: added, told of, and set up each in its own way."""

import asyncio
from dataclasses import replace

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QMenu, QWidget
from tests.unit.accounts.toy_kind import HARDENED_TOY, TOY, TOY_COIN
from window_bench import (
    ACCOUNT,
    PASSPHRASE,
    PUBLIC_KEY,
    WindowBench,
    click,
    in_a_window,
    in_a_window_of,
    new_address,
    until,
)

from pillarbox.accounts import KINDS, Kinds
from pillarbox.commands.nouns import account_object
from pillarbox.model.account import Account, AccountId, AtLimit, ScanState
from pillarbox.model.address import AddressRef
from pillarbox.model.network import BITCOIN, DASH, Chain, Network
from pillarbox.model.receiving import Hold
from pillarbox.secret import Secret
from pillarbox.wallet.new_account import MADE_AHEAD
from pillarbox_gui.dialogs.account_settings import AccountSettingsQuestion
from pillarbox_gui.dialogs.add_account import AddAccountQuestion
from pillarbox_gui.dialogs.explorer import ExplorerQuestion
from pillarbox_gui.dialogs.passphrase import PassphraseQuestion
from pillarbox_gui.dialogs.payment_request import PaymentRequestQuestion
from pillarbox_gui.pages.overview import OverviewPage
from pillarbox_gui.pages.receive import ReceivePage
from pillarbox_gui.pages.settings import SettingsPage
from pillarbox_gui.pages.wallet_view import WalletView
from pillarbox_gui.wizards.wizard_view import WizardView
from pillarbox_gui.wording.amounts import NOTHING, UNIT_SPACE

# What the offscreen platform says of every window that has a least size.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")

EXPLORED = replace(TOY_COIN, explorers={Network.REGTEST: "https://toys.example/a/{address}"})
LINKLESS = replace(TOY_COIN, name="linkless", title="Linkless", uri_scheme="")
EXPLORED_TOY = replace(TOY, name="toy-explored", title="Toy, explored", coin=EXPLORED)
LINKLESS_TOY = replace(TOY, name="toy-linkless", title="Toy, linkless", coin=LINKLESS)
WALKED_TOY = replace(HARDENED_TOY, name="toy-walked", coin=BITCOIN, usage=TOY.usage)
"""Each address takes the words, and a chain tells of it."""
SIGNET_TOY = replace(TOY, name="toy-signet", networks=frozenset({Network.SIGNET}))
MANY = Kinds(
    {
        kind.name: kind
        for kind in (
            *KINDS,
            TOY,
            HARDENED_TOY,
            EXPLORED_TOY,
            LINKLESS_TOY,
            WALKED_TOY,
            SIGNET_TOY,
        )
    }.values()
)
HARDENED_PATH = "m/999'/0'/0'/0'"


def said_in(widget: QWidget) -> str:
    return "\n".join(label.text() for label in widget.findChildren(QLabel) if not label.isHidden())


async def safe(bench: WindowBench) -> WalletView:
    await bench.wallet_of_words()
    return await bench.shown("Safe")


async def adding(bench: WindowBench, view: WalletView) -> AddAccountQuestion:
    click(view.sidebar.add_account)
    return await bench.question(AddAccountQuestion)


async def previewed(question: AddAccountQuestion) -> tuple[str, str]:
    """The first address without its spaces, and its path, once they are shown."""
    await until(lambda: question.preview.seen is not None)
    return question.preview.address.accessibleName(), question.preview.path.text()


async def account_of(view: WalletView, kind: str) -> Account:
    with Secret.from_text(PASSPHRASE) as passphrase:
        async with view.wallet.unlocking.root(passphrase) as root:
            added = await view.wallet.accounts.add(kind, root=root)
    view.show_account(added.id)
    return added


async def asked_for(page: ReceivePage) -> None:
    await until(lambda: not page._tasks.running("hand-out"))
    await until(lambda: page.panel.detail is not None and not page._tasks.running("detail"))


@in_a_window_of(MANY)
async def test_the_first_address_is_seen_before_its_account_is_made(bench: WindowBench) -> None:
    view = await safe(bench)
    question = await adding(bench, view)
    question.kind.choose("bitcoin-p2tr")
    assert not question.preview.show_it.isEnabled()
    question.proof.setText(PASSPHRASE)
    assert question.preview.seen is None
    click(question.preview.show_it)
    address, path = await previewed(question)
    assert path == "m/86'/1'/0'/0/0"
    assert len(view.wallet.accounts.all()) == 1
    click(question.go_on)
    await until(lambda: view.receive.account != ACCOUNT)
    assert view.wallet.accounts.address(AddressRef(view.receive.account, 0, 0)).text == address


@in_a_window_of(MANY)
async def test_a_passphrase_once_right_previews_each_further_kind_and_number(bench: WindowBench) -> None:
    view = await safe(bench)
    question = await adding(bench, view)
    question.proof.setText(PASSPHRASE)
    click(question.preview.show_it)
    assert (await previewed(question))[1] == "m/84'/1'/1'/0/0"
    question.kind.choose("dash-platform")
    question.extras["key_class"].setValue(3)
    question.number.setValue(5)
    await until(lambda: question.preview.path.text() == "m/9'/1'/17'/5'/3'/0")
    question.proof.setText(f"{PASSPHRASE}s")
    await asyncio.sleep(0)
    assert question.preview.seen is None
    question.reject()


@in_a_window_of(MANY)
async def test_a_wrong_passphrase_previews_nothing_and_says_so(bench: WindowBench) -> None:
    view = await safe(bench)
    question = await adding(bench, view)
    question.proof.setText("wrong horse")
    click(question.preview.show_it)
    await until(lambda: "passphrase" in question.preview.path.text())
    assert question.preview.address.isHidden()
    question.reject()


@in_a_window_of(MANY)
async def test_a_public_key_previews_by_itself_and_makes_a_watch_only_account(bench: WindowBench) -> None:
    view = await safe(bench)
    question = await adding(bench, view)
    question.proof.setText(PASSPHRASE)
    question.source.setCurrentIndex(1)
    assert question.proof.text() == ""
    assert not question.number.isEnabled()
    question.proof.setText(PUBLIC_KEY)
    address, _ = await previewed(question)
    assert address == view.wallet.accounts.address(AddressRef(ACCOUNT, 0, 0)).text
    question.reject()


@in_a_window_of(MANY)
async def test_the_next_number_of_each_kind_is_shown(bench: WindowBench) -> None:
    view = await safe(bench)
    question = await adding(bench, view)
    question.kind.choose("bitcoin-p2wpkh")
    await until(lambda: question.number.text() == "Next: 1")
    question.kind.choose("bitcoin-p2tr")
    await until(lambda: question.number.text() == "Next: 0")
    question.reject()


@in_a_window_of(MANY)
async def test_a_kind_that_needs_the_words_each_time_says_so_and_takes_no_public_key(
    bench: WindowBench,
) -> None:
    view = await safe(bench)
    question = await adding(bench, view)
    question.source.setCurrentIndex(1)
    question.kind.choose("toy-hardened")
    assert question.source.isHidden()
    assert "A row of addresses is made ahead" in question.note.text()
    question.proof.setText(PASSPHRASE)
    click(question.preview.show_it)
    assert (await previewed(question))[1] == HARDENED_PATH
    question.reject()


@in_a_window_of(MANY)
async def test_a_wallet_without_words_cannot_add_a_kind_that_needs_them(bench: WindowBench) -> None:
    view = await bench.watching_wallet()
    question = await adding(bench, view)
    question.kind.choose("toy-hardened")
    assert "this wallet has none" in question.note.text()
    assert not question.go_on.isEnabled()
    question.kind.choose("bitcoin-p2wpkh")
    assert question.go_on.isEnabled()
    assert "no words" in question.note.text()
    question.reject()


@in_a_window_of(MANY)
async def test_only_kinds_of_the_wallets_network_are_offered_and_a_search_finds_them(
    bench: WindowBench,
) -> None:
    view = await safe(bench)
    question = await adding(bench, view)
    offered = {question.kind.item(row).text() for row in range(question.kind.count())}
    assert {"Bitcoin", "Dash", "Toycoin", "Toy, hardened", "Bitcoin · Taproot"} <= offered
    assert "toy-signet" not in question._kinds
    question.search.setText("credits dash plat")
    shown = [
        question.kind.item(row).text()
        for row in range(question.kind.count())
        if not question.kind.item(row).isHidden()
    ]
    assert shown == ["Dash Platform", "Dash · Platform"]
    assert question.kind.kind == "dash-platform"
    question.search.setText("no such coin")
    assert question.kind.kind == ""
    assert not question.go_on.isEnabled()
    question.search.setText("")
    assert question.go_on.isEnabled()
    question.reject()


@in_a_window_of(MANY)
async def test_the_question_is_never_higher_than_its_window(bench: WindowBench) -> None:
    view = await safe(bench)
    bench.window.resize(1024, 640)
    question = await adding(bench, view)
    question.kind.choose("dash-platform")
    question.proof.setText(PASSPHRASE)
    click(question.preview.show_it)
    await previewed(question)
    assert question.height() <= bench.window.height()
    assert question.kind.visualItemRect(question.kind.currentItem()).bottom() <= question.kind.height()
    question.reject()


@in_a_window_of(MANY)
async def test_each_field_of_a_new_account_stands_beside_its_name(bench: WindowBench) -> None:
    view = await safe(bench)
    question = await adding(bench, view)
    question.kind.choose("dash-platform")
    names = {name.buddy(): name for name in question.findChildren(QLabel) if name.buddy() is not None}
    extra = question.extras["key_class"]
    fields: list[QWidget] = [question.label, question.number, extra, question.source, question.proof]

    def middle(part: QWidget) -> int:
        return part.mapTo(question, part.rect().center()).y()

    await until(lambda: all(abs(middle(field) - middle(names[field])) <= 1 for field in fields))
    question.reject()


@in_a_window_of(MANY)
async def test_another_kind_takes_the_address_of_the_one_before_away_at_once(bench: WindowBench) -> None:
    view = await safe(bench)
    question = await adding(bench, view)
    question.proof.setText(PASSPHRASE)
    click(question.preview.show_it)
    await previewed(question)
    question.kind.choose("bitcoin-p2tr")
    assert question.preview.address.isHidden()
    question.reject()


@in_a_window
async def test_whoever_wants_an_unlinkable_address_is_led_to_a_new_wallet(bench: WindowBench) -> None:
    view = await safe(bench)
    question = await adding(bench, view)
    click(question.another)
    await bench.screen(WizardView)
    menu = QMenu()
    view.receive.fill_account_menu(menu)
    bench.window.open_wallet("Safe")
    await bench.screen(WalletView)
    next(act for act in menu.actions() if "nobody can link" in act.text()).trigger()
    await bench.screen(WizardView)
    menu.deleteLater()


@in_a_window_of(MANY)
async def test_amounts_of_two_coins_are_never_added_and_a_missing_source_is_a_dash(
    bench: WindowBench,
) -> None:
    view = await bench.watching_wallet()
    await view.wallet.accounts.add("toy", public="toykey:8")
    bench.pay(view, 0, 150_000)
    await until(lambda: view.wallet.accounts.counts(ACCOUNT).received == 150_000)
    view.sidebar.refresh()
    amounts = [card.facts.amount for card in view.sidebar._cards.values()]
    assert [amount.rpartition(UNIT_SPACE)[2] for amount in amounts] == ["tBTC", "tTOY"]
    assert amounts[1] == f"{NOTHING}{UNIT_SPACE}tTOY"
    overview = view.page("overview")
    assert isinstance(overview, OverviewPage)
    assert overview._total_words() == amounts
    assert any("No Toycoin server is set" in notice.said.text for notice in overview.notices())


@in_a_window_of(MANY)
async def test_an_account_that_nobody_tells_of_says_so_plainly(bench: WindowBench) -> None:
    view = await safe(bench)
    await account_of(view, "dash-p2pkh")
    notice = view.receive.list.notice
    assert not notice.isHidden()
    assert "No Dash server is set" in said_in(notice)
    click(notice.action)
    settings = view.page("settings")
    assert isinstance(settings, SettingsPage)
    await until(settings.isVisible)
    assert bench.window.focusWidget() is settings.servers[Chain(DASH, Network.REGTEST)]
    await account_of(view, "toy-hardened")
    assert "Mark them as used by hand" in said_in(notice)
    assert notice.action.isHidden()
    await account_of(view, "dash-platform")
    assert "Balance reports tell" in said_in(notice)
    assert "watched" not in view.receive.list.origin.accessibleName()


@in_a_window_of(MANY)
async def test_an_explorer_learns_of_an_address_only_after_a_question(bench: WindowBench) -> None:
    view = await safe(bench)
    opened: list[str] = []
    view.receive.open_link = lambda link: not opened.append(link)
    await account_of(view, "toy-explored")
    click(view.receive.list.new_address)
    await asked_for(view.receive)
    click(view.receive.panel.explorer)
    question = await bench.question(ExplorerQuestion)
    assert "toys.example" in said_in(question)
    click(question.cancel)
    await until(lambda: not view.receive._tasks.running("explorer"))
    assert opened == []
    click(view.receive.panel.explorer)
    question = await bench.question(ExplorerQuestion)
    question.never_again.setChecked(True)
    click(question.go_on)
    await until(lambda: opened == ["https://toys.example/a/toy:0:0:0"])
    await until(lambda: not view.receive._tasks.running("explorer"))
    click(view.receive.panel.explorer)
    await until(lambda: len(opened) == 2)
    assert not bench.window.findChildren(ExplorerQuestion)
    await until(lambda: not view.receive._tasks.running("explorer"))
    view.show_page("settings")
    settings = view.page("settings")
    assert isinstance(settings, SettingsPage)
    assert not settings.ask_explorer.isChecked()
    settings.ask_explorer.click()
    assert bench.app.settings.values.ask_before_explorer
    view.show_page("receive")
    click(view.receive.panel.explorer)
    (await bench.question(ExplorerQuestion)).reject()


@in_a_window_of(MANY)
async def test_no_explorer_is_offered_where_none_shows_the_address(bench: WindowBench) -> None:
    view = await safe(bench)
    await new_address(view)
    assert view.receive.panel.explorer.isHidden()  # Bitcoin has none on regtest
    assert DASH.explorers
    await account_of(view, "dash-platform")
    click(view.receive.list.new_address)
    await asked_for(view.receive)
    assert view.receive.panel.explorer.isHidden()


@in_a_window_of(MANY)
async def test_a_coin_without_payment_links_shows_its_address_alone(bench: WindowBench) -> None:
    view = await safe(bench)
    await account_of(view, "toy-linkless")
    click(view.receive.list.request)
    question = await bench.question(PaymentRequestQuestion)
    assert not question.amount.isVisible()
    assert "has no payment links" in said_in(question)
    click(question.request)
    await asked_for(view.receive)
    panel = view.receive.panel
    assert panel.qr.text == "toy:0:0:0"
    assert panel.qr.accessibleName() == "QR code of the address"
    assert panel.link.isHidden()


@in_a_window_of(MANY)
async def test_each_accounts_settings_are_its_own(bench: WindowBench) -> None:
    view = await safe(bench)
    toy = await account_of(view, "toy")
    view.receive.set_up_account()
    question = await bench.question(AccountSettingsQuestion)
    assert question.hold.currentText() == "As in Settings (24 hours)"
    question.gap_limit.setValue(9)
    question.at_limit.setCurrentIndex(2)
    question.hold.setCurrentIndex(question.hold.findText("1 week"))
    click(question.save)
    await until(lambda: not view.receive._tasks.running("account settings"))
    kept = view.wallet.accounts.get(toy.id)
    assert (kept.gap_limit, kept.at_limit) == (9, AtLimit.EXTEND)
    assert await view.wallet.holding.usual(toy.id) == Hold(7 * 86_400)
    assert view.wallet.accounts.get(ACCOUNT).gap_limit == 20
    click(view.receive.list.request)
    request = await bench.question(PaymentRequestQuestion)
    assert request.hold.currentText() == "1 week"
    request.reject()
    await until(lambda: not view.receive._tasks.running("hand-out"))
    view.show_account(ACCOUNT)
    click(view.receive.list.request)
    request = await bench.question(PaymentRequestQuestion)
    assert request.hold.currentText() == "1 day"
    request.reject()


async def spent(bench: WindowBench) -> tuple[WalletView, AccountId]:
    """A hardened account whose rows made ahead are all handed out."""
    view = await safe(bench)
    account = (await account_of(view, "toy-hardened")).id
    await view.wallet.accounts.set_at_limit(account, AtLimit.EXTEND)
    await view.wallet.receiving.hand_out_many(account, MADE_AHEAD)
    return view, account


@in_a_window_of(MANY)
async def test_when_the_words_are_needed_the_passphrase_makes_more_and_the_request_goes_on(
    bench: WindowBench,
) -> None:
    view, account = await spent(bench)
    click(view.receive.list.new_address)
    question = await bench.question(PassphraseQuestion)
    question.passphrase.setText("wrong horse")
    click(question.go_on)
    await until(question.trouble.isVisible)
    question.passphrase.setText(PASSPHRASE)
    click(question.go_on)
    await asked_for(view.receive)
    detail = view.receive.panel.detail
    assert detail is not None
    assert detail.address.ref == AddressRef(account, 0, MADE_AHEAD)
    view.receive.copy_address(detail.address.ref)
    assert QGuiApplication.clipboard().text() == f"toy:0:0:{MADE_AHEAD}'"


@in_a_window_of(MANY)
async def test_without_the_words_nothing_more_is_handed_out(bench: WindowBench) -> None:
    view, account = await spent(bench)
    before = view.wallet.accounts.counts(account)
    click(view.receive.list.new_address)
    question = await bench.question(PassphraseQuestion)
    question.reject()
    await until(lambda: not view.receive._tasks.running("hand-out"))
    assert view.wallet.accounts.counts(account) == before


async def walked_to_its_end(bench: WindowBench) -> tuple[WalletView, AccountId]:
    """An account whose scan came to the end of the rows made ahead, with a used one near it."""
    view = await safe(bench)
    accounts = view.wallet.accounts
    with Secret.from_text(PASSPHRASE) as passphrase:
        async with view.wallet.unlocking.root(passphrase) as root:
            added = await accounts.add("toy-walked", root=root, scan_state=ScanState.UNSCANNED)
    for index in range(0, MADE_AHEAD, WALKED_TOY.gap_limit):
        bench.chain.pay(await accounts.watch_key(AddressRef(added.id, 0, index)), 1_000)
    view.wallet.scanning.start(added.id)
    view.show_account(added.id)
    await until(lambda: accounts.lacks_rows(added.id) and not view.wallet.scanning.is_running(added.id))
    return view, added.id


@in_a_window_of(MANY)
async def test_a_scan_that_came_to_the_last_address_goes_on_with_the_words(bench: WindowBench) -> None:
    view, account = await walked_to_its_end(bench)
    banner = view.receive.list.banner
    await until(banner.make_more.isVisible)
    assert "recovery words are needed" in said_in(banner)
    assert not banner.scan.isVisible()
    overview = view.page("overview")
    assert isinstance(overview, OverviewPage)
    assert any("as far as it has addresses" in notice.said.text for notice in overview.notices())
    assert account_object(view.wallet, view.wallet.accounts.get(account))["lacks_addresses"] is True
    click(banner.make_more)
    question = await bench.question(PassphraseQuestion)
    question.passphrase.setText(PASSPHRASE)
    click(question.go_on)
    await until(lambda: view.wallet.accounts.get(account).scan_state is ScanState.SCANNED)
    await until(banner.isHidden)
    assert account_object(view.wallet, view.wallet.accounts.get(account))["lacks_addresses"] is False


@in_a_window_of(MANY)
async def test_without_the_words_the_scan_stays_where_it_came_to(bench: WindowBench) -> None:
    view, account = await walked_to_its_end(bench)
    banner = view.receive.list.banner
    await until(banner.make_more.isVisible)
    click(banner.make_more)
    (await bench.question(PassphraseQuestion)).reject()
    await until(lambda: not view.receive._tasks.running("hand-out"))
    assert banner.make_more.isVisible()
    assert view.wallet.accounts.get(account).scan_state is ScanState.UNSCANNED
