"""Whatever was done with a wallet: its backup brings all back, and merging copies of it loses nothing."""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wallet_bench import KEY, WALLET, Bench

from pillarbox.accounts import KINDS
from pillarbox.accounts.kind import KeyNeed
from pillarbox.backup.content import Value
from pillarbox.backup.envelope import Lock
from pillarbox.errors import PillarboxError
from pillarbox.keys import mnemonic
from pillarbox.keys.root import Root
from pillarbox.model.account import AccountId, AtLimit
from pillarbox.model.address import AddressRef
from pillarbox.model.network import Network
from pillarbox.model.receiving import Hold, RequestTerms
from pillarbox.model.restoring import Outcome, RestoreReport
from pillarbox.secret import Secret
from pillarbox.storage.database import Database
from pillarbox.wallet import backup_reading, backup_sealing, restoring
from pillarbox.wallet.account_loading import read_accounts
from pillarbox.wallet.backup_reading import OpenedBackup
from pillarbox.wallet.backup_sealing import Sealing, Writer
from pillarbox.wallet.restore_plan import read_plan
from pillarbox.wallet.restoring import Options
from pillarbox.wallet.wallet import Wallet

KINDS_ADDED = (
    "bitcoin-p2wpkh",
    "bitcoin-p2tr",
    "cardano-shelley",
    "cardano-byron",
    "dash-p2pkh",
    "dash-provider-platform-node",
)
ROOT = Root.of(mnemonic.read(Secret.from_text("abandon " * 11 + "about")), Secret(b""))
SEALING = Sealing(Secret(bytes(32)), Lock.WORDS)
NAMES = ("", "Ada", "Bäckerei „Süß“", "🜂" * 20, "a'; --\n\t\"\\")
HOLDS = (Hold(60), Hold(86_400), Hold(None))
OF_A_WALLET = ("look-for", "reserve", "folder", "reopen")
OF_A_PLACE = ("release", "hold", "usual-hold", "mark-used", "not-used", "gap-limit", "at-limit")
OUTSIDE = ("paid", "unpaid", "minute", "two-days")

WHICH = st.integers(0, 9)
STEPS = st.one_of(
    st.tuples(st.just("account"), st.sampled_from(KINDS_ADDED), WHICH),
    st.tuples(st.just("hand-out"), st.sampled_from(NAMES), WHICH),
    st.tuples(st.just("request"), st.sampled_from(NAMES), WHICH),
    st.tuples(st.just("label"), st.sampled_from(NAMES), WHICH),
    st.tuples(st.just("rename"), st.sampled_from(NAMES[1:]), WHICH),
    st.tuples(st.sampled_from((*OF_A_WALLET, *OF_A_PLACE, *OUTSIDE)), st.just(""), WHICH),
)
Step = tuple[str, str, int]

KEYS: dict[str, Callable[[dict[str, Value]], object]] = {
    "accounts": lambda row: row["same_key"],
    "requests": lambda row: row["token"],
    "hand-outs": lambda row: row["token"],
    "used": lambda row: (row["account"], row["branch"], row["idx"]),
    "labels": lambda row: (row["account"], row["branch"], row["idx"]),
    "counters": lambda row: (row["account"], row["branch"]),
    "account-counters": lambda row: (row["kind"], row["root"]),
    "candidates": lambda row: row["same_key"],
    "settings": lambda row: (row["name"], row["account"]),
}
"""What tells the records of a section apart, as the page on the format says."""
Records = dict[str, dict[object, dict[str, Value]]]


