"""Loop's backups on a disk that fails at any operation: none is lost, and each comes back whole or not."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest
from loop_backup_files import CREATED, address, payload, put
from loop_bench import SERVER, preimage_of
from wallet_bench import KEY as FILE_KEY
from wallet_bench import ROOT, Bench

from fault_trials import SOME_OR_EVERY, Trial, try_crashes, try_faults
from faults import Disk, Fault
from pillarbox.errors import PillarboxError
from pillarbox.loop.backup_file import BackupFileError, Name
from pillarbox.loop.generations import open_file, validate
from pillarbox.model.network import Network
from pillarbox.storage import loop_backups as written
from pillarbox.wallet import loop_generations, service_keys
from pillarbox.wallet.backup_sealing import export_all
from pillarbox.wallet.loop_accounts import PaymentNeededError
from pillarbox.wallet.loop_generations import KeptGeneration
from pillarbox.wallet.wallet import Wallet

pytestmark = [
    SOME_OR_EVERY,
    pytest.mark.may_pause_the_loop("it copies what is on the disk"),
    pytest.mark.logs_warning(
        "a Loop backup could not be written",
        "a backup could not be written",
        "service (static addresses|watching|scanning) failed: (disk-full|disk-failed|database-read-only)",
    ),
]
KEYS = list(service_keys.derive_loop_backup(ROOT.bip32, Network.REGTEST).values())
TOKENS = [payload(number, CREATED + number).token_files[0].data for number in range(3)]
IN_NO_FILE = (FILE_KEY.reveal(), ROOT.seed.reveal(), *map(preimage_of, range(3)), *TOKENS)


def is_good(path: Path) -> bool:
    name = Name.parse(path.name)
    assert name is not None
    try:
        validate(name, open_file(path.read_bytes(), KEYS), Network.REGTEST.value)
    except BackupFileError:
        return False
    return True


def _digest(path: Path) -> bytes:
    return hashlib.sha256(path.read_bytes()).digest()


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*.enc") if not path.name.startswith("."))


@dataclass(frozen=True)
class World:
    """A wallet at rest, and which of Loop's backups are good and which are not, in two folders."""

    disk: Disk
    kept: Path
    time: int
    good: Mapping[Path, bytes]
    spoiled: Mapping[Path, bytes] = field(default_factory=dict)

    async def survives(self, make: Callable[["World"], Trial], *, every: bool) -> None:
        made = partial(make, self)
        await try_faults(self.disk, self.kept, made, every=every)
        await try_crashes(self.disk, self.kept, made, self.kept.with_name("crashes"), every=every)


def folders(disk: Disk) -> tuple[Path, Path]:
    return disk.root / "loop", disk.root / "stick"


def kept_world(disk: Disk, time: int) -> World:
    kept = disk.root.with_name("kept")
    disk.keep(kept)
    found = [path for folder in folders(disk) for path in files(folder)]
    data = {path: path.read_bytes() for path in found}
    good = {path: data[path] for path in found if is_good(path)}
    return World(disk, kept, time, good, {path: data[path] for path in found if path not in good})


@pytest.fixture(params=[True, pytest.param(False, marks=pytest.mark.slow)], ids=["links", "no links"])
def disk(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Disk]:
    root = tmp_path / "disk"
    root.mkdir()
    made = Disk(root, folders(Disk(root, [])), links=request.param)
    with made.of(monkeypatch):
        yield made


@pytest.fixture
async def bench(disk: Disk) -> Bench:
    """With an open wallet of the words, and a stick that backups go to."""
    made = Bench(disk.root)
    wallet = await made.open()
    await wallet.accounts.add("bitcoin-p2wpkh", number=0, root=ROOT)
    await wallet.unlocking.keep_service_keys(ROOT)
    folders(disk)[1].mkdir()
    await wallet.backing_up.set_folders([folders(disk)[1]])
    return made


