"""The system's keychain, good and bad; every way it fails leads to the passphrase."""

import asyncio
from collections.abc import Iterable, Iterator

import keyring
import pytest
from fake_keyring import (
    FakeKeyring,
    ForgetfulKeyring,
    HangingKeyring,
    PlaintextKeyring,
    UnusableKeyring,
)
from keyring import errors
from keyring.backends import chainer, fail, null

from pillarbox.model.account import WalletId
from pillarbox.secret import Secret
from pillarbox.vault import keychain as keychains
from pillarbox.vault.keychain import (
    Backend,
    Keychain,
    KeychainError,
    KeychainFailedError,
    KeychainForgotError,
    KeychainLockedError,
    KeychainMissingError,
    KeychainSilentError,
    KeychainUnsafeError,
    backend_name,
    installed_backends,
)

SECRET = Secret(b"\x07" * 32)


def over(*backends: Backend) -> Keychain:
    return Keychain(backends=lambda: backends)


async def test_what_was_put_in_comes_out_until_it_is_removed(
    keychain: Keychain, keyring: FakeKeyring, wallet: WalletId
) -> None:
    name = await keychain.put(wallet, SECRET)
    assert name == "fake_keyring.FakeKeyring"
    assert keyring.entries == {("Pillarbox", wallet): SECRET.reveal().hex()}
    assert await keychain.get(wallet, name) == SECRET
    await keychain.remove(wallet, name)
    await keychain.remove(wallet, name)
    assert keyring.entries == {}
    with pytest.raises(KeychainForgotError):
        await keychain.get(wallet, name)


async def test_an_entry_that_somebody_changed_is_not_taken_for_a_key(
    keychain: Keychain, keyring: FakeKeyring, wallet: WalletId
) -> None:
    name = await keychain.put(wallet, SECRET)
    keyring.entries["Pillarbox", wallet] = "not hex"
    with pytest.raises(KeychainForgotError):
        await keychain.get(wallet, name)


@pytest.mark.parametrize("backend", [PlaintextKeyring(), ForgetfulKeyring(), null.Keyring()])
async def test_a_keychain_that_shows_or_loses_secrets_is_refused(backend: Backend, wallet: WalletId) -> None:
    with pytest.raises(KeychainUnsafeError) as caught:
        await over(backend).put(wallet, SECRET)
    assert caught.value.parameters == {"backend": backend_name(backend)}
    assert not getattr(backend, "entries", None)


@pytest.mark.parametrize("backends", [[], [fail.Keyring()]])
async def test_a_computer_without_keychain_is_told_so(backends: Iterable[Backend], wallet: WalletId) -> None:
    with pytest.raises(KeychainMissingError):
        await Keychain(backends=lambda: backends).put(wallet, SECRET)


async def test_a_backend_that_cannot_work_is_passed_over(wallet: WalletId) -> None:
    with pytest.raises(KeychainUnsafeError):
        await over(UnusableKeyring()).put(wallet, SECRET)
    good = FakeKeyring()
    assert await over(UnusableKeyring(), good).put(wallet, SECRET) == backend_name(good)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (errors.KeyringLocked("Failed to unlock the collection!"), KeychainLockedError),
        (errors.NoKeyringError("none"), KeychainMissingError),
        (errors.InitError("Failed to create the collection"), KeychainFailedError),
        (errors.PasswordSetError("no"), KeychainFailedError),
        (ConnectionResetError("gone"), KeychainFailedError),
    ],
)
async def test_every_failure_has_words_that_lead_to_the_passphrase(
    keychain: Keychain, keyring: FakeKeyring, wallet: WalletId, error: Exception, told: type[KeychainError]
) -> None:
    keyring.fails = error
    for ask in (keychain.put(wallet, SECRET), keychain.get(wallet, backend_name(keyring))):
        with pytest.raises(told) as caught:
            await ask
        assert "passphrase" in caught.value.text.hint
        assert SECRET.reveal().hex() not in str(caught.value)


async def test_the_best_of_several_keychains_is_used_and_remembered(wallet: WalletId) -> None:
    class Better(FakeKeyring):
        priority = 6

    good, better, plain = FakeKeyring(), Better(), PlaintextKeyring()
    keychain = over(plain, good, better)
    name = await keychain.put(wallet, SECRET)
    assert (name, good.entries, plain.entries) == (backend_name(better), {}, {})
    assert await over(better, good).get(wallet, name) == SECRET
    with pytest.raises(KeychainMissingError):
        await over(good).get(wallet, name)


def test_a_chain_of_keychains_is_looked_into(monkeypatch: pytest.MonkeyPatch) -> None:
    chain = chainer.ChainerBackend()
    monkeypatch.setattr(chainer.ChainerBackend, "backends", [FakeKeyring()])
    monkeypatch.setattr(keyring, "get_keyring", lambda: chain)
    assert [backend_name(backend) for backend in installed_backends()] == ["fake_keyring.FakeKeyring"]


class TestOneThatHangs:
    @pytest.fixture
    def hanging(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[HangingKeyring]:
        monkeypatch.setattr(keychains, "QUIET", 0.01)
        keyring = HangingKeyring()
        yield keyring
        keyring.answered.set()

    async def test_it_is_given_up_and_the_waiting_was_visible(
        self, hanging: HangingKeyring, wallet: WalletId
    ) -> None:
        waiting: list[bool] = []
        keychain = Keychain(backends=lambda: [hanging], on_waiting=waiting.append, patience=0.02)
        with pytest.raises(KeychainSilentError) as caught:
            await keychain.put(wallet, SECRET)
        assert waiting == [True, False]
        assert "passphrase" in caught.value.text.hint

    async def test_its_late_answer_is_taken_while_somebody_waits(
        self, hanging: HangingKeyring, wallet: WalletId
    ) -> None:
        waiting: list[bool] = []

        def on_waiting(begins: bool) -> None:
            waiting.append(begins)
            hanging.answered.set()

        keychain = Keychain(backends=lambda: [hanging], on_waiting=on_waiting)
        assert await keychain.put(wallet, SECRET) == backend_name(hanging)
        assert waiting == [True, False]

    async def test_who_stops_waiting_is_free_at_once(self, hanging: HangingKeyring, wallet: WalletId) -> None:
        asked = asyncio.create_task(over(hanging).put(wallet, SECRET))
        await asyncio.sleep(0)
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked
