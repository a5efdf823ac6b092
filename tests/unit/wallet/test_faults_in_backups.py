"""Backups on a disk that fails at any operation: none that is good is lost, and the next attempt succeeds."""

import asyncio
import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest
from backup_bench import KEY, files, wallet_with_words
from wallet_bench import KEY as FILE_KEY
from wallet_bench import ROOT, Bench

from fault_trials import SOME_OR_EVERY, Trial, try_crashes, try_faults
from faults import Disk, Fault
from pillarbox.backup import content, envelope
from pillarbox.backup.envelope import BackupError, Lock
from pillarbox.backup.retention import superseded
from pillarbox.errors import PillarboxError
from pillarbox.model.backup import BackupPhase
from pillarbox.model.progress import ServicePhase
from pillarbox.model.receiving import RequestTerms
from pillarbox.secret import Secret
from pillarbox.storage import backups
from pillarbox.vault import passphrase as passphrases
from pillarbox.vault.sealed_words import RecoveryWords
from pillarbox.wallet import backup_reading
from pillarbox.wallet.backing_up import DRILL_EVERY, QUIET
from pillarbox.wallet.backup_proof import BackupUnlikeError
from pillarbox.wallet.backup_sealing import Snapshot, export_all
from pillarbox.wallet.wallet import Wallet

pytestmark = [
    SOME_OR_EVERY,
    pytest.mark.may_pause_the_loop("it copies what is on the disk"),
    pytest.mark.logs_warning(
        "a backup could not be written",
        "a backup was set aside",
        "a backup could not be read again",
        "a folder could not be swept",
        "what is left of a backup could not be set aside",
        "that a backup is gone could not be noted",
        "no backup could be written at the end",
        "service watching failed: (disk-full|disk-failed|database-read-only)",
    ),
]
WORDS = "legal winner thank year wave sausage worth useful legal winner thank yellow"
OLD, NEW = Secret.from_text("correct horse"), Secret.from_text("battery staple")
IN_NO_FILE = (WORDS.encode(), OLD.reveal(), NEW.reveal(), FILE_KEY.reveal(), KEY.reveal(), ROOT.seed.reveal())
STILL_TROUBLED = 20
"""Turns of the clock with a trouble in the status: then the disk is taken for one that goes on failing."""


@dataclass(frozen=True)
class Good:
    """A backup that is whole. `sections`: their digests, where the words' key opens it."""

    data: bytes
    revision: int
    at: int
    sections: Mapping[str, bytes]


def good(path: Path) -> Good | None:
    data = path.read_bytes()
    try:
        read = envelope.read(data)
        sections = _sections(read) if read.facts.lock is Lock.WORDS else {}
    except BackupError:
        return None
    return Good(data, read.facts.revision, read.facts.created_at, sections)


def _sections(read: envelope.Envelope) -> dict[str, bytes]:
    found = [each for each in content.read(envelope.unseal(read, KEY)) if each is not None]
    return {section.name: section.digest for section in found}


def all_good(folder: Path) -> dict[str, Good]:
    found = {path.name: good(path) for path in files(folder) if not path.name.startswith(".")}
    return {name: each for name, each in found.items() if each is not None}


def newest(found: Mapping[str, Good]) -> Good:
    return max(found.values(), key=lambda each: each.revision)


@dataclass(frozen=True)
class World:
    """A wallet at rest whose backups lie in three folders, and what is good in each."""

    disk: Disk
    kept: Path
    crashes: Path
    time: int
    before: Mapping[Path, Mapping[str, Good]]
    spoiled: Mapping[Path, bytes] = field(default_factory=dict)
    """By folder, a file that is not what was written any more."""

    async def survives(self, make: Callable[["World"], Trial], *, every: bool) -> None:
        made = partial(make, self)
        await try_faults(self.disk, self.kept, made, every=every)
        await try_crashes(self.disk, self.kept, made, self.crashes, every=every)


def folders(disk: Disk) -> tuple[Path, ...]:
    """The data folder's place comes first."""
    return disk.root / "backups" / "test", disk.root / "stick", disk.root / "share"


async def at_rest(disk: Disk, bench: Bench, wallet: Wallet) -> World:
    """Backed up some times, a few in a minute, then closed."""
    for folder in (*folders(disk)[1:], disk.root / "pocket"):
        folder.mkdir()
    await wallet.backing_up.set_folders(folders(disk)[1:])
    for _ in range(6):
        await wallet.receiving.hand_out(1, RequestTerms("Ada"))
        await wallet.backing_up.now()
        bench.clock.turn(20)
    await bench.close()
    return kept_world(disk, bench.clock.time)


