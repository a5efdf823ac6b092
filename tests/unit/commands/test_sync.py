"""`sync` against servers that answer, refuse or lie: it ends, and says what it could not learn."""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from electrum_peer.scripted_server import Change, Refuse, ScriptedServer, hang_up
from electrum_peer.synthetic_chain import SyntheticChain
from indexer_peer.scripted_indexer import ScriptedIndexer
from pillarbox.app.application import Application
from pillarbox.app.local_socket import Reply, ToldError
from pillarbox.app.new_wallet import NewWallet, WordsSource
from pillarbox.app.paths import Paths
from pillarbox.chain.electrum_errors import ServerBusyError
from pillarbox.cli.render import Renderer
from pillarbox.commands.sync import (
    LOSSES,
    AddressesRefusedError,
    EndOfAddressesError,
    NoServerNamedError,
    SyncArguments,
    sync,
)
from pillarbox.errors import InvalidInputError
from pillarbox.model.account import ScanState
from pillarbox.model.address import AddressRef
from pillarbox.model.network import BITCOIN, CARDANO, Chain, Network
from pillarbox.model.payment import ScriptHistory
from pillarbox.model.progress import ConnectionPhase, ConnectionState, Progress
from pillarbox.model.receiving import Hold, RequestTerms
from pillarbox.secret import Secret
from pillarbox.wallet.wallet import Wallet

HISTORY = "blockchain.scripthash.get_history"
SUBSCRIBE = "blockchain.scripthash.subscribe"
MERKLE = "blockchain.transaction.get_merkle"


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    chain = SyntheticChain()
    chain.mine(9)
    async with ScriptedServer(chain) as serving:
        yield serving


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[Application]:
    started = await Application.start(Paths(tmp_path / "data"))
    yield started
    await started.stop()


async def wallet_of(app: Application, *, made_here: bool) -> Wallet:
    source = WordsSource(Secret.from_text("abandon " * 11 + "about"), made_here=made_here)
    plan = NewWallet("w", Network.REGTEST, source, Secret.from_text("correct horse"), use_keychain=False)
    return (await app.create_wallet(plan)).wallet


async def script(wallet: Wallet, index: int) -> bytes:
    return await wallet.accounts.watch_key(AddressRef(wallet.accounts.get().id, 0, index))


async def synced(app: Application, *servers: ScriptedServer) -> tuple[Any, Exception | None]:
    """The summary, and what was raised after it."""
    app.settings.change(servers={"regtest": [str(server.address) for server in servers]})
    replies: list[Reply] = []
    try:
        async with asyncio.timeout(20):
            replies += [reply async for reply in collected(app, replies)]
    except AddressesRefusedError as error:
        return replies[-1], error
    return replies[-1], None


async def collected(app: Application, replies: list[Reply]) -> AsyncIterator[Reply]:
    async for reply in sync(app, SyncArguments("w")):
        replies.append(reply)
        if not isinstance(reply, Progress):
            yield reply


def shown(summary: Any) -> str:
    """The first line that a person reads."""
    out = StringIO()
    Renderer(as_json=False, out=out, err=StringIO()).reply("sync", summary)
    return out.getvalue().splitlines()[0]


@pytest.mark.parametrize("made_here", [True, False])
async def test_what_was_received_is_learned(
    app: Application, server: ScriptedServer, made_here: bool
) -> None:
    wallet = await wallet_of(app, made_here=made_here)
    server.chain.pay(await script(wallet, 3), 700)
    server.chain.mine()
    summary, error = await synced(app, server)
    assert error is None
    assert (summary["refused"], summary["accounts"][0]["received"]) == (0, 700)
    assert shown(summary) == f"w is up to date with {server.address} at height 10."


async def test_a_payment_far_out_is_found_where_one_looks_far_enough(
    app: Application, server: ScriptedServer
) -> None:
    wallet = await wallet_of(app, made_here=False)
    deriver = wallet.accounts.kind(1).deriver(wallet.accounts.get().params, Network.REGTEST)
    server.chain.pay(deriver.derive(0, 150, 1)[0].watch_key, 700)
    server.chain.mine()
    summary, _ = await synced(app, server)
    assert summary["accounts"][0]["received"] == 0
    for wrong in (0, 1001):
        with pytest.raises(InvalidInputError):
            [_ async for _ in sync(app, SyncArguments("w", gap_limit=wrong))]
    async with asyncio.timeout(20):
        *_, summary = [reply async for reply in sync(app, SyncArguments("w", gap_limit=200))]
    assert summary["accounts"][0]["received"] == 700  # type: ignore[index]


