"""A whole Pillarbox beside the peers, and an ear for what it tells."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Generic, Self, TypeVar

from peers.regtest import Regtest

from pillarbox.app.application import Application
from pillarbox.app.new_wallet import NewWallet, WordsSource
from pillarbox.app.paths import Paths
from pillarbox.events import Event
from pillarbox.model.account import AccountId
from pillarbox.model.network import BITCOIN, Chain, Network
from pillarbox.secret import Secret
from pillarbox.wallet.wallet import Wallet

TO_NOTICE = 2.0
"""Seconds within which a payment that the server knows has to turn its address Used."""
TO_SCAN = 60.0
FIRST = AccountId(1)
PASSPHRASE = "correct horse battery staple"

E = TypeVar("E", bound=Event)


class Heard(Generic[E]):
    """Events of one kind, kept from the moment the listening began."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[E] = asyncio.Queue()

    @classmethod
    @contextmanager
    def listening(cls, app: Application, kind: type[E]) -> Iterator[Self]:
        heard = cls()
        subscription = app.events.subscribe(kind, heard._queue.put_nowait)
        try:
            yield heard
        finally:
            subscription.close()

    async def until(self, condition: Callable[[E], bool], seconds: float) -> None:
        async with asyncio.timeout(seconds):
            while not condition(await self._queue.get()):
                pass


@asynccontextmanager
async def running(folder: Path, regtest: Regtest) -> AsyncIterator[Application]:
    app = await Application.start(Paths(folder))
    try:
        app.connections.use_server(Chain(BITCOIN, Network.REGTEST), f"127.0.0.1:{regtest.server.tcp_port}:t")
        yield app
    finally:
        await app.stop()


async def make_wallet(app: Application, words: str, *, made_here: bool) -> Wallet:
    source = WordsSource(Secret.from_text(words), made_here=made_here)
    passphrase = Secret.from_text(PASSPHRASE)
    plan = NewWallet("Savings", Network.REGTEST, source, passphrase, use_keychain=False)
    return (await app.create_wallet(plan)).wallet
