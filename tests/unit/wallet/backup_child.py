"""A program to be killed: backs up the wallet in argv[1], printing each hand-out that is in a backup."""

import asyncio
import sys
from pathlib import Path

from backup_bench import further_folder, wallet_with_words
from wallet_bench import Bench

from pillarbox.model.account import AtLimit
from pillarbox.model.receiving import Hold, RequestTerms


async def back_up(folder: Path, began_at: int) -> None:
    bench = Bench(folder)
    bench.clock.time = began_at
    if bench.path.exists():
        wallet = await bench.open()
    else:
        wallet = await wallet_with_words(bench)
        # With requests that run until paid, so that every index is new: what is let go of may be shown again.
        first = wallet.accounts.get().id
        await wallet.accounts.set_gap_limit(first, 1000)
        await wallet.accounts.set_at_limit(first, AtLimit.EXTEND)
        await further_folder(wallet, folder)
    sys.stdout.write("open\n")
    account = wallet.accounts.get().id

    async def payer(name: str) -> None:
        while True:
            given = await wallet.receiving.hand_out(account, RequestTerms(name, hold=Hold(None)))
            await wallet.backing_up.now()
            sys.stdout.write(f"{given.ref.index}\n")
            sys.stdout.flush()
            bench.clock.turn(20)

    await asyncio.gather(*map(payer, ("Ada", "Bob")))


asyncio.run(back_up(Path(sys.argv[1]), int(sys.argv[2])))
