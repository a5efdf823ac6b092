"""A backup that opens, whoever wrote it: what is promised of what is new in it, and of what is wrong."""

import asyncio
import json
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wallet_bench import KEY, ROOT, WALLET, Bench

from pillarbox.accounts import KINDS
from pillarbox.accounts.kind import Enrolment, Served
from pillarbox.backup import content
from pillarbox.backup.content import SectionData, SectionLines, Value
from pillarbox.backup.envelope import DamagedBackupError, Facts, Lock, NewerBackupError
from pillarbox.errors import PillarboxError
from pillarbox.model.account import Account
from pillarbox.model.network import Network
from pillarbox.model.restoring import Outcome, RestoreReport
from pillarbox.storage import accounts as stored
from pillarbox.storage.backup_sections import ACCOUNTS, SECTIONS
from pillarbox.storage.database import Database
from pillarbox.wallet import restoring, service_keys
from pillarbox.wallet.backup_reading import OpenedBackup
from pillarbox.wallet.restore_plan import read_plan
from pillarbox.wallet.restoring import Options

FACTS = Facts(WALLET, "73c5da0a", "regtest", 1_700_000_000, 7, Lock.WORDS)
KEYS = service_keys.derive_all(ROOT.seed, Network.REGTEST)
Sections = dict[str, SectionData]

MINTED = json.loads((Path(__file__).parents[2] / "vectors" / "loop.json").read_text())["go_ground_truth"][
    "minted"
]
TOKEN, HASH = MINTED["token_id"], MINTED["payment_hash"]
OTHER = "cd" * 32
SERVED = Served(
    "https://loop.example",
    bytes.fromhex("03d528ecd9b696b54c907a9ed045447a79bb408ec39b68df504bb51f459bc3ffc9"),
    14_400,
)
ROWS: Mapping[str, list[tuple[Value, ...]]] = {
    "requests": [
        (1, 0, 1, "01" * 16, "Ada", 5, 1_700_000_000, None, None, ""),
        (1, 0, 2, "02" * 16, "Bob", None, 1_700_000_000, 1_700_000_060, 1_700_000_060, "ran-out"),
    ],
    "hand-outs": [
        (1, 0, 1, "01" * 16, 1_700_000_000, "Ada", 0, None, None),
        (1, 0, 2, "02" * 16, 1_700_000_000, "Bob", 1, 1_700_000_060, "ran-out"),
    ],
    "used": [(1, 0, 0, 1_600_000_000, 0), (1, 0, 3, 1_600_000_000, 1)],
    "labels": [(1, 0, 0, "rent"), (1, 1, 4, "change")],
    "counters": [(1, 0, 2**31 + 4), (1, 1, 2**31)],
    "account-counters": [("bitcoin-p2wpkh", "73c5da0a", 2**31 + 1)],
    "settings": [("backup-folders", None, "[]"), ("usual-hold", 1, "60")],
    "indexer-keys": [("indexer-key:cardano@https://indexer.example", "6b6579")],
    "l402-tokens": [
        (TOKEN, "https://loop.example", HASH, "paid", MINTED["token_file_paid"], "", None, "", 1),
        (
            OTHER,
            "https://loop.example",
            HASH,
            "pending",
            MINTED["token_file_pending"].replace(TOKEN, OTHER),
            "lnbcrt1",
            1_700_000_000,
            "node",
            1,
        ),
    ],
    "static-addresses": [(2, TOKEN)],
    "lightning-nodes": [("node", "https://127.0.0.1:8080", "00", "")],
    "static-deposit-steps": [(2, OTHER, 0, 0, 1, "Deposited")],
    "static-exits": [(2, OTHER, 0, TOKEN, "bcrt1q", 5, 1)],
}


def account_row(number: int, made_as: str, /, **changed: Value) -> tuple[Value, ...]:
    enrolment = Enrolment(Network.REGTEST, 0, ROOT, served=SERVED if made_as == "loop-static" else None)
    params = KINDS.get(made_as).enrol(enrolment)
    row: dict[str, Value] = {
        "id": number,
        "kind": made_as,
        "network": "regtest",
        "label": f"Shop {number}",
        "number": 0,
        "path": params.path,
        "fingerprint": params.fingerprint,
        "watch_only": 0,
        "gap_limit": 20,
        "at_limit": "ask",
        "created_at": 1_600_000_000,
        "params": params.data,
        "same_key": params.same_key,
    }
    return tuple((row | changed).values())


