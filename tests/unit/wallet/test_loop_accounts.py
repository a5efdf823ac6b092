"""Accounts of static addresses: paid for once, made of what a server answers, and kept in backups."""

import asyncio
import json
import os
import shutil
import threading
from pathlib import Path

import pytest
from loop_backup_files import own
from loop_bench import HOUR, SERVER, SERVER_KEY, Cut, preimage_of
from wallet_bench import ROOT, Bench

from pillarbox.accounts.loop_static import REGISTERED, StaticAccount
from pillarbox.events import AddressesUsed, LoopChanged
from pillarbox.loop import backup_file
from pillarbox.loop.price import TooDearError
from pillarbox.loop.static_address import StaticAddressError
from pillarbox.model.account import Account, AccountId
from pillarbox.model.address import AddressRef, AddressState
from pillarbox.model.network import Network
from pillarbox.storage.l402_tokens import TokenState
from pillarbox.wallet import backup_files, loop_backups
from pillarbox.wallet.l402_tokens import InvoiceOverError, NothingPendingError, OtherPaymentPendingError
from pillarbox.wallet.loop_accounts import NothingDemandedError, PaymentNeededError
from pillarbox.wallet.wallet import Wallet


@pytest.fixture
async def ready(bench: Bench, wallet: Wallet) -> Wallet:
    """A wallet that can open Loop's backups."""
    await wallet.unlocking.keep_service_keys(ROOT)
    return wallet


async def made(bench: Bench, wallet: Wallet, server: str = SERVER) -> Account:
    """A static address, its token paid for by the wallet's node."""
    with pytest.raises(PaymentNeededError):
        await wallet.loop.accounts.go_on(server, ROOT)
    await wallet.loop.tokens.pay(bench.loop.payer)
    return await wallet.loop.accounts.go_on(server, ROOT)


async def test_first_the_server_is_paid_then_it_is_asked(bench: Bench, ready: Wallet) -> None:
    with pytest.raises(PaymentNeededError) as needed:
        await ready.loop.accounts.go_on(SERVER, ROOT)
    pending = await ready.loop.tokens.pending()
    assert pending is not None
    assert needed.value.parameters["invoice"] == pending.invoice
    assert pending.invoice in needed.value.text.message
    with pytest.raises(PaymentNeededError):
        await ready.loop.accounts.go_on(SERVER + "/", ROOT)
    assert bench.loop.demanded == 1
    await ready.loop.tokens.pay_by_hand(preimage_of(0))
    account = await ready.loop.accounts.go_on(SERVER, ROOT)
    static = StaticAccount.read(account.params, Network.REGTEST)
    assert (static.server, static.server_key, static.expiry) == (SERVER, SERVER_KEY, 144)
    assert (static.client_key, static.client_key_index) == (bench.loop.registered[0], 0)
    assert (static.first_height, static.multi_address_first_height) == (500, 500)
    assert (await bench.happened(LoopChanged)).account == account.id  # type: ignore[attr-defined]


async def test_running_it_again_changes_nothing(bench: Bench, ready: Wallet) -> None:
    account = await made(bench, ready)
    assert await ready.loop.accounts.go_on(SERVER, ROOT) == account
    assert (len(bench.loop.registered), bench.loop.demanded) == (1, 1)


async def test_another_generation_is_made_knowingly(bench: Bench, ready: Wallet) -> None:
    first = await made(bench, ready)
    with pytest.raises(PaymentNeededError):
        await ready.loop.accounts.go_on(SERVER, ROOT, new_generation=True)
    await ready.loop.tokens.pay(bench.loop.payer)
    bench.loop.server_key = bytes.fromhex(
        "021c97a90a411ff2b10dc2a8e32de2f29d2fa49d41bfbb52bd416e460db0747d0d"
    )
    second = await ready.loop.accounts.go_on(SERVER, ROOT)
    assert (first.number, second.number) == (0, 1)
    assert len(set(bench.loop.registered)) == 2
    assert await ready.loop.accounts.go_on(SERVER, ROOT) == second


async def test_where_an_answer_was_lost_the_same_key_is_registered_again(bench: Bench, ready: Wallet) -> None:
    with pytest.raises(PaymentNeededError):
        await ready.loop.accounts.go_on(SERVER, ROOT)
    await ready.loop.tokens.pay(bench.loop.payer)
    bench.loop.cut = True
    with pytest.raises(Cut):
        await ready.loop.accounts.go_on(SERVER, ROOT)
    bench.loop.cut = False
    await bench.close()
    again = await bench.open()
    await again.loop.accounts.go_on(SERVER, ROOT)
    assert bench.loop.registered[0] == bench.loop.registered[1]
    assert list(bench.loop.payer.paid.values()) == [1]


