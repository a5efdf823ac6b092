"""Servers of other coins: chosen in the settings, and told of where they fail."""

import pytest
from window_bench import PASSPHRASE, WORDS, WindowBench, click, in_a_window, in_a_window_of, until

from pillarbox.accounts import KINDS
from pillarbox.accounts.coins import DASH_P2PKH
from pillarbox.app.new_wallet import NewWallet, WordsSource
from pillarbox.errors import ErrorText
from pillarbox.events import ConnectionChanged
from pillarbox.model.network import CARDANO, DASH, DOGECOIN, Chain, Network
from pillarbox.model.progress import ConnectionPhase, ConnectionState
from pillarbox.secret import Secret
from pillarbox_gui.pages.overview import OverviewPage
from pillarbox_gui.pages.settings import SettingsPage

ON_DASH = Chain(DASH, Network.REGTEST)
SERVER = "127.0.0.1:50002:s"


@in_a_window_of(KINDS.with_kind(DASH_P2PKH))
async def test_servers_of_another_coin_are_chosen_for_the_wallets_network(bench: WindowBench) -> None:
    view = await bench.watching_wallet()
    page = view.page("settings")
    assert isinstance(page, SettingsPage)
    field = page.servers[ON_DASH.name]
    field.setText(SERVER)
    field.editingFinished.emit()
    assert bench.app.settings.values.servers == {"dash/regtest": [SERVER]}
    assert Chain(DOGECOIN, Network.REGTEST).name in page.servers
    assert Chain(DASH, Network.MAINNET).name not in page.servers


@in_a_window_of(KINDS.with_kind(DASH_P2PKH))
async def test_a_changed_certificate_of_another_coins_server_can_be_trusted_too(bench: WindowBench) -> None:
    view = await bench.watching_wallet()
    page = view.page("settings")
    assert isinstance(page, SettingsPage)
    line = page._lines[ON_DASH]
    assert line.isHidden()
    said = ErrorText("certificate-changed", "The certificate changed", "It is another one.", "Ask why.")
    refused = ConnectionState(ConnectionPhase.REFUSED, SERVER, error=said)
    bench.app.events.publish(ConnectionChanged(None, 1, ON_DASH, refused))
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

    def state(chain: Chain) -> ConnectionState:
        return offline if chain == ON_DASH else known(chain)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bench.app.connections, "state", state)
        assert not any("Dash" in notice.said.text for notice in page.notices())
        with Secret.from_text(PASSPHRASE) as passphrase:
            async with view.wallet.unlocking.root(passphrase) as root:
                await view.wallet.accounts.add("dash-p2pkh", root=root)
        assert "Dash: Offline" in [notice.said.text for notice in page.notices()]


@in_a_window
async def test_a_project_key_is_kept_and_never_shown_again(bench: WindowBench) -> None:
    words = WordsSource(Secret.from_text(WORDS), made_here=True)
    await bench.app.create_wallet(
        NewWallet("Coins", Network.MAINNET, words, Secret.from_text(PASSPHRASE), use_keychain=False)
    )
    view = await bench.shown("Coins")
    page = view.page("settings")
    assert isinstance(page, SettingsPage)
    entry = page.project_keys["cardano/mainnet"]
    assert entry.keep.isHidden()
    entry.field.setText("mainnetSECRET")
    assert entry.field.displayText() != "mainnetSECRET"
    click(entry.keep)
    await until(lambda: entry.field.text() == "" and not entry.keep.isHidden())
    assert await view.wallet.project_keys.has(Chain(CARDANO, Network.MAINNET))
    click(entry.keep)
    await until(entry.keep.isHidden)
    assert not await view.wallet.project_keys.has(Chain(CARDANO, Network.MAINNET))
