"""The hand-out ledger only grows, and tells what was shown of every address."""

from collections.abc import Sequence

import apsw
import pytest
from stored_things import token

from pillarbox.model.account import Account
from pillarbox.model.address import AddressRef
from pillarbox.model.receiving import HandOutEnding
from pillarbox.storage import addresses, ledger, requests
from pillarbox.storage.database import Database
from pillarbox.storage.ledger import Shown


def showing(
    account: Account, index: int, number: int, at: int, *, branch: int = 0, unscanned: bool = False
) -> ledger.Showing:
    return token(number), account.id, branch, index, at, f"for {number}", None, unscanned


async def record(db: Database, *showings: ledger.Showing) -> None:
    await db.write(lambda tx: ledger.record(tx, showings))


async def shown(db: Database, account: Account, branch: int = 0) -> Shown:
    return await db.read(lambda tx: ledger.shown(tx, account.id, branch))


async def test_a_showing_is_told_with_all_that_is_known_of_it(db: Database, account: Account) -> None:
    ref = AddressRef(account.id, 0, 7)
    await record(db, showing(account, 7, 1, 100))
    await db.write(lambda tx: ledger.end(tx, token(1), 150, HandOutEnding.RELEASED))
    await record(db, showing(account, 7, 2, 200))
    first, second = await db.read(lambda tx: ledger.history(tx, ref))
    assert (first.token, first.ref, first.shown_at, first.label) == (token(1), ref, 100, "for 1")
    assert (first.ended_at, first.ending) == (150, HandOutEnding.RELEASED)
    assert (second.shown_at, second.ended_at, second.ending, second.request) == (200, None, None, None)


async def test_history_keeps_its_order_within_one_second(db: Database, account: Account) -> None:
    await record(db, *(showing(account, 7, number, 100) for number in (5, 3, 9)))
    history = await db.read(lambda tx: ledger.history(tx, AddressRef(account.id, 0, 7)))
    assert [entry.token for entry in history] == [token(5), token(3), token(9)]


async def test_what_was_shown_is_summed_up_by_address(db: Database, account: Account) -> None:
    await record(
        db,
        showing(account, 3, 1, 100),
        showing(account, 3, 2, 300, unscanned=True),
        showing(account, 4, 3, 200),
        showing(account, 3, 4, 400, branch=1),
    )
    await db.write(lambda tx: ledger.end(tx, token(1), 150, HandOutEnding.RAN_OUT))
    assert await shown(db, account) == Shown({3: 150, 4: None}, [3])
    assert await shown(db, account, 1) == Shown({3: None}, [])


async def test_a_voided_showing_does_not_count_as_shown(db: Database, account: Account) -> None:
    await record(db, showing(account, 3, 1, 100), showing(account, 3, 2, 200), showing(account, 4, 3, 300))
    assert await db.write(lambda tx: ledger.void(tx, token(2), 201))
    assert await db.write(lambda tx: ledger.void(tx, token(3), 301))
    assert await shown(db, account) == Shown({3: None}, [])
    history = await db.read(lambda tx: ledger.history(tx, AddressRef(account.id, 0, 4)))
    assert [entry.ending for entry in history] == [HandOutEnding.VOIDED]


async def test_a_hand_out_ends_once(db: Database, account: Account) -> None:
    await record(db, showing(account, 3, 1, 100))
    assert await db.write(lambda tx: ledger.end(tx, token(1), 150, HandOutEnding.RAN_OUT))
    assert not await db.write(lambda tx: ledger.end(tx, token(1), 160, HandOutEnding.RELEASED))
    assert not await db.write(lambda tx: ledger.void(tx, token(1), 170))
    assert not await db.write(lambda tx: ledger.end(tx, token(99), 170, HandOutEnding.RELEASED))
    assert (await shown(db, account)).last_ended_at == {3: 150}


async def test_many_endings_count_those_that_were_running(db: Database, account: Account) -> None:
    await record(db, *(showing(account, number, number, 100) for number in range(10)))
    await db.write(lambda tx: ledger.end(tx, token(4), 110, HandOutEnding.RELEASED))
    tokens: Sequence[bytes] = [token(number) for number in range(12)]
    assert await db.write(lambda tx: ledger.end_all(tx, tokens, 120, HandOutEnding.RAN_OUT)) == 9


async def test_what_a_killed_process_left_running_ends_except_requests_and_the_paid(
    db: Database, account: Account
) -> None:
    await record(db, *(showing(account, number, number, 100) for number in range(1, 5)))
    await db.write(
        lambda tx: requests.insert(tx, AddressRef(account.id, 0, 2), token(2), "", None, 100, None)
    )
    await db.write(lambda tx: requests.end(tx, token(2), 110, "released"))
    await db.write(lambda tx: addresses.mark_used(tx, account.id, 0, [3], by_hand=False, at=120))
    await db.write(lambda tx: ledger.end(tx, token(4), 130, HandOutEnding.RAN_OUT))
    assert await db.write(lambda tx: ledger.end_running(tx, 200)) == 1
    assert await db.write(lambda tx: ledger.end_running(tx, 300)) == 0
    assert (await shown(db, account)).last_ended_at == {1: 200, 2: None, 3: None, 4: 130}


async def test_a_hand_out_made_a_request_later_is_told_with_it(db: Database, account: Account) -> None:
    ref = AddressRef(account.id, 0, 2)
    await record(db, showing(account, 2, 1, 100))
    request = await db.write(lambda tx: requests.insert(tx, ref, token(1), "", None, 110, None))
    (entry,) = await db.read(lambda tx: ledger.history(tx, ref))
    assert entry.request == request.id


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE hand_outs SET shown_at = 0",
        "DELETE FROM hand_outs",
        "UPDATE hand_out_endings SET at = 0",
        "DELETE FROM hand_out_endings",
    ],
)
async def test_nothing_in_the_ledger_can_be_changed_or_removed(
    db: Database, account: Account, change: str
) -> None:
    await record(db, showing(account, 3, 1, 100))
    await db.write(lambda tx: ledger.end(tx, token(1), 150, HandOutEnding.RELEASED))
    with pytest.raises(apsw.ConstraintError, match="only grows"):
        await db.write(lambda tx: tx.execute(change))


async def test_one_token_is_one_hand_out(db: Database, account: Account) -> None:
    await record(db, showing(account, 3, 1, 100))
    with pytest.raises(apsw.ConstraintError):
        await record(db, showing(account, 4, 1, 100))