async def test_a_nonsense_answer_makes_no_account(bench: Bench, ready: Wallet) -> None:
    bench.loop.expiry = 40_000
    with pytest.raises(StaticAddressError):
        await made(bench, ready)
    assert len(ready.accounts.all()) == 1
    assert await ready.loop.tokens.free(SERVER) is not None


async def test_a_server_that_wants_nothing_gives_nothing_that_could_be_restored(
    bench: Bench, ready: Wallet
) -> None:
    bench.loop.demands = False
    with pytest.raises(NothingDemandedError):
        await ready.loop.accounts.go_on(SERVER, ROOT)


async def test_a_dear_token_is_demanded_only_where_somebody_allows_it(bench: Bench, ready: Wallet) -> None:
    bench.loop.cost = 2_000_000
    with pytest.raises(TooDearError):
        await ready.loop.accounts.go_on(SERVER, ROOT)
    assert await ready.loop.tokens.pending() is None
    with pytest.raises(PaymentNeededError):
        await ready.loop.accounts.go_on(SERVER, ROOT, most=2_000_000)


async def test_what_a_killed_process_left_half_written_is_removed(bench: Bench, ready: Wallet) -> None:
    await made(bench, ready)
    (name,) = await written(bench, ready)
    await bench.close()
    left, fresh = (own(bench.loop.folder) / f".{name}.{part}.new" for part in ("old", "young"))
    for path in (left, fresh):
        path.write_bytes(b"half")
    os.utime(left, (0, 0))
    again = await bench.open()
    while left.exists():
        await bench.turn()
    assert fresh.exists()
    assert again.loop.backups.troubles == {}


async def test_whoever_asks_twice_at_once_is_asked_for_one_payment(bench: Bench, ready: Wallet) -> None:
    go_on = ready.loop.accounts.go_on
    asked = await asyncio.gather(*(go_on(SERVER, ROOT) for _ in range(5)), return_exceptions=True)
    assert {type(error) for error in asked} == {PaymentNeededError}
    pay = ready.loop.tokens.pay
    paid = await asyncio.gather(*(pay(bench.loop.payer) for _ in range(5)), return_exceptions=True)
    assert sum(isinstance(each, NothingPendingError) for each in paid) == 4
    made = await asyncio.gather(*(go_on(SERVER, ROOT) for _ in range(5)))
    assert len({account.id for account in made}) == 1
    assert (bench.loop.demanded, len(bench.loop.registered)) == (1, 1)
    assert list(bench.loop.payer.paid.values()) == [1]


async def test_one_payment_at_a_time(bench: Bench, ready: Wallet) -> None:
    with pytest.raises(PaymentNeededError):
        await ready.loop.accounts.go_on(SERVER, ROOT)
    with pytest.raises(OtherPaymentPendingError):
        await ready.loop.accounts.go_on("https://other.example", ROOT)
    bench.clock.turn(HOUR)
    with pytest.raises(InvoiceOverError):
        await ready.loop.accounts.go_on(SERVER, ROOT)


async def test_it_hands_out_is_paid_and_survives_a_restart_like_any_account(
    bench: Bench, ready: Wallet
) -> None:
    account = await made(bench, ready)
    given = await ready.receiving.hand_out(account.id)
    assert given.path == "m/1017'/1'/42061'/0/0"
    assert given.text.startswith("bcrt1p")
    key = await ready.accounts.watch_key(given.ref)
    bench.chain.pay(key, 10_000, height=7)
    await bench.happened(AddressesUsed)
    await bench.close()
    again = await bench.open()
    assert again.accounts.address(given.ref).state is AddressState.USED
    assert again.accounts.checked_text(given.ref) == given.text


async def test_the_registered_address_is_watched(bench: Bench, ready: Wallet) -> None:
    account = await made(bench, ready)
    static = StaticAccount.read(account.params, Network.REGTEST)
    bench.chain.pay(static.registered.script, 10_000)
    await bench.happened(AddressesUsed)
    seen = ready.accounts.address(AddressRef(account.id, REGISTERED.number, 0))
    assert (seen.text, seen.received) == (static.registered_text, 10_000)


async def written(bench: Bench, wallet: Wallet) -> list[str]:
    await wallet.loop.backups.write_missing()
    return sorted(path.name for path in own(bench.loop.folder).iterdir())


async def test_a_backup_is_written_at_once_and_never_again(bench: Bench, ready: Wallet) -> None:
    await made(bench, ready)
    token = (await ready.loop.tokens.all())[0]
    (name,) = await written(bench, ready)
    assert name == f"L402_backup_{token.created_at:019d}_{token.token_id.hex()}.enc"
    before = (own(bench.loop.folder) / name).read_bytes()
    await bench.close()
    again = await bench.open()
    assert await written(bench, again) == [name]
    assert (own(bench.loop.folder) / name).read_bytes() == before


