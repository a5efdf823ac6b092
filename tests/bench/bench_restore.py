"""Restore of a wallet with 2,000 used addresses, beside BDK's full scan on the same Electrum server. Unit: s.

Every address was paid by a transaction of its own, so that nothing is found for free. Both are timed from
connecting, keys in hand, until every payment is found, proven and recorded: ours in the encrypted database,
with the watch that follows each address running beside, BDK's in memory. What comes before in a restore, from
the words over their sealing to the open wallet, is told apart. `target` is the ratio below which ours is
faster.
"""

import asyncio
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from pillarbox.app.application import Application
from pillarbox.app.new_wallet import NewWallet, WordsSource
from pillarbox.app.paths import Paths
from pillarbox.events import ScanProgressed
from pillarbox.model.address import AddressState
from pillarbox.model.network import BITCOIN, Chain, Network
from pillarbox.secret import Secret
from pillarbox.wallet.wallet import Wallet

sys.path.append(str(Path(__file__).resolve().parents[1] / "e2e"))

from peers.bdk_peer import Words, full_scan  # found by the line above
from peers.payer import Output  # as above
from peers.regtest import Regtest, running_regtest  # as above
from peers.set_up import set_up  # as above

KIND = "bitcoin-p2wpkh"
USED = {0: 1_400, 1: 600}
"""How many addresses of each branch."""
AMOUNT = 10_000
PAYMENTS_A_BLOCK = 100
ROUNDS = 5


def pay_every_address(regtest: Regtest, words: Words) -> None:
    scripts = [words.script(KIND, branch, index) for branch in USED for index in range(USED[branch])]
    for start in range(0, len(scripts), PAYMENTS_A_BLOCK):
        chunk = scripts[start : start + PAYMENTS_A_BLOCK]
        coins = regtest.payer.split(len(chunk), 2 * AMOUNT)
        for script, coin in zip(chunk, coins, strict=True):
            regtest.payer.pay_all([Output(script, AMOUNT)], coin)
        regtest.payer.mine()
    regtest.wait_for_tip()


def check(found: int) -> None:
    if found != sum(USED.values()):
        raise AssertionError(f"{found} used addresses were found, and {sum(USED.values())} were paid")


async def restore(words: Words, port: int, folder: Path) -> tuple[float, float]:
    """Seconds from the words to the open wallet, which connects at once; then until everything is found."""
    app = await Application.start(Paths(folder))
    scanned = asyncio.Event()
    app.events.subscribe(ScanProgressed, lambda event: None if event.running else scanned.set())
    try:
        app.connections.use_server(Chain(BITCOIN, Network.REGTEST), f"127.0.0.1:{port}:t")
        source, passphrase = WordsSource(Secret.from_text(words.text)), Secret.from_text("bench bench")
        plan = NewWallet("bench", Network.REGTEST, source, passphrase, use_keychain=False)
        start = time.perf_counter()
        wallet = (await app.create_wallet(plan)).wallet
        opened = time.perf_counter()
        await scanned.wait()
        done = time.perf_counter()
        check(used_addresses(wallet))
        return opened - start, done - opened
    finally:
        await app.stop()


def used_addresses(wallet: Wallet) -> int:
    """Counts only those whose whole amount arrived."""
    account = wallet.accounts.get().id
    columns = [wallet.accounts.columns(account, branch) for branch in USED]
    return sum(
        state == AddressState.USED and amount == AMOUNT
        for column in columns
        for state, amount in zip(column.states, column.received, strict=True)
    )


def restore_by_bdk(words: Words, port: int) -> float:
    """Seconds until BDK has found everything."""
    scan = full_scan(words, KIND, port)
    check(sum(amount == AMOUNT for amount in scan.received.values()))
    return scan.seconds


def run() -> dict[str, dict[str, Any]]:
    opening, ours, theirs = [], [], []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with running_regtest(set_up(), folder) as regtest:
            words, port = Words.fresh(), regtest.server.tcp_port
            pay_every_address(regtest, words)
            for number in range(ROUNDS):
                to_open, to_scan = asyncio.run(restore(words, port, folder / f"restored-{number}"))
                opening.append(to_open)
                ours.append(to_scan)
                theirs.append(restore_by_bdk(words, port))
    return {
        "restore, 2,000 used addresses": {
            "value": round(median(ours), 2),
            "unit": "s",
            "target": 1,
            "peer": "bdkpython, full scan",
            "peer_value": round(median(theirs), 2),
            "ratio": round(median(o / t for o, t in zip(ours, theirs, strict=True)), 2),
        },
        "restore, from the words to the open wallet": {"value": round(median(opening), 2), "unit": "s"},
    }


if __name__ == "__main__":
    for name, entry in run().items():
        print(name, entry)
