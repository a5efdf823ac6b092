"""Backup and restore of a wallet with 100,000 labelled, handed-out addresses. Units: s, MiB and ms.

Each address was handed out with a label: that makes a request, a line of the ledger and a label, so the file
has 300,000 records. Everything is done on a plain loop, whose times are told, and again beside the window,
each time with a heartbeat that asks for a turn every 2 ms and notes how late it comes.

The peer of a backup is SQLite's own online copy of the same encrypted database, flushed to the disk: the
other way to have a second file, though one that only the same key and program can read. The peer of a restore
is the deriving of the addresses that it makes, by the same engine: no restore can do without that.
"""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, TypeVar

from bench_window import PASSPHRASE, WORDS, Heartbeat, QuietChain, in_window_loop
from PySide6.QtWidgets import QApplication

from pillarbox.app import restoring
from pillarbox.app.application import Application
from pillarbox.app.new_wallet import NewWallet, WordsSource
from pillarbox.app.paths import Paths
from pillarbox.model.account import AtLimit
from pillarbox.model.backup import BackupPhase
from pillarbox.model.network import Network
from pillarbox.model.payment import ScriptHistory
from pillarbox.model.receiving import RequestTerms
from pillarbox.model.restoring import Outcome
from pillarbox.secret import Secret
from pillarbox.storage import connection as connections
from pillarbox.storage import meta
from pillarbox.storage.database import Database, Tx
from pillarbox.vault.sealed_words import RecoveryWords
from pillarbox.wallet import backup_files, backup_sealing
from pillarbox.wallet.backup_files import Generation
from pillarbox.wallet.restoring import AT_ONCE
from pillarbox.wallet.wallet import Wallet
from pillarbox_gui.garbage import Garbage
from pillarbox_gui.main_window import MainWindow
from pillarbox_gui.theme.theme import Theme

ADDRESSES = 100_000
RUNNING = 1_000
"""Of the requests, those that still hold their address."""
PEERS = {"copy by SQLite", "derive"}
UNWRITTEN = {BackupPhase.NEVER, BackupPhase.CHANGED, BackupPhase.FAILED}

T = TypeVar("T")
Times = dict[str, float]


class EmptyChain(QuietChain):
    """Nothing was ever paid: a restored wallet is scanned to its end at once."""

    async def history(self, scripts: Sequence[bytes]) -> Sequence[ScriptHistory]:
        await asyncio.sleep(0.01)
        return [ScriptHistory(script, False, ()) for script in scripts]


@asynccontextmanager
async def running(paths: Paths) -> AsyncIterator[Application]:
    app = await Application.start(paths, simulated=EmptyChain())
    try:
        yield app
    finally:
        await app.stop()


class Stopwatch:
    """Seconds of each phase, the longest pause of the loop in it in milliseconds, and sizes in MiB."""

    def __init__(self) -> None:
        self.seconds: Times = {}
        self.pauses: Times = {}
        self.sizes: Times = {}

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        heart = Heartbeat()
        beating = asyncio.create_task(heart.run())
        start = time.perf_counter()
        yield
        self.seconds[name] = time.perf_counter() - start
        beating.cancel()
        self.pauses[name] = max(heart.pauses)

    async def time(self, name: str, work: Awaitable[T]) -> T:
        with self.phase(name):
            found = await work
            await asyncio.sleep(0.01)  # so that a pause at the very end is seen too
        return found


async def make_wallet(paths: Paths) -> None:
    """A wallet whose first account has handed out that many addresses, each to somebody with a name."""
    async with running(paths) as app:
        source = WordsSource(Secret.from_text(WORDS), made_here=True)
        plan = NewWallet("bench", Network.REGTEST, source, Secret.from_text(PASSPHRASE), use_keychain=False)
        wallet = (await app.create_wallet(plan)).wallet
        account = wallet.accounts.get().id
        await wallet.accounts.set_at_limit(account, AtLimit.EXTEND)
        for start in range(0, ADDRESSES, 10_000):
            names = (f"Invoice {number}" for number in range(start, start + 10_000))
            await asyncio.gather(*(wallet.receiving.hand_out(account, RequestTerms(name)) for name in names))
        await database(wallet).write(let_run_out)
    async with running(paths) as app:
        await app.open_wallet("bench", Secret.from_text(PASSPHRASE))