async def test_what_is_written_is_loop_s_own_format(bench: Bench, ready: Wallet) -> None:
    account = await made(bench, ready)
    (name,) = await written(bench, ready)
    (found,) = await ready.loop.restore.look()
    data = json.loads(backup_file.write(found.found.payload))  # type: ignore[union-attr]
    assert found.path.name == name
    assert (data["network"], data["static_address"]["expiry"]) == ("regtest", 144)
    assert data["static_address"]["legacy_client_key_index"] == account.number
    assert data["static_address"]["server"] == SERVER


async def test_a_broken_file_of_the_same_name_is_set_aside(bench: Bench, ready: Wallet) -> None:
    await made(bench, ready)
    (name,) = await written(bench, ready)
    (own(bench.loop.folder) / name).write_bytes(b"loopbak1 and nonsense")
    found = await written(bench, ready)
    assert found[0] == name
    assert found[1].startswith(f"{name}.invalid-")
    assert (own(bench.loop.folder) / found[1]).read_bytes() == b"loopbak1 and nonsense"
    assert len((own(bench.loop.folder) / name).read_bytes()) > 500


@pytest.mark.logs_warning("a Loop backup could not be written")
async def test_a_folder_that_is_away_is_told_and_tried_again(bench: Bench, ready: Wallet) -> None:
    away = bench.loop.folder.parent / "stick"
    away.mkdir()
    await ready.backing_up.set_folders([away])
    shutil.rmtree(away)
    await made(bench, ready)
    assert len(await written(bench, ready)) == 1
    assert ready.loop.backups.troubles[away].code == "backup-folder-missing"
    away.mkdir()
    await ready.loop.backups.write_missing()
    assert [path.name for path in own(away).glob("*.enc")] == [
        path.name for path in own(bench.loop.folder).iterdir()
    ]
    assert ready.loop.backups.troubles == {}


@pytest.mark.logs_warning("a Loop backup could not be written: backup-folder-missing")
async def test_where_a_drive_is_not_mounted_nothing_is_written_into_its_empty_folder(
    bench: Bench, ready: Wallet, monkeypatch: pytest.MonkeyPatch
) -> None:
    stick = bench.loop.folder.parent / "stick"
    stick.mkdir()
    mounted = True
    monkeypatch.setattr(backup_files, "is_apart", lambda *_: mounted)
    await ready.backing_up.set_folders([stick])
    await ready.backing_up.now()
    mounted = False
    await made(bench, ready)
    assert len(await written(bench, ready)) == 1
    assert ready.loop.backups.troubles[stick].code == "backup-folder-missing"
    assert not own(stick).exists()
    mounted = True
    await ready.loop.backups.write_missing()
    assert len(list(own(stick).iterdir())) == 1


async def test_a_folder_that_is_named_later_gets_what_there_is(bench: Bench, ready: Wallet) -> None:
    await made(bench, ready)
    (name,) = await written(bench, ready)
    later = bench.loop.folder.parent / "later"
    later.mkdir()
    await ready.backing_up.set_folders([later])
    async with asyncio.timeout(5):
        while not (own(later) / name).exists():  # noqa: ASYNC110  # nothing tells of it but this
            await asyncio.sleep(0.01)


@pytest.mark.logs_warning("a Loop backup could not be written: folder-silent")
async def test_a_folder_that_does_not_answer_holds_no_account_up(
    bench: Bench, ready: Wallet, monkeypatch: pytest.MonkeyPatch
) -> None:
    share = bench.loop.folder.parent / "share"
    share.mkdir()
    await ready.backing_up.set_folders([share])
    monkeypatch.setattr(loop_backups, "WRITING", 0.05)
    answers, install = threading.Event(), loop_backups.install_file

    def silent(path: Path, data: bytes) -> None:
        if path.parent == own(share):
            answers.wait(10)
        install(path, data)

    monkeypatch.setattr(loop_backups, "install_file", silent)
    try:
        await made(bench, ready)
        assert len(await written(bench, ready)) == 1
        assert ready.loop.backups.troubles[share].code == "folder-silent"
    finally:
        answers.set()


async def test_a_token_is_kept_whatever_becomes_of_the_account(bench: Bench, ready: Wallet) -> None:
    await made(bench, ready)
    assert [token.state for token in await ready.loop.tokens.all()] == [TokenState.PAID]
    assert ready.accounts.get(AccountId(2)).label == "Loop static"
