"""Hand-outs a second, durable, and the pauses of the event loop while many ask. Units: 1/s and ms."""

import asyncio
import gc
import os
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from pillarbox.app.application import Application
from pillarbox.app.new_wallet import NewWallet, WordsSource
from pillarbox.app.paths import Paths
from pillarbox.model.account import AtLimit
from pillarbox.model.network import Network
from pillarbox.secret import Secret
from pillarbox.wallet.wallet import Wallet

WORDS = "abandon " * 11 + "about"
ROUNDS = 5
BURST = 10_000


async def _with_wallet(work: Callable[[Wallet], Awaitable[Any]]) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        app = await Application.start(Paths(Path(folder)))
        source = WordsSource(Secret.from_text(WORDS), made_here=True)
        plan = NewWallet("bench", Network.REGTEST, source, Secret.from_text("bench bench"), False)
        wallet = (await app.create_wallet(plan)).wallet
        await wallet.accounts.set_at_limit(wallet.accounts.get().id, AtLimit.EXTEND)
        try:
            return await work(wallet)
        finally:
            await app.stop()


async def _burst(wallet: Wallet) -> float:
    """Hand-outs a second when BURST tasks ask at once."""
    account = wallet.accounts.get().id
    gc.collect()
    start = time.perf_counter()
    given = await asyncio.gather(*(wallet.receiving.hand_out(account) for _ in range(BURST)))
    elapsed = time.perf_counter() - start
    if len({hand_out.text for hand_out in given}) != BURST:
        raise AssertionError("an address was handed out twice")
    return BURST / elapsed


async def _alone(wallet: Wallet) -> float:
    """Milliseconds from one request to its address, when nobody else asks."""
    account = wallet.accounts.get().id
    times = []
    for _ in range(50):
        start = time.perf_counter()
        await wallet.receiving.hand_out(account)
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1e3


def _flushes_a_second() -> float:
    """The floor: durable appends to a file of 4 KiB, one fsync each."""
    with tempfile.NamedTemporaryFile() as file:
        start = time.perf_counter()
        for _ in range(100):
            file.write(bytes(4096))
            file.flush()
            os.fsync(file.fileno())
        return 100 / (time.perf_counter() - start)


def run() -> dict[str, dict[str, Any]]:
    bursts = [asyncio.run(_with_wallet(_burst)) for _ in range(ROUNDS)]
    alone = [asyncio.run(_with_wallet(_alone)) for _ in range(ROUNDS)]
    flush = 1e3 / statistics.median(_flushes_a_second() for _ in range(ROUNDS))
    latency = statistics.median(alone)
    return {
        "hand-outs, 10,000 at once": {
            "value": round(statistics.median(bursts)),
            "unit": "1/s",
            "target": 20_000,
        },
        "one hand-out alone": {
            "value": round(latency, 2),
            "unit": "ms",
            "peer": "one durable write of 4 KiB",
            "peer_value": round(flush, 2),
            "ratio": round(latency / flush, 2),
        },
    }


if __name__ == "__main__":
    for name, entry in run().items():
        print(name, entry)
