"""A Cardano account in a running program, told of by an indexer that only it has the key of."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from indexer_peer.scripted_indexer import ScriptedIndexer
from pillarbox.accounts.cardano_byron import CARDANO_BYRON
from pillarbox.accounts.kind import Enrolment
from pillarbox.app.application import Application
from pillarbox.app.new_wallet import NewWallet, WordsSource
from pillarbox.app.paths import Paths
from pillarbox.app.settings import SettingsUnreadableError
from pillarbox.cardano import byron_address
from pillarbox.errors import InvalidInputError
from pillarbox.events import Event
from pillarbox.model.account import ScanState
from pillarbox.model.address import AddressFlag, AddressRef, AddressState
from pillarbox.model.network import CARDANO, DASH, Chain, Network
from pillarbox.model.progress import ConnectionPhase
from pillarbox.secret import Secret
from pillarbox.wallet.open_accounts import AddressAheadError, NoSuchAddressError
from pillarbox.wallet.project_keys import ProjectKeys
from pillarbox.wallet.wallet import Wallet

ON_CARDANO = Chain(CARDANO, Network.MAINNET)
PASSPHRASE = Secret.from_text("correct horse")
WORDS = "test walk nut penalty hip pave soap entry language right filter choice"
KEY = "mainnetSECRETproject"
STRANGERS = (
    "DdzFFzCqrhsf6hiTYkK5gBAhVDwg3SiaHiEL9wZLYU3WqLUpx6DP5ZRJr4rtNRXbVNfk89FCHCDR365647os9AEJ8MKZNvG7UKTpythG"
)


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[Application]:
    started = await Application.start(Paths(tmp_path / "data"))
    yield started
    await started.stop()


@pytest.fixture
async def indexer() -> AsyncIterator[ScriptedIndexer]:
    async with ScriptedIndexer(KEY) as serving:
        yield serving


async def wallet_with(
    app: Application, kind: str, state: ScanState = ScanState.MADE_HERE, name: str = "w", words: str = WORDS
) -> Wallet:
    source = WordsSource(Secret.from_text(words), made_here=True)
    plan = NewWallet(name, Network.MAINNET, source, PASSPHRASE, use_keychain=False)
    wallet = (await app.create_wallet(plan)).wallet
    async with wallet.unlocking.root(PASSPHRASE) as root:
        await wallet.accounts.add(kind, label="Ada", number=0, root=root, scan_state=state)
    return wallet


def address(wallet: Wallet, index: int) -> str:
    return wallet.accounts.columns(wallet.accounts.get("Ada").id, 0).texts[index]


async def until(app: Application, holds: Callable[[], bool]) -> None:
    news = asyncio.Event()
    subscription = app.events.subscribe(Event, lambda _: news.set())
    async with asyncio.timeout(60):
        while not holds():
            news.clear()
            await news.wait()
    subscription.close()


async def until_received(app: Application, wallet: Wallet, amount: int) -> None:
    account = wallet.accounts.get("Ada").id
    await until(app, lambda: wallet.accounts.counts(account).received == amount)


async def test_no_stake_address_is_asked_about(app: Application, indexer: ScriptedIndexer) -> None:
    wallet = await wallet_with(app, "cardano-shelley", ScanState.UNSCANNED)
    account = wallet.accounts.get("Ada").id
    app.connections.use_servers(ON_CARDANO, str(indexer.address))
    await wallet.project_keys.keep(ON_CARDANO, KEY)
    wallet.scanning.start(account)
    await until(app, lambda: wallet.accounts.get(account).scan_state is ScanState.SCANNED)
    assert indexer.count("/addresses/addr1") > 20
    assert indexer.count("stake") == 0


@pytest.mark.parametrize("kind", ["cardano-shelley", "cardano-icarus", "cardano-byron"])
async def test_a_payment_is_told_by_the_indexer_that_the_wallet_has_the_key_of(
    app: Application, indexer: ScriptedIndexer, kind: str
) -> None:
    wallet = await wallet_with(app, kind)
    paid = indexer.pay(address(wallet, 2), 5_000_000)
    app.connections.use_servers(ON_CARDANO, str(indexer.address))
    await wallet.project_keys.keep(ON_CARDANO, KEY)
    await until_received(app, wallet, 5_000_000)
    ref = AddressRef(wallet.accounts.get("Ada").id, 0, 2)
    seen = wallet.accounts.address(ref)
    assert seen.state is AddressState.USED
    assert AddressFlag.UNCONFIRMED not in seen.flags
    assert paid.height > 0
    assert app.connections.state(ON_CARDANO).phase is ConnectionPhase.CONNECTED


async def test_without_the_key_it_is_said_that_the_key_lacks_and_with_it_all_goes_on(
    app: Application, indexer: ScriptedIndexer
) -> None:
    wallet = await wallet_with(app, "cardano-shelley")
    indexer.pay(address(wallet, 0), 7)
    app.connections.use_servers(ON_CARDANO, str(indexer.address))
    await until(app, lambda: app.connections.state(ON_CARDANO).phase is ConnectionPhase.REFUSED)
    error = app.connections.state(ON_CARDANO).error
    assert error is not None
    assert error.code == "indexer-key-refused"
    await wallet.project_keys.keep(ON_CARDANO, KEY)
    await until_received(app, wallet, 7)


async def test_a_restored_account_is_scanned_and_goes_on_after_what_was_found(
    app: Application, indexer: ScriptedIndexer
) -> None:
    wallet = await wallet_with(app, "cardano-byron", ScanState.UNSCANNED)
    indexer.pay(address(wallet, 7), 3)
    account = wallet.accounts.get("Ada").id
    app.connections.use_servers(ON_CARDANO, str(indexer.address))
    await wallet.project_keys.keep(ON_CARDANO, KEY)
    wallet.scanning.start(account)
    await until(app, lambda: wallet.accounts.get(account).scan_state is ScanState.SCANNED)
    assert (await wallet.receiving.hand_out(account)).ref.index == 8


async def test_the_key_is_kept_in_the_wallet_and_nowhere_else(
    app: Application, indexer: ScriptedIndexer, tmp_path: Path
) -> None:
    wallet = await wallet_with(app, "cardano-shelley")
    app.connections.use_servers(ON_CARDANO, str(indexer.address))
    await wallet.project_keys.keep(ON_CARDANO, KEY)
    assert await wallet.project_keys.has(ON_CARDANO)
    await app.close_wallet("w")
    for file in (tmp_path / "data").rglob("*"):
        assert not file.is_file() or KEY.encode() not in file.read_bytes()
    again = await app.open_wallet("w", PASSPHRASE)
    assert await again.project_keys.has(ON_CARDANO)
    await again.project_keys.keep(ON_CARDANO, "")
    assert not await again.project_keys.has(ON_CARDANO)


async def test_what_is_no_indexer_or_no_key_is_refused(app: Application) -> None:
    with pytest.raises(InvalidInputError):
        app.connections.use_servers(ON_CARDANO, "indexer.example:443:s")
    with pytest.raises(SettingsUnreadableError):
        app.settings.change(servers={"cardano/mainnet": ["indexer.example:443:s"]})
    with pytest.raises(InvalidInputError, match="name one"):
        app.connections.use_servers(ON_CARDANO, "https://a.example, https://b.example")
    wallet = await wallet_with(app, "cardano-shelley")
    with pytest.raises(InvalidInputError, match="none is set"):
        await wallet.project_keys.keep(ON_CARDANO, KEY)
    app.connections.use_servers(ON_CARDANO, "https://127.0.0.1:9/api/v0")
    with pytest.raises(InvalidInputError, match="one word"):
        await wallet.project_keys.keep(ON_CARDANO, "two words")


async def test_an_address_that_was_not_made_yet_is_known_as_the_wallets_own(app: Application) -> None:
    wallet = await wallet_with(app, "cardano-byron")
    async with wallet.unlocking.root(PASSPHRASE) as root:
        params = CARDANO_BYRON.enrol(Enrolment(Network.MAINNET, 0, root))
        far = CARDANO_BYRON.deriver(params.data, Network.MAINNET, root).derive(0, 70_000, 1)[0].text
    with pytest.raises(AddressAheadError, match="number 70000"):
        await wallet.accounts.find(far)
    forged = byron_address.encode(replace(byron_address.decode(far), root=bytes(28)))
    with pytest.raises(AddressAheadError, match="Anybody who has seen an address of yours"):
        await wallet.accounts.find(forged)
    near = byron_address.encode(replace(byron_address.decode(address(wallet, 3)), root=bytes(28)))
    elsewhere = byron_address.encode(replace(byron_address.decode(far), magic=1097911063))
    for strangers in (STRANGERS, near, elsewhere):
        with pytest.raises(NoSuchAddressError):
            await wallet.accounts.find(strangers)
    with pytest.raises(NoSuchAddressError):
        await wallet.accounts.find("Ddz")


async def keyed(app: Application, indexer: ScriptedIndexer) -> Wallet:
    """A wallet that its indexer has told of everything."""
    wallet = await wallet_with(app, "cardano-shelley")
    app.connections.use_servers(ON_CARDANO, str(indexer.address))
    await wallet.project_keys.keep(ON_CARDANO, KEY)
    indexer.pay(address(wallet, 0), 7)
    await until_received(app, wallet, 7)
    return wallet


def phase(app: Application, wallet: Wallet) -> ConnectionPhase:
    return app.connections.state(ON_CARDANO, wallet.id).phase


async def test_an_indexer_that_was_taken_out_is_asked_nothing_more(
    app: Application, indexer: ScriptedIndexer
) -> None:
    wallet = await keyed(app, indexer)
    app.connections.use_servers(ON_CARDANO, "")
    await until(app, lambda: phase(app, wallet) is ConnectionPhase.UNSET)
    indexer.pay(address(wallet, 1), 5)
    asked = len(indexer.asked)
    account = wallet.accounts.get("Ada").id
    wallet.scanning.start(account)
    app.connections.use_proxy("127.0.0.1:9")
    app.connections.use_proxy("")
    await asyncio.sleep(0.2)
    assert len(indexer.asked) == asked
    app.connections.use_servers(ON_CARDANO, str(indexer.address))
    await until_received(app, wallet, 12)


async def test_the_key_for_one_indexer_is_sent_to_no_other(
    app: Application, indexer: ScriptedIndexer
) -> None:
    wallet = await keyed(app, indexer)
    async with ScriptedIndexer(KEY) as other:
        app.connections.use_servers(ON_CARDANO, str(other.address))
        await until(app, lambda: phase(app, wallet) is ConnectionPhase.REFUSED)
        assert not await wallet.project_keys.has(ON_CARDANO)
    app.connections.use_servers(ON_CARDANO, str(indexer.address))
    await until(app, lambda: phase(app, wallet) is ConnectionPhase.CONNECTED)
    assert await wallet.project_keys.has(ON_CARDANO)


async def test_a_wallet_is_shown_its_own_connection_and_no_other_ones(
    app: Application, indexer: ScriptedIndexer
) -> None:
    wallet = await keyed(app, indexer)
    other = await wallet_with(app, "cardano-shelley", name="other", words=f"{'abandon ' * 11}about")
    await until(app, lambda: phase(app, other) is ConnectionPhase.REFUSED)
    assert phase(app, wallet) is ConnectionPhase.CONNECTED
    await app.close_wallet("other")
    assert phase(app, other) is ConnectionPhase.UNSET
    assert phase(app, wallet) is ConnectionPhase.CONNECTED


@pytest.mark.logs_warning("a project key could not be read")
async def test_a_key_that_cannot_be_read_keeps_no_other_wallet_from_the_proxy(
    app: Application, indexer: ScriptedIndexer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_keys: ProjectKeys, _chain: Chain, _origin: str) -> Secret:
        raise OSError("the disk is gone")

    with monkeypatch.context() as while_opening:
        while_opening.setattr(ProjectKeys, "get", broken)
        unreadable = await wallet_with(app, "cardano-shelley", name="other", words=f"{'abandon ' * 11}about")
    wallet = await keyed(app, indexer)
    app.connections.use_proxy("127.0.0.1:9")
    for each in (unreadable, wallet):
        await until(app, lambda each=each: phase(app, each) is ConnectionPhase.OFFLINE)


async def test_a_server_of_another_coin_leaves_the_indexer_alone(
    app: Application, indexer: ScriptedIndexer
) -> None:
    await keyed(app, indexer)
    greetings = indexer.count("/genesis")
    app.connections.use_servers(Chain(DASH, Network.MAINNET), "127.0.0.1:9:t")
    await asyncio.sleep(0.1)
    assert indexer.count("/genesis") == greetings
