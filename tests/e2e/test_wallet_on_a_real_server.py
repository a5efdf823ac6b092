"""A whole wallet against a real node and Electrum server, with BDK as the second opinion on restores."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from peers.bdk_peer import DESCRIPTORS, Words, full_scan
from peers.payer import Output, output_script
from peers.regtest import Regtest
from running_wallet import FIRST, PASSPHRASE, TO_NOTICE, TO_SCAN, Heard, make_wallet, running

from pillarbox.app.application import Application
from pillarbox.events import AddressesUsed, AmountsChanged, ScanProgressed
from pillarbox.model.account import AccountId, ScanState
from pillarbox.model.address import AddressFlag, AddressRef, AddressState
from pillarbox.model.network import BITCOIN, Chain, Network
from pillarbox.secret import Secret
from pillarbox.wallet.wallet import Wallet

pytestmark = pytest.mark.e2e


@pytest.fixture
async def app(regtest: Regtest, tmp_path: Path) -> AsyncIterator[Application]:
    async with running(tmp_path, regtest) as started:
        yield started


def received(wallet: Wallet, account: AccountId) -> dict[tuple[int, int], int]:
    """Amounts of all Used addresses, by (branch, index)."""
    return {
        (branch.number, index): columns.received[index]
        for branch in wallet.accounts.kind(account).branches
        for columns in [wallet.accounts.columns(account, branch.number)]
        for index in columns.indices
        if columns.states[index] == AddressState.USED
    }


async def scanned(heard: Heard[ScanProgressed], account: AccountId) -> None:
    await heard.until(lambda event: event.account == account and not event.running, TO_SCAN)


async def test_a_payment_turns_a_reserved_address_used_within_two_seconds(
    app: Application, regtest: Regtest
) -> None:
    wallet = await make_wallet(app, Words.fresh().text, made_here=True)
    given = await wallet.receiving.hand_out(FIRST)
    assert wallet.accounts.address(given.ref).state is AddressState.RESERVED
    script = output_script(given.text)

    with Heard.listening(app, AddressesUsed) as used:
        txid = await asyncio.to_thread(regtest.payer.pay, script, 12_345)
        await asyncio.to_thread(regtest.wait_until_known, script, txid)
        await used.until(lambda event: event.indices == (given.ref.index,), TO_NOTICE)
    address = wallet.accounts.address(given.ref)
    assert (address.state, address.received, address.payments) == (AddressState.USED, 12_345, 1)
    assert AddressFlag.UNCONFIRMED in address.flags

    with Heard.listening(app, AmountsChanged) as changed:
        await asyncio.to_thread(regtest.mine)
        await changed.until(lambda event: event.indices == (given.ref.index,), TO_NOTICE)
    assert wallet.accounts.address(given.ref).flags == AddressFlag.NONE

    assert (await wallet.receiving.hand_out(FIRST)).ref != given.ref


async def test_an_address_stays_used_when_its_payment_is_reorganised_away(
    app: Application, regtest: Regtest
) -> None:
    wallet = await make_wallet(app, Words.fresh().text, made_here=True)
    given = await wallet.receiving.hand_out(FIRST)
    with Heard.listening(app, AmountsChanged) as changed:
        await asyncio.to_thread(regtest.payer.pay, output_script(given.text), 12_345)
        await asyncio.to_thread(regtest.mine)
        await changed.until(lambda _: not is_unconfirmed(wallet, given.ref), TO_SCAN)

        await asyncio.to_thread(regtest.reorganise, 1)
        await changed.until(lambda _: wallet.accounts.address(given.ref).received == 0, TO_NOTICE)

    address = wallet.accounts.address(given.ref)
    assert address.state is AddressState.USED
    assert AddressFlag.PAYMENT_VANISHED in address.flags


def test_a_reorganisation_that_nobody_watched_is_followed_at_the_next_start(
    regtest: Regtest, tmp_path: Path
) -> None:
    async def first_run() -> AddressRef:
        async with running(tmp_path, regtest) as app:
            wallet = await make_wallet(app, Words.fresh().text, made_here=True)
            given = await wallet.receiving.hand_out(FIRST)
            with Heard.listening(app, AmountsChanged) as changed:
                await asyncio.to_thread(regtest.payer.pay, output_script(given.text), 12_345)
                await asyncio.to_thread(regtest.mine)
                await changed.until(lambda _: not is_unconfirmed(wallet, given.ref), TO_SCAN)
            return given.ref

    async def second_run(ref: AddressRef) -> AddressFlag:
        async with running(tmp_path, regtest) as app:
            with Heard.listening(app, AmountsChanged) as changed:
                wallet = await app.open_wallet("Savings", Secret.from_text(PASSPHRASE))
                await changed.until(lambda _: wallet.accounts.address(ref).received == 0, TO_SCAN)
            return wallet.accounts.address(ref).flags

    ref = asyncio.run(first_run())
    regtest.reorganise(1)
    assert AddressFlag.PAYMENT_VANISHED in asyncio.run(second_run(ref))


def is_unconfirmed(wallet: Wallet, ref: AddressRef) -> bool:
    return AddressFlag.UNCONFIRMED in wallet.accounts.address(ref).flags


async def test_a_payment_that_came_while_the_wallet_was_closed_is_found_at_the_next_opening(
    app: Application, regtest: Regtest
) -> None:
    wallet = await make_wallet(app, Words.fresh().text, made_here=True)
    given = await wallet.receiving.hand_out(FIRST)
    await app.close_wallet(wallet.name)
    await asyncio.to_thread(regtest.payer.pay, output_script(given.text), 12_345)
    await asyncio.to_thread(regtest.mine)

    with Heard.listening(app, AddressesUsed) as used:
        wallet = await app.open_wallet(wallet.name, Secret.from_text(PASSPHRASE))
        await used.until(lambda event: event.indices == (given.ref.index,), TO_SCAN)

    assert wallet.accounts.address(given.ref).received == 12_345


@pytest.mark.parametrize("kind", DESCRIPTORS)
async def test_a_restore_finds_what_bdk_finds_and_more_when_widened(
    app: Application, regtest: Regtest, kind: str
) -> None:
    words = Words.fresh()
    within_the_gap = {(0, 0): 1_000, (0, 19): 2_000, (0, 39): 3_000, (1, 0): 4_000, (1, 20): 5_000}
    beyond_the_gap = {(0, 75): 6_000}
    paid = within_the_gap | beyond_the_gap
    outputs = [Output(words.script(kind, *place), amount) for place, amount in paid.items()]
    await asyncio.to_thread(regtest.payer.pay_all, outputs)
    await asyncio.to_thread(regtest.mine)

    with Heard.listening(app, ScanProgressed) as progress:
        wallet = await make_wallet(app, words.text, made_here=False)
        account = await account_of_kind(wallet, kind)
        await scanned(progress, account)
        assert wallet.accounts.get(account).scan_state is ScanState.SCANNED
        assert received(wallet, account) == within_the_gap

        wallet.scanning.start(account, gap_limit=50)
        await scanned(progress, account)
        assert received(wallet, account) == paid

    bdk_scan = await asyncio.to_thread(full_scan, words, kind, regtest.server.tcp_port, gap_limit=50)
    assert bdk_scan.received == paid
    for (branch, index), text in bdk_scan.addresses.items():
        assert wallet.accounts.address(AddressRef(account, branch, index)).text == text


def test_a_restore_that_was_stopped_goes_on_after_a_restart(regtest: Regtest, tmp_path: Path) -> None:
    words = Words.fresh()
    paid = {(0, index): 1_000 + index for index in range(0, 120, 15)}
    regtest.payer.pay_all(
        [Output(words.script("bitcoin-p2wpkh", *place), amount) for place, amount in paid.items()]
    )
    regtest.mine()

    async def first_run() -> tuple[dict[tuple[int, int], int], int]:
        async with running(tmp_path, regtest) as app:
            app.events.subscribe(ScanProgressed, lambda event: stop_scanning(app, event))
            with Heard.listening(app, ScanProgressed) as progress:
                wallet = await make_wallet(app, words.text, made_here=False)
                await scanned(progress, FIRST)
            assert wallet.accounts.get(FIRST).scan_state is ScanState.SCANNING
            return received(wallet, FIRST), wallet.scanning.progress[FIRST].done

    async def second_run() -> tuple[dict[tuple[int, int], int], list[int]]:
        async with running(tmp_path, regtest) as app:
            done: list[int] = []
            app.events.subscribe(ScanProgressed, lambda event: done.append(event.progress.done))
            with Heard.listening(app, ScanProgressed) as progress:
                wallet = await app.open_wallet("Savings", Secret.from_text(PASSPHRASE))
                await scanned(progress, FIRST)
            assert wallet.accounts.get(FIRST).scan_state is ScanState.SCANNED
            return received(wallet, FIRST), done

    found, came_to = asyncio.run(first_run())
    assert 0 < len(found) < len(paid)
    found, done = asyncio.run(second_run())
    assert found == paid
    assert done[0] > came_to, "it began again from the start"


def stop_scanning(app: Application, event: ScanProgressed) -> None:
    """As a person does who has seen the first address found."""
    if event.running and event.progress.found:
        app.open_wallets["Savings"].scanning.cancel(event.account)


async def account_of_kind(wallet: Wallet, kind: str) -> AccountId:
    """The first account where it is of that kind; otherwise the one that was found by itself."""
    await wallet.discovering.done([Chain(BITCOIN, Network.REGTEST)])
    return next(account.id for account in wallet.accounts.all() if account.kind == kind)
