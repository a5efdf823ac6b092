"""Restoring in a running Pillarbox, through trouble: the old state or the new one, and never a mixture."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Coroutine
from pathlib import Path
from typing import Any

import pytest

from pillarbox.app import restoring
from pillarbox.app.application import Application
from pillarbox.app.new_wallet import NewWallet, WordsSource
from pillarbox.app.paths import Paths
from pillarbox.app.restoring import Opened
from pillarbox.app.wallet_folders import WalletExistsError
from pillarbox.backup import envelope
from pillarbox.backup.envelope import DamagedBackupError
from pillarbox.errors import FolderUnusableError, PillarboxError
from pillarbox.model.account import AccountId
from pillarbox.model.network import Network
from pillarbox.model.receiving import RequestTerms
from pillarbox.model.restoring import Outcome
from pillarbox.secret import Secret
from pillarbox.storage.database import DatabaseClosedError
from pillarbox.vault.keychain import Keychain
from pillarbox.vault.sealed_words import RecoveryWords
from pillarbox.wallet.backup_sealing import SUFFIX
from pillarbox.wallet.restoring import Options
from pillarbox.wallet.wallet import Wallet

WORDS = "abandon " * 11 + "about"
OTHER = "legal winner thank year wave sausage worth useful legal winner thank yellow"
PASSPHRASE = Secret.from_text("correct horse")
FIRST = AccountId(1)


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


@pytest.fixture
async def shop(app: Application) -> Wallet:
    """A wallet that handed out two addresses, and was backed up."""
    source = WordsSource(Secret.from_text(WORDS), made_here=True)
    made = await app.create_wallet(NewWallet("Shop", Network.REGTEST, source, PASSPHRASE, use_keychain=False))
    for name in ("Ada", "Bob"):
        await made.wallet.receiving.hand_out(FIRST, RequestTerms(name))
    await made.wallet.backing_up.now()
    return made.wallet


@pytest.fixture
def folder(app: Application, shop: Wallet, tmp_path: Path) -> Path:
    """A copy of its backups elsewhere, as on a stick."""
    return shutil.copytree(app.paths.backups / "Shop", tmp_path / "stick")


async def opened(app: Application, folder: Path) -> Opened:
    words = RecoveryWords(Secret.from_text(WORDS), Secret(b""))
    return restoring.required(
        *await restoring.open_by_words(app.kinds, await restoring.find([folder]), words)
    )


async def by_wallet(app: Application, folder: Path) -> Opened:
    made, _ = await restoring.open_by_wallet(app, await restoring.find([folder]), "Shop")
    return made


async def test_who_holds_the_wallet_from_before_a_restore_gets_nothing_of_it(
    app: Application, shop: Wallet, folder: Path
) -> None:
    made = await by_wallet(app, folder)
    await restoring.restore_into(app, made, "Shop", Options(gap_limit=30))
    with pytest.raises(DatabaseClosedError):
        await shop.receiving.hand_out(FIRST)
    with pytest.raises(DatabaseClosedError):
        await shop.receiving.hand_out_many(FIRST, 2)
    with pytest.raises(DatabaseClosedError):
        async with shop.receiving.reserve(FIRST, 0):
            pass
    given = await app.open_wallets["Shop"].receiving.hand_out(FIRST)
    assert given.ref.index == 2


async def test_hand_outs_during_a_restore_succeed_or_say_why_and_nobody_shares(
    app: Application, shop: Wallet, folder: Path
) -> None:
    made = await by_wallet(app, folder)
    given: list[str] = []
    refused: list[PillarboxError] = []
    enough = asyncio.Event()

    async def payer() -> None:
        while not enough.is_set():
            wallet = app.open_wallets["Shop"]
            try:
                given.append((await wallet.receiving.hand_out(FIRST, RequestTerms("Eve"))).text)
            except PillarboxError as error:
                refused.append(error)
                await asyncio.sleep(0.001)
            if len(given) > 12:
                enough.set()

    async with asyncio.TaskGroup() as group:
        for _ in range(3):
            group.create_task(payer())
        await asyncio.sleep(0.01)
        await restoring.restore_into(app, made, "Shop", Options(gap_limit=100))
        await asyncio.wait_for(enough.wait(), 10)
    assert len(set(given)) == len(given)
    assert {error.code for error in refused} <= {DatabaseClosedError.code}


async def test_restoring_into_a_wallet_twice_changes_nothing_the_second_time(
    app: Application, shop: Wallet, folder: Path
) -> None:
    for _ in range(2):
        made = await by_wallet(app, folder)
        before = await app.open_wallets["Shop"].backing_up.now()
        foretold = await restoring.restore_into(app, made, "Shop", Options(), preview=True)
        assert await app.open_wallets["Shop"].backing_up.now() == before
        done = await restoring.restore_into(app, made, "Shop", Options())
        assert done == foretold
        assert done.count(Outcome.RESTORED) == 0


async def cancelled_at(turns: int, work: Coroutine[Any, Any, object]) -> bool:
    """Cancel `work` after so many turns of the loop; whether it was still under way."""
    task = asyncio.create_task(work)
    for _ in range(turns):
        if task.done():
            break
        await asyncio.sleep(0 if turns < 20 else 0.002)
    under_way = not task.done()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return under_way and task.cancelled()


async def test_a_new_wallet_whose_restore_is_cancelled_leaves_nothing(
    app: Application, backend: MemoryKeychain, folder: Path, tmp_path: Path
) -> None:
    wallets = tmp_path / "data" / "wallets"
    turns = 0
    while True:
        made = await opened(app, folder)
        work = restoring.restore_new(app, made, "Again", PASSPHRASE.copy())
        if not await cancelled_at(turns, work):
            break
        assert sorted(path.name for path in wallets.iterdir()) == ["Shop"]
        assert backend.entries == {}
        turns += 1 if turns < 12 else 23
    assert list(app.open_wallets) == ["Shop", "Again"]


async def test_a_restore_into_a_wallet_that_is_cancelled_leaves_it_open_and_whole(
    app: Application, shop: Wallet, folder: Path
) -> None:
    turns = 0
    count = 2
    while True:
        made = await by_wallet(app, folder)
        work = restoring.restore_into(app, made, "Shop", Options(gap_limit=40 + turns))
        cancelled = await cancelled_at(turns, work)
        given = await app.open_wallets["Shop"].receiving.hand_out(FIRST, RequestTerms("Eve"))
        assert given.ref.index == count
        count += 1
        if not cancelled:
            break
        turns += 1 if turns < 12 else 17


async def test_closing_during_a_restore_waits_for_it(app: Application, shop: Wallet, folder: Path) -> None:
    made = await by_wallet(app, folder)
    work = asyncio.create_task(restoring.restore_into(app, made, "Shop", Options()))
    await asyncio.sleep(0.01)
    await app.close_wallet("Shop")
    await asyncio.gather(work, return_exceptions=True)
    assert list(app.open_wallets) == []
    with pytest.raises(DatabaseClosedError):
        await restoring.restore_into(app, made, "Shop", Options())
    again = await app.open_wallet("Shop", PASSPHRASE)
    assert (await again.receiving.hand_out(FIRST)).ref.index == 2


async def test_a_wallet_that_cannot_be_opened_again_is_closed(
    app: Application, shop: Wallet, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await by_wallet(app, folder)

    async def fail(*_: object) -> Wallet:
        raise FolderUnusableError(folder="here", why="for the test")

    with monkeypatch.context() as patch:
        patch.setattr(Wallet, "compose", fail)
        with pytest.raises(FolderUnusableError):
            await restoring.restore_into(app, made, "Shop", Options())
    assert list(app.open_wallets) == []
    again = await app.open_wallet("Shop", PASSPHRASE)
    assert (await again.receiving.hand_out(FIRST)).ref.index == 2


async def test_settings_that_cannot_be_set_cost_no_wallet(
    app: Application, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.settings.change(appearance="dark")
    await app.open_wallets["Shop"].labels.set((await first_address(app)).ref, "x")
    await app.open_wallets["Shop"].backing_up.now(folder)
    app.settings.change(appearance="system")
    made = await opened(app, folder)

    def fail(**_: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(app.settings, "change", fail)
    restored = await restoring.restore_new(app, made, "Again", PASSPHRASE.copy(), use_keychain=False)
    assert restored.report.counted("program", Outcome.SKIPPED) == 1
    assert "Again" in app.open_wallets


async def first_address(app: Application) -> Any:
    return await app.open_wallets["Shop"].receiving.hand_out(FIRST, RequestTerms("x"))


async def test_two_that_restore_to_one_name_make_one_wallet(
    app: Application, backend: MemoryKeychain, folder: Path
) -> None:
    both = [await opened(app, folder) for _ in range(2)]
    answers = await asyncio.gather(
        *(restoring.restore_new(app, made, "Again", PASSPHRASE.copy()) for made in both),
        return_exceptions=True,
    )
    assert sorted(type(answer).__name__ for answer in answers) == ["RestoredAndOpen", "WalletExistsError"]
    assert any(isinstance(answer, WalletExistsError) for answer in answers)
    assert len(backend.entries) == 1


async def test_a_pipe_and_what_else_is_no_file_is_refused_at_once(app: Application, tmp_path: Path) -> None:
    pipe = tmp_path / f"pipe{SUFFIX}"
    os.mkfifo(pipe)
    (found,) = await asyncio.wait_for(restoring.find([pipe]), 5)
    assert found.trouble is not None
    assert (found.trouble.code, str(pipe) in str(found.trouble)) == ("backup-unreadable", True)
    loop = tmp_path / f"loop{SUFFIX}"
    loop.symlink_to(loop)
    assert await asyncio.wait_for(restoring.find([tmp_path]), 5) == []


@pytest.mark.may_pause_the_loop("it copies the files itself")
async def test_of_two_hundred_files_the_newest_revision_opens_whatever_the_clock_said(
    app: Application, shop: Wallet, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = await shop.receiving.hand_out(FIRST, RequestTerms("Eve"))
    now = app.clock.now()
    monkeypatch.setattr(app.clock, "now", lambda: now - 3_600)
    (newest,) = [file for file in await shop.backing_up.now(folder) if file.folder == str(folder)]
    path, oldest = folder / newest.name, folder / min(os.listdir(folder))  # noqa: PTH208  # no loop is kept waiting
    for number in range(200):
        shutil.copy(path if number == 100 else oldest, folder / f"{number}{SUFFIX}")
    (folder / f"damaged{SUFFIX}").write_bytes(path.read_bytes()[:-1])
    (folder / f"link{SUFFIX}").symlink_to(path)
    made = await opened(app, folder)
    tokens = [row[3] for row in made.plan.rows["hand-outs"]]
    assert given.token.hex() in tokens


async def test_a_bundle_with_the_words_of_another_wallet_is_refused(
    app: Application, shop: Wallet, tmp_path: Path
) -> None:
    for text in (OTHER, "abandon " * 12, "no words"):
        words = RecoveryWords(Secret.from_text(text), Secret(b""))
        file = await shop.backing_up.write_bundle(words, PASSPHRASE, tmp_path)
        (found,) = await restoring.find([tmp_path / file.name])
        with pytest.raises(DamagedBackupError, match="words in it"):
            await restoring.open_by_passphrase(app.kinds, found, PASSPHRASE)


async def test_a_file_that_changes_between_two_looks_is_refused(
    app: Application, shop: Wallet, tmp_path: Path
) -> None:
    words = RecoveryWords(Secret.from_text(WORDS), Secret(b""))
    one, two = [await shop.backing_up.write_bundle(words, PASSPHRASE, tmp_path) for _ in range(2)]
    (found,) = await restoring.find([tmp_path / one.name])
    (tmp_path / one.name).write_bytes((tmp_path / two.name).read_bytes())
    assert envelope.read((tmp_path / one.name).read_bytes()).facts != found.facts
    with pytest.raises(DamagedBackupError, match="another file"):
        await restoring.open_by_passphrase(app.kinds, found, PASSPHRASE)