@pytest.mark.parametrize("method", [SUBSCRIBE, HISTORY])
@pytest.mark.parametrize("made_here", [True, False])
@pytest.mark.logs_warning("history too large")
async def test_what_the_only_server_refuses_is_counted_and_told(
    app: Application, server: ScriptedServer, made_here: bool, method: str
) -> None:
    wallet = await wallet_of(app, made_here=made_here)
    server.chain.pay(await script(wallet, 3), 700)
    server.instead[method] = Refuse(1, "history too large")
    summary, error = await synced(app, server)
    everything = 40 if made_here else 44
    count = everything if method == SUBSCRIBE else 1
    assert summary["refused"] == count
    assert isinstance(error, AddressesRefusedError)
    assert f"tell of {count} of this wallet's addresses" in error.text.message
    assert shown(summary).endswith(f", but no server would tell of {count} of its addresses.")


@pytest.mark.parametrize("made_here", [True, False])
async def test_what_one_server_refuses_another_is_asked_for(
    app: Application, server: ScriptedServer, made_here: bool
) -> None:
    wallet = await wallet_of(app, made_here=made_here)
    server.chain.pay(await script(wallet, 3), 700)
    server.instead[HISTORY] = Refuse(1, "history too large")
    async with ScriptedServer(server.chain) as second:
        summary, error = await synced(app, server, second)
    assert error is None
    assert (summary["refused"], summary["accounts"][0]["received"]) == (0, 700)


async def test_a_block_that_the_server_only_claims_confirms_nothing(
    app: Application, server: ScriptedServer
) -> None:
    wallet = await wallet_of(app, made_here=True)
    given = await wallet.receiving.hand_out(wallet.accounts.get().id, RequestTerms("Ann", 700, Hold(None)))
    server.chain.pay(await script(wallet, 0), 700)
    server.instead[HISTORY] = Change(lambda listed: [item | {"height": 2_000_000_000} for item in listed])
    await synced(app, server)
    assert wallet.accounts.address(given.ref).flags.words == ("unconfirmed",)
    (payment,) = await wallet.payments.of_address(given.ref)
    assert (payment.sighting.height, payment.sighting.proven) == (0, False)


async def test_a_server_that_claims_a_block_and_refuses_the_proof_is_told_of(
    app: Application, server: ScriptedServer
) -> None:
    wallet = await wallet_of(app, made_here=True)
    server.chain.pay(await script(wallet, 0), 700)
    server.instead[HISTORY] = Change(lambda listed: [item | {"height": 5} for item in listed])
    server.instead[MERKLE] = Refuse(1, "no")
    async with ScriptedServer(server.chain) as honest:
        summary, _ = await synced(app, server, honest)
    assert summary["connection"]["server"] == str(honest.address)
    assert wallet.accounts.address(AddressRef(wallet.accounts.get().id, 0, 0)).flags.words == ("unconfirmed",)


async def test_a_server_that_is_lost_again_and_again_ends_it_in_words(
    app: Application, server: ScriptedServer
) -> None:
    wallet = await wallet_of(app, made_here=True)
    server.chain.pay(await script(wallet, 0), 700)
    server.instead[HISTORY] = hang_up()
    with pytest.raises(ToldError) as caught:
        await synced(app, server)
    assert caught.value.text.code == "connection-dropped"
    assert server.connected == LOSSES


class BrokenChain:
    """Has something of its own in the way."""

    state = ConnectionState(ConnectionPhase.CONNECTED, "here", height=9)

    async def history(self, _scripts: Sequence[bytes]) -> Sequence[ScriptHistory]:
        raise ServerBusyError(server="here", reason="too much")

    def watch(self) -> Any:
        raise ServerBusyError(server="here", reason="too much")


