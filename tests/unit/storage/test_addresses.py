"""Addresses as derived, and which are used."""

import pytest
from stored_things import row

from pillarbox.model.account import Account
from pillarbox.model.address import AddressRef, DerivedAddress
from pillarbox.storage import addresses, bulk
from pillarbox.storage.addresses import AddressConflictError
from pillarbox.storage.database import Database


async def insert(db: Database, account: Account, *rows: DerivedAddress, branch: int = 0) -> None:
    await db.write(lambda tx: addresses.insert(tx, account.id, branch, rows))


async def test_texts_come_by_index_with_none_where_there_is_no_address(
    db: Database, account: Account
) -> None:
    assert await db.read(lambda tx: addresses.texts(tx, account.id, 0)) == []
    await insert(db, account, row(2), row(0), row(5))
    texts = await db.read(lambda tx: addresses.texts(tx, account.id, 0))
    assert texts == [row(0).text, None, row(2).text, None, None, row(5).text]
    assert await db.read(lambda tx: addresses.next_index(tx, account.id, 0)) == 6
    assert await db.read(lambda tx: addresses.texts(tx, account.id, 1)) == []


async def test_texts_are_whole_over_several_reads(
    db: Database, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(addresses, "_READ_AT_ONCE", 7)
    await insert(db, account, *(row(index) for index in range(30) if index != 11))
    texts = await db.read(lambda tx: addresses.texts(tx, account.id, 0))
    assert texts == [None if index == 11 else row(index).text for index in range(30)]


async def test_an_address_that_is_there_already_stays(db: Database, account: Account) -> None:
    await insert(db, account, row(0), row(1))
    await insert(db, account, row(1), row(2), row(2))
    assert await db.read(lambda tx: addresses.derived(tx, account.id, 0, 0, 9)) == [row(0), row(1), row(2)]


@pytest.mark.parametrize(
    "other",
    [DerivedAddress(1, "another", row(1).watch_key), DerivedAddress(1, row(1).text, b"another")],
)
async def test_another_address_for_a_known_index_is_never_taken_silently(
    db: Database, account: Account, other: DerivedAddress
) -> None:
    await insert(db, account, row(0), row(1))
    with pytest.raises(AddressConflictError) as caught:
        await insert(db, account, row(2), other)
    assert caught.value.parameters == {"account": account.id, "branch": 0, "index": 1}
    assert await db.read(lambda tx: addresses.next_index(tx, account.id, 0)) == 2


async def test_an_address_is_found_by_its_exact_text(db: Database, account: Account) -> None:
    await insert(db, account, row(0), row(1))
    await insert(db, account, row(1, branch=1), branch=1)
    here = AddressRef(account.id, 1, 1)
    assert await db.read(lambda tx: addresses.find_text(tx, row(1, branch=1).text)) == here
    longer = "x" + row(1).text
    for other in (longer, row(1).text[1:], row(1).text[-8:], row(1).text.upper(), ""):
        assert await db.read(lambda tx, other=other: addresses.find_text(tx, other)) is None


async def test_watch_keys_come_in_the_order_asked_and_lead_back(db: Database, account: Account) -> None:
    count = bulk.CHUNK + 10
    await insert(db, account, *(row(index) for index in range(count)))
    asked = [count - 1, 3, count + 5, 0]
    keys = await db.read(lambda tx: addresses.watch_keys(tx, account.id, 0, asked))
    assert keys == [row(count - 1).watch_key, row(3).watch_key, row(0).watch_key]
    everything = [row(index).watch_key for index in range(count)]
    strangers = [b"", b"stranger", row(0).watch_key[-8:], b"x" + row(0).watch_key]
    found = await db.read(lambda tx: addresses.find_watch_keys(tx, [*strangers, *everything]))
    assert found == {key: AddressRef(account.id, 0, index) for index, key in enumerate(everything)}


async def test_only_newly_used_addresses_are_told(db: Database, account: Account) -> None:
    async def mark(*indices: int, by_hand: bool) -> list[int]:
        return await db.write(
            lambda tx: addresses.mark_used(tx, account.id, 0, indices, by_hand=by_hand, at=5)
        )

    assert await mark(4, 2, 2, by_hand=False) == [2, 4]
    assert await mark(2, 3, by_hand=True) == [3]
    assert await mark(by_hand=False) == []
    assert await db.read(lambda tx: addresses.used(tx, account.id, 0)) == [(2, False), (3, True), (4, False)]
    assert await db.read(lambda tx: addresses.used(tx, account.id, 1)) == []


async def test_only_a_mark_made_by_hand_can_be_undone(db: Database, account: Account) -> None:
    by_history, by_hand = AddressRef(account.id, 0, 1), AddressRef(account.id, 0, 2)
    await db.write(lambda tx: addresses.mark_used(tx, account.id, 0, [1], by_hand=False, at=5))
    await db.write(lambda tx: addresses.mark_used(tx, account.id, 0, [2], by_hand=True, at=5))
    assert not await db.write(lambda tx: addresses.unmark_by_hand(tx, by_history))
    assert await db.write(lambda tx: addresses.unmark_by_hand(tx, by_hand))
    assert not await db.write(lambda tx: addresses.unmark_by_hand(tx, by_hand))
    assert await db.read(lambda tx: addresses.used(tx, account.id, 0)) == [(1, False)]


async def test_history_makes_a_mark_by_hand_final(db: Database, account: Account) -> None:
    ref = AddressRef(account.id, 0, 1)
    await db.write(lambda tx: addresses.mark_used(tx, account.id, 0, [1], by_hand=True, at=5))
    assert await db.write(lambda tx: addresses.mark_used(tx, account.id, 0, [1], by_hand=False, at=6)) == []
    assert await db.read(lambda tx: addresses.used(tx, account.id, 0)) == [(1, False)]
    assert not await db.write(lambda tx: addresses.unmark_by_hand(tx, ref))
