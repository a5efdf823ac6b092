"""The connections of a running program: one a chain, each with servers of its own."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from electrum_peer.coins import chain_from
from electrum_peer.scripted_server import ScriptedServer
from electrum_peer.synthetic_chain import SyntheticChain
from pillarbox.app.application import Application
from pillarbox.app.new_wallet import NewWallet, WordsSource
from pillarbox.app.paths import Paths
from pillarbox.app.settings import SettingsUnreadableError
from pillarbox.chain.usage import Asker
from pillarbox.commands.command import Replies
from pillarbox.commands.sync import SyncArguments, sync
from pillarbox.errors import InvalidInputError, PillarboxError
from pillarbox.events import ConnectionChanged, Event
from pillarbox.model.address import AddressRef
from pillarbox.model.network import BITCOIN, DASH, LITECOIN, Chain, Coin, Network
from pillarbox.model.progress import ConnectionPhase
from pillarbox.secret import Secret
from pillarbox.wallet.wallet import Wallet


async def _no_key(_chain: Chain) -> None:
    return None


ON_BITCOIN = Chain(BITCOIN, Network.REGTEST)
ON_DASH = Chain(DASH, Network.REGTEST)
NOBODY = Asker("nobody", _no_key)
ON_LITECOIN = Chain(LITECOIN, Network.REGTEST)
NOWHERE = "127.0.0.1:1:t"


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[Application]:
    started = await Application.start(Paths(tmp_path / "data"))
    yield started
    await started.stop()


@pytest.fixture
async def dash() -> AsyncIterator[ScriptedServer]:
    async with ScriptedServer(chain_from("dash/regtest")) as serving:
        yield serving


@pytest.fixture
async def bitcoin() -> AsyncIterator[ScriptedServer]:
    chain = SyntheticChain()
    chain.mine(9)
    async with ScriptedServer(chain) as serving:
        yield serving


async def wallet_of_two(app: Application) -> Wallet:
    """Account 1 is Bitcoin's, account 2 Dash's."""
    source = WordsSource(Secret.from_text("abandon " * 11 + "about"), made_here=True)
    plan = NewWallet("w", Network.REGTEST, source, Secret.from_text("correct horse"), use_keychain=False)
    wallet = (await app.create_wallet(plan)).wallet
    async with wallet.unlocking.root(Secret.from_text("correct horse")) as root:
        await wallet.accounts.add("dash-p2pkh", number=0, root=root)
    return wallet


async def script(wallet: Wallet, account: str, index: int) -> bytes:
    return await wallet.accounts.watch_key(AddressRef(wallet.accounts.get(account).id, 0, index))


async def received(app: Application, wallet: Wallet, account: str, amount: int) -> None:
    news = asyncio.Event()
    subscription = app.events.subscribe(Event, lambda _: news.set())
    async with asyncio.timeout(20):
        while wallet.accounts.counts(wallet.accounts.get(account).id).received != amount:
            news.clear()
            await news.wait()
    subscription.close()


async def summary_of(replies: Replies) -> tuple[dict[str, Any], PillarboxError | None]:
    """The last reply, and what was raised after it."""
    found: dict[str, Any] = {}
    try:
        async with asyncio.timeout(20):
            async for reply in replies:
                if isinstance(reply, dict):
                    found = reply
    except PillarboxError as error:
        return found, error
    return found, None


async def test_each_coin_is_told_of_by_its_own_server(
    app: Application, bitcoin: ScriptedServer, dash: ScriptedServer
) -> None:
    wallet = await wallet_of_two(app)
    app.connections.use_server(ON_BITCOIN, str(bitcoin.address))
    app.connections.use_server(ON_DASH, str(dash.address))
    dash.chain.pay(await script(wallet, "2", 3), 900)
    bitcoin.chain.pay(await script(wallet, "1", 2), 700)
    for server in (bitcoin, dash):
        server.chain.mine()
        server.announce()
    await received(app, wallet, "2", 900)
    await received(app, wallet, "1", 700)
    assert app.connections.state(ON_DASH).server == str(dash.address)
    assert app.connections.state(ON_BITCOIN).server == str(bitcoin.address)
    assert app.connections.state(ON_LITECOIN).phase is ConnectionPhase.UNSET


async def test_a_server_that_is_down_delays_no_other_coin(app: Application, dash: ScriptedServer) -> None:
    wallet = await wallet_of_two(app)
    app.connections.use_server(ON_BITCOIN, NOWHERE)
    app.connections.use_server(ON_DASH, str(dash.address))
    dash.chain.pay(await script(wallet, "2", 0), 900)
    dash.announce()
    await received(app, wallet, "2", 900)
    assert app.connections.state(ON_BITCOIN).phase is not ConnectionPhase.CONNECTED


async def test_whoever_listens_is_told_which_chain_a_connection_is_to(
    app: Application, dash: ScriptedServer
) -> None:
    heard: asyncio.Queue[ConnectionChanged] = asyncio.Queue()
    app.events.subscribe(ConnectionChanged, heard.put_nowait)
    wallet = await wallet_of_two(app)
    app.connections.use_server(ON_DASH, str(dash.address))
    phase = ConnectionPhase.UNSET
    async with asyncio.timeout(20):
        while phase is not ConnectionPhase.CONNECTED:
            event = await heard.get()
            assert event.chain == ON_DASH
            phase = event.state.phase
        await wallet.watching.caught_up([ON_DASH])


async def test_servers_are_kept_by_chain_and_bitcoins_as_they_always_were(app: Application) -> None:
    app.connections.use_server(ON_BITCOIN, "one.example:50001:t")
    app.connections.use_servers(ON_DASH, "two.example:50001:t, three.example:50002:s")
    kept = json.loads(app.paths.settings.read_text())["servers"]
    assert kept == {
        "regtest": ["one.example:50001:t"],
        "dash/regtest": ["two.example:50001:t", "three.example:50002:s"],
    }


async def test_a_chain_that_no_server_is_asked_about_takes_none(app: Application) -> None:
    stranger = Chain(Coin("toycoin", "Toycoin", "TOY", "bead", 2, "", 999), Network.REGTEST)
    with pytest.raises(InvalidInputError, match="Toycoin on regtest"):
        app.connections.use_server(stranger, NOWHERE)
    assert stranger not in app.connections.chains
    assert app.connections.state(stranger).phase is ConnectionPhase.UNSET
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(app.connections.usage(stranger, NOBODY), 0.05)


async def test_servers_of_a_network_that_there_is_not_are_refused(app: Application) -> None:
    with pytest.raises(SettingsUnreadableError):
        app.settings.change(servers={"dash/moon": [NOWHERE]})


async def test_sync_asks_every_coin_that_has_a_server(
    app: Application, bitcoin: ScriptedServer, dash: ScriptedServer
) -> None:
    wallet = await wallet_of_two(app)
    dash.chain.pay(await script(wallet, "2", 0), 900)
    _, error = await summary_of(sync(app, SyncArguments("w", str(bitcoin.address))))
    assert error is None
    summary, error = await summary_of(sync(app, SyncArguments("w", str(dash.address), coin="dash")))
    assert error is None
    assert list(summary["connections"]) == ["dash/regtest"]
    summary, error = await summary_of(sync(app, SyncArguments("w")))
    assert error is None
    assert list(summary["connections"]) == ["regtest", "dash/regtest"]
    assert [account["received"] for account in summary["accounts"]] == [0, 900]


async def test_sync_brings_one_coin_up_to_date_where_anothers_server_is_refused(
    app: Application, dash: ScriptedServer
) -> None:
    wallet = await wallet_of_two(app)
    dash.chain.pay(await script(wallet, "2", 0), 900)
    app.connections.use_server(ON_DASH, str(dash.address))
    app.connections.use_server(ON_BITCOIN, str(dash.address))
    summary, error = await summary_of(sync(app, SyncArguments("w")))
    assert error is not None
    assert "that of Dash regtest" in error.text.message
    assert [account["received"] for account in summary["accounts"]] == [0, 900]


async def test_sync_of_a_coin_that_the_wallet_has_not_is_refused(app: Application) -> None:
    await wallet_of_two(app)
    _, error = await summary_of(sync(app, SyncArguments("w", coin="litecoin")))
    assert isinstance(error, InvalidInputError)
    assert "bitcoin, dash" in error.text.message
