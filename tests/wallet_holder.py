"""A process that answers for the wallets it has open until it is ended; with "window" as the window would."""

import asyncio
import sys

from pillarbox.app.application import Application
from pillarbox.app.local_socket import WINDOW, LocalServer
from pillarbox.app.paths import Paths
from pillarbox.commands.command import Desk
from pillarbox.secret import Secret


async def hold(wallet: str) -> None:
    passphrase = Secret.from_text(sys.stdin.readline().rstrip("\n"))
    app = await Application.start(Paths.choose(), program="Pillarbox in a test")
    await LocalServer.start(app.paths.run, Desk(app))
    await app.open_wallet(wallet, passphrase)
    print("ready", flush=True)
    await asyncio.Event().wait()


async def be_window() -> None:
    app = await Application.start(Paths.choose(), program="Pillarbox in a test")
    await LocalServer.start(app.paths.run, Desk(app, lambda: print("shown", flush=True)), WINDOW)
    print("ready", flush=True)
    await asyncio.Event().wait()


asyncio.run(be_window() if sys.argv[1] == "window" else hold(sys.argv[2]))
