"""A generation comes back whole or not at all, and nothing that is here is replaced by it."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from loop_backup_files import CREATED, address, own, payload, put
from loop_bench import SERVER, SERVER_KEY
from wallet_bench import ROOT, Bench

from pillarbox.accounts.loop_static import REGISTERED, StaticAccount, public_nodes
from pillarbox.commands import scan_keys
from pillarbox.commands.loop import RecoverArguments
from pillarbox.commands.loop_nouns import account_status
from pillarbox.errors import ErrorText, WordsNeededError
from pillarbox.events import ScanProgressed
from pillarbox.keys.bip32 import InvalidChildError, PrivateNode
from pillarbox.keys.root import Root
from pillarbox.loop.backup_file import (
    NotABackupError,
    Payload,
    PayloadError,
    SealedOtherwiseError,
)
from pillarbox.loop.generations import Generation
from pillarbox.loop.static_address import StaticAddress
from pillarbox.model.account import Account, ScanState
from pillarbox.model.network import Network
from pillarbox.secret import Secret
from pillarbox.storage.database import Tx
from pillarbox.wallet import loop_files, loop_restore
from pillarbox.wallet.l402_tokens import TokenConflictError
from pillarbox.wallet.loop_accounts import PaymentNeededError
from pillarbox.wallet.loop_files import DamagedFileError, NoBackupError, NoUsableBackupError
from pillarbox.wallet.loop_restore import (
    ClientKeyNotFoundError,
    DerivationFailedError,
    Restored,
    StaticAddressConflictError,
)
from pillarbox.wallet.service_keys import ServiceKey
from pillarbox.wallet.wallet import Wallet

OTHER_ROOT = Root.of_seed(Secret(bytes(range(64))))


@pytest.fixture
async def wallet(bench: Bench) -> Wallet:
    """A wallet of the words, that never had to do with Loop."""
    opened = await bench.open()
    await opened.accounts.add("bitcoin-p2wpkh", number=0, root=ROOT)
    await opened.unlocking.keep_service_keys(ROOT)
    return opened


async def restore(
    wallet: Wallet, file: Path | None = None, *, last_key: int = 20, root: Root | None = ROOT
) -> Restored:
    return await wallet.loop.restore.restore(await wallet.loop.restore.look(root, file), root, last_key)


def kept(wallet: Wallet) -> list[str]:
    return [account.kind for account in wallet.accounts.all()]


async def test_token_and_address_come_back(bench: Bench, wallet: Wallet) -> None:
    content = payload()
    path = put(bench.loop.folder, content)
    found = await restore(wallet)
    assert (found.path, found.token, found.static_address) == (path, True, True)
    (token,) = await wallet.loop.tokens.all()
    assert token.data == content.token_files[0].data
    static = StaticAccount.read(found.account.params, Network.REGTEST)
    assert (static.client_key, static.server_key, static.expiry) == (address().client_pubkey, SERVER_KEY, 144)
    assert (static.first_height, static.multi_address_first_height) == (321, 654)
    assert found.address == static.registered_text


async def test_a_second_time_nothing_changes_and_no_words_are_needed(bench: Bench, wallet: Wallet) -> None:
    put(bench.loop.folder, payload())
    first = await restore(wallet)
    again = await restore(wallet, root=None)
    assert (again.account.id, again.token, again.static_address) == (first.account.id, False, False)
    assert len(await wallet.loop.tokens.all()) == 1


async def test_without_the_words_it_is_said_what_lacks(bench: Bench, wallet: Wallet) -> None:
    put(bench.loop.folder, payload())
    with pytest.raises(WordsNeededError, match="public keys"):
        await restore(wallet, root=None)
    assert kept(wallet) == ["bitcoin-p2wpkh"]


async def test_an_own_backup_comes_back_in_a_new_wallet_of_the_same_words(
    bench: Bench, wallet: Wallet, tmp_path: Path
) -> None:
    with pytest.raises(PaymentNeededError):
        await wallet.loop.accounts.go_on(SERVER, ROOT)
    await wallet.loop.tokens.pay(bench.loop.payer)
    made = await wallet.loop.accounts.go_on(SERVER, ROOT)
    await wallet.loop.backups.write_missing()
    (tmp_path / "again").mkdir()
    other = Bench(tmp_path / "again")
    other.loop.surroundings = bench.loop.surroundings
    empty = await other.open()
    await empty.unlocking.keep_service_keys(ROOT)
    found = await empty.loop.accounts.go_on(SERVER, ROOT)
    assert found.params == made.params
    assert (bench.loop.demanded, len(bench.loop.registered)) == (1, 1)
    await other.close()


async def test_of_many_the_latest_valid_one_is_taken_and_every_failure_told(
    bench: Bench, wallet: Wallet
) -> None:
    old = put(bench.loop.folder, payload(0, CREATED))
    good = put(bench.loop.folder, payload(1, CREATED + 1, address(1)))
    foreign = put(bench.loop.folder, payload(2, CREATED + 2), OTHER_ROOT)
    broken = put(bench.loop.folder, replace(payload(3, CREATED + 3), network="testnet"))
    (bench.loop.folder / "notes.enc").write_bytes(b"not a backup's name")
    looked_at = await wallet.loop.restore.look(ROOT)
    assert [file.path for file in looked_at] == [broken, foreign, good, old]
    kinds = [type(file.found) for file in looked_at]
    assert kinds == [PayloadError, SealedOtherwiseError, Generation, Generation]
    assert (await restore(wallet)).path == good


async def test_an_older_one_may_be_chosen(bench: Bench, wallet: Wallet) -> None:
    old = put(bench.loop.folder, payload(0, CREATED))
    put(bench.loop.folder, payload(1, CREATED + 1, address(1)))
    assert (await restore(wallet, old)).path == old
    assert (await restore(wallet)).static_address
    assert kept(wallet) == ["bitcoin-p2wpkh", "loop-static", "loop-static"]


async def test_what_is_no_backup_or_not_there_is_told(bench: Bench, wallet: Wallet, tmp_path: Path) -> None:
    with pytest.raises(NoBackupError):
        await restore(wallet)
    with pytest.raises(NotABackupError):
        await wallet.loop.restore.look(ROOT, tmp_path / "l402.token")
    missing = tmp_path / put(bench.loop.folder, payload()).name
    with pytest.raises(NoUsableBackupError, match="cannot be read"):
        await restore(wallet, missing)


async def test_files_that_cannot_be_used_stop_a_payment_until_somebody_chooses(
    bench: Bench, wallet: Wallet
) -> None:
    put(bench.loop.folder, payload(), OTHER_ROOT)
    with pytest.raises(NoUsableBackupError, match="another wallet wrote it") as stopped:
        await wallet.loop.accounts.go_on(SERVER, ROOT)
    hint = stopped.value.text.hint
    assert all(choice in hint for choice in ("--backup-file", "open the wallet", "--new-generation"))
    assert bench.loop.demanded == 0
    with pytest.raises(PaymentNeededError):
        await wallet.loop.accounts.go_on(SERVER, ROOT, new_generation=True)


async def test_what_another_wallet_of_the_program_wrote_stops_no_payment(
    bench: Bench, wallet: Wallet
) -> None:
    put(own(bench.loop.folder, OTHER_ROOT), payload(), OTHER_ROOT)
    with pytest.raises(PaymentNeededError):
        await wallet.loop.accounts.go_on(SERVER, ROOT)


async def test_a_file_where_the_folder_should_be_stops_a_payment(bench: Bench, wallet: Wallet) -> None:
    bench.loop.folder.write_bytes(b"")
    with pytest.raises(NoUsableBackupError, match="Not a directory"):
        await wallet.loop.accounts.go_on(SERVER, ROOT)
    assert bench.loop.demanded == 0


async def test_generations_before_the_latest_come_back_too(bench: Bench, wallet: Wallet) -> None:
    """The same file in two folders is one generation; what fails is told and stops no other."""
    for number in range(3):
        put(bench.loop.folder, payload(number, CREATED + number, address(number)))
    put(own(bench.loop.folder), payload(1, CREATED + 1, address(1)))
    put(
        bench.loop.folder, payload(3, CREATED - 1, replace(address(), server_pubkey=address(1).client_pubkey))
    )
    looked_at = await wallet.loop.restore.look(ROOT)
    latest = await wallet.loop.restore.restore(looked_at, ROOT)
    older = await wallet.loop.restore.restore_older(looked_at, ROOT)
    assert latest.account.number == 2
    became = [each.became for each in older]
    assert [each.account.number for each in became if isinstance(each, Restored)] == [1, 0]
    assert [each.code for each in became if isinstance(each, ErrorText)] == ["loop-address-conflict"]
    assert kept(wallet) == ["bitcoin-p2wpkh", *["loop-static"] * 3]
    assert len(await wallet.loop.tokens.all()) == 3


async def test_an_account_is_added_from_the_latest_and_those_before_it(bench: Bench, wallet: Wallet) -> None:
    for number in range(2):
        put(bench.loop.folder, payload(number, CREATED + number, address(number)))
    assert (await wallet.loop.accounts.go_on(SERVER, ROOT)).number == 1
    assert kept(wallet) == ["bitcoin-p2wpkh", "loop-static", "loop-static"]
    assert (await wallet.loop.accounts.go_on(SERVER, ROOT)).number == 1
    assert bench.loop.demanded == 0


async def test_a_backup_folder_named_whole_is_looked_into_for_the_wallet_s_own(tmp_path: Path) -> None:
    mine = put(own(tmp_path), payload())
    beside = put(tmp_path, payload(1, CREATED + 1, address(1)))
    put(own(tmp_path, OTHER_ROOT), payload(2, CREATED + 2), OTHER_ROOT)
    found = await asyncio.to_thread(loop_files.look_at, tmp_path, ROOT, Network.REGTEST)
    assert [each.path for each in found] == [beside, mine]
    assert all(isinstance(each.found, Generation) for each in found)


async def test_a_folder_that_cannot_be_looked_into_stops_a_payment(
    bench: Bench, wallet: Wallet, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(folder: Path, suffix: str) -> list[Path]:
        raise PermissionError(13, "Permission denied", str(folder))

    with monkeypatch.context() as patch:
        patch.setattr(loop_files, "generations", refuse)
        with pytest.raises(NoUsableBackupError, match="Permission denied"):
            await wallet.loop.accounts.go_on(SERVER, ROOT)
    assert bench.loop.demanded == 0


async def test_the_file_of_an_lnd_node_stays_as_it_is_and_gets_no_twin(bench: Bench, wallet: Wallet) -> None:
    node = Root.of_node(PrivateNode.from_seed(Secret(bytes(range(64)))))
    key = public_nodes(node, Network.REGTEST, strict=False)[REGISTERED.number].child(0).key
    path = put(bench.loop.folder, payload(of=replace(address(), client_pubkey=key)), OTHER_ROOT)
    before = path.read_bytes()
    await restore(wallet, path, root=node)
    assert await wallet.loop.backups.write_missing() == []
    assert [(each, each.read_bytes()) for each in bench.loop.folder.iterdir()] == [(path, before)]


@pytest.mark.logs_warning("loop-backup-in-the-way")
async def test_a_file_that_others_sealed_is_never_moved_out_of_the_way(bench: Bench, wallet: Wallet) -> None:
    put(bench.loop.folder, payload())
    mine = own(bench.loop.folder)
    strange = put(mine, payload(), OTHER_ROOT)
    await restore(wallet)
    before = strange.read_bytes()
    assert await wallet.loop.backups.write_missing() == []
    assert [(each, each.read_bytes()) for each in mine.iterdir()] == [(strange, before)]
    assert wallet.loop.backups.troubles[bench.loop.folder].code == "loop-backup-in-the-way"


async def test_before_anything_is_paid_the_latest_backup_is_restored(bench: Bench, wallet: Wallet) -> None:
    put(bench.loop.folder, payload())
    account = await wallet.loop.accounts.go_on(SERVER, ROOT)
    assert account.kind == "loop-static"
    assert bench.loop.demanded == 0
    assert (await wallet.loop.accounts.go_on(SERVER, ROOT)).id == account.id


async def test_damage_is_told_from_another_wallet_s_file(
    bench: Bench, wallet: Wallet, tmp_path: Path
) -> None:
    with pytest.raises(PaymentNeededError):
        await wallet.loop.accounts.go_on(SERVER, ROOT)
    await wallet.loop.tokens.pay(bench.loop.payer)
    await wallet.loop.accounts.go_on(SERVER, ROOT)
    await wallet.loop.backups.write_missing()
    (path,) = own(bench.loop.folder).iterdir()
    data = path.read_bytes()
    copy = tmp_path / path.name
    copy.write_bytes(data[:-1] + bytes((data[-1] ^ 1,)))
    (file,) = await wallet.loop.restore.look(None, copy)
    assert isinstance(file.found, DamagedFileError)


async def test_what_fails_half_way_leaves_nothing_behind(
    bench: Bench, wallet: Wallet, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError("the disk")

    put(bench.loop.folder, payload())
    with monkeypatch.context() as patch:
        patch.setattr("pillarbox.storage.static_addresses.bind", fails)
        with pytest.raises(RuntimeError):
            await restore(wallet)
    assert await wallet.loop.tokens.all() == []
    assert kept(wallet) == ["bitcoin-p2wpkh"]
    await bench.close()
    assert kept(await bench.open()) == ["bitcoin-p2wpkh"]


async def test_a_key_far_out_is_found_where_one_looks_far_enough(bench: Bench, wallet: Wallet) -> None:
    put(bench.loop.folder, payload(of=address(33)))
    with pytest.raises(ClientKeyNotFoundError, match="up to number 20"):
        await restore(wallet)
    assert await wallet.loop.tokens.all() == []
    assert kept(wallet) == ["bitcoin-p2wpkh"]
    assert (await restore(wallet, last_key=40)).account.number == 33


async def test_a_key_beyond_those_that_loop_looks_at_is_found_unasked(bench: Bench, wallet: Wallet) -> None:
    put(bench.loop.folder, payload(of=address(1_500)))
    restored = await wallet.loop.restore.restore(await wallet.loop.restore.look(ROOT), ROOT)
    assert restored.account.number == 1_500


def test_commands_let_a_person_look_as_far_as_the_wallet_does() -> None:
    assert scan_keys.WIDEST_SCAN == loop_restore.WIDEST_SCAN
    assert RecoverArguments("w").scan_keys == loop_restore.USUAL_SCAN


async def test_a_key_that_cannot_be_derived_is_not_said_to_be_another_wallet_s(
    bench: Bench, wallet: Wallet, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise InvalidChildError(5)

    monkeypatch.setattr("pillarbox.wallet.loop_restore.find_client_key", fails)
    put(bench.loop.folder, payload())
    with pytest.raises(DerivationFailedError, match="key 5"):
        await restore(wallet)


async def test_where_the_file_says_which_key_nobody_has_to_look(bench: Bench, wallet: Wallet) -> None:
    put(bench.loop.folder, payload(of=replace(address(2_000), legacy_client_key_index=2_000)))
    assert (await restore(wallet)).account.number == 2_000


async def test_an_index_that_is_not_the_key_s_is_not_believed(bench: Bench, wallet: Wallet) -> None:
    put(bench.loop.folder, payload(of=replace(address(4), legacy_client_key_index=9)))
    assert (await restore(wallet)).account.number == 4


async def test_a_file_sealed_by_the_other_derivation_opens_too(bench: Bench, wallet: Wallet) -> None:
    put(bench.loop.folder, payload(), purpose=ServiceKey.LOOP_BACKUP_STRICT)
    assert (await restore(wallet)).static_address


async def test_another_token_of_the_same_id_is_a_conflict_and_nothing_is_written(
    bench: Bench, wallet: Wallet
) -> None:
    content = payload()
    data = content.token_files[0].data
    await wallet.loop.tokens.take_over(data[:-9] + bytes((data[-9] ^ 1,)) + data[-8:], "")
    put(bench.loop.folder, content)
    with pytest.raises(TokenConflictError):
        await restore(wallet)
    assert kept(wallet) == ["bitcoin-p2wpkh"]


async def test_another_paid_token_of_the_same_address_is_kept(bench: Bench, wallet: Wallet) -> None:
    put(bench.loop.folder, payload())
    before = await restore(wallet)
    put(bench.loop.folder, payload(1, CREATED + 1))
    after = await restore(wallet)
    assert (after.account.id, after.token, after.static_address) == (before.account.id, True, False)
    wanted = {payload().token_files[0].data, payload(1, CREATED + 1).token_files[0].data}
    assert {token.data for token in await wallet.loop.tokens.all()} == wanted
    assert not (await restore(wallet)).token


@pytest.fixture
async def tokenless(bench: Bench, wallet: Wallet) -> Account:
    """A static address whose token was left out of the backup that it came from; Loop's file has it."""
    put(bench.loop.folder, payload())
    account = (await restore(wallet)).account
    assert bench.db is not None
    await bench.db.write(_forget_tokens)
    return account


