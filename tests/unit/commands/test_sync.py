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
from pillarbox.app.application import Application
from pillarbox.app.local_socket import Reply, ToldError
from pillarbox.app.new_wallet import NewWallet, WordsSource
from pillarbox.app.paths import Paths
from pillarbox.chain.electrum_errors import ServerBusyError
from pillarbox.cli.render import Renderer
from pillarbox.commands.sync import LOSSES, AddressesRefusedError, SyncArguments, sync
from pillarbox.model.address import AddressRef
from pillarbox.model.network import Network
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
