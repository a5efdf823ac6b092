"""A static address made with a server, paid on a real chain, restored, and left as far as the node can tell.

The node knows no Taproot: it judges an exit's age (BIP68), and refuses to judge its script.
"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from peers.bdk_peer import Words
from peers.bitcoin_node import NodeRefusedError
from peers.payer import output_script
from peers.regtest import Regtest
from running_wallet import PASSPHRASE, TO_SCAN, make_wallet, running

from pillarbox.app.application import Application
from pillarbox.app.new_wallet import NewWallet, WordsSource
from pillarbox.loop.deposits import State
from pillarbox.model.account import Account
from pillarbox.model.network import Network
from pillarbox.secret import Secret
from pillarbox.server.invoice_admin import pay_invoice
from pillarbox.server.program import Listening
from pillarbox.wallet.loop_accounts import PaymentNeededError
from pillarbox.wallet.static_addresses import Listed
from pillarbox.wallet.static_exits import ExitTooEarlyError
from pillarbox.wallet.wallet import Wallet
from static_address_peer import running as serving

pytestmark = pytest.mark.e2e

EXPIRY = 12


@pytest.fixture
async def app(regtest: Regtest, tmp_path: Path) -> AsyncIterator[Application]:
    async with running(tmp_path / "pillarbox", regtest) as started:
        yield started


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Listening]:
    async with serving(tmp_path, expiry=EXPIRY) as listening:
        yield listening


async def make_address(wallet: Wallet, server: Listening) -> Account:
    assert server.admin is not None
    async with wallet.unlocking.root(Secret.from_text(PASSPHRASE)) as root:
        with pytest.raises(PaymentNeededError) as needed:
            await wallet.loop.accounts.go_on(server.url, root)
        paid = await pay_invoice(server.admin, str(needed.value.parameters["invoice"]))
        await wallet.loop.tokens.pay_by_hand(paid.preimage)
        return await wallet.loop.accounts.go_on(server.url, root)


async def until(wallet: Wallet, account: Account, state: State, *, confirmed: bool = True) -> Listed:
    """The first deposit, once it is in `state`."""
    async with asyncio.timeout(TO_SCAN):
        while True:
            for each in await wallet.loop.addresses.history(account.id):
                if each.deposit.state is state and bool(each.deposit.confirmed_at) is confirmed:
                    return each
            await asyncio.sleep(0.1)


async def mine_to(wallet: Wallet, regtest: Regtest, blocks: int) -> None:
    """`blocks` more, and the wallet knows of them."""
    height = await asyncio.to_thread(regtest.mine, blocks)
    async with asyncio.timeout(TO_SCAN):
        while wallet.loop.height() < height:  # noqa: ASYNC110  # nothing tells of it but this
            await asyncio.sleep(0.05)


async def test_an_exit_has_its_time_when_the_wallet_says_so(
    app: Application, regtest: Regtest, server: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    wallet = await make_wallet(app, Words.fresh().text, made_here=True)
    account = await make_address(wallet, server)
    (status,) = await wallet.loop.addresses.accounts()
    script = output_script(status.static.registered_text)
    txid = await asyncio.to_thread(regtest.payer.pay, script, 200_000)
    seen = await until(wallet, account, State.DEPOSITED, confirmed=False)
    assert (seen.deposit.txid, seen.deposit.amount, seen.recovery) == (txid, 200_000, None)
    await mine_to(wallet, regtest, 1)
    confirmed = await until(wallet, account, State.DEPOSITED)
    with pytest.raises(ExitTooEarlyError):
        await wallet.loop.exits.prepare(txid, confirmed.deposit.output, 2.0)
    with monkeypatch.context() as patch:
        patch.setattr("pillarbox.loop.deposits.Standing.expired", lambda *_: True)
        early = await signed(wallet, confirmed)
    with pytest.raises(NodeRefusedError, match="BIP68"):
        await asyncio.to_thread(regtest.node.broadcast, early)
    await mine_to(wallet, regtest, EXPIRY)
    assert confirmed.recovery is not None
    assert wallet.loop.height() == confirmed.recovery.height
    with pytest.raises(NodeRefusedError, match="script-verify-flag"):
        await asyncio.to_thread(regtest.node.broadcast, await signed(wallet, confirmed))


async def signed(wallet: Wallet, seen: Listed) -> bytes:
    async with wallet.unlocking.root(Secret.from_text(PASSPHRASE)) as root:
        made = await wallet.loop.exits.prepare(seen.deposit.txid, seen.deposit.output, 2.0, root=root)
    return made.transaction.serialise()


async def test_a_new_wallet_of_the_same_words_finds_address_and_deposit(
    app: Application, regtest: Regtest, server: Listening
) -> None:
    words = Words.fresh().text
    wallet = await make_wallet(app, words, made_here=True)
    account = await make_address(wallet, server)
    (status,) = await wallet.loop.addresses.accounts()
    given = await wallet.receiving.hand_out(account.id)
    for address, amount in ((status.static.registered_text, 50_000), (given.text, 60_000)):
        txid = await asyncio.to_thread(regtest.payer.pay, output_script(address), amount)
        await asyncio.to_thread(regtest.wait_until_known, output_script(address), txid)
    await app.close_wallet("Savings")
    source = WordsSource(Secret.from_text(words))
    plan = NewWallet("Again", Network.REGTEST, source, Secret.from_text(PASSPHRASE), use_keychain=False)
    again = (await app.create_wallet(plan)).wallet
    async with again.unlocking.root(Secret.from_text(PASSPHRASE)) as root:
        found = await again.loop.restore.restore(await again.loop.restore.look(root), root)
    assert found.address == status.static.registered_text
    async with asyncio.timeout(TO_SCAN):
        while again.scanning.is_running(found.account.id):  # noqa: ASYNC110  # as above
            await asyncio.sleep(0.05)
    await again.loop.addresses.reconcile()
    deposits = await again.loop.addresses.listed(found.account.id)
    assert sorted(each.deposit.amount for each in deposits) == [50_000, 60_000]
    assert (await again.receiving.hand_out(found.account.id)).ref.index == 1