class Kept:
    """What both trials look at."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.bench = Bench(world.disk.root)
        self.bench.clock.time = world.time

    @property
    def wallet(self) -> Wallet:
        assert self.bench.wallet is not None
        return self.bench.wallet

    async def open(self) -> None:
        await self.bench.open()
        await self.wallet.watching.caught_up()

    async def close(self) -> None:
        await self.bench.close()

    def check_files(self, *, completed: bool) -> None:
        for path, data in self.world.good.items():
            assert path.read_bytes() == data
        for path, data in self.world.spoiled.items():
            assert data in [each.read_bytes() for each in path.parent.iterdir() if each.is_file()]
        for path in self.world.disk.root.rglob("*"):
            found = path.read_bytes() if path.is_file() else b""
            assert not any(secret in found for secret in IN_NO_FILE)

    def left_behind(self) -> list[Path]:
        return [path for folder in folders(self.world.disk) for path in folder.rglob(".*.new")]


class Lacking(Kept):
    """A wallet with two generations writes what lacks in two folders, and sets aside what is spoiled."""

    async def act(self) -> None:
        await self.wallet.loop.backups.write_missing()

    async def open(self) -> None:
        """Its service has written by the time this returns: what it wrote is taken away again, once."""
        taken = self.world.disk.root / "taken"
        await super().open()
        await self.wallet.loop.backups.write_missing()
        if not taken.exists():
            for folder in folders(self.world.disk):
                for path in filter(Path.is_file, folder.rglob("*")):
                    path.unlink()
            for path, data in {**self.world.good, **self.world.spoiled}.items():
                path.write_bytes(data)
            taken.touch()

    async def check(self, refused: PillarboxError | None, fault: Fault | None) -> None:
        assert refused is None
        troubles = self.wallet.loop.backups.troubles
        assert all(trouble.message for trouble in troubles.values())
        for folder in folders(self.world.disk):
            assert folder in troubles or self._has_all(folder)

    async def complete(self) -> None:
        await self.wallet.loop.backups.write_missing()
        assert self.wallet.loop.backups.troubles == {}
        for folder in folders(self.world.disk):
            assert self._has_all(folder)
            for path in files(folder):
                assert await self._is_known(path)

    async def _is_known(self, path: Path) -> bool:
        assert self.bench.db is not None
        digests = await self.bench.db.read(lambda tx: written.digests(tx, path.name))
        return _digest(path) in digests

    def _has_all(self, folder: Path) -> bool:
        return [is_good(path) for path in files(folder)] == [True, True]


async def test_backups_that_lack_are_written(bench: Bench, disk: Disk, every: bool) -> None:
    wallet = bench.wallet
    assert wallet is not None
    for number in range(2):
        with pytest.raises(PaymentNeededError):
            await wallet.loop.accounts.go_on(SERVER, ROOT, new_generation=number == 1)
        await wallet.loop.tokens.pay(bench.loop.payer)
        await wallet.loop.accounts.go_on(SERVER, ROOT)
        bench.clock.turn(1)
    await bench.close()
    own, stick = folders(disk)
    files(own)[1].unlink()
    files(stick)[0].write_bytes(b"what the disk made of it")
    files(stick)[1].unlink()
    world = kept_world(disk, bench.clock.time)
    assert (len(world.good), len(world.spoiled)) == (1, 1)
    await world.survives(Lacking, every=every)


class Restored(Kept):
    """A wallet that had nothing to do with Loop takes the latest generation over."""

    had_token = False

    async def act(self) -> None:
        restore = self.wallet.loop.restore
        await restore.restore(await restore.look(ROOT), ROOT)

    async def check(self, refused: PillarboxError | None, fault: Fault | None) -> None:
        """Each static address has its token, and there is no other token but what was there before.

        Where the folder of the latest cannot be looked into, the one before it may have come back.
        """
        kept, tokens = await self._kept(), await self.wallet.loop.tokens.all()
        assert len(kept) <= 1
        before = {TOKENS[1]} if self.had_token else set()
        assert {token.data for token in tokens} == {each.token.data for each in kept} | before
        if refused is not None:
            assert refused.text.message
            assert not kept
        assert self.bench.db is not None
        snapshot = await self.bench.db.read(export_all)
        counts = {section.name: section.count for section in snapshot.sections}
        assert (counts["accounts"], counts["l402-tokens"]) == (1 + len(kept), len(tokens))
        assert counts["static-addresses"] == len(kept)

    async def complete(self) -> None:
        await self.act()
        assert TOKENS[1] in [each.token.data for each in await self._kept()]
        again = await self.wallet.loop.restore.restore(await self.wallet.loop.restore.look(ROOT), ROOT)
        assert (again.token, again.static_address) == (False, False)

    async def _kept(self) -> list[KeptGeneration]:
        """On the disk; in memory are the same accounts."""
        assert self.bench.db is not None
        kept = await self.bench.db.read(loop_generations.kept)
        statics = [account.id for account in self.wallet.accounts.all() if account.kind == "loop-static"]
        assert sorted(statics) == sorted(each.account.id for each in kept)
        return list(kept)


class RestoredBesideItsToken(Restored):
    """Its token was here before, and stays when the rest fails."""

    had_token = True


@pytest.mark.parametrize("trial", [Restored, RestoredBesideItsToken], ids=["all of it", "beside its token"])
async def test_a_generation_is_restored(bench: Bench, disk: Disk, every: bool, trial: type[Restored]) -> None:
    assert bench.wallet is not None
    if trial.had_token:
        await bench.wallet.loop.tokens.take_over(TOKENS[1], SERVER)
    await bench.close()
    own, stick = folders(disk)
    put(own, payload(0))
    put(stick, payload(1, CREATED + 1, address(1)))
    put(own, payload(2, CREATED + 2, address(2))).write_bytes(b"what the disk made of it")
    await kept_world(disk, bench.clock.time).survives(trial, every=every)