ACCOUNT_ROWS = [account_row(1, "bitcoin-p2wpkh"), account_row(2, "loop-static")]


def candidate() -> tuple[Value, ...]:
    _, kind, _, _, number, path, fingerprint, *_, params, same_key = account_row(3, "bitcoin-p2tr")
    return (kind, number, path, fingerprint, params, same_key)


ALL_ROWS: Mapping[str, list[tuple[Value, ...]]] = {
    "accounts": ACCOUNT_ROWS,
    "candidates": [candidate()],
    **ROWS,
}


RECORDS = sum(map(len, ALL_ROWS.values()))


def sections() -> Sections:
    """Of a wallet that has some of everything."""
    known = {each.name: tuple(field.name for field in each.fields) for each in (ACCOUNTS, *SECTIONS)}
    assert known.keys() == ALL_ROWS.keys()
    return {name: SectionData(name, 1, known[name], list(ALL_ROWS[name])) for name in known}


def written(found: Sections) -> OpenedBackup:
    """As it is read again from its bytes."""
    lines = [SectionLines.of_rows(each.name, each.version, each.fields, each.rows) for each in found.values()]
    read = [each for each in content.read(content.write(lines)) if each is not None]
    return OpenedBackup(FACTS, {each.name: each for each in read})


def is_there(path: Path) -> bool:
    return path.exists()


def opened(path: Path) -> Awaitable[Database]:
    return Database.open(path, KEY) if is_there(path) else Database.create(path, KEY)


async def take(path: Path, backup: OpenedBackup) -> RestoreReport:
    """Merge it into what is there. Raises what may be wrong with it before anything is touched."""
    plan = await asyncio.to_thread(read_plan, backup, KINDS)
    db = await opened(path)
    try:
        await db.write(lambda tx: service_keys.keep(tx, KEYS))
        kept = await db.read(restoring.kept_rows)
        derivers = restoring.derivers_of(KINDS, ROOT)
        prepared = await asyncio.to_thread(restoring.prepare, plan, derivers, KINDS, kept, lambda: True)
        return await db.write(lambda tx: restoring.merge(tx, prepared, Options()))
    finally:
        await db.close()


async def accounts_in(path: Path) -> list[Account]:
    db = await Database.open(path, KEY)
    try:
        return await db.read(stored.all_accounts)
    finally:
        await db.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "wallet.db"


def reasons(report: RestoreReport) -> list[tuple[str, str, int]]:
    return [
        (item.section, item.reason.code, item.count)
        for item in report.items
        if item.outcome is Outcome.SKIPPED and item.reason is not None
    ]


async def test_all_of_it_is_taken_once(path: Path) -> None:
    backup = written(sections())
    report = await take(path, backup)
    assert {item.outcome for item in report.items if item.count} == {Outcome.RESTORED}
    assert report.count(Outcome.RESTORED) == RECORDS
    assert (await take(path, backup)).count(Outcome.RESTORED) == 0


async def test_a_section_of_a_newer_program_is_left_out_and_told(path: Path) -> None:
    found = sections()
    found["moods"] = SectionData("moods", 1, ("mood",), [("glad",), ("sad",)])
    report = await take(path, written(found))
    assert reasons(report) == [("moods", "backup-section-unknown", 2)]
    assert report.count(Outcome.RESTORED) == RECORDS


@pytest.mark.parametrize("name", sorted(ALL_ROWS.keys() - {"accounts"}))
async def test_a_higher_version_of_a_section_is_left_out_and_told(path: Path, name: str) -> None:
    found = sections()
    found[name] = replace(found[name], version=2)
    assert (name, "backup-section-unknown", len(ALL_ROWS[name])) in reasons(await take(path, written(found)))


async def test_accounts_of_a_higher_version_are_not_guessed_at(path: Path) -> None:
    found = sections()
    found["accounts"] = replace(found["accounts"], version=2)
    with pytest.raises(NewerBackupError):
        await take(path, written(found))
    assert not is_there(path)