def _forget_tokens(tx: Tx) -> None:
    tx.execute("DROP TRIGGER l402_tokens_stay")
    tx.execute("DELETE FROM l402_tokens")


async def test_a_static_address_without_its_token_is_listed_as_such(
    wallet: Wallet, tokenless: Account
) -> None:
    assert await wallet.loop.addresses.history(tokenless.id) == []
    facts = await wallet.loop.desk.static(tokenless.id)
    assert facts is not None
    assert (facts.token_paid, facts.token_id) == (False, "")
    (kept_static,) = await wallet.loop.addresses.accounts()
    assert (await account_status(wallet.loop, kept_static))["token_id"] is None


async def test_a_static_address_gets_the_token_that_it_lacks(wallet: Wallet, tokenless: Account) -> None:
    found = await restore(wallet)
    assert (found.account.id, found.token, found.static_address) == (tokenless.id, True, False)
    again = await restore(wallet, root=None)
    assert (again.account.id, again.token, again.static_address) == (tokenless.id, False, False)
    assert len(kept(wallet)) == 2


async def test_a_static_address_without_its_token_gets_it_back_before_anything_is_paid(
    bench: Bench, wallet: Wallet, tokenless: Account
) -> None:
    assert (await wallet.loop.accounts.go_on(SERVER, ROOT)).id == tokenless.id
    assert bench.loop.demanded == 0