def let_run_out(tx: Tx) -> None:
    """As if days had gone by: the wallet ends them when it is opened again."""
    tx.execute("UPDATE requests SET held_until = created_at WHERE idx < ?", (ADDRESSES - RUNNING,))


async def measure(app: Application, paths: Paths, restored: str) -> Stopwatch:
    """All phases, on an open wallet whose backup is current. `restored`: what its twin is to be called."""
    watch = Stopwatch()
    wallet = app.open_wallets["bench"]
    await all_written(wallet)
    await watch.time("hand-out until written", hand_out_until_written(wallet))
    file = await parts(watch, app, paths.root)
    await watch.time("verify", wallet.backing_up.now())
    await watch.time("drill", wallet.backing_up.drill())
    await restore(watch, app, file, restored)
    await merge_again(watch, app, file)
    return watch


async def hand_out_until_written(wallet: Wallet) -> None:
    given = await wallet.receiving.hand_out(wallet.accounts.get().id, RequestTerms("Ada"))
    await all_written(wallet)
    if not given.text:
        raise AssertionError("nothing was handed out")


async def all_written(wallet: Wallet) -> None:
    """Until the newest file has all that is committed."""
    revision = await database(wallet).read(meta.revision)
    while True:
        status = wallet.backup
        current = [file.revision for file in status.files[:1]] == [revision]
        if status.phase not in UNWRITTEN and current:
            return
        await asyncio.sleep(0.005)


def database(wallet: Wallet) -> Database:
    return wallet._db


async def parts(watch: Stopwatch, app: Application, folder: Path) -> Path:
    """The steps of a backup, one by one; and its peer. Returns the file."""
    wallet = app.open_wallets["bench"]
    db = database(wallet)
    snapshot = await watch.time("export", db.read(backup_sealing.export_all))
    sealing = await db.read(backup_sealing.kept_sealing)
    if sealing is None:
        raise AssertionError("the wallet has no key for its backups")
    writer = backup_sealing.Writer(wallet.id, wallet.name, wallet.network, wallet.fingerprint)
    data = await watch.time(
        "pack and seal",
        asyncio.to_thread(backup_sealing.sealed_file, snapshot, writer, sealing, 1_700_000_000),
    )
    apart = folder / "apart"
    apart.mkdir(exist_ok=True)
    generation = Generation(f"bench{backup_sealing.SUFFIX}", snapshot.revision, 1_700_000_000, data)
    written = await watch.time("write", asyncio.to_thread(backup_files.put, apart, generation))
    watch.sizes["backup"] = len(data) / (1 << 20)
    key = await app._slots(app._folders.find("bench")).file_key(Secret.from_text(PASSPHRASE))
    await watch.time("copy by SQLite", asyncio.to_thread(copy, db.path, key, folder / "copy.db"))
    watch.sizes["copy"] = (folder / "copy.db").stat().st_size / (1 << 20)
    (folder / "copy.db").unlink()
    return Path(written.folder, written.name)


def copy(wallet: Path, key: Secret, into: Path) -> None:
    """SQLite's online backup of a database, under the same cipher and key."""
    source = connections.open_for_reading(wallet, key)
    target = connections.create(into, key)
    with target.backup("main", source, "main") as going:
        going.step()
    target.close()
    source.close()


async def restore(watch: Stopwatch, app: Application, file: Path, name: str) -> None:
    """As a wallet of its own; and what it takes to derive the addresses that it made."""
    words = RecoveryWords(Secret.from_text(WORDS), Secret.from_text(""))
    found = await restoring.find([file])
    by_words = restoring.open_by_words(app.kinds, found, words)
    opened = restoring.required(*await watch.time("read and plan", by_words))
    made = await watch.time(
        "restore as new",
        restoring.restore_new(app, opened, name, Secret.from_text(PASSPHRASE), use_keychain=False),
    )
    if made.report.counted("hand-outs", Outcome.RESTORED) < ADDRESSES:
        raise AssertionError("not all of the ledger was restored")
    await app.close_wallet(name)
    (planned,) = opened.plan.accounts
    deriver = app.kinds.get(planned.account.kind).deriver(planned.account.params, planned.account.network)

    def derive() -> None:
        for start in range(0, ADDRESSES, AT_ONCE):
            deriver.derive(0, start, AT_ONCE)

    await watch.time("derive", asyncio.to_thread(derive))