@pytest.mark.parametrize("name", sorted(ALL_ROWS))
async def test_a_field_of_a_newer_program_is_passed_over(path: Path, name: str) -> None:
    found = sections()
    known = found[name]
    rows = [(*row[:1], "new", *row[1:]) for row in known.rows]
    found[name] = replace(known, fields=(known.fields[0], "mood", *known.fields[1:]), rows=list(rows))
    assert reasons(await take(path, written(found))) == []
    assert [(account.label, account.gap_limit) for account in await accounts_in(path)] == [
        ("Shop 1", 20),
        ("Shop 2", 20),
    ]


@pytest.mark.parametrize(
    ("name", "field", "optional"),
    [(each.name, field.name, field.optional) for each in (ACCOUNTS, *SECTIONS) for field in each.fields],
)
async def test_a_field_that_lacks_is_null_where_that_may_be(
    path: Path, name: str, field: str, optional: bool
) -> None:
    found = sections()
    known = found[name]
    place = known.fields.index(field)
    if len(known.fields) == 1:
        return
    fields = (*known.fields[:place], *known.fields[place + 1 :])
    rows = [(*row[:place], *row[place + 1 :]) for row in known.rows]
    found[name] = replace(known, fields=fields, rows=list(rows))
    if optional:
        await take(path, written(found))
    else:
        with pytest.raises(DamagedBackupError, match=f"{name} lacks {field}"):
            await take(path, written(found))
        assert not is_there(path)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"kind": "ark-vtxo"}, "backup-kind-unknown"),
        ({"network": "signet"}, "backup-account-unusable"),
        ({"network": "moonnet"}, "backup-account-unusable"),
        ({"at_limit": "explode"}, "backup-account-unusable"),
        ({"gap_limit": 1001}, "backup-account-unusable"),
        ({"id": 2**63 - 1}, "backup-account-unusable"),
        ({"number": -5}, "backup-account-unusable"),
        ({"number": 2**62}, "backup-account-unusable"),
        ({"params": "{}"}, "backup-account-unusable"),
        ({"params": "no JSON"}, "backup-account-unusable"),
    ],
)
async def test_an_account_that_cannot_be_is_left_out_with_its_records(
    path: Path, changed: dict[str, Value], code: str
) -> None:
    found = sections()
    found["accounts"].rows.append(account_row(3, "bitcoin-p2tr", **changed))
    found["labels"].rows.append((3, 0, 0, "of the other"))
    assert reasons(await take(path, written(found))) == [
        ("accounts", code, 1),
        ("labels", "backup-skipped", 1),
    ]
    assert [account.label for account in await accounts_in(path)] == ["Shop 1", "Shop 2"]


async def test_one_key_makes_no_two_accounts_whatever_they_are_called(path: Path) -> None:
    found = sections()
    found["accounts"].rows.append(account_row(3, "bitcoin-p2wpkh", same_key="ab" * 32))
    assert reasons(await take(path, written(found))) == [("accounts", "backup-account-unusable", 1)]
    again = sections()
    again["accounts"].rows[0] = account_row(1, "bitcoin-p2wpkh", same_key="cd" * 32)
    assert ("accounts", "backup-account-unusable", 1) in reasons(await take(path, written(again)))
    assert [account.label for account in await accounts_in(path)] == ["Shop 1", "Shop 2"]


async def test_no_account_takes_another_s_addresses_for_its_own(path: Path) -> None:
    await take(path, written(sections()))
    other = KINDS.get("bitcoin-p2wpkh").enrol(Enrolment(Network.REGTEST, 1, ROOT)).data
    found = sections()
    found["accounts"].rows[0] = account_row(1, "bitcoin-p2wpkh", params=other, gap_limit=900)
    assert ("accounts", "backup-account-unusable", 1) in reasons(await take(path, written(found)))
    assert [account.gap_limit for account in await accounts_in(path)] == [20, 20]