@pytest.mark.parametrize(
    "other",
    [
        payload(of=replace(address(), expiry=145)),
        payload(of=replace(address(), server_pubkey=address(7).client_pubkey)),
        payload(of=address(1)),
    ],
    ids=["expiry", "server", "client key"],
)
async def test_another_address_for_the_same_is_a_conflict(
    bench: Bench, wallet: Wallet, other: Payload
) -> None:
    put(bench.loop.folder, payload())
    before = await restore(wallet)
    tokens = await wallet.loop.tokens.all()
    path = put(bench.loop.folder.parent / "elsewhere", other)
    with pytest.raises(StaticAddressConflictError):
        await restore(wallet, path)
    assert wallet.accounts.get("Loop static").params == before.account.params
    assert len(kept(wallet)) == 2
    assert await wallet.loop.tokens.all() == tokens


async def test_a_lower_height_is_taken_over_and_is_no_conflict(bench: Bench, wallet: Wallet) -> None:
    put(bench.loop.folder, payload())
    first = await restore(wallet)
    lower = replace(address(), legacy_first_height=0, multi_address_first_height=600)
    again = await restore(wallet, put(bench.loop.folder.parent / "elsewhere", payload(of=lower)))
    assert again.account.id == first.account.id
    await bench.close()
    opened = await bench.open()
    static = StaticAccount.read(opened.accounts.get("Loop static").params, Network.REGTEST)
    assert (static.first_height, static.multi_address_first_height) == (321, 600)


async def test_families_that_this_version_does_not_know_are_refused(bench: Bench, wallet: Wallet) -> None:
    put(bench.loop.folder, payload(of=replace(address(), main_key_family=7)))
    with pytest.raises(PayloadError, match="families"):
        await restore(wallet)


async def test_after_a_restore_addresses_go_out_beyond_the_highest_that_ever_had_a_history(
    bench: Bench, wallet: Wallet
) -> None:
    put(bench.loop.folder, payload())
    node = public_nodes(ROOT, Network.REGTEST, strict=False)[0]
    for index in (3, 19, 30):
        paid = StaticAddress(node.child(index).key, SERVER_KEY, 144)
        bench.chain.pay(paid.script, 1_000, height=9)
    account = (await restore(wallet)).account
    while wallet.accounts.get(account.id).scan_state is not ScanState.SCANNED:
        await bench.next_event()
    assert (await wallet.receiving.hand_out(account.id)).ref.index == 31
    assert any(isinstance(event, ScanProgressed) for event in bench.heard)
