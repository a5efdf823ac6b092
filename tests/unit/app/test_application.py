"""One running Pillarbox: wallets made whole or not at all, opened once, closed without a trace."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from pillarbox.app.application import Application
from pillarbox.app.new_wallet import NewWallet, PublicSource, WordsSource
from pillarbox.app.paths import Paths
from pillarbox.app.wallet_folders import NoSuchWalletError, WalletExistsError
from pillarbox.files.folder_lock import WalletInUseError
from pillarbox.keys.mnemonic import MnemonicChecksumError
from pillarbox.model.account import ScanState
from pillarbox.model.network import Network
from pillarbox.secret import Secret
from pillarbox.vault.keychain import Keychain
from pillarbox.vault.slots import NotInKeychainError, PassphraseChangedError, WrongPassphraseError
from pillarbox.wallet.unlocking import ScreenLockedError
from pillarbox.wallet.wallet import Wallet

WORDS = "abandon " * 11 + "about"
PASSPHRASE = Secret.from_text("correct horse")
ZPUB = (
    "zpub6rFR7y4Q2AijBEqTUquhVz398htDFrtymD9xYYfG1m4wAcvPhXNfE3Ef"
    "H1r1ADqtfSdVCToUG868RvUUkgDKf31mGDtKsAYz2oz2AGutZYs"
)


class MemoryKeychain:
    """A keyring backend that keeps its entries for as long as it lives."""

    priority = 5

    def __init__(self) -> None:
        self.entries: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.entries[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.entries[service, username]


@pytest.fixture
def backend() -> MemoryKeychain:
    return MemoryKeychain()


@pytest.fixture
async def app(tmp_path: Path, backend: MemoryKeychain) -> AsyncIterator[Application]:
    started = await Application.start(Paths(tmp_path / "data"), keychain=Keychain(backends=lambda: [backend]))
    yield started
    await started.stop()


def plan(
    name: str = "Studio", *, made_here: bool = True, words: str = WORDS, keychain: bool = False
) -> NewWallet:
    source = WordsSource(Secret.from_text(words), made_here=made_here)
    return NewWallet(name, Network.REGTEST, source, PASSPHRASE.copy(), keychain)


async def test_a_new_wallet_is_open_and_has_a_first_account_ready_to_receive(app: Application) -> None:
    wallet = (await app.create_wallet(plan())).wallet
    (account,) = wallet.accounts.all()
    assert (account.kind, account.path, account.scan_state) == (
        "bitcoin-p2wpkh",
        "m/84'/1'/0'",
        ScanState.MADE_HERE,
    )
    assert (await wallet.receiving.hand_out(account.id)).text.startswith("bcrt1q")


async def test_a_wallet_made_from_old_words_is_scanned_before_it_hands_out(app: Application) -> None:
    wallet = (await app.create_wallet(plan(made_here=False))).wallet
    assert wallet.accounts.get().scan_state in (ScanState.UNSCANNED, ScanState.SCANNING)


async def test_a_watch_only_wallet_comes_from_a_public_key(app: Application) -> None:
    made = await app.create_wallet(
        NewWallet("Watch", Network.MAINNET, PublicSource(ZPUB), PASSPHRASE.copy(), False)
    )
    assert made.wallet.watch_only
    given = await made.wallet.receiving.hand_out(made.wallet.accounts.get().id, unscanned=True)
    assert given.text == "bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu"


async def test_nothing_is_left_of_a_wallet_whose_words_are_wrong(app: Application, tmp_path: Path) -> None:
    with pytest.raises(MnemonicChecksumError):
        await app.create_wallet(plan(words="abandon " * 11 + "abandon"))
    assert app.wallet_summaries() == []
    assert list((tmp_path / "data" / "wallets").iterdir()) == []


async def test_nothing_is_left_of_a_wallet_that_could_not_be_opened(
    app: Application, backend: MemoryKeychain, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def cancelled(*_: object) -> None:
        raise asyncio.CancelledError

    monkeypatch.setattr(Wallet, "start", cancelled)
    with pytest.raises(asyncio.CancelledError):
        await app.create_wallet(plan(keychain=True))
    assert app.wallet_summaries() == []
    assert backend.entries == {}


async def test_a_wallet_nobody_saw_is_unmade_and_one_that_was_handed_out_from_stays(
    app: Application, backend: MemoryKeychain, tmp_path: Path
) -> None:
    await app.create_wallet(plan("Unseen", keychain=True))
    await app.unmake_wallet("Unseen")
    seen = (await app.create_wallet(plan("Seen"))).wallet
    await seen.receiving.hand_out(seen.accounts.get().id)
    await app.unmake_wallet("Seen")
    assert [path.name for path in (tmp_path / "data" / "wallets").iterdir()] == ["Seen"]
    assert list(app.open_wallets) == ["Seen"]
    assert backend.entries == {}


@pytest.mark.parametrize(("text", "code"), [("{", "slots-damaged"), ('{"version": 99}', "slots-newer")])
async def test_a_wallet_that_cannot_be_read_says_so_and_hides_no_other(
    app: Application, text: str, code: str
) -> None:
    for name in ("Broken", "Whole"):
        await app.create_wallet(plan(name))
        await app.close_wallet(name)
    app.folder("Broken").slots.write_text(text)
    broken, whole = app.wallet_summaries()
    assert (broken.name, broken.network, broken.trouble and broken.trouble.code) == ("Broken", None, code)
    assert (whole.name, whole.network, whole.trouble) == ("Whole", Network.REGTEST, None)


async def test_a_taken_name_leaves_the_first_wallet_alone(app: Application) -> None:
    await app.create_wallet(plan())
    with pytest.raises(WalletExistsError):
        await app.create_wallet(plan())


@pytest.mark.parametrize("name", ["../../etc", "Łódź / Café", ".hidden", "a%2Fb", "CON."])
async def test_any_printable_name_is_a_name_and_never_a_path(
    app: Application, tmp_path: Path, name: str
) -> None:
    await app.create_wallet(plan(name))
    await app.close_wallet(name)
    assert [summary.name for summary in app.wallet_summaries()] == [name]
    assert len(list((tmp_path / "data" / "wallets").iterdir())) == 1
    await app.open_wallet(name, PASSPHRASE)


async def test_a_closed_wallet_opens_by_passphrase_alone_unless_the_keychain_has_it(
    app: Application, backend: MemoryKeychain
) -> None:
    await app.create_wallet(plan())
    await app.close_wallet("Studio")
    with pytest.raises(NotInKeychainError):
        await app.open_wallet("Studio")
    with pytest.raises(WrongPassphraseError):
        await app.open_wallet("Studio", Secret.from_text("wrong"))
    await app.put_in_keychain("Studio", PASSPHRASE)
    assert (await app.open_wallet("Studio")).name == "Studio"
    await app.close_wallet("Studio")
    await app.take_out_of_keychain("Studio")
    assert backend.entries == {}
    with pytest.raises(NotInKeychainError):
        await app.open_wallet("Studio")


async def test_what_does_not_exist_is_said_so(app: Application) -> None:
    with pytest.raises(NoSuchWalletError):
        await app.open_wallet("Nobody")


async def test_two_programs_never_open_one_wallet(app: Application) -> None:
    await app.create_wallet(plan())
    other = await Application.start(app.paths, program="another Pillarbox")
    with pytest.raises(WalletInUseError):
        await other.open_wallet("Studio", PASSPHRASE)
    await other.stop()
    asyncio.get_running_loop().set_default_executor(app._threads)  # two programs have no loop in common


async def test_changes_of_one_wallets_slots_wait_for_each_other(app: Application) -> None:
    await app.create_wallet(plan())
    new = Secret.from_text("another passphrase")
    await asyncio.gather(
        app.change_passphrase("Studio", PASSPHRASE, new), app.put_in_keychain("Studio", PASSPHRASE)
    )
    await app.close_wallet("Studio")
    with pytest.raises(PassphraseChangedError):
        await app.open_wallet("Studio", PASSPHRASE)
    await app.open_wallet("Studio")


async def test_a_locked_screen_opens_by_the_passphrase(app: Application) -> None:
    wallet = (await app.create_wallet(plan())).wallet
    assert wallet.unlocking.lock_screen()
    with pytest.raises(ScreenLockedError):
        wallet.unlocking.require_unlocked()
    with pytest.raises(WrongPassphraseError):
        await wallet.unlocking.unlock_screen(Secret.from_text("wrong"))
    await wallet.unlocking.unlock_screen(PASSPHRASE)
    wallet.unlocking.require_unlocked()


async def test_the_words_come_back_by_the_passphrase(app: Application) -> None:
    wallet = (await app.create_wallet(plan())).wallet
    async with wallet.unlocking.words(PASSPHRASE) as opened:
        assert opened.words.text() == WORDS
    assert opened.words.wiped


async def test_a_second_account_is_the_next_one_of_its_kind(app: Application) -> None:
    wallet = (await app.create_wallet(plan())).wallet
    async with wallet.unlocking.root(PASSPHRASE) as root:
        second = await wallet.accounts.add("bitcoin-p2wpkh", root=root)
        taproot = await wallet.accounts.add("bitcoin-p2tr", root=root)
    assert (second.path, taproot.path) == ("m/84'/1'/1'", "m/86'/1'/0'")
    assert len({account.label for account in wallet.accounts.all()}) == 3


def test_no_http_client_is_loaded_before_a_wallet_asks_an_indexer() -> None:
    code = "import sys, pillarbox.app.application; print('httpx' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
