"""The window under load: pauses of its event loop, its start, and what it takes. Units: ms, s, MiB.

Load: 100,000 addresses in the table, a restore that scans, and 10,000 hand-outs asked by 32 threads and over
the socket. The heartbeat asks for a turn every 2 ms and notes how late it comes.
"""

import asyncio
import gc
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtWidgets import QApplication

from pillarbox.app.application import Application
from pillarbox.app.local_socket import WINDOW, LocalServer, ask
from pillarbox.app.new_wallet import NewWallet, WordsSource
from pillarbox.app.paths import Paths
from pillarbox.commands.command import Desk
from pillarbox.model.account import AtLimit, ScanState
from pillarbox.model.network import Network
from pillarbox.model.payment import ScriptHistory, Sighting
from pillarbox.model.progress import ConnectionPhase, ConnectionState
from pillarbox.secret import Secret
from pillarbox.wallet.wallet import Wallet
from pillarbox_gui.loop import loop_factory
from pillarbox_gui.main_window import MainWindow
from pillarbox_gui.theme.theme import Theme

WORDS = "abandon " * 11 + "about"
PASSPHRASE = "bench bench"
ADDRESSES = 100_000
HAND_OUTS = 10_000
THREADS = 32
OVER_SOCKET = 1_000
BEAT = 0.002
STARTS = 5


class QuietChain:
    """A source on this machine that answers at once: every third script of the restore was used."""

    state = ConnectionState(ConnectionPhase.CONNECTED, "simulated")

    async def history(self, scripts: Sequence[bytes]) -> Sequence[ScriptHistory]:
        await asyncio.sleep(0.01)
        return [ScriptHistory(script, script[-1] % 3 == 0, ()) for script in scripts]

    def watch(self) -> "QuietWatch":
        return QuietWatch()


class QuietWatch:
    """Watches and never has news."""

    def __init__(self) -> None:
        self._end = asyncio.Event()

    def add(self, scripts: Iterable[bytes], _seen: Iterable[Sighting] = ()) -> None:
        for _script in scripts:
            pass

    def __aiter__(self) -> AsyncIterator[list[ScriptHistory]]:
        return self

    async def __anext__(self) -> list[ScriptHistory]:
        await self._end.wait()
        raise StopAsyncIteration

    async def aclose(self) -> None:
        self._end.set()


class Heartbeat:
    """How late the loop comes back to what is due, in milliseconds.

    A timer's own callback: that of a task would come a turn later, and count two turns as one pause.
    """

    def __init__(self) -> None:
        self.pauses: list[float] = []

    async def run(self) -> None:
        loop, ended = asyncio.get_running_loop(), asyncio.Event()

        def beat(due: float) -> None:
            now = time.perf_counter()
            self.pauses.append(max(0.0, now - due) * 1e3)
            if not ended.is_set():
                loop.call_later(BEAT, beat, now + BEAT)

        loop.call_later(BEAT, beat, time.perf_counter() + BEAT)
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()


async def make_wallet(paths: Paths, addresses: int) -> None:
    """A wallet whose first account has that many addresses, none of them handed out."""
    async with running(paths) as app:
        source = WordsSource(Secret.from_text(WORDS), made_here=True)
        plan = NewWallet("bench", Network.REGTEST, source, Secret.from_text(PASSPHRASE), use_keychain=False)
        wallet = (await app.create_wallet(plan)).wallet
        account = wallet.accounts.get().id
        await wallet.accounts.set_at_limit(account, AtLimit.EXTEND)
        await wallet.accounts.ensure_rows(account, addresses)


@asynccontextmanager
async def running(paths: Paths) -> AsyncIterator[Application]:
    app = await Application.start(paths, simulated=QuietChain())
    try:
        yield app
    finally:
        await app.stop()