def kept_world(disk: Disk, time: int, spoiled: Mapping[Path, bytes] | None = None) -> World:
    beside = disk.root.with_name("kept" if spoiled is None else "kept, with spoiled files")
    disk.keep(beside)
    before = {folder: all_good(folder) for folder in folders(disk)}
    assert spoiled or all(len(each) > 3 for each in before.values())
    return World(disk, beside, beside.with_name("crashes"), time, before, spoiled or {})


@pytest.fixture(params=[True, pytest.param(False, marks=pytest.mark.slow)], ids=["links", "no links"])
def disk(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Disk]:
    root = tmp_path / "disk"
    root.mkdir()
    drives = [root / name for name in ("backups", "stick", "share", "pocket")]
    made = Disk(root, drives, links=request.param)
    monkeypatch.setattr(passphrases, "_derive", quickly)  # time is all that it is to take
    with made.of(monkeypatch):
        yield made


def quickly(passphrase: Secret, salt: bytes, cost: passphrases.Cost) -> Secret:
    return Secret(hashlib.sha256(passphrase.reveal() + salt).digest())


@pytest.fixture
async def world(disk: Disk) -> World:
    bench = Bench(disk.root)
    return await at_rest(disk, bench, await wallet_with_words(bench))


class Asked:
    """Somebody asks for a backup of an open wallet that changed since its last one."""

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
        await self.wallet.receiving.hand_out(1, RequestTerms("Eve"))

    async def act(self) -> None:
        await self.wallet.backing_up.now()

    async def check(self, refused: PillarboxError | None, fault: Fault | None) -> None:
        assert not self._failed_services()
        if refused is not None:
            assert self.wallet.backup.phase is BackupPhase.FAILED
            assert self.wallet.backup.reason == refused.text

    async def complete(self) -> None:
        """By itself, within some minutes."""
        async with asyncio.timeout(20):
            while not await self._is_everywhere():
                self.bench.clock.turn(int(QUIET))
                await asyncio.sleep(0.005)
        assert not self._failed_services()
        assert self.world.disk.took_away or await self._on_record() >= {
            Path(folder, name)
            for folder, before in self.world.before.items()
            for name in all_good(folder).keys() - before.keys()
        }

    async def _on_record(self) -> set[Path]:
        """What is not would never be cleared away."""
        assert self.bench.db is not None
        return {Path(each.folder, each.name) for each in await self.bench.db.read(backups.all_written)}

    async def close(self) -> None:
        await self.bench.close()

    def check_files(self, *, completed: bool) -> None:
        for folder, before in self.world.before.items():
            self._check_folder(folder, before)
            spoiled = self.world.spoiled.get(folder)
            assert spoiled is None or spoiled in [
                path.read_bytes() for path in folder.iterdir() if path.is_file()
            ]
            if completed:
                assert set(all_good(folder)) == {path.name for path in files(folder) if not _is_left(path)}
        for path in self.world.disk.root.rglob("*"):
            found = path.read_bytes() if path.is_file() else b""
            assert not any(secret in found for secret in IN_NO_FILE)

    def left_behind(self) -> list[Path]:
        drives = self.world.disk.drives
        return [path for drive in drives for path in drive.rglob("*") if _is_left(path)]

    def _check_folder(self, folder: Path, before: Mapping[str, Good]) -> None:
        now = all_good(folder)
        every = {**before, **now}
        needless = superseded(
            [(name, each.revision, each.at) for name, each in every.items()], self.bench.clock.now()
        )
        assert set(before) - set(now) <= set(needless)
        assert all(now[name].data == each.data for name, each in before.items() if name in now)
        assert newest(now).revision >= newest(before).revision

    async def _is_everywhere(self) -> bool:
        """The wallet's state is the newest backup in each folder, proven, and the status says so."""
        assert self.bench.db is not None
        snapshot = await self.bench.db.read(export_all)
        with self.world.disk.not_counted():
            return self._are_everywhere(snapshot)

    def _are_everywhere(self, snapshot: Snapshot) -> bool:
        if self.wallet.backup.phase not in (BackupPhase.VERIFIED, BackupPhase.DRILLED):
            return False
        for folder in self.world.before:
            there = all_good(folder)
            if not there or newest(there).revision != snapshot.revision:
                return False
            found = newest(there)
            assert all(
                found.sections.get(each.name, each.digest) == each.digest for each in snapshot.sections
            )
        return True

    def _failed_services(self) -> list[str]:
        states = self.wallet.service_states
        return [name for name in ("backing-up", "backup-copies") if states[name].phase is ServicePhase.FAILED]


def _is_left(path: Path) -> bool:
    return path.name.startswith(".") or (
        path.is_file() and path.stat().st_size == 0 and ".invalid" not in path.name
    )