@pytest.mark.parametrize("made_here", [True, False])
@pytest.mark.logs_warning("failed: server-busy")
async def test_a_service_that_fails_ends_it_with_its_own_words(tmp_path: Path, made_here: bool) -> None:
    app = await Application.start(Paths(tmp_path / "data"), simulated=BrokenChain())
    try:
        await wallet_of(app, made_here=made_here)
        app.settings.change(servers={"regtest": ["127.0.0.1:1:t"]})
        with pytest.raises(ToldError) as caught:
            async with asyncio.timeout(10):
                [_ async for _ in sync(app, SyncArguments("w"))]
    finally:
        await app.stop()
    assert caught.value.text.code == "server-busy"
    assert re.search("here .*too much", caught.value.text.message)


async def cardano_of(app: Application, kind: str = "cardano-shelley") -> Wallet:
    """A wallet on the main networks with an account of Bitcoin and one of Cardano."""
    source = WordsSource(Secret.from_text("abandon " * 11 + "about"), made_here=True)
    plan = NewWallet("w", Network.MAINNET, source, Secret.from_text("correct horse"), use_keychain=False)
    wallet = (await app.create_wallet(plan)).wallet
    async with wallet.unlocking.root(Secret.from_text("correct horse")) as root:
        await wallet.accounts.add(kind, label="Ada", root=root, scan_state=ScanState.UNSCANNED)
    return wallet


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (SyncArguments("w", indexer="http://127.0.0.1:9/", coin="bitcoin"), "asks for bitcoin alone"),
        (SyncArguments("w", electrum="127.0.0.1:9:t", coin="cardano"), "told of by an indexer"),
    ],
)
async def test_a_server_that_does_not_fit_the_coin_is_refused_and_nothing_is_changed(
    app: Application, arguments: SyncArguments, why: str
) -> None:
    await cardano_of(app)
    before = app.settings.values.servers
    with pytest.raises(InvalidInputError, match=why):
        await anext(aiter(sync(app, arguments)))
    assert app.settings.values.servers == before


async def test_without_a_server_it_is_said_how_to_name_one_of_either_sort(app: Application) -> None:
    await cardano_of(app)
    with pytest.raises(NoServerNamedError) as refused:
        await anext(aiter(sync(app, SyncArguments("w", coin="cardano"))))
    assert "--indexer URL" in refused.value.text.hint


async def test_an_empty_key_file_takes_no_key_away(app: Application) -> None:
    wallet = await cardano_of(app)
    async with ScriptedIndexer("secret") as indexer:
        app.connections.use_servers(Chain(CARDANO, Network.MAINNET), str(indexer.address))
        await wallet.project_keys.keep(Chain(CARDANO, Network.MAINNET), "secret")
        with pytest.raises(InvalidInputError, match="The file is empty"):
            await anext(aiter(sync(app, SyncArguments("w", project_key=Secret.from_text("")))))
        assert await wallet.project_keys.has(Chain(CARDANO, Network.MAINNET))


async def drain(app: Application, arguments: SyncArguments, into: list[Reply]) -> None:
    async for reply in sync(app, arguments):
        into.append(reply)  # noqa: PERF401  # kept although an error ends it


async def test_of_each_coin_it_is_said_how_it_went(app: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pillarbox.commands.sync.PATIENCE", 0.5)
    await cardano_of(app)
    replies: list[Reply] = []
    async with ScriptedIndexer("secret") as indexer:
        app.connections.use_servers(Chain(CARDANO, Network.MAINNET), str(indexer.address))
        app.connections.use_servers(Chain(BITCOIN, Network.MAINNET), "127.0.0.1:9:t")
        with pytest.raises(ToldError):
            await drain(app, SyncArguments("w"), replies)
    summary = replies[-1]
    assert isinstance(summary, dict)
    assert set(summary["failed"]) == {"cardano/mainnet", "mainnet"}


async def test_where_the_search_ends_for_want_of_the_words_it_is_said(app: Application) -> None:
    wallet = await cardano_of(app, "cardano-byron")
    account = wallet.accounts.get("Ada").id
    replies: list[Reply] = []
    async with ScriptedIndexer() as indexer:
        for index in range(15, 100, 15):
            indexer.pay(wallet.accounts.columns(account, 0).texts[index], 5)
        with pytest.raises(EndOfAddressesError) as ended:
            await drain(app, SyncArguments("w", coin="cardano", indexer=str(indexer.address)), replies)
    assert isinstance(replies[-1], dict)
    assert 'account prepare "w" "Ada"' in ended.value.text.hint
