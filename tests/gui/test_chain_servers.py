"""Servers of other coins: chosen in the settings, and told of where they fail."""

import asyncio

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel
from window_bench import (
    ACCOUNT,
    ON_BITCOIN,
    PASSPHRASE,
    WORDS,
    WindowBench,
    click,
    in_a_window,
    in_a_window_of,
    until,
)

from pillarbox.accounts import KINDS
from pillarbox.accounts.coins import DASH_P2PKH
from pillarbox.app.new_wallet import NewWallet, WordsSource
from pillarbox.errors import ErrorText
from pillarbox.events import ConnectionChanged
from pillarbox.model.account import ScanState, WalletId
from pillarbox.model.network import CARDANO, DASH, DOGECOIN, Chain, Network
from pillarbox.model.progress import ConnectionPhase, ConnectionState
from pillarbox.secret import Secret
from pillarbox_gui.dialogs.message import Confirmation
from pillarbox_gui.pages.overview import NoticeCard, OverviewPage
from pillarbox_gui.pages.project_key_field import ProjectKeyField
from pillarbox_gui.pages.settings import SettingsPage
from pillarbox_gui.pages.wallet_view import WalletView
from pillarbox_gui.theme.tokens import Tone
from pillarbox_gui.wording.amounts import NOTHING, UNIT_SPACE

ON_DASH = Chain(DASH, Network.REGTEST)
ON_CARDANO = Chain(CARDANO, Network.MAINNET)
SERVER = "127.0.0.1:50002:s"
INDEXER = "http://127.0.0.1:1/api"


@in_a_window_of(KINDS.with_kind(DASH_P2PKH))
async def test_servers_of_another_coin_are_chosen_for_the_wallets_network(bench: WindowBench) -> None:
    view = await bench.watching_wallet()
    page = view.page("settings")
    assert isinstance(page, SettingsPage)
    field = page.servers[ON_DASH]
    field.setText(SERVER)
    field.editingFinished.emit()
    assert bench.app.settings.values.servers == {"dash/regtest": [SERVER]}
    assert Chain(DOGECOIN, Network.REGTEST) in page.servers
    assert Chain(DASH, Network.MAINNET) not in page.servers


@in_a_window_of(KINDS.with_kind(DASH_P2PKH))
async def test_a_changed_certificate_of_another_coins_server_can_be_trusted_too(bench: WindowBench) -> None:
    view = await bench.watching_wallet()
    page = view.page("settings")
    assert isinstance(page, SettingsPage)
    assert ON_DASH not in page._lines
    said = ErrorText("certificate-changed", "The certificate changed", "It is another one.", "Ask why.")
    refused = ConnectionState(ConnectionPhase.REFUSED, SERVER, error=said)
    bench.app.events.publish(ConnectionChanged(None, 1, ON_DASH, refused))
    line = page._lines[ON_DASH]
    assert not line.isHidden()
    assert not line.trust.isHidden()
    assert page.trust.isHidden()


@in_a_window_of(KINDS.with_kind(DASH_P2PKH))
async def test_the_overview_names_the_coin_whose_server_fails(bench: WindowBench) -> None:
    await bench.wallet_of_words()
    view = await bench.shown("Safe")
    page = view.page("overview")
    assert isinstance(page, OverviewPage)
    known = bench.app.connections.state
    offline = ConnectionState(ConnectionPhase.OFFLINE, SERVER)

    def state(chain: Chain, wallet: WalletId | None = None) -> ConnectionState:
        return offline if chain == ON_DASH else known(chain, wallet)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bench.app.connections, "state", state)
        assert not any("Dash" in notice.said.text for notice in page.notices())
        with Secret.from_text(PASSPHRASE) as passphrase:
            async with view.wallet.unlocking.root(passphrase) as root:
                await view.wallet.accounts.add("dash-p2pkh", root=root)
        assert "Dash: Offline" in [notice.said.text for notice in page.notices()]


async def keyed(bench: WindowBench) -> tuple[WalletView, ProjectKeyField]:
    """A wallet on the main network, in whose settings an indexer was named, and the field for its key."""
    words = WordsSource(Secret.from_text(WORDS), made_here=True)
    await bench.app.create_wallet(
        NewWallet("Coins", Network.MAINNET, words, Secret.from_text(PASSPHRASE), use_keychain=False)
    )
    bench.app.connections.use_servers(ON_CARDANO, INDEXER)
    view = await bench.shown("Coins")
    view.show_page("settings")
    page = view.page("settings")
    assert isinstance(page, SettingsPage)
    return view, page.project_keys[ON_CARDANO]


@in_a_window
async def test_a_project_key_is_kept_and_never_shown_again(bench: WindowBench) -> None:
    view, entry = await keyed(bench)
    assert entry.keep.isHidden()
    entry.field.setText("mainnetSECRET")
    assert entry.field.displayText() != "mainnetSECRET"
    QTest.keyClick(entry.field, Qt.Key.Key_Return)
    await until(lambda: entry.field.text() == "" and not entry.keep.isHidden())
    assert await view.wallet.project_keys.has(ON_CARDANO)


@in_a_window
async def test_a_project_key_is_forgotten_only_after_a_question(bench: WindowBench) -> None:
    view, entry = await keyed(bench)
    await view.wallet.project_keys.keep(ON_CARDANO, "mainnetSECRET")
    entry.refresh()
    await until(entry.keep.isVisible)
    QTest.keyClick(entry.field, Qt.Key.Key_Return)
    await asyncio.sleep(0)
    assert not entry._tasks.running("keep a project key")
    click(entry.keep)
    (await bench.question(Confirmation)).reject()
    await until(lambda: not entry._tasks.running("keep a project key"))
    assert await view.wallet.project_keys.has(ON_CARDANO)
    click(entry.keep)
    click((await bench.question(Confirmation)).go_on)
    await until(entry.keep.isHidden)
    assert not await view.wallet.project_keys.has(ON_CARDANO)