class Copy(Bench):
    """A wallet that things are done with, and all addresses that it showed to anybody."""

    def __init__(self, folder: Path, until: AsyncExitStack) -> None:
        folder.mkdir()
        super().__init__(folder, network=Network.TESTNET)
        until.push_async_callback(self.close)
        self.shown: set[str] = set()
        self.places: list[AddressRef] = []

    @property
    def open_wallet(self) -> Wallet:
        assert self.wallet is not None
        return self.wallet

    async def do(self, step: str, name: str, which: int) -> None:
        accounts = [each.id for each in self.open_wallet.accounts.all()]
        account = accounts[which % len(accounts)]
        place = self.places[which % len(self.places)] if self.places else AddressRef(account, 0, which)
        if step in OF_A_PLACE:
            await self._do_to(place, step, which)
        elif step in OUTSIDE:
            await self._happen(place, step, which)
        elif step in OF_A_WALLET:
            await self._do_with(account, step, which)
        else:
            await self._write(account, place, (step, name, which))

    async def _write(self, account: AccountId, place: AddressRef, named: Step) -> None:
        wallet, (step, name, which) = self.open_wallet, named
        match step:
            case "account":
                await wallet.accounts.add(name, root=ROOT)
            case "hand-out":
                await self.hand_out(account, None)
            case "request":
                await self.hand_out(account, RequestTerms(name, which or None, HOLDS[which % 3]))
            case "label":
                await wallet.labels.set(place, name)
            case "rename":
                await wallet.accounts.rename(account, f"{name} {which}")

    async def _do_with(self, account: AccountId, step: str, which: int) -> None:
        wallet = self.open_wallet
        match step:
            case "look-for":
                await wallet.accounts.note_candidates(wallet.accounts.get(account), ROOT)
            case "reserve":
                async with wallet.receiving.reserve(account, 0) as reserved:
                    if which % 2:
                        await reserved.keep()
                        self.shown.add(reserved.address)
            case "folder":
                await wallet.backing_up.set_folders([self.path.parent / f"stick {which}"])
            case "reopen":
                await self.close()
                await self.open()

    async def _do_to(self, place: AddressRef, step: str, which: int) -> None:
        wallet = self.open_wallet
        match step:
            case "release":
                await wallet.holding.release(place)
            case "hold":
                await wallet.holding.hold(place, HOLDS[which % 3])
            case "usual-hold":
                await wallet.holding.set_usual(place.account, (*HOLDS, None)[which % 4])
            case "mark-used":
                await wallet.holding.mark_used(place)
            case "not-used":
                await wallet.holding.undo_mark_used(place)
            case "gap-limit":
                await wallet.accounts.set_gap_limit(place.account, 20 + which)
            case "at-limit":
                await wallet.accounts.set_at_limit(place.account, tuple(AtLimit)[which % 3])

    async def _happen(self, place: AddressRef, what: str, which: int) -> None:
        match what:
            case "paid":
                script = await self.open_wallet.accounts.watch_key(place)
                self.chain.pay(script, 1_000 + which, height=which)
            case "unpaid":
                self.chain.vanish(await self.open_wallet.accounts.watch_key(place))
            case "minute":
                self.clock.turn(60)
            case "two-days":
                self.clock.turn(172_800)

    async def hand_out(self, account: AccountId, terms: RequestTerms | None) -> str:
        given = await self.open_wallet.receiving.hand_out(account, terms, unscanned=True)
        self.places.append(given.ref)
        self.shown.add(given.text)
        return given.text

    async def do_all(self, steps: Sequence[Step]) -> None:
        """What is refused is no part of it."""
        for step, name, which in steps:
            try:
                await self.do(step, name, which)
            except PillarboxError:
                continue
        await self.turn()

    async def backup(self) -> OpenedBackup:
        """What its file says, once it is closed and nothing changes any more."""
        await self.close()
        async with Opened(self.path) as db:
            snapshot = await db.read(backup_sealing.export_all)
        writer = Writer(WALLET, "Shop", Network.TESTNET, "")
        data = await asyncio.to_thread(
            backup_sealing.sealed_file, snapshot, writer, SEALING, self.clock.now()
        )
        file = self.path.parent / f"{snapshot.revision}{backup_sealing.SUFFIX}"
        file.write_bytes(data)
        return await backup_reading.open_backup(await backup_reading.read_file(file), SEALING.key)

    async def take(self, backup: OpenedBackup) -> RestoreReport:
        """Merge a backup into what is here, which may be nothing. Says what was foreseen."""
        await self.close()
        plan = await asyncio.to_thread(read_plan, backup, KINDS)
        async with Opened(self.path) as db:
            kept = await db.read(restoring.kept_rows)
            derivers = restoring.derivers_of(KINDS, ROOT)
            prepared = await asyncio.to_thread(restoring.prepare, plan, derivers, KINDS, kept, lambda: True)
            before = await db.read(backup_sealing.export_all)
            foreseen = await restoring.preview(db, prepared, Options())
            assert await db.read(backup_sealing.export_all) == before
            report = await db.write(lambda tx: restoring.merge(tx, prepared, Options()))
            await db.read(lambda tx: read_accounts(tx, KINDS, self.clock.now))
        assert report == foreseen
        return report


