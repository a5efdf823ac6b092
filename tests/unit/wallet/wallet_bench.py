"""An open wallet for the tests of its services: a real database, a clock to turn, a chain to script."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from pathlib import Path

from loop_bench import LoopWorld

from pillarbox.accounts import KINDS, Kinds
from pillarbox.backup.content import SectionLines
from pillarbox.chain.cardano_address import IndexerAddress
from pillarbox.chain.usage import Asker
from pillarbox.events import Event, Events
from pillarbox.keys.root import Root
from pillarbox.model.account import WalletId
from pillarbox.model.network import Chain, Network
from pillarbox.model.payment import ScriptHistory, Sighting
from pillarbox.secret import Secret
from pillarbox.storage.database import Database
from pillarbox.wallet.unlocking import Unlocking
from pillarbox.wallet.wallet import Surroundings, Wallet

WALLET = WalletId("0" * 32)
KEY = Secret(bytes(range(32)))
ROOT = Root.of_seed(
    Secret(bytes.fromhex("5eb00bbddcf069084889a8ab9155568165f5c453ccb85e70811aaed6f6da5fc1") * 2)
)


class TurnableClock:
    """Stands still until turned."""

    def __init__(self) -> None:
        self.time = 1_700_000_000
        self._turned = asyncio.Event()

    def now(self) -> int:
        return self.time

    def monotonic(self) -> float:
        return float(self.time)

    async def sleep_until(self, deadline: float) -> None:
        while self.time < deadline:
            await self._turned.wait()

    def turn(self, seconds: int) -> None:
        self.time += seconds
        turned, self._turned = self._turned, asyncio.Event()
        turned.set()


class ScriptedChain:
    """A UsageSource whose histories the test writes. Counts what it was asked."""

    def __init__(self) -> None:
        self.histories: dict[bytes, ScriptHistory] = {}
        self.asked = 0
        self.asked_about: set[bytes] = set()
        self.hold: asyncio.Event | None = None
        self.watches: list[ScriptedWatch] = []

    def pay(self, script: bytes, amount: int, *, height: int = 0, txid: str = "") -> None:
        """A payment to `script` is seen."""
        old = self.histories.get(script)
        sightings = old.sightings if old else ()
        block = height.to_bytes(32, "big") if height else b""
        new = Sighting(script, txid or f"{len(sightings):064x}", 0, amount, height, height > 0, block)
        kept = tuple(s for s in sightings if s.txid != new.txid)
        self.tell(ScriptHistory(script, True, (*kept, new)))

    def vanish(self, script: bytes) -> None:
        """Nothing is known of `script` any more, as after a reorganisation or a replaced payment."""
        self.tell(ScriptHistory(script, False, ()))

    def tell(self, history: ScriptHistory) -> None:
        self.histories[history.watch_key] = history
        for watch in self.watches:
            watch.tell(history)

    async def history(self, scripts: Sequence[bytes]) -> Sequence[ScriptHistory]:
        if self.hold is not None:
            await self.hold.wait()
        self.asked += len(scripts)
        self.asked_about.update(scripts)
        return [self._of(script) for script in scripts]

    def watch(self) -> "ScriptedWatch":
        watch = ScriptedWatch(self)
        self.watches.append(watch)
        return watch

    def _of(self, script: bytes) -> ScriptHistory:
        return self.histories.get(script) or ScriptHistory(script, False, ())


class ScriptedWatch:
    def __init__(self, chain: ScriptedChain) -> None:
        self._chain = chain
        self.scripts: set[bytes] = set()
        self.seen: list[Sighting] = []
        self._news: asyncio.Queue[ScriptHistory] = asyncio.Queue()

    def add(self, scripts: Iterable[bytes], seen: Iterable[Sighting] = ()) -> None:
        self.seen.extend(seen)
        for script in scripts:
            if script not in self.scripts:
                self.scripts.add(script)
                self._news.put_nowait(self._chain._of(script))

    def tell(self, history: ScriptHistory) -> None:
        if history.watch_key in self.scripts:
            self._news.put_nowait(history)

    def __aiter__(self) -> AsyncIterator[list[ScriptHistory]]:
        return self

    async def __anext__(self) -> list[ScriptHistory]:
        return [await self._news.get()]

    async def aclose(self) -> None:
        self._chain.watches.remove(self)


class Bench:
    """A wallet folder that can be opened, closed and opened again."""

    def __init__(self, folder: Path, kinds: Kinds = KINDS, network: Network = Network.REGTEST) -> None:
        self.kinds = kinds
        self.network = network
        self.path = folder / "wallet.db"
        self.clock = TurnableClock()
        self.chain = ScriptedChain()
        self.others: dict[str, ScriptedChain | None] = {}
        """By `Chain.name`, those that are not `chain`; None: no server is set for it."""
        self.loop = LoopWorld(folder / "loop", self.clock)
        self.events = Events()
        self.heard: list[Event] = []
        self._news = asyncio.Event()
        self.events.subscribe(Event, self._hear)
        self.db: Database | None = None
        self.rekeyed: list[Chain] = []
        self.program: Sequence[SectionLines] = ()
        """What the program adds to a backup."""
        self.wallet: Wallet | None = None

    async def open(self) -> Wallet:
        make = Database.open if self.path.exists() else Database.create
        self.db = await make(self.path, KEY)
        around = Surroundings(
            self.events,
            self.clock,
            self.kinds,
            self._source,
            lambda _chain: IndexerAddress("https://indexer.example/api/v0"),
            self._rekeyed,
            lambda name: self.path.parent / "backups" / name,
            lambda: self.program,
            lambda _name, _account: None,
            self.loop.surroundings,
        )
        unlocking = Unlocking(WALLET, "test", self.network, self.db, None, self.events.publish)
        self.wallet = await Wallet.open(WALLET, "test", self.network, self.db, unlocking, around)
        return self.wallet

    async def happened(self, kind: type[Event]) -> Event:
        """The newest event of `kind`, as soon as there is one."""
        async with asyncio.timeout(5):
            while not (found := [event for event in self.heard if isinstance(event, kind)]):
                await self.next_event()
        return found[-1]

    async def next_event(self) -> None:
        await self._news.wait()

    async def turn(self) -> None:
        """Let all that is ready run, commits included."""
        for _ in range(20):
            await asyncio.sleep(0.002)

    def _hear(self, event: Event) -> None:
        self.heard.append(event)
        news, self._news = self._news, asyncio.Event()
        news.set()

    async def close(self) -> None:
        if self.wallet is not None:
            await self.wallet.close()
            self.wallet = None

    async def _rekeyed(self, chain: Chain) -> None:
        self.rekeyed.append(chain)

    async def _source(self, chain: Chain, asker: Asker) -> ScriptedChain:
        source = self.others.get(chain.name, self.chain)
        if source is None:
            await asyncio.Event().wait()
        assert source is not None
        return source