class ByItself(Asked):
    """The wallet writes, proves and drills its backup while nobody asks, a week after the last time."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.bench.clock.time += DRILL_EVERY

    async def act(self) -> None:
        troubled = 0
        async with asyncio.timeout(20):
            while not (self._is_drilled() and await self._is_everywhere()):
                self.bench.clock.turn(int(QUIET))
                await asyncio.sleep(0.005)
                troubled += self.wallet.backup.phase in (BackupPhase.FAILED, BackupPhase.FOLDER_MISSING)
                if troubled > STILL_TROUBLED:
                    assert self.wallet.backup.reason is not None
                    return

    def _is_drilled(self) -> bool:
        """The weekly drill took place: of the backup before, where a folder was slow to come back."""
        drills = [each.drilled_at for each in self.wallet.backup.files if each.drilled_at is not None]
        return bool(drills) and max(drills) >= self.world.time + DRILL_EVERY


async def test_a_backup_that_is_asked_for(world: World, every: bool) -> None:
    await world.survives(Asked, every=every)


async def test_a_backup_that_comes_by_itself(world: World, every: bool) -> None:
    await world.survives(ByItself, every=every)


class Spoiled(Asked):
    """Somebody asks for a drill, which reads every file again."""

    async def open(self) -> None:
        await self.bench.open()
        await self.wallet.watching.caught_up()

    async def act(self) -> None:
        try:
            await self.wallet.backing_up.drill()
        except BackupUnlikeError:
            await self.wallet.backing_up.drill()

    async def complete(self) -> None:
        await self.act()
        await super().complete()


async def test_setting_aside_what_is_not_as_it_was_written(world: World, every: bool) -> None:
    home, stick, share = folders(world.disk)
    spoiled = {}
    for folder, spoil in ((home, _flipped), (stick, _cut), (share, _another)):
        last = files(folder)[-1]
        spoiled[folder] = spoil(last.read_bytes())
        last.write_bytes(spoiled[folder])
    await kept_world(world.disk, world.time, spoiled).survives(Spoiled, every=every)


def _flipped(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


def _cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def _another(data: bytes) -> bytes:
    """Of the same length, as a disk gives that mixes up its sectors."""
    return bytes(len(data))


class Bundle(Asked):
    """Somebody writes a file with the words, beside an older one."""

    @property
    def folder(self) -> Path:
        return self.world.disk.root / "pocket"

    async def act(self) -> None:
        words = RecoveryWords(Secret.from_text(WORDS), Secret(b""))
        await self.wallet.backing_up.write_bundle(words, NEW, self.folder)

    async def check(self, refused: PillarboxError | None, fault: Fault | None) -> None:
        assert not self._failed_services()
        if fault is not None and refused is None:
            assert files(self.folder)

    async def complete(self) -> None:
        await self.act()
        written = [path for path in files(self.folder) if not _is_left(path)]
        read = await backup_reading.read_file(written[-1])
        with await backup_reading.key_by_passphrase(NEW, read.facts) as key:
            words = (await backup_reading.open_backup(read, key)).words()
        assert words.words.text() == WORDS
        words.wipe()

    def check_files(self, *, completed: bool) -> None:
        super().check_files(completed=False)
        written = [path for path in files(self.folder) if not _is_left(path)]
        assert completed <= all(good(path) is not None for path in written)


async def test_a_bundle(world: World, every: bool) -> None:
    await world.survives(Bundle, every=every)


class Watching(Asked):
    """Somebody sets another passphrase for the backups of a wallet without words, then backs it up."""

    async def open(self) -> None:
        await self.bench.open()
        await self.wallet.watching.caught_up()

    async def act(self) -> None:
        await self.wallet.backing_up.set_passphrase(NEW.copy())
        await self.wallet.backing_up.now()

    async def check(self, refused: PillarboxError | None, fault: Fault | None) -> None:
        assert not self._failed_services()
        assert not self.wallet.backup.needs_passphrase

    async def complete(self) -> None:
        await self.act()
        await super().complete()
        for folder in self.world.before:
            assert await self._opens(files(folder)[-1], NEW)

    def check_files(self, *, completed: bool) -> None:
        super().check_files(completed=completed)

    async def _opens(self, path: Path, passphrase: Secret) -> bool:
        read = await backup_reading.read_file(path)
        with await backup_reading.key_by_passphrase(passphrase, read.facts) as key:
            return "accounts" in (await backup_reading.open_backup(read, key)).sections


async def test_another_passphrase(disk: Disk, every: bool) -> None:
    bench = Bench(disk.root)
    wallet = await bench.open()
    await wallet.accounts.add("bitcoin-p2wpkh", number=0, root=ROOT)
    await wallet.backing_up.set_passphrase(OLD.copy())
    await (await at_rest(disk, bench, wallet)).survives(Watching, every=every)
