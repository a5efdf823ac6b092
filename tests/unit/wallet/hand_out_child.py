"""A program to be killed: hands out addresses of the wallet in argv[1], printing each as it may be shown."""

import asyncio
import sys
from pathlib import Path

from wallet_bench import ROOT, Bench


async def hand_out(bench: Bench) -> None:
    wallet = await bench.open()
    if not wallet.accounts.all():
        await wallet.accounts.add("bitcoin-p2wpkh", number=0, root=ROOT, gap_limit=1000)
    account = wallet.accounts.get().id
    sys.stdout.write("open\n")

    async def payer() -> None:
        while True:
            given = await wallet.receiving.hand_out(account)
            sys.stdout.write(f"{given.text}\n")
            sys.stdout.flush()

    await asyncio.gather(*(payer() for _ in range(3)))


asyncio.run(hand_out(Bench(Path(sys.argv[1]))))