@in_a_window
async def test_a_project_key_is_told_of_for_the_indexer_that_is_set_alone(bench: WindowBench) -> None:
    view, entry = await keyed(bench)
    await view.wallet.project_keys.keep(ON_CARDANO, "mainnetSECRET")
    entry.refresh()
    await until(entry.keep.isVisible)
    page = view.page("settings")
    assert isinstance(page, SettingsPage)
    page.servers[ON_CARDANO].setText("http://127.0.0.1:2/api")
    page.servers[ON_CARDANO].editingFinished.emit()
    await until(entry.keep.isHidden)


@in_a_window_of(KINDS.with_kind(DASH_P2PKH))
async def test_each_notice_of_a_missing_server_leads_to_the_field_of_its_coin(bench: WindowBench) -> None:
    await bench.wallet_of_words()
    view = await bench.shown("Safe")
    with Secret.from_text(PASSPHRASE) as passphrase:
        async with view.wallet.unlocking.root(passphrase) as root:
            await view.wallet.accounts.add("dash-p2pkh", root=root)
    for title, chain in (("No Dash server is set", ON_DASH), ("No server", ON_BITCOIN)):
        view.show_page("overview")
        page, settings = view.page("overview"), view.page("settings")
        assert isinstance(page, OverviewPage)
        assert isinstance(settings, SettingsPage)
        cards = page.findChildren(NoticeCard)
        click(next(card.button for card in cards if title in card.button.accessibleDescription()))
        assert bench.window.focusWidget() is settings.servers[chain]


@in_a_window
async def test_the_field_that_somebody_is_led_to_is_in_view(bench: WindowBench) -> None:
    bench.window.resize(bench.window.minimumSize())
    view = await bench.watching_wallet()
    page = view.page("settings")
    assert isinstance(page, SettingsPage)
    for number, chain in enumerate(page._chains):
        failed = ConnectionState(ConnectionPhase.OFFLINE, SERVER)
        bench.app.events.publish(ConnectionChanged(None, number, chain, failed))
    for chain in (page._chains[-1], ON_BITCOIN):
        view.show_page("receive")
        view.choose_server(chain)
        field = page.servers[chain]
        await until(lambda field=field: field.visibleRegion().boundingRect() == field.rect())
        assert bench.window.focusWidget() is field


@in_a_window
async def test_nothing_received_is_a_dash_until_a_server_told_of_the_past(bench: WindowBench) -> None:
    bench.chain.silent = True
    bench.chain.state = ConnectionState(ConnectionPhase.OFFLINE, SERVER)
    view = await bench.unscanned_wallet()
    overview = view.page("overview")
    assert isinstance(overview, OverviewPage)

    def told() -> set[str]:
        view.sidebar.refresh()
        return {view.sidebar._cards[ACCOUNT].facts.amount, *overview._total_words()}

    await until(lambda: view.wallet.accounts.get(ACCOUNT).scan_state is ScanState.SCANNING)
    assert told() == {f"{NOTHING}{UNIT_SPACE}tBTC"}
    await view.wallet.accounts.set_scan_state(ACCOUNT, ScanState.SCANNED)
    (zero,) = told()
    assert zero.startswith("0.")
    await view.wallet.accounts.set_scan_state(ACCOUNT, ScanState.MADE_HERE)
    assert told() == {f"{NOTHING}{UNIT_SPACE}tBTC"}
    bench.chain.state = ConnectionState(ConnectionPhase.CONNECTED, SERVER)
    assert told() == {zero}


@in_a_window_of(KINDS.with_kind(DASH_P2PKH))
async def test_bitcoin_is_named_where_there_are_other_coins(bench: WindowBench) -> None:
    await bench.wallet_of_words()
    view = await bench.shown("Safe")
    overview, settings = view.page("overview"), view.page("settings")
    assert isinstance(overview, OverviewPage)
    assert isinstance(settings, SettingsPage)
    assert "No server chosen" in [notice.said.text for notice in overview.notices()]
    with Secret.from_text(PASSPHRASE) as passphrase:
        async with view.wallet.unlocking.root(passphrase) as root:
            await view.wallet.accounts.add("dash-p2pkh", root=root)
    assert "Bitcoin: No server chosen" in [notice.said.text for notice in overview.notices()]
    assert "Bitcoin" in [label.text() for label in settings._lines[ON_BITCOIN].findChildren(QLabel)]


@in_a_window
async def test_what_is_wrong_with_a_server_is_said_below_its_own_field(bench: WindowBench) -> None:
    view = await bench.watching_wallet()
    view.show_page("settings")
    page = view.page("settings")
    assert isinstance(page, SettingsPage)
    first, second = (page.servers[chain] for chain in page._chains[:2])
    first.setText("nonsense")
    first.editingFinished.emit()
    trouble = page.troubles[first]
    assert trouble._tone is Tone.BAD
    assert second not in page.troubles

    def lies_between() -> bool:
        above, below = (field.mapTo(page, field.rect().topLeft()).y() for field in (first, second))
        return above < trouble.mapTo(page, trouble.rect().topLeft()).y() < below

    await until(lies_between)
    await until(lambda: trouble.visibleRegion().boundingRect() == trouble.rect())