async def merge_again(watch: Stopwatch, app: Application, file: Path) -> None:
    """The same file into the wallet that wrote it: every record is met, and none changed."""
    by_wallet = await restoring.open_by_wallet(app, await restoring.find([file]), "bench")
    opened = restoring.required(*by_wallet)
    options = restoring.Options()
    report = await watch.time("restore into itself", restoring.restore_into(app, opened, "bench", options))
    if report.count(Outcome.RESTORED):
        raise AssertionError("something was restored that was there")


async def on_a_plain_loop(paths: Paths) -> Stopwatch:
    async with running(paths) as app:
        await app.open_wallet("bench", Secret.from_text(PASSPHRASE))
        return await measure(app, paths, "restored")


async def beside_the_window(qt: QApplication, paths: Paths) -> Stopwatch:
    """Garbage is collected as the program does it, to the end: a thread that frees what is Qt's is fatal."""
    garbage = Garbage()
    async with running(paths) as app:
        await app.open_wallet("bench", Secret.from_text(PASSPHRASE))
        window = MainWindow(app, Theme(qt))
        window.show()
        window.start()
        await asyncio.sleep(1.0)
        watch = await measure(app, paths, "restored again")
        window.retire()
    garbage.close()
    return watch


def entries(plain: Stopwatch, beside: Stopwatch) -> dict[str, dict[str, Any]]:
    seconds = plain.seconds
    backup = sum(seconds[name] for name in ("export", "pack and seal", "write"))
    restored = seconds["read and plan"] + seconds["restore as new"]
    return {
        "hand-out until a backup has it": {
            "value": round(seconds["hand-out until written"], 2),
            "unit": "s",
            "target": 1,
        },
        "backup: export, pack, seal, write": {
            "value": round(backup, 2),
            "unit": "s",
            "peer": "SQLite's online copy",
            "peer_value": round(seconds["copy by SQLite"], 2),
            "ratio": round(backup / seconds["copy by SQLite"], 2),
        },
        "size of the backup": {
            "value": round(plain.sizes["backup"], 1),
            "unit": "MiB",
            "peer": "SQLite's online copy",
            "peer_value": round(plain.sizes["copy"], 1),
            "ratio": round(plain.sizes["backup"] / plain.sizes["copy"], 2),
        },
        "verify": {"value": round(seconds["verify"], 2), "unit": "s"},
        "drill": {"value": round(seconds["drill"], 2), "unit": "s"},
        "restore as new, from the file to the open wallet": {
            "value": round(restored, 2),
            "unit": "s",
            "target": 1.5,
            "peer": "deriving its addresses",
            "peer_value": round(seconds["derive"], 2),
            "ratio": round(restored / seconds["derive"], 2),
        },
        "restore into itself": {"value": round(seconds["restore into itself"], 2), "unit": "s"},
        **pauses("a plain loop", plain),
        **pauses("the window's loop", beside),
    }


def pauses(loop: str, watch: Stopwatch) -> dict[str, dict[str, Any]]:
    return {
        f"longest pause of {loop}: {phase}": {"value": round(longest, 1), "unit": "ms", "target": 50}
        for phase, longest in watch.pauses.items()
        if phase not in PEERS
    }


def run() -> dict[str, dict[str, Any]]:
    with tempfile.TemporaryDirectory() as name:
        paths = Paths(Path(name))
        asyncio.run(make_wallet(paths))
        plain = asyncio.run(on_a_plain_loop(paths))
        beside = in_window_loop(lambda qt: beside_the_window(qt, paths))
    return entries(plain, beside)


if __name__ == "__main__":
    for name, entry in run().items():
        print(name, entry)
