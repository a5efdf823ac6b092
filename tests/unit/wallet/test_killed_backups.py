"""A process that is killed while it backs up or restores leaves good files and whole wallets."""

import os
import random
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from backup_bench import KEY, files, home, opened
from restore_child import PASSPHRASE
from wallet_bench import Bench

from pillarbox.app.application import Application
from pillarbox.app.new_wallet import NewWallet, WordsSource
from pillarbox.app.paths import Paths
from pillarbox.app.wallet_folders import PARTIAL, WalletFolders
from pillarbox.model.account import AccountId
from pillarbox.model.address import AddressFlag, AddressState
from pillarbox.model.network import Network
from pillarbox.model.receiving import Hold, RequestTerms
from pillarbox.secret import Secret
from pillarbox.storage import backups
from pillarbox.vault.keychain import Keychain
from pillarbox.wallet.wallet import Wallet

HERE = Path(__file__).parent
WORDS = "abandon " * 11 + "about"
FIRST = AccountId(1)


@pytest.fixture
def run_and_kill() -> Callable[[Sequence[str | Path], float], list[str]]:
    """Whole lines that a child printed before it was killed, so many seconds after its first line."""

    def run(arguments: Sequence[str | Path], seconds: float) -> list[str]:
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE), *sys.path])}
        child = subprocess.Popen([sys.executable, *arguments], stdout=subprocess.PIPE, env=environment)
        assert child.stdout is not None
        assert child.stdout.readline() == b"open\n"
        try:
            child.wait(seconds)
        except subprocess.TimeoutExpired:
            child.kill()
        rest, _ = child.communicate()
        assert child.returncode < 0
        return [line.decode().strip() for line in rest.splitlines(keepends=True) if line.endswith(b"\n")]

    return run


RunAndKill = Callable[[Sequence[str | Path], float], list[str]]


@pytest.mark.parametrize("kills", [6, pytest.param(150, marks=pytest.mark.slow)])
@pytest.mark.may_pause_the_loop("it waits for another process")
async def test_a_killed_backup_loses_nothing_that_was_in_one(
    tmp_path: Path, kills: int, run_and_kill: RunAndKill
) -> None:
    dice = random.Random(418)
    bench = Bench(tmp_path)
    shown: set[int] = set()
    for _ in range(kills):
        lines = run_and_kill([HERE / "backup_child.py", tmp_path, str(bench.clock.time)], dice.random())
        bench.clock.time += 3_600
        shown |= set(map(int, lines))
        for folder in (home(bench), tmp_path / "stick"):
            assert shown <= await handed_out_by_newest(folder)
        wallet = await bench.open()
        given = await wallet.receiving.hand_out(FIRST, RequestTerms("Eve", hold=Hold(None)))
        assert given.ref.index not in shown
        await wallet.backing_up.now()
        assert given.ref.index in await handed_out_by_newest(home(bench))
        shown.add(given.ref.index)
        assert await on_record(bench) == {*files(home(bench)), *files(tmp_path / "stick")}
        await bench.close()
    assert len(shown) > 2 * kills


async def on_record(bench: Bench) -> set[Path]:
    """Only what is there is cleared away once newer ones make it needless."""
    assert bench.db is not None
    return {Path(each.folder, each.name) for each in await bench.db.read(backups.all_written)}


async def handed_out_by_newest(folder: Path) -> set[int]:
    """By the newest of the backups there, each of which opens."""
    made = [await opened(path, KEY) for path in files(folder)]
    newest = max(made, key=lambda each: each.facts.revision, default=None)
    if newest is None:
        return set()
    return {int(row[2]) for row in newest.sections["hand-outs"].rows}


@pytest.mark.parametrize("kills", [5, pytest.param(60, marks=pytest.mark.slow)])
@pytest.mark.may_pause_the_loop("it waits for another process")
async def test_a_killed_restore_leaves_the_old_or_the_new_wallet(
    tmp_path: Path, kills: int, run_and_kill: RunAndKill
) -> None:
    dice = random.Random(419)
    first, later = await two_backups(Paths(tmp_path / "other"))
    paths = Paths(tmp_path / "data")
    done: set[str] = set()
    for kill in range(kills):
        arguments = [HERE / "restore_child.py", paths.root, first, later, WORDS, f"round {kill}"]
        done |= set(run_and_kill(arguments, dice.random() * 1.5))
        app = await Application.start(paths, keychain=Keychain(backends=list))
        names = [each.name for each in app.wallet_summaries() if each.name.startswith(f"round {kill}")]
        assert {line.partition("/")[0] for line in done if line.startswith(f"round {kill}")} <= set(names)
        for name in names:
            wallet = await app.open_wallet(name, Secret.from_text(PASSPHRASE))
            assert state(wallet) in ((1, 20), (2, 40))
            assert f"{name}/2" not in done or state(wallet) == (2, 40)
            await app.close_wallet(name)
        await app.stop()
    assert done
    assert left_half_built(paths) == []


def left_half_built(paths: Paths) -> list[Path]:
    """A day later, once another wallet is begun."""
    for path in paths.wallets.glob(f"{PARTIAL}*"):
        os.utime(path, (0, 0))
    folders = WalletFolders(paths.wallets)
    begun = folders.begin("Another")
    left = [path for path in paths.wallets.glob(f"{PARTIAL}*") if path != begun.path]
    folders.discard(begun)
    return left


def state(wallet: Wallet) -> tuple[int, int]:
    """How many addresses were handed out, and the gap limit."""
    columns = wallet.accounts.columns(FIRST, 0)
    shown = [
        index
        for index, (held, flags) in enumerate(zip(columns.states, columns.flags, strict=True))
        if held == AddressState.RESERVED or AddressFlag.HANDED_OUT_BEFORE in AddressFlag(flags)
    ]
    return len(shown), wallet.accounts.get(FIRST).gap_limit


async def two_backups(paths: Paths) -> tuple[Path, Path]:
    app = await Application.start(paths, keychain=Keychain(backends=list))
    source = WordsSource(Secret.from_text(WORDS), made_here=True)
    plan = NewWallet("Shop", Network.REGTEST, source, Secret.from_text(PASSPHRASE), use_keychain=False)
    wallet = (await app.create_wallet(plan)).wallet
    for name in ("Ada", "Bob"):
        await wallet.receiving.hand_out(FIRST, RequestTerms(name))
        await wallet.backing_up.now()
    await app.stop()
    first, later = files(paths.backups / "Shop")[-2:]
    return first, later