async def test_a_record_is_not_lost_for_a_time_that_cannot_be(path: Path) -> None:
    found = sections()
    request, hand_out = found["requests"].rows[0], found["hand-outs"].rows[0]
    found["requests"].rows[0] = (*request[:6], -5, 2**62, *request[8:])
    found["hand-outs"].rows[0] = (*hand_out[:4], 2**62, *hand_out[5:])
    assert reasons(await take(path, written(found))) == []
    db = await Database.open(path, KEY)
    times = await db.read(lambda tx: tx.rows("SELECT created_at, held_until FROM requests ORDER BY id"))
    await db.close()
    assert times[0] == (0, 253_402_300_799)


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [
        ("labels", "idx", -1),
        ("labels", "branch", 7),
        ("used", "idx", 2**31),
        ("candidates", "kind", "ark-vtxo"),
        ("candidates", "params", "{}"),
        ("settings", "value", "no JSON"),
        ("settings", "value", "[1]"),
        ("l402-tokens", "state", "stolen"),
        ("l402-tokens", "state", "pending"),
        ("l402-tokens", "token_id", OTHER),
        ("l402-tokens", "payment_hash", OTHER),
        ("l402-tokens", "data", "00"),
        ("static-addresses", "account", 1),
        ("static-deposit-steps", "state", "Lost"),
        ("static-deposit-steps", "number", 2**63 - 1),
        ("static-deposit-steps", "number", -1),
        ("settings", "name", "usual-hold/1"),
        ("static-exits", "account", 1),
    ],
)
async def test_a_record_that_cannot_be_is_left_out_and_told(
    path: Path, name: str, field: str, value: Value
) -> None:
    found = sections()
    changed(found, ((name, field), 0, value))
    assert (name, "backup-record-senseless", 1) in reasons(await take(path, written(found)))


WRONG = st.one_of(
    st.sampled_from([None, -1, 0, 1, 2, 20, 1000, 2**31 - 1, 2**31, 2**32, 2**63 - 1, -(2**63), 2**63]),
    st.sampled_from(
        ["", "x", "ff", TOKEN, "\x00", "ÿ", "{}", "[]", "null", "regtest", "paid", "used", "🜂" * 300]
    ),
    st.integers(),
    st.text(max_size=20),
)
CELLS = [(each.name, field.name) for each in (ACCOUNTS, *SECTIONS) for field in each.fields]
CHANGES = st.one_of(
    st.tuples(st.sampled_from(CELLS), st.integers(0, 1), WRONG),
    st.tuples(st.sampled_from(CELLS), st.integers(0, 1), st.just("twice")),
)
Change = tuple[tuple[str, str], int, Value]


def changed(found: Sections, change: Change) -> None:
    """One value, or with "twice" a whole record that is there again."""
    (name, field), which, value = change
    known = found[name]
    which %= len(known.rows)
    row = known.rows[which]
    if value == "twice":
        known.rows.append(row)
        return
    place = known.fields.index(field)
    known.rows[which] = (*row[:place], value, *row[place + 1 :])


async def refused_or_taken(folder: Path, changes: list[Change]) -> None:
    """Refused before anything is touched, or taken into a wallet that opens and hands out as ever."""
    good, broken = sections(), sections()
    for change in changes:
        changed(broken, change)
    for first in (broken, good):
        bench = Bench(folder / ("new" if first is broken else "kept"))
        bench.path.parent.mkdir()
        try:
            if first is good:
                await take(bench.path, written(good))
            before = await take(bench.path, written(broken))
        except (DamagedBackupError, NewerBackupError):
            continue
        again = await take(bench.path, written(broken))
        assert again.count(Outcome.RESTORED) == 0, before
        await opens(bench)


async def opens(bench: Bench) -> None:
    wallet = await bench.open()
    try:
        for account in wallet.accounts.all():
            try:
                await wallet.receiving.hand_out(account.id, None, unscanned=True)
            except PillarboxError:
                continue
        await bench.turn()
    finally:
        await bench.close()


def run(test: Callable[[Path, list[Change]], Awaitable[None]], changes: list[Change]) -> None:
    async def tested(folder: Path) -> None:
        await test(folder, changes)

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(tested(Path(folder)))


@settings(max_examples=40)
@given(st.lists(CHANGES, min_size=1, max_size=3))
def test_what_makes_no_sense_is_refused_whole_or_taken_by_a_wallet_that_opens(changes: list[Change]) -> None:
    run(refused_or_taken, changes)


@pytest.mark.slow
@settings(max_examples=2_000)
@given(st.lists(CHANGES, min_size=1, max_size=4))
def test_whatever_makes_no_sense_is_refused_whole_or_taken_by_a_wallet_that_opens(
    changes: list[Change],
) -> None:
    run(refused_or_taken, changes)
