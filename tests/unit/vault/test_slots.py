"""The ways into a wallet, and every way they can be wrong."""

import json
from pathlib import Path

import pytest
from fake_keyring import FakeKeyring
from keyring import errors

from pillarbox.errors import DiskFullError, PillarboxError
from pillarbox.model.account import WalletId
from pillarbox.model.network import Network
from pillarbox.secret import Secret
from pillarbox.vault.keychain import Keychain, KeychainForgotError, KeychainLockedError
from pillarbox.vault.slots import (
    NoPassphraseError,
    NotInKeychainError,
    OnlyWayInError,
    PassphraseChangedError,
    PassphraseSetError,
    Slots,
    WrongPassphraseError,
)
from pillarbox.vault.slots_file import SlotsDamagedError, SlotsMissingError, SlotsNewerError, read_slots

OTHER = Secret.from_text("tr0ub4dor&3")


@pytest.fixture
def text_of(slots_path: Path) -> "SlotsText":
    return SlotsText(slots_path)


class SlotsText:
    """The file as a person or a disk would change it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> bytes:
        return self.path.read_bytes()

    def write(self, data: bytes) -> None:
        self.path.write_bytes(data)

    def fields(self) -> dict[str, object]:
        found: dict[str, object] = json.loads(self.path.read_bytes())
        return found


async def refused(ask: object) -> type[PillarboxError]:
    with pytest.raises(PillarboxError) as caught:
        await ask  # type: ignore[misc]
    return type(caught.value)


async def test_passphrase_and_keychain_open_the_same_key(
    slots: Slots, wallet: WalletId, passphrase: Secret
) -> None:
    made = await slots.create(wallet, Network.SIGNET, passphrase=passphrase, use_keychain=True)
    assert made.keychain_trouble is None
    assert await slots.file_key() == made.keys.file_key
    assert await slots.file_key(passphrase) == made.keys.file_key
    assert await slots.words_key(passphrase) == made.keys.words_key
    assert made.keys.file_key != made.keys.words_key


async def test_a_passphrase_is_the_same_however_its_accents_are_composed(
    slots: Slots, wallet: WalletId
) -> None:
    composed, apart = Secret.from_text("Caf\u00e9"), Secret.from_text("Cafe\u0301")
    made = await slots.create(wallet, Network.MAINNET, passphrase=composed, use_keychain=False)
    assert await slots.file_key(apart) == made.keys.file_key


async def test_a_wrong_passphrase_is_told(slots: Slots, wallet: WalletId, passphrase: Secret) -> None:
    await slots.create(wallet, Network.MAINNET, passphrase=passphrase, use_keychain=False)
    assert await refused(slots.file_key(OTHER)) is WrongPassphraseError
    assert await refused(slots.words_key(OTHER)) is WrongPassphraseError
    assert await refused(slots.change_passphrase(OTHER, OTHER)) is WrongPassphraseError


async def test_a_changed_passphrase_opens_and_the_old_one_is_told_apart_from_a_wrong_one(
    slots: Slots, wallet: WalletId, passphrase: Secret
) -> None:
    made = await slots.create(wallet, Network.MAINNET, passphrase=passphrase, use_keychain=True)
    await slots.change_passphrase(passphrase, OTHER)
    assert await slots.file_key(OTHER) == made.keys.file_key
    assert await slots.words_key(OTHER) == made.keys.words_key
    assert await slots.file_key() == made.keys.file_key
    assert await refused(slots.file_key(passphrase)) is PassphraseChangedError
    told = [await refused(slots.file_key(Secret.from_text(f"wrong {n}"))) for n in range(3)]
    assert WrongPassphraseError in told


async def test_a_wallet_of_the_keychain_alone_can_be_given_a_passphrase_once(
    slots: Slots, wallet: WalletId, passphrase: Secret
) -> None:
    made = await slots.create(wallet, Network.MAINNET, passphrase=None, use_keychain=True)
    assert await refused(slots.file_key(passphrase)) is NoPassphraseError
    words_key = await slots.set_first_passphrase(made.keys.file_key, passphrase)
    assert await slots.file_key(passphrase) == made.keys.file_key
    assert await slots.words_key(passphrase) == words_key
    assert await refused(slots.set_first_passphrase(made.keys.file_key, OTHER)) is PassphraseSetError


async def test_a_key_taken_out_of_the_keychain_can_be_put_back(
    slots: Slots, wallet: WalletId, passphrase: Secret, keyring: FakeKeyring
) -> None:
    await slots.create(wallet, Network.MAINNET, passphrase=passphrase, use_keychain=True)
    await slots.take_out_of_keychain()
    await slots.take_out_of_keychain()
    assert keyring.entries == {}
    assert await refused(slots.file_key()) is NotInKeychainError
    file_key = await slots.file_key(passphrase)
    await slots.put_into_keychain(file_key)
    assert await slots.file_key() == file_key


async def test_a_key_that_failed_to_leave_the_keychain_opens_nothing_any_more(
    slots: Slots, wallet: WalletId, passphrase: Secret, keyring: FakeKeyring
) -> None:
    await slots.create(wallet, Network.MAINNET, passphrase=passphrase, use_keychain=True)
    keyring.fails = errors.KeyringLocked("locked")
    assert await refused(slots.take_out_of_keychain()) is KeychainLockedError
    keyring.fails = None
    assert len(keyring.entries) == 1
    assert await refused(slots.file_key()) is NotInKeychainError


async def test_the_last_way_in_is_never_closed(slots: Slots, wallet: WalletId, slots_path: Path) -> None:
    nothing = slots.create(wallet, Network.MAINNET, passphrase=None, use_keychain=False)
    assert await refused(nothing) is OnlyWayInError
    made = await slots.create(wallet, Network.MAINNET, passphrase=None, use_keychain=True)
    assert await refused(slots.take_out_of_keychain()) is OnlyWayInError
    assert await slots.file_key() == made.keys.file_key


async def test_a_keychain_that_fails_at_creation_is_told_and_the_passphrase_opens(
    slots: Slots, wallet: WalletId, passphrase: Secret, keyring: FakeKeyring, slots_path: Path
) -> None:
    keyring.fails = errors.KeyringLocked("locked")
    made = await slots.create(wallet, Network.MAINNET, passphrase=passphrase, use_keychain=True)
    assert isinstance(made.keychain_trouble, KeychainLockedError)
    assert read_slots(slots_path).keychain is None
    assert await slots.file_key(passphrase) == made.keys.file_key


async def test_a_keychain_that_fails_as_the_only_way_in_leaves_nothing(
    slots: Slots, wallet: WalletId, keyring: FakeKeyring, slots_path: Path
) -> None:
    keyring.fails = errors.KeyringLocked("locked")
    creating = slots.create(wallet, Network.MAINNET, passphrase=None, use_keychain=True)
    assert await refused(creating) is KeychainLockedError
    with pytest.raises(SlotsMissingError):
        read_slots(slots_path)


async def test_a_keychain_entry_of_another_copy_does_not_open(
    slots: Slots, wallet: WalletId, passphrase: Secret, keyring: FakeKeyring
) -> None:
    await slots.create(wallet, Network.MAINNET, passphrase=passphrase, use_keychain=True)
    keyring.entries["Pillarbox", wallet] = "00" * 32
    assert await refused(slots.file_key()) is KeychainForgotError


async def test_the_keychain_alone_does_not_hold_the_key(
    slots: Slots, wallet: WalletId, passphrase: Secret, keyring: FakeKeyring
) -> None:
    made = await slots.create(wallet, Network.MAINNET, passphrase=passphrase, use_keychain=True)
    assert made.keys.file_key.reveal().hex() not in keyring.entries.values()


async def test_the_file_tells_the_wallet_and_its_network_and_no_more(
    slots: Slots, wallet: WalletId, passphrase: Secret, text_of: SlotsText
) -> None:
    made = await slots.create(wallet, Network.SIGNET, passphrase=passphrase, use_keychain=True)
    await slots.change_passphrase(passphrase, OTHER)
    fields = text_of.fields()
    assert set(fields) == {"version", "wallet", "network", "passphrase", "keychain", "retired", "checksum"}
    assert (fields["version"], fields["wallet"], fields["network"]) == (1, wallet, "signet")
    assert {name for name in ("passphrase", "retired") if fields[name]["memory_kib"] >= 65_536} == {  # type: ignore[index]
        "passphrase",
        "retired",
    }
    for secret in (passphrase, OTHER, made.keys.file_key, made.keys.words_key):
        assert secret.reveal() not in text_of.read()
        assert secret.reveal().hex().encode() not in text_of.read()


async def test_a_full_disk_keeps_the_old_passphrase(
    slots: Slots, slots_path: Path, keychain: Keychain, wallet: WalletId, passphrase: Secret
) -> None:
    def full(path: Path, _data: bytes) -> None:
        raise DiskFullError(where=str(path.parent))

    made = await slots.create(wallet, Network.MAINNET, passphrase=passphrase, use_keychain=False)
    assert (
        await refused(Slots(slots_path, keychain, full).change_passphrase(passphrase, OTHER)) is DiskFullError
    )
    assert await slots.file_key(passphrase) == made.keys.file_key


class TestADamagedFile:
    @pytest.fixture
    async def made(self, slots: Slots, wallet: WalletId, passphrase: Secret) -> None:
        await slots.create(wallet, Network.MAINNET, passphrase=passphrase, use_keychain=True)

    async def test_a_missing_file_is_told(self, slots: Slots, passphrase: Secret) -> None:
        assert await refused(slots.file_key(passphrase)) is SlotsMissingError

    @pytest.mark.usefixtures("made")
    def test_no_change_of_a_byte_passes_for_a_wrong_passphrase(self, text_of: SlotsText) -> None:
        whole = text_of.read()
        for offset in range(len(whole) - 1):
            text_of.write(whole[:offset] + bytes([whole[offset] ^ 1]) + whole[offset + 1 :])
            with pytest.raises((SlotsDamagedError, SlotsNewerError)):
                read_slots(text_of.path)

    @pytest.mark.usefixtures("made")
    @pytest.mark.parametrize("text", [b"", b"null", b"[]", b"{}", b'"text"', b"\xff\xfe", b'{"version": 1}'])
    async def test_other_contents_are_damage(
        self, slots: Slots, text_of: SlotsText, passphrase: Secret, text: bytes
    ) -> None:
        text_of.write(text)
        assert await refused(slots.file_key(passphrase)) is SlotsDamagedError
        assert text_of.read() == text

    @pytest.mark.usefixtures("made")
    async def test_a_newer_file_says_what_it_needs(self, slots: Slots, text_of: SlotsText) -> None:
        text_of.write(json.dumps({**text_of.fields(), "version": 2}).encode())
        assert await refused(slots.file_key()) is SlotsNewerError

    @pytest.mark.usefixtures("made")
    def test_a_cheaper_key_derivation_is_not_accepted(
        self, text_of: SlotsText, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        fields = text_of.fields()
        fields["passphrase"]["memory_kib"] = 8  # type: ignore[index]
        monkeypatch.setattr("pillarbox.vault.slots_file._checksum", lambda _body: "anything")
        text_of.write(json.dumps({**fields, "checksum": "anything"}).encode())
        with pytest.raises(SlotsDamagedError):
            read_slots(text_of.path)

    @pytest.mark.usefixtures("made")
    async def test_slots_of_one_wallet_do_not_open_as_anothers(
        self, slots: Slots, text_of: SlotsText, passphrase: Secret, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("pillarbox.vault.slots_file._checksum", lambda _body: "anything")
        text_of.write(json.dumps({**text_of.fields(), "network": "testnet", "checksum": "anything"}).encode())
        assert await refused(slots.file_key(passphrase)) is WrongPassphraseError
        assert await refused(slots.file_key()) is KeychainForgotError
