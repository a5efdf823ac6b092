"""Many at once, cancelled, failing, killed: what was shown is in the ledger, and nobody is shown it twice."""

import asyncio
import os
import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from wallet_bench import Bench

from pillarbox.model.account import AtLimit
from pillarbox.model.address import AddressFlag, AddressState
from pillarbox.storage import ledger
from pillarbox.storage.database import Tx
from pillarbox.wallet.wallet import Wallet

HERE = Path(__file__).parent
KILLS_A_WALLET = 15
"""So many that a fresh address is always left within the gap of 1,000."""


async def shown_in_ledger(bench: Bench, wallet: Wallet) -> set[int]:
    account = wallet.accounts.get().id
    assert bench.db is not None
    return set(await bench.db.read(lambda tx: ledger.shown(tx, account, 0).last_ended_at))


@pytest.mark.may_pause_the_loop("debug mode records a stack for each of the test's own tasks")
@pytest.mark.parametrize("tasks", [2_000, pytest.param(100_000, marks=pytest.mark.slow)])
async def test_tasks_that_ask_at_once_get_pairwise_distinct_addresses(
    bench: Bench, wallet: Wallet, tasks: int
) -> None:
    account = wallet.accounts.get().id
    await wallet.accounts.set_at_limit(account, AtLimit.EXTEND)
    asks = [asyncio.ensure_future(wallet.receiving.hand_out(account)) for _ in range(tasks)]
    given = await asyncio.gather(*asks)
    assert len({hand_out.text for hand_out in given}) == tasks
    assert {hand_out.ref.index for hand_out in given} == await shown_in_ledger(bench, wallet)


@pytest.mark.may_pause_the_loop("debug mode records a stack for each of the test's own tasks")
async def test_threads_that_ask_at_once_get_pairwise_distinct_addresses(bench: Bench, wallet: Wallet) -> None:
    account = wallet.accounts.get().id
    await wallet.accounts.set_at_limit(account, AtLimit.EXTEND)
    loop = asyncio.get_running_loop()

    def ask(_number: int) -> str:
        return asyncio.run_coroutine_threadsafe(wallet.receiving.hand_out(account), loop).result(30).text

    with ThreadPoolExecutor(32) as threads:
        texts = await asyncio.gather(*(loop.run_in_executor(threads, ask, n) for n in range(640)))
    assert len(set(texts)) == 640


@pytest.mark.may_pause_the_loop("debug mode records a stack for each of the test's own tasks")
async def test_cancelled_askers_and_failing_writes_leave_the_ledger_as_it_was_shown(
    bench: Bench, wallet: Wallet, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = wallet.accounts.get().id
    await wallet.accounts.set_at_limit(account, AtLimit.EXTEND)
    dice = random.Random(791)
    record = ledger.record

    def record_or_fail(tx: Tx, showings: list[ledger.Showing]) -> None:
        record(tx, showings)
        if dice.random() < 1 / 7:
            raise OSError("the disk hiccups")

    monkeypatch.setattr(ledger, "record", record_or_fail)
    asks = []
    for _ in range(2_000):
        asks.append(asyncio.ensure_future(wallet.receiving.hand_out(account)))
        if dice.random() < 0.5:
            await asyncio.sleep(0)
        if dice.random() < 0.35:
            dice.choice(asks).cancel()
    answers = await asyncio.gather(*asks, return_exceptions=True)
    shown = [answer.ref.index for answer in answers if not isinstance(answer, BaseException)]
    assert 0 < len(shown) < 2_000
    assert len(set(shown)) == len(shown)
    await bench.close()
    monkeypatch.undo()
    reopened = await bench.open()
    assert await shown_in_ledger(bench, reopened) == set(shown)
    columns = reopened.accounts.columns(account, 0)
    marked = {index for index in columns.indices if columns.flags[index] & AddressFlag.HANDED_OUT_BEFORE}
    assert marked == set(shown)
    assert AddressState.RESERVED not in columns.states


@pytest.mark.parametrize("kills", [10, pytest.param(300, marks=pytest.mark.slow)])
def test_a_killed_program_never_shows_an_address_again(tmp_path: Path, kills: int) -> None:
    dice = random.Random(818)
    shown: list[str] = []
    for kill in range(kills):
        if kill % KILLS_A_WALLET == 0:
            shown.clear()
            folder = tmp_path / str(kill)
            folder.mkdir()
        shown += run_and_kill(folder, dice.randrange(1, 40), dice.random() * 0.02)
        assert len(set(shown)) == len(shown)
    assert shown


def run_and_kill(folder: Path, after_lines: int, and_seconds: float) -> list[str]:
    """Whole lines that the child printed before it was killed."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE), *sys.path])}
    child = subprocess.Popen(
        [sys.executable, str(HERE / "hand_out_child.py"), str(folder)],
        stdout=subprocess.PIPE,
        env=environment,
    )
    assert child.stdout is not None
    lines = []
    with child.stdout as output:
        for line in output:
            lines.append(line)
            if len(lines) == after_lines + 1:
                try:
                    child.wait(and_seconds)
                except subprocess.TimeoutExpired:
                    child.kill()
        child.wait()
    return [line.decode().strip() for line in lines[1:] if line.endswith(b"\n")]