async def under_load(qt: QApplication, paths: Paths) -> dict[str, dict[str, Any]]:
    async with running(paths) as app:
        wallet = await app.open_wallet("bench", Secret.from_text(PASSPHRASE))
        window = MainWindow(app, Theme(qt))
        server = await LocalServer.start(paths.run, Desk(app, window.come_to_front), WINDOW)
        window.show()
        window.start()
        await asyncio.sleep(1.0)
        gc.collect()
        gc.freeze()
        heart = Heartbeat()
        beating = asyncio.create_task(heart.run())
        scanned = await restore(app)
        start = time.perf_counter()
        given = await asyncio.gather(ask_from_threads(wallet), ask_over_the_socket(paths))
        elapsed = time.perf_counter() - start
        beating.cancel()
        if len({text for texts in given for text in texts}) != HAND_OUTS:
            raise AssertionError("an address was handed out twice")
        app.open_wallets["restored"].scanning.cancel(scanned)
        await server.aclose()
        window.retire()
        pauses = sorted(heart.pauses)
        return {
            "longest pause of the window's loop under load": {
                "value": round(pauses[-1], 1),
                "unit": "ms",
                "target": 50,
            },
            "99th percentile of those pauses": {
                "value": round(pauses[len(pauses) * 99 // 100], 1),
                "unit": "ms",
                "target": 16,
            },
            "hand-outs from 32 threads and the socket beside the window": {
                "value": round(HAND_OUTS / elapsed),
                "unit": "1/s",
            },
        }


async def restore(app: Application) -> Any:
    """A second wallet from old words, scanning from now on until cancelled."""
    words = "legal winner thank year wave sausage worth useful legal winner thank yellow"
    plan = NewWallet(
        "restored", Network.REGTEST, WordsSource(Secret.from_text(words)), Secret.from_text(PASSPHRASE), False
    )
    wallet = (await app.create_wallet(plan)).wallet
    account = wallet.accounts.get()
    if account.scan_state not in (ScanState.UNSCANNED, ScanState.SCANNING):
        raise AssertionError("the restore is not running")
    return account.id


async def ask_from_threads(wallet: Wallet) -> list[str]:
    account = wallet.accounts.get().id
    loop = asyncio.get_running_loop()
    left = iter(range(HAND_OUTS - OVER_SOCKET))
    texts: list[str] = []

    def payer() -> None:
        for _ in left:
            asked = asyncio.run_coroutine_threadsafe(wallet.receiving.hand_out(account), loop)
            texts.append(asked.result().text)

    def payers() -> None:
        # Started apart from the loop: starting 32 threads holds their starter up for 50 ms.
        with ThreadPoolExecutor(THREADS) as threads:
            for _ in range(THREADS):
                threads.submit(payer)

    await asyncio.to_thread(payers)
    return texts


async def ask_over_the_socket(paths: Paths) -> list[str]:
    """Another program: its own thread and loop."""

    async def client() -> list[str]:
        arguments = {"wallet": "bench", "count": OVER_SOCKET}
        return [str(reply["address"]) async for reply in ask(paths.run, WINDOW, "receive", arguments)]  # type: ignore[index, call-overload]

    return await asyncio.to_thread(lambda: asyncio.run(client()))


def in_window_loop(work: Callable[[QApplication], Any]) -> Any:
    qt = QApplication.instance() or QApplication([])
    with asyncio.Runner(loop_factory=loop_factory(qt)) as runner:  # type: ignore[arg-type]
        return runner.run(work(qt))  # type: ignore[arg-type]


START = """
import sys, time
started = float(sys.argv[2])
import asyncio
from pathlib import Path
from PySide6.QtWidgets import QApplication, QPushButton
from pillarbox.app.paths import Paths
from pillarbox.secret import Secret
from pillarbox_gui.loop import loop_factory
from pillarbox_gui.main_window import MainWindow
from pillarbox_gui.theme.theme import Theme
from pillarbox.app.application import Application
async def main(qt):
    app = await Application.start(Paths(Path(sys.argv[1])))
    window = MainWindow(app, Theme(qt))
    window.show()
    wallet = await app.open_wallet("bench", Secret.from_text("bench bench"))
    window.start()
    events = []
    from pillarbox.events import AddressesReserved
    app.events.subscribe(AddressesReserved, events.append)
    clicked = None
    while not events:
        if clicked is None:
            for button in window.findChildren(QPushButton):
                named = button.text().replace("&", "") in ("New receive address", "New address")
                if named and button.isVisible() and button.isEnabled():
                    clicked = time.time()
                    button.click()
                    break
        await asyncio.sleep(0.002)
    print(time.time() - started, flush=True)
    window.retire()
    await app.stop()
qt = QApplication([])
with asyncio.Runner(loop_factory=loop_factory(qt)) as runner:
    runner.run(main(qt))
"""


def seconds_to_first_address(paths: Paths) -> float:
    """From the start of a process to the first address that a click handed out, unlocking by passphrase."""
    times = []
    for _ in range(STARTS):
        result = subprocess.run(
            [sys.executable, "-c", START, str(paths.root), str(time.time())],
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        )
        times.append(float(result.stdout))
    return statistics.median(times)


def run() -> dict[str, dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        paths = Paths(Path(folder))
        in_window_loop(lambda _qt: make_wallet(paths, ADDRESSES))
        start = seconds_to_first_address(paths)
        load = in_window_loop(lambda qt: under_load(qt, paths))
    return {
        "process start to the first address by a click, 100,000 addresses": {
            "value": round(start, 2),
            "unit": "s",
        },
        **load,
    }


if __name__ == "__main__":
    for name, entry in run().items():
        print(name, entry)
