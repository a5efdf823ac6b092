"""What a wallet's own backup carries of Loop: nothing of it is lost, and nothing paid is made unpaid."""

import json
from dataclasses import replace
from pathlib import Path

import apsw
import pytest

from pillarbox.backup.content import SectionData
from pillarbox.backup.sections import AccountMap, BackupSection, Tally, rows_of
from pillarbox.loop import token_file
from pillarbox.model.account import AccountId
from pillarbox.secret import Secret
from pillarbox.storage import l402_tokens, lightning_nodes, static_addresses
from pillarbox.storage.database import Database, Tx
from pillarbox.storage.l402_tokens import SECTION_L402_TOKENS, StoredToken, TokenState
from pillarbox.storage.lightning_nodes import SECTION_LIGHTNING_NODES, LightningNode
from pillarbox.storage.static_addresses import SECTION_STATIC_ADDRESSES
from pillarbox.storage.static_deposits import SECTION_DEPOSIT_STEPS, SECTION_STATIC_EXITS

SECTIONS: list[BackupSection[Tx]] = [
    SECTION_L402_TOKENS,
    SECTION_LIGHTNING_NODES,
    SECTION_STATIC_ADDRESSES,
    SECTION_DEPOSIT_STEPS,
    SECTION_STATIC_EXITS,
]
MINTED = json.loads((Path(__file__).parents[2] / "vectors" / "loop.json").read_text())["go_ground_truth"][
    "minted"
]
PENDING = StoredToken(
    bytes.fromhex(MINTED["token_id"]),
    "https://loop.example",
    bytes.fromhex(MINTED["payment_hash"]),
    TokenState.PENDING,
    bytes.fromhex(MINTED["token_file_pending"]),
    "lnbcrt1",
    5,
    "node",
    7,
)
PAID = replace(PENDING, state=TokenState.PAID, data=bytes.fromhex(MINTED["token_file_paid"]), sent_by="")
FALSE = replace(PAID, data=token_file.serialise(replace(PAID.token, preimage=bytes(31) + b"\1")))
HERE: AccountMap = {3: 8}


def fill(tx: Tx) -> None:
    l402_tokens.insert(tx, PENDING)
    lightning_nodes.put(tx, LightningNode("https://127.0.0.1:8080", Secret(b"\2\1"), "PEM"))
    static_addresses.bind(tx, AccountId(3), PENDING.token_id)
    tx.execute("INSERT INTO static_deposit_steps VALUES (3, x'aa', 0, 0, 11, 'Deposited')")
    tx.execute("INSERT INTO static_exits VALUES (3, x'aa', 0, x'bb', 'bcrt1q', 130, 12)")


def data_of(section: BackupSection[Tx], tx: Tx) -> list[list[object]]:
    written = section.export(tx)
    rows = [json.loads(line) for line in written.lines.splitlines()]
    return rows_of(SectionData(written.name, written.version, written.fields, rows), section.fields)  # type: ignore[return-value]


@pytest.fixture
async def other(tmp_path: Path, key: Secret) -> Database:
    return await Database.create(tmp_path / "other.db", key)


async def merged(section: BackupSection[Tx], source: Database, to: Database) -> Tally:
    rows = await source.read(lambda tx: data_of(section, tx))
    return await to.write(lambda tx: section.merge(tx, rows, HERE))  # type: ignore[arg-type]


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.name)
async def test_each_section_comes_back_under_the_accounts_of_here(
    db: Database, other: Database, section: BackupSection[Tx]
) -> None:
    await db.write(fill)
    first = await merged(section, db, other)
    again = await merged(section, db, other)
    assert (first.restored, first.unchanged, first.conflicts) == (1, 0, [])
    assert (again.restored, again.unchanged, again.conflicts) == (0, 1, [])
    before = await db.read(lambda tx: data_of(section, tx))
    after = await other.read(lambda tx: data_of(section, tx))
    if section.fields[0].name == "account":
        before = [[8, *row[1:]] for row in before]
    assert after == before
    await other.close()


async def test_a_token_that_the_backup_knows_to_be_paid_is_paid_here_too(
    db: Database, other: Database
) -> None:
    await db.write(lambda tx: l402_tokens.insert(tx, PAID))
    await other.write(lambda tx: l402_tokens.insert(tx, PENDING))
    told = await merged(SECTION_L402_TOKENS, db, other)
    assert (told.restored, told.unchanged, told.conflicts) == (1, 0, [])
    assert await other.read(l402_tokens.all_tokens) == [PAID]
    await other.close()


async def test_a_payment_that_is_not_proven_does_not_replace_one_under_way(
    db: Database, other: Database
) -> None:
    await db.write(lambda tx: l402_tokens.insert(tx, FALSE))
    await other.write(lambda tx: l402_tokens.insert(tx, PENDING))
    told = await merged(SECTION_L402_TOKENS, db, other)
    assert (told.restored, told.unchanged, len(told.conflicts)) == (0, 0, 1)
    assert await other.read(l402_tokens.all_tokens) == [PENDING]
    await other.close()


async def test_an_older_backup_makes_no_paid_token_unpaid(db: Database, other: Database) -> None:
    await db.write(lambda tx: l402_tokens.insert(tx, PENDING))
    await other.write(lambda tx: l402_tokens.insert(tx, PAID))
    told = await merged(SECTION_L402_TOKENS, db, other)
    assert (told.restored, told.unchanged, told.conflicts) == (0, 1, [])
    assert await other.read(l402_tokens.all_tokens) == [PAID]
    await other.close()


async def test_the_database_itself_keeps_paid_tokens(db: Database) -> None:
    await db.write(lambda tx: l402_tokens.insert(tx, PAID))
    for statement in (
        "UPDATE l402_tokens SET data = x'00'",
        "UPDATE l402_tokens SET state = 'discarded'",
        "DELETE FROM l402_tokens",
    ):
        with pytest.raises(apsw.ConstraintError):
            await db.write(lambda tx, statement=statement: tx.execute(statement))  # type: ignore[misc]
    with pytest.raises(apsw.ConstraintError):
        await db.write(_bind_twice)
    assert await db.read(l402_tokens.all_tokens) == [PAID]


def _bind_twice(tx: Tx) -> None:
    static_addresses.bind(tx, AccountId(1), b"\1")
    static_addresses.bind(tx, AccountId(2), b"\1")


def test_a_macaroon_is_in_no_repr_of_a_node() -> None:
    assert "beef" not in repr(LightningNode("https://x", Secret(b"beef"), ""))
