"""Accounts, requests, labels, scans, settings and single values."""

import apsw
import pytest
from stored_things import draft, token

from pillarbox.model.account import Account, AtLimit, ScanState
from pillarbox.model.address import AddressRef
from pillarbox.storage import accounts, labels, meta, requests, scans, settings
from pillarbox.storage.database import Database
from pillarbox.storage.requests import NewRequest


async def test_an_account_comes_back_as_it_was_kept(db: Database, account: Account) -> None:
    assert account.id == 1
    assert await db.read(accounts.all_accounts) == [account]


async def test_accounts_keep_their_order_and_ids_are_never_given_again(
    db: Database, account: Account
) -> None:
    second = await db.write(lambda tx: accounts.insert(tx, draft("bb")))
    await db.write(lambda tx: tx.execute("DELETE FROM accounts WHERE id = ?", (second.id,)))
    third = await db.write(lambda tx: accounts.insert(tx, draft("cc")))
    assert (account.id, second.id, third.id) == (1, 2, 3)
    assert await db.read(accounts.all_accounts) == [account, third]


async def test_two_accounts_of_one_key_are_found_and_refused(db: Database, account: Account) -> None:
    assert await db.read(lambda tx: accounts.same_key_exists(tx, account.same_key)) == account.id
    assert await db.read(lambda tx: accounts.same_key_exists(tx, "other")) is None
    with pytest.raises(apsw.ConstraintError):
        await db.write(lambda tx: accounts.insert(tx, draft(account.same_key)))


async def test_what_the_user_sets_of_an_account_is_kept(db: Database, account: Account) -> None:
    await db.write(lambda tx: accounts.set_label(tx, account.id, "Café"))
    await db.write(lambda tx: accounts.set_gap_limit(tx, account.id, 100))
    await db.write(lambda tx: accounts.set_at_limit(tx, account.id, AtLimit.EXTEND))
    await db.write(lambda tx: accounts.set_scan_state(tx, account.id, ScanState.SCANNED))
    (kept,) = await db.read(accounts.all_accounts)
    assert (kept.label, kept.gap_limit, kept.at_limit, kept.scan_state) == (
        "Café",
        100,
        AtLimit.EXTEND,
        ScanState.SCANNED,
    )


async def test_a_request_runs_until_it_is_ended_once(db: Database, account: Account) -> None:
    ref = AddressRef(account.id, 0, 3)
    made = await db.write(lambda tx: requests.insert(tx, ref, token(1), "rent", 5_000, 100, 200))
    assert (made.ref, made.label, made.amount, made.created_at, made.held_until) == (
        ref,
        "rent",
        5_000,
        100,
        200,
    )
    assert await db.read(requests.running) == [(made, token(1))]
    await db.write(lambda tx: requests.set_hold(tx, made.id, None))
    assert await db.write(lambda tx: requests.end(tx, token(1), 150, "paid"))
    assert not await db.write(lambda tx: requests.end(tx, token(1), 160, "released"))
    assert await db.read(requests.running) == []
    (ended,) = await db.read(lambda tx: requests.for_address(tx, ref))
    assert (ended.held_until, ended.ended_at, ended.ending) == (None, 150, "paid")


async def test_requests_made_at_once_get_ids_in_order_that_are_never_given_again(
    db: Database, account: Account
) -> None:
    def new(number: int) -> NewRequest:
        return NewRequest(AddressRef(account.id, 0, number), token(number), "", None, 100, None)

    first = await db.write(lambda tx: requests.insert_all(tx, [new(1), new(2)]))
    await db.write(lambda tx: tx.execute("DELETE FROM requests"))
    second = await db.write(lambda tx: requests.insert_all(tx, [new(3), new(4)]))
    assert [request.id for request in first + second] == [1, 2, 3, 4]
    assert await db.read(lambda tx: requests.all_requests(tx, account.id)) == second


async def test_a_paid_address_ends_what_runs_on_it(db: Database, account: Account) -> None:
    here, there = AddressRef(account.id, 0, 1), AddressRef(account.id, 1, 1)
    for number, ref in enumerate((here, there)):
        await db.write(
            lambda tx, ref=ref, number=number: requests.insert(tx, ref, token(number), "", None, 1, None)
        )
    assert await db.write(lambda tx: requests.end_for(tx, here, 5, "paid")) == 1
    assert await db.write(lambda tx: requests.end_for(tx, here, 6, "paid")) == 0
    assert [request.ref for request, _ in await db.read(requests.running)] == [there]


async def test_an_empty_label_removes_it(db: Database, account: Account) -> None:
    ref, other = AddressRef(account.id, 0, 1), AddressRef(account.id, 0, 2)
    for label in ("old", 'new "quoted"\nline'):
        await db.write(lambda tx, label=label: labels.put(tx, ref, label))
    await db.write(lambda tx: labels.put(tx, other, "other"))
    assert await db.read(lambda tx: labels.get(tx, ref)) == 'new "quoted"\nline'
    assert await db.read(lambda tx: labels.all_labels(tx, account.id, 0)) == {
        1: 'new "quoted"\nline',
        2: "other",
    }
    await db.write(lambda tx: labels.put(tx, ref, ""))
    assert await db.read(lambda tx: labels.get(tx, ref)) == ""
    assert await db.read(lambda tx: labels.all_labels(tx, account.id, 0)) == {2: "other"}
    assert await db.read(lambda tx: labels.all_labels(tx, account.id, 1)) == {}


async def test_a_scan_goes_on_where_it_came_to(db: Database, account: Account) -> None:
    assert await db.read(lambda tx: scans.load(tx, account.id, 0)) is None
    await db.write(lambda tx: scans.save(tx, account.id, 0, 20, None, 20))
    await db.write(lambda tx: scans.save(tx, account.id, 0, 40, 31, 100))
    assert await db.read(lambda tx: scans.load(tx, account.id, 0)) == scans.Scan(40, 31, 100)
    assert await db.read(lambda tx: scans.load(tx, account.id, 1)) is None


async def test_settings_are_any_json(db: Database) -> None:
    assert await db.read(lambda tx: settings.get(tx, "a", "default")) == "default"
    for value in (None, True, [1, {"x": "ä"}]):
        await db.write(lambda tx, value=value: settings.put(tx, "a", value))
        assert await db.read(lambda tx: settings.get(tx, "a", "default")) == value
    assert await db.read(settings.all_settings) == {"a": [1, {"x": "ä"}]}


async def test_single_values_are_texts_or_blobs(db: Database) -> None:
    await db.write(lambda tx: meta.put(tx, "text", "a"))
    await db.write(lambda tx: meta.put(tx, "text", "ä"))
    await db.write(lambda tx: meta.put_blob(tx, "blob", b"\x00\xff"))
    assert await db.read(lambda tx: meta.get(tx, "text")) == "ä"
    assert await db.read(lambda tx: meta.get_blob(tx, "blob")) == b"\x00\xff"
    await db.write(lambda tx: meta.remove(tx, "text"))
    assert await db.read(lambda tx: meta.get(tx, "text")) is None


async def test_the_revision_counts_changes(db: Database) -> None:
    assert await db.read(meta.revision) == 0
    assert [await db.write(meta.bump_revision) for _ in range(3)] == [1, 2, 3]
    assert await db.read(meta.revision) == 3