class Opened:
    """A wallet's database, that nobody has open."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def __aenter__(self) -> Database:
        make = Database.open if self._path.exists() else Database.create
        self._db = await make(self._path, KEY)
        return self._db

    async def __aexit__(self, *_: object) -> None:
        await self._db.close()


def records(backup: OpenedBackup) -> Records:
    """By what tells them apart. An account is named as it is known in every copy.

    A candidate is gone as soon as a wallet that was opened has looked for it."""
    rows = {
        name: [dict(zip(section.fields, row, strict=True)) for row in section.rows]
        for name, section in backup.sections.items()
    }
    known = {row["id"]: row["same_key"] for row in rows["accounts"]}
    for each in rows.values():
        for row in each:
            if row.get("account") is not None:
                row["account"] = known[row["account"]]
    return {name: {key(row): row for row in rows[name]} for name, key in KEYS.items()}


def require_kept(before: Records, after: Records) -> None:
    """Nothing is gone, and nothing says less than it did."""
    for name, there in before.items():
        assert there.keys() <= after[name].keys()
        for key, row in there.items():
            now = after[name][key]
            for word in ("next_word", "gap_limit"):
                assert row.get(word, 0) <= now.get(word, 0)  # type: ignore[operator]
            assert now.get("ended_at") == row.get("ended_at") or row["ended_at"] is None
            may_change = {"next_word", "gap_limit", "ended_at", "ending", "by_hand"}
            assert _without(row, may_change) == _without(now, may_change)


def _without(row: dict[str, Value], names: set[str]) -> dict[str, Value]:
    return {name: value for name, value in row.items() if name not in names}


async def require_new_addresses(copy: Copy, shown: set[str]) -> None:
    """From every account that makes addresses without the words, while its gap limit leaves any."""
    await copy.open()
    for account in copy.open_wallet.accounts.all():
        if KINDS.get(account.kind).key_need is KeyNeed.EACH_ADDRESS:
            continue
        await copy.open_wallet.accounts.set_gap_limit(account.id, 100)
        for _ in range(3):
            assert await copy.hand_out(account.id, None) not in shown
    await copy.close()


def run(test: Callable[[Path, AsyncExitStack], Awaitable[None]]) -> None:
    async def tested(folder: Path) -> None:
        async with AsyncExitStack() as until:
            await test(folder, until)

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(tested(Path(folder)))


async def begun(folder: Path, until: AsyncExitStack, steps: Sequence[Step]) -> Copy:
    copy = Copy(folder, until)
    await copy.open()
    for kind in ("bitcoin-p2wpkh", "cardano-shelley"):
        await copy.open_wallet.accounts.add(kind, root=ROOT)
    await copy.do_all(steps)
    return copy


async def comes_back(folder: Path, until: AsyncExitStack, steps: Sequence[Step]) -> None:
    wallet = await begun(folder / "first", until, steps)
    backup = await wallet.backup()
    restored = Copy(folder / "second", until)
    report = await restored.take(backup)
    assert report.count(Outcome.RESTORED) == sum(len(each.rows) for each in backup.sections.values()) - 1
    again = await restored.backup()
    for name, section in backup.sections.items():
        assert again.sections[name] == section
    await require_new_addresses(restored, wallet.shown)


async def copies_meet(folder: Path, until: AsyncExitStack, parts: Sequence[Sequence[Step]]) -> None:
    one = await begun(folder / "one", until, parts[0])
    old = await one.backup()
    two = Copy(folder / "two", until)
    two.clock.time = one.clock.time
    await two.take(old)
    two.places = list(one.places)
    for copy, steps in ((one, parts[1]), (two, parts[2])):
        await copy.open()
        await copy.do_all(steps)
    mine = await one.backup()
    await one.take(old)
    richer, yours = await one.backup(), await two.backup()
    require_kept(records(mine), records(richer))
    await one.take(yours)
    await two.take(richer)
    after = [records(await each.backup()) for each in (one, two)]
    require_kept(records(richer), after[0])
    require_kept(records(yours), after[1])
    for name in KEYS.keys() - {"candidates"}:
        assert after[0][name].keys() == after[1][name].keys()
    assert {name: after[0][name] for name in ("counters", "account-counters")} == {
        name: after[1][name] for name in ("counters", "account-counters")
    }
    await changes_nothing_again(one, yours)
    shown = one.shown | two.shown
    for copy in (one, two):
        await require_new_addresses(copy, shown)


async def changes_nothing_again(copy: Copy, backup: OpenedBackup) -> None:
    before = await copy.backup()
    assert (await copy.take(backup)).count(Outcome.RESTORED) == 0
    again = await copy.backup()
    assert again.sections == before.sections
    assert again.facts.revision == before.facts.revision


AT_ONCE = st.lists(STEPS, max_size=30)
IN_PARTS = st.tuples(*[st.lists(STEPS, max_size=12)] * 3)


@settings(max_examples=15)
@given(AT_ONCE)
def test_whatever_was_done_with_a_wallet_its_backup_brings_back(steps: list[Step]) -> None:
    run(lambda folder, until: comes_back(folder, until, steps))


@settings(max_examples=12)
@given(IN_PARTS)
def test_copies_that_went_apart_lose_nothing_when_they_meet(parts: tuple[list[Step], ...]) -> None:
    run(lambda folder, until: copies_meet(folder, until, parts))


@pytest.mark.slow
@settings(max_examples=500)
@given(AT_ONCE)
def test_whatever_was_done_with_any_wallet_its_backup_brings_back(steps: list[Step]) -> None:
    run(lambda folder, until: comes_back(folder, until, steps))


@pytest.mark.slow
@settings(max_examples=400)
@given(IN_PARTS)
def test_any_copies_that_went_apart_lose_nothing_when_they_meet(parts: tuple[list[Step], ...]) -> None:
    run(lambda folder, until: copies_meet(folder, until, parts))
