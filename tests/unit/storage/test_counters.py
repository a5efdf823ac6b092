"""Counters are advanced in the transaction that hands a number out, and never go back."""

import asyncio
from pathlib import Path

import apsw
import pytest
from stored_things import draft, token

from pillarbox.model.account import Account
from pillarbox.model.receiving import HandOutEnding
from pillarbox.pool.sequence import (
    FIRST_HARDENED,
    LAST_SEQUENTIAL,
    WORD32_MAX,
    AccountBoundError,
    AddressBoundError,
    CounterDamagedError,
    NoAccountCounterError,
)
from pillarbox.secret import Secret
from pillarbox.storage import accounts, addresses, counters, ledger
from pillarbox.storage import connection as connections
from pillarbox.storage.counters import Behind
from pillarbox.storage.database import Database, Tx


@pytest.fixture
async def started(db: Database, account: Account) -> Account:
    """An account whose branch 0 has its counter."""
    await db.write(lambda tx: counters.start(tx, account.id, 0))
    return account


def put(tx: Tx, account: Account, word: int) -> None:
    tx.execute("INSERT OR IGNORE INTO counters VALUES (?, 0, ?)", (account.id, word))
    tx.execute("UPDATE counters SET next_word = ? WHERE account = ?", (word, account.id))


def show(tx: Tx, account: Account, number: int, index: int) -> None:
    ledger.record(tx, [(token(number), account.id, 0, index, 100, "", None, False)])


async def test_a_new_counter_stands_at_the_first_index(db: Database, started: Account) -> None:
    assert await db.read(lambda tx: counters.next_index(tx, started.id, 0)) == 0
    stored = await db.read(lambda tx: tx.value("SELECT next_word FROM counters"))
    assert stored == FIRST_HARDENED


async def test_each_branch_counts_for_itself(db: Database, started: Account) -> None:
    await db.write(lambda tx: counters.start(tx, started.id, 1))
    await db.write(lambda tx: counters.issue(tx, started.id, 1, [0, 1]))
    assert await db.read(lambda tx: [counters.next_index(tx, started.id, b) for b in (0, 1)]) == [0, 2]


async def test_an_index_below_the_counter_does_not_move_it(db: Database, started: Account) -> None:
    await db.write(lambda tx: counters.issue(tx, started.id, 0, [0, 1, 2]))
    await db.write(lambda tx: counters.issue(tx, started.id, 0, [1]))
    assert await db.read(lambda tx: counters.next_index(tx, started.id, 0)) == 3


async def test_a_transaction_that_fails_moves_no_counter(db: Database, started: Account) -> None:
    def fail(tx: Tx) -> None:
        counters.issue(tx, started.id, 0, [0])
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="disk"):
        await db.write(fail)
    assert await db.read(lambda tx: counters.next_index(tx, started.id, 0)) == 0


async def test_without_a_counter_nothing_is_issued(db: Database, account: Account) -> None:
    with pytest.raises(NoAccountCounterError):
        await db.write(lambda tx: counters.issue(tx, account.id, 0, [0]))


async def test_the_last_index_goes_out_and_none_after_it(db: Database, started: Account) -> None:
    await db.write(lambda tx: put(tx, started, WORD32_MAX - 1))
    await db.write(lambda tx: counters.issue(tx, started.id, 0, [LAST_SEQUENTIAL]))
    with pytest.raises(AddressBoundError):
        await db.write(lambda tx: counters.issue(tx, started.id, 0, [LAST_SEQUENTIAL + 1]))
    with pytest.raises(AddressBoundError):
        await db.read(lambda tx: counters.next_index(tx, started.id, 0))
    assert await db.read(lambda tx: counters.position(tx, started.id, 0)) == LAST_SEQUENTIAL + 1


async def test_at_its_end_the_counter_still_lets_released_indices_go_out(
    db: Database, started: Account
) -> None:
    await db.write(lambda tx: put(tx, started, WORD32_MAX))
    await db.write(lambda tx: counters.issue(tx, started.id, 0, [7]))
    assert await db.read(lambda tx: counters.position(tx, started.id, 0)) == LAST_SEQUENTIAL + 1


@pytest.mark.parametrize("word", [0, 5, FIRST_HARDENED - 1, WORD32_MAX + 1])
async def test_a_damaged_counter_is_refused_and_left_alone(db: Database, account: Account, word: int) -> None:
    await db.write(lambda tx: put(tx, account, word))
    for look in (counters.next_index, counters.position):
        with pytest.raises(CounterDamagedError):
            await db.read(lambda tx, look=look: look(tx, account.id, 0))
    with pytest.raises(CounterDamagedError):
        await db.write(lambda tx: counters.issue(tx, account.id, 0, [9]))
    await db.write(lambda tx: addresses.mark_used(tx, account.id, 0, [9], by_hand=False, at=5))
    assert await db.read(lambda tx: tx.value("SELECT next_word FROM counters")) == word


async def test_the_database_itself_lets_no_counter_go_back(db: Database, started: Account) -> None:
    await db.write(lambda tx: counters.issue(tx, started.id, 0, [4]))
    for sql in ("UPDATE counters SET next_word = next_word - 1", "DELETE FROM counters"):
        with pytest.raises(apsw.ConstraintError, match="only grows"):
            await db.write(lambda tx, sql=sql: tx.execute(sql))


