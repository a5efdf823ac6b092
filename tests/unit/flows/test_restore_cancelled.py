"""A restore that is given up at any step, or in the middle of its work, was never begun."""

import asyncio
import hashlib
import shutil
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from pillarbox.app.application import Application
from pillarbox.app.new_wallet import NewWallet, WordsSource
from pillarbox.app.paths import Paths
from pillarbox.flows.restore_steps import (
    Choose,
    Chosen,
    Confirmed,
    Done,
    FileChosen,
    FoldersChosen,
    Mode,
    OptionsChosen,
    PassphraseEntered,
    Protected,
    PublicEntered,
    Source,
    WordsEntered,
)
from pillarbox.flows.restore_wallet_ports import restore_wallet_flow
from pillarbox.model.account import AccountId
from pillarbox.model.network import Network
from pillarbox.model.receiving import RequestTerms
from pillarbox.secret import Secret
from pillarbox.vault.keychain import Keychain
from pillarbox.wallet.backup_sealing import SUFFIX

WORDS = "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about"
XPUB = (
    "vpub5Y6cjg78GGuNLsaPhmYsiw4gYX3HoQiRBiSwDaBXKUafCt9bNwWQiitD"
    "k5VZ5BVxYnQdwoTyXSs2JHRPAgjAvtbBrf8ZhDYe2jWAqvZVnsc"
)
PASSPHRASE, BUNDLED = "correct horse", "bundle's own"
PROTECTED = Protected(PASSPHRASE, PASSPHRASE, use_keychain=False)
AGAIN = OptionsChosen(Mode.NEW, "Again", network=Network.REGTEST)

Answers = Sequence[Any]


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[Application]:
    started = await Application.start(Paths(tmp_path / "data"), keychain=Keychain(backends=list))
    yield started
    await started.stop()


@pytest.fixture
async def stick(app: Application, tmp_path: Path) -> Path:
    """Backups and a bundle of a wallet that is closed."""
    source, secret = WordsSource(Secret.from_text(WORDS), made_here=True), Secret.from_text(PASSPHRASE)
    made = await app.create_wallet(NewWallet("Shop", Network.REGTEST, source, secret, use_keychain=False))
    for name in ("Ada", "Bob"):
        await made.wallet.receiving.hand_out(AccountId(1), RequestTerms(name))
        await made.wallet.backing_up.now()
    stick = tmp_path / "stick"
    await asyncio.to_thread(shutil.copytree, app.paths.backups / "Shop", stick)
    async with made.wallet.unlocking.words(secret) as words:
        await made.wallet.backing_up.write_bundle(words, Secret.from_text(BUNDLED), stick)
    await app.close_wallet("Shop")
    return stick


def the_file(stick: Path) -> str:
    return str(max(path for path in stick.glob(f"*{SUFFIX}") if "bundle" not in path.name))


def the_bundle(stick: Path) -> str:
    return str(next(stick.glob("*bundle*")))


def of_a_file(stick: Path) -> Answers:
    return Chosen(Source.BACKUP, the_file(stick)), WordsEntered(WORDS), Confirmed(), AGAIN, PROTECTED


def of_a_folder(stick: Path) -> Answers:
    chosen = Chosen(Source.BACKUP, str(stick)), FileChosen(the_file(stick))
    return *chosen, WordsEntered(WORDS), Confirmed(), AGAIN, PROTECTED


def of_a_bundle(stick: Path) -> Answers:
    opened = Chosen(Source.BACKUP, the_bundle(stick)), PassphraseEntered(BUNDLED)
    return *opened, Confirmed(), AGAIN, PROTECTED


def of_the_words(stick: Path) -> Answers:
    entered = Chosen(Source.WORDS), WordsEntered(WORDS), FoldersChosen((str(stick),), only=True)
    return *entered, Confirmed(), AGAIN, PROTECTED


def of_a_public_key(stick: Path) -> Answers:
    return Chosen(Source.PUBLIC, str(stick)), PublicEntered(XPUB), AGAIN, PROTECTED


WAYS = pytest.mark.parametrize("way", [of_a_file, of_a_folder, of_a_bundle, of_the_words, of_a_public_key])
Way = Callable[[Path], Answers]


def digests(folder: Path) -> dict[Path, bytes]:
    """All that is in it, but the program's log."""
    return {
        path.relative_to(folder): hashlib.sha256(path.read_bytes()).digest()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".log"
    }


@WAYS
@pytest.mark.may_pause_the_loop("it reads all files")
async def test_whoever_stops_after_any_step_leaves_nothing(app: Application, stick: Path, way: Way) -> None:
    root, answers = app.paths.root, way(stick)
    before = digests(root), digests(stick)
    flow = restore_wallet_flow(app)
    for count in range(len(answers)):
        for answer in answers[:count]:
            step = await flow.answer(answer)
            assert getattr(step, "error", None) is None
        await flow.cancel()
        assert flow.step == Choose()
        assert not any(secret in repr(vars(flow)) for secret in (WORDS, PASSPHRASE, BUNDLED))
        assert (digests(root), digests(stick)) == before
    for answer in answers:
        await flow.answer(answer)
    assert isinstance(flow.step, Done)
    assert list(app.open_wallets) == ["Again"]


@WAYS
@pytest.mark.may_pause_the_loop("it reads all files")
async def test_whoever_stops_while_a_step_works_can_go_on_or_leave(
    app: Application, stick: Path, way: Way
) -> None:
    root, answers = app.paths.root, way(stick)
    before = digests(root), digests(stick)
    flow = restore_wallet_flow(app)
    for answer in answers:
        for turns in (0, 1, 2, 5):
            asked = flow.step
            if not await stopped(flow.answer(answer), turns):
                break
            assert flow.step == asked
            assert (digests(root), digests(stick)) == before
        else:
            await flow.answer(answer)
    assert isinstance(flow.step, Done)
    assert flow.step.error is None
    assert list(app.open_wallets) == ["Again"]


async def stopped(work: Any, turns: int) -> bool:
    """Cancel it after so many turns of the loop; False if it was through by then."""
    task = asyncio.ensure_future(work)
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        return True
    return False
