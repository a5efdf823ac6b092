"""Two pools on one key would give one address to two payers: of two open wallets only one hands out."""

import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pillarbox.app.application import Application
from pillarbox.app.key_claims import KeyClaims
from pillarbox.app.new_wallet import NewWallet, WordsSource
from pillarbox.app.paths import Paths
from pillarbox.files.byte_claims import ByteClaims
from pillarbox.model.network import Network
from pillarbox.secret import Secret
from pillarbox.vault.keychain import Keychain
from pillarbox.wallet.hand_out_refusals import NotScannedError, SameKeyElsewhereError, SameKeyOpenError
from pillarbox.wallet.wallet import Wallet

WORDS = f"{'abandon ' * 11}about"
PASSPHRASE = "correct horse"
CLAIMS_AND_WAITS = """
import sys
from pathlib import Path
from pillarbox.app.key_claims import KeyClaims
from pillarbox.files.byte_claims import ByteClaims
print(repr(KeyClaims(ByteClaims(Path(sys.argv[1]))).claim(sys.argv[2], "Theirs")), flush=True)
sys.stdin.read()
"""


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[Application]:
    started = await Application.start(Paths(tmp_path / "data"), keychain=Keychain(backends=list))
    yield started
    await started.stop()


async def create(app: Application, name: str, *, made_here: bool = True) -> Wallet:
    source = WordsSource(Secret.from_text(WORDS), made_here=made_here)
    plan = NewWallet(name, Network.REGTEST, source, Secret.from_text(PASSPHRASE), use_keychain=False)
    return (await app.create_wallet(plan)).wallet


async def hand_out(wallet: Wallet) -> None:
    await wallet.receiving.hand_out(wallet.accounts.get().id)


@contextmanager
def another_process(file: Path, same_key: str) -> Iterator[str]:
    """One that claims a key; what it was told, as Python writes it."""
    process = subprocess.Popen(
        [sys.executable, "-c", CLAIMS_AND_WAITS, str(file), same_key],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.communicate()


async def test_only_the_wallet_that_was_opened_first_hands_out(app: Application) -> None:
    first, second = await create(app, "First"), await create(app, "Second")
    with pytest.raises(SameKeyOpenError) as refusal:
        await hand_out(second)
    assert refusal.value.parameters["wallet"] == "First"
    await hand_out(first)
    await app.close_wallet("First")
    await hand_out(second)


async def test_a_copied_folder_is_another_wallet(app: Application) -> None:
    await create(app, "Studio")
    await app.close_wallet("Studio")
    folder = app.folder("Studio").path
    shutil.copytree(folder, folder.with_name("Copy"))
    first = await app.open_wallet("Studio", Secret.from_text(PASSPHRASE))
    copy = await app.open_wallet("Copy", Secret.from_text(PASSPHRASE))
    with pytest.raises(SameKeyOpenError):
        await hand_out(copy)
    await app.close_wallet("Copy")
    third = await create(app, "Third")
    with pytest.raises(SameKeyOpenError):
        await hand_out(third)
    await hand_out(first)


async def test_a_wallet_that_may_not_hand_out_yet_keeps_no_other_from_it(app: Application) -> None:
    old = await create(app, "Old", made_here=False)
    with pytest.raises(NotScannedError):
        await hand_out(old)
    await hand_out(await create(app, "New"))


async def test_another_process_does_not_hand_out_what_this_one_does(app: Application) -> None:
    ours = await create(app, "Ours")
    with another_process(app.paths.key_claims, ours.accounts.get().same_key) as told:
        assert told == "''"
    await hand_out(ours)


async def test_this_process_does_not_hand_out_what_another_does(app: Application, tmp_path: Path) -> None:
    ours = await create(app, "Ours")
    same_key = ours.accounts.get().same_key
    await app.close_wallet("Ours")
    with another_process(app.paths.key_claims, same_key) as told:
        assert told == "None"
        ours = await app.open_wallet("Ours", Secret.from_text(PASSPHRASE))
        with pytest.raises(SameKeyElsewhereError):
            await hand_out(ours)
    await hand_out(ours)


def test_nothing_on_the_disk_tells_which_keys_were_claimed(tmp_path: Path) -> None:
    claims = KeyClaims(ByteClaims(tmp_path / "claims"))
    assert claims.claim("a key", "Ours") is None
    assert (tmp_path / "claims").read_bytes() == b""
    claims.close()