async def test_a_used_mark_takes_the_counter_past_it(db: Database, started: Account) -> None:
    await db.write(lambda tx: addresses.mark_used(tx, started.id, 0, [5, 2], by_hand=False, at=5))
    assert await db.read(lambda tx: counters.next_index(tx, started.id, 0)) == 6


async def test_a_mark_by_hand_moves_no_counter(db: Database, started: Account) -> None:
    await db.write(lambda tx: addresses.mark_used(tx, started.id, 0, [5], by_hand=True, at=5))
    assert await db.write(counters.catch_up) == []
    assert await db.read(lambda tx: counters.next_index(tx, started.id, 0)) == 0


async def test_a_damaged_counter_keeps_no_other_from_catching_up(db: Database, started: Account) -> None:
    def write(tx: Tx) -> None:
        counters.start(tx, started.id, 1)
        tx.execute("DROP TRIGGER counters_grow")
        tx.execute("UPDATE counters SET next_word = 7 WHERE branch = 0")
        for branch in (0, 1):
            ledger.record(tx, [(token(branch), started.id, branch, 4, 100, "", None, False)])

    await db.write(write)
    assert await db.write(counters.catch_up) == [Behind(started.id, 1, was=0, now=5)]
    assert await db.read(lambda tx: counters.is_damaged(tx, started.id, 0))
    assert not await db.read(lambda tx: counters.is_damaged(tx, started.id, 1))


async def test_a_counter_restored_too_low_is_raised_and_told(db: Database, started: Account) -> None:
    await db.write(lambda tx: counters.issue(tx, started.id, 0, [0, 1]))
    await db.write(lambda tx: show(tx, started, 1, 6))
    assert await db.write(counters.catch_up) == [Behind(started.id, 0, was=2, now=7)]
    assert await db.read(lambda tx: counters.next_index(tx, started.id, 0)) == 7
    assert await db.write(counters.catch_up) == []


async def test_a_counter_ahead_of_everything_known_stays(db: Database, started: Account) -> None:
    await db.write(lambda tx: counters.issue(tx, started.id, 0, [11]))
    await db.write(lambda tx: show(tx, started, 1, 6))
    assert await db.write(counters.catch_up) == []
    assert await db.read(lambda tx: counters.next_index(tx, started.id, 0)) == 12


async def test_only_what_nobody_saw_was_given_back(db: Database, started: Account) -> None:
    def write(tx: Tx) -> None:
        for number, index in ((1, 0), (2, 1), (3, 1), (4, 2)):
            show(tx, started, number, index)
        for number in (1, 2):
            ledger.void(tx, token(number), 110)
        ledger.end(tx, token(4), 110, HandOutEnding.RELEASED)

    await db.write(write)
    assert await db.read(lambda tx: counters.given_back(tx, started.id, 0)) == [0]


async def test_account_numbers_begin_at_the_first_and_count_for_each_root(db: Database) -> None:
    def take(kind: str, root: str) -> "asyncio.Future[int]":
        return db.write(lambda tx: counters.take_account_number(tx, kind, root))

    taken = await asyncio.gather(take("a", "r"), take("a", "r"), take("a", "s"), take("b", "r"))
    assert taken == [0, 1, 0, 0]
    assert await db.read(lambda tx: counters.next_account_number(tx, "a")) == 2


async def test_a_number_chosen_by_a_person_raises_the_counter_and_never_lowers_it(db: Database) -> None:
    for number, expected in ((7, 8), (2, 8), (8, 9)):
        await db.write(lambda tx, number=number: counters.take_account_number(tx, "a", "r", number))
        assert await db.read(lambda tx: counters.next_account_number(tx, "a")) == expected


async def test_the_last_account_number_is_followed_by_a_refusal(db: Database) -> None:
    await db.write(lambda tx: counters.take_account_number(tx, "a", "r", LAST_SEQUENTIAL - 1))
    assert await db.write(lambda tx: counters.take_account_number(tx, "a", "r")) == LAST_SEQUENTIAL
    with pytest.raises(AccountBoundError):
        await db.write(lambda tx: counters.take_account_number(tx, "a", "r"))
    with pytest.raises(AccountBoundError):
        await db.read(lambda tx: counters.next_account_number(tx, "a"))


async def test_a_damaged_account_counter_is_refused(db: Database) -> None:
    await db.write(lambda tx: tx.execute("INSERT INTO account_counters VALUES ('a', 'r', 3)"))
    with pytest.raises(CounterDamagedError):
        await db.write(lambda tx: counters.take_account_number(tx, "a", "r"))
    with pytest.raises(CounterDamagedError):
        await db.read(lambda tx: counters.next_account_number(tx, "a"))


def test_an_older_file_gets_counters_past_all_it_knows(
    path: Path, key: Secret, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = connections.migrations()[:2]
    with monkeypatch.context() as then:
        then.setattr(connections, "migrations", lambda: older)
        old = connections.create(path, key)
        tx = Tx(old)
        account = accounts.insert(tx, draft())
        for branch in (0, 1):
            old.execute("INSERT INTO addresses VALUES (?, ?, 0, 'text', x'00')", (account.id, branch))
        show(tx, account, 1, 3)
        old.execute("INSERT INTO used VALUES (?, 0, 5, 9, 0)", (account.id,))
        old.close()
    new = connections.open_for_writing(path, key)
    tx = Tx(new)
    assert [counters.next_index(tx, account.id, branch) for branch in (0, 1)] == [6, 0]
    assert counters.next_account_number(tx, account.kind) == 1
    new.close()
