"""What a source tells of a script is what counts; what it no longer tells of is kept and does not count.

A block counts once it is proven to hold a payment, and by its hash.
"""

import hashlib
from collections.abc import Callable
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from stored_things import row

from pillarbox.model.account import Account
from pillarbox.model.address import AddressFlag, AddressRef
from pillarbox.model.payment import ScriptHistory, Sighting
from pillarbox.storage import addresses, chain_history, ledger
from pillarbox.storage.chain_history import AddressAmounts, _changes, _Kept
from pillarbox.storage.database import Database, Tx

REUSED, VANISHED, UNCONFIRMED = AddressFlag.REUSED, AddressFlag.PAYMENT_VANISHED, AddressFlag.UNCONFIRMED
NONE = AddressFlag.NONE


def seen(name: str, amount: int, height: int = 100, *, output: int = 0, proven: bool = True) -> Sighting:
    """Unconfirmed where `height` is 0."""
    txid = hashlib.sha256(name.encode()).hexdigest()
    held = proven and height > 0
    return Sighting(row(0).watch_key, txid, output, amount, height, held, block(height) if held else b"")


def block(height: int) -> bytes:
    return hashlib.sha256(f"block {height}".encode()).digest()


async def tell(db: Database, account: Account, at: int, *sightings: Sighting) -> AddressAmounts | None:
    """A source tells of address 0 of the account."""
    ref = AddressRef(account.id, 0, 0)
    history = ScriptHistory(row(0).watch_key, bool(sightings), sightings)
    await db.write(lambda tx: addresses.insert(tx, account.id, 0, [row(0)]))
    changed = await db.write(lambda tx: chain_history.apply(tx, ref, history, at))
    kept = await db.read(lambda tx: chain_history.amounts(tx, account.id, 0))
    if changed is not None:
        assert kept == {0: changed}
    return changed


async def test_a_payment_is_counted_and_told_once(db: Database, account: Account) -> None:
    assert await tell(db, account, 1, seen("a", 500)) == AddressAmounts(500, 1, NONE)
    assert await tell(db, account, 2, seen("a", 500)) is None


async def test_amounts_that_no_coin_has_never_stop_the_wallet(db: Database, account: Account) -> None:
    most = 2**63 - 1
    told = await tell(db, account, 1, seen("a", most), seen("b", most), seen("c", 2**32 + 5))
    assert told == AddressAmounts(most, 3, REUSED)
    told = await tell(db, account, 2, seen("c", 2**32 + 5), seen("d", 2**40 + 7))
    assert told == AddressAmounts(2**32 + 5 + 2**40 + 7, 2, REUSED)


async def test_a_script_without_history_changes_nothing(db: Database, account: Account) -> None:
    assert await tell(db, account, 1) is None
    assert await db.read(lambda tx: chain_history.amounts(tx, account.id, 0)) == {}


async def test_an_unconfirmed_payment_is_flagged_until_a_block_holds_it(
    db: Database, account: Account
) -> None:
    assert await tell(db, account, 1, seen("a", 500, 0)) == AddressAmounts(500, 1, UNCONFIRMED)
    assert await tell(db, account, 2, seen("a", 500, 101)) == AddressAmounts(500, 1, NONE)


async def test_two_transactions_make_an_address_reused_and_two_outputs_do_not(
    db: Database, account: Account
) -> None:
    first, second = seen("a", 500), seen("a", 20, output=1)
    assert await tell(db, account, 1, first, second) == AddressAmounts(520, 2, NONE)
    assert await tell(db, account, 2, first, second, seen("b", 3)) == AddressAmounts(523, 3, REUSED)


async def test_a_vanished_payment_stops_counting_is_flagged_and_comes_back(
    db: Database, account: Account
) -> None:
    await tell(db, account, 1, seen("a", 500), seen("b", 20))
    assert await tell(db, account, 2, seen("b", 20)) == AddressAmounts(20, 1, VANISHED)
    assert await tell(db, account, 3) == AddressAmounts(0, 0, VANISHED)
    assert await tell(db, account, 4) is None
    assert await tell(db, account, 5, seen("a", 500), seen("b", 20)) == AddressAmounts(520, 2, REUSED)
    payments = await db.read(lambda tx: chain_history.payments_of(tx, AddressRef(account.id, 0, 0)))
    assert {(payment.first_seen, payment.vanished_at) for payment in payments} == {(1, None)}


async def test_a_payment_that_replaces_another_is_no_loss(db: Database, account: Account) -> None:
    await tell(db, account, 1, seen("a", 500, 0))
    assert await tell(db, account, 2, seen("a with more fee", 500, 0)) == AddressAmounts(500, 1, UNCONFIRMED)
    payments = await db.read(lambda tx: chain_history.payments_of(tx, AddressRef(account.id, 0, 0)))
    assert {payment.vanished_at for payment in payments} == {2, None}


async def test_a_block_that_is_not_proven_confirms_nothing(db: Database, account: Account) -> None:
    async def kept() -> tuple[int, bool, bytes]:
        payments = await db.read(lambda tx: chain_history.payments_of(tx, AddressRef(account.id, 0, 0)))
        return payments[0].sighting.height, payments[0].sighting.proven, payments[0].sighting.block

    claimed = seen("a", 500, 100, proven=False)
    assert await tell(db, account, 1, claimed) == AddressAmounts(500, 1, UNCONFIRMED)
    assert await kept() == (0, False, b"")
    assert await tell(db, account, 2, seen("a", 500, 101)) == AddressAmounts(500, 1, NONE)
    assert await kept() == (101, True, block(101))
    assert await tell(db, account, 3, claimed) == AddressAmounts(500, 1, UNCONFIRMED)
    assert await kept() == (0, False, b"")


async def test_a_payment_follows_into_another_block_at_the_same_height(
    db: Database, account: Account
) -> None:
    first = seen("a", 500, 100)
    other = replace(first, block=block(7))
    await tell(db, account, 1, first)
    assert await tell(db, account, 2, other) == AddressAmounts(500, 1, NONE)
    (kept,) = await db.read(lambda tx: chain_history.payments_of(tx, AddressRef(account.id, 0, 0)))
    assert kept.sighting.block == block(7)


async def test_what_stands_proven_is_told_by_index(db: Database, account: Account) -> None:
    proven = seen("a", 500, 100)
    await tell(db, account, 1, proven, seen("waiting", 5, 0), seen("claimed", 6, 90, proven=False))
    await tell(db, account, 2, proven, seen("gone", 7, 95))
    await tell(db, account, 3, proven)
    found = await db.read(lambda tx: chain_history.proven(tx, account.id, 0, 0, 1))
    assert [(each, each.block) for each in found] == [(proven, block(100))]
    assert await db.read(lambda tx: chain_history.proven(tx, account.id, 0, 1, 9)) == []
    assert await db.read(lambda tx: chain_history.proven(tx, account.id, 1, 0, 9)) == []


async def test_a_payment_remembers_the_newest_hand_out_of_when_it_was_first_seen(
    db: Database, account: Account
) -> None:
    def show(token: bytes, at: int) -> Callable[[Tx], None]:
        return lambda tx: ledger.record(tx, [(token, account.id, 0, 0, at, "", None, False)])

    ref = AddressRef(account.id, 0, 0)
    await tell(db, account, 1, seen("early", 1))
    await db.write(show(b"one", 900))
    await tell(db, account, 2, seen("early", 1), seen("between", 2))
    await db.write(show(b"two", 5))
    await tell(db, account, 3, seen("early", 1), seen("between", 2, 101), seen("late", 3))
    paid = await db.read(lambda tx: chain_history.payments_of(tx, ref))
    numbers = [0, *(entry.number for entry in await db.read(lambda tx: ledger.history(tx, ref)))]
    assert {p.sighting.amount: p.after_hand_out for p in paid} == dict(zip([1, 2, 3], numbers, strict=True))


async def test_what_the_wallet_pays_to_itself_counts_as_moved(db: Database, account: Account) -> None:
    """Whatever comes first: the payment, or that its transaction spends one of the wallet's coins."""
    await db.write(lambda tx: addresses.insert(tx, account.id, 0, [row(0), row(1), row(2)]))
    places = [AddressRef(account.id, 0, index) for index in range(3)]
    change, unrelated = seen("change", 240), seen("from outside", 350)

    async def tell_of(ref: AddressRef, *sightings: Sighting, spends: tuple[str, ...] = ()) -> set[int]:
        history = ScriptHistory(row(ref.index).watch_key, True, sightings, spends=spends)
        changed = await db.write(lambda tx: chain_history.apply_all(tx, [(ref, history)], 1))
        return {ref.index for ref in changed}

    assert await tell_of(places[1], change) == {1}
    assert await db.read(chain_history.moved) == {}
    assert await tell_of(places[0], unrelated, spends=(change.txid,)) == {0, 1}
    assert await db.read(chain_history.moved) == {account.id: 240}
    assert await tell_of(places[2], replace(change, output=1, amount=100)) == {2}
    assert await db.read(chain_history.moved) == {account.id: 340}
    assert await tell_of(places[0], unrelated, spends=(change.txid,)) == set()
    assert await tell_of(places[2]) == {2}
    assert await db.read(chain_history.moved) == {account.id: 240}


async def test_a_refused_script_loses_nothing(db: Database, account: Account) -> None:
    await tell(db, account, 1, seen("a", 500, 0))
    refused = ScriptHistory(row(0).watch_key, touched=False, sightings=(), refused="history too large")
    ref = AddressRef(account.id, 0, 0)
    assert await db.write(lambda tx: chain_history.apply(tx, ref, refused, 2)) is None


async def test_payments_come_newest_first_page_by_page(db: Database, account: Account) -> None:
    told = [seen("deep", 1, 50), seen("new", 2, 0), seen("top", 3, 200), seen("top", 4, 200, output=1)]
    await tell(db, account, 1, *told)
    await tell(db, account, 9, *told, seen("newer", 5, 0))
    everything = await db.read(lambda tx: chain_history.payments(tx, account.id, 10))
    assert [payment.sighting.amount for payment in everything] == [5, 2, 4, 3, 1]
    assert everything[0].sighting == seen("newer", 5, 0)
    paged = []
    before = None
    while page := await db.read(lambda tx, b=before: chain_history.payments(tx, account.id, 2, b)):
        paged += page
        before = page[-1]
    assert paged == everything
    assert await db.read(lambda tx: chain_history.payments(tx, account.id + 1, 10)) == []


async def test_many_scripts_are_applied_as_one_by_one(db: Database, account: Account) -> None:
    rows = [row(index) for index in range(50)]
    await db.write(lambda tx: addresses.insert(tx, account.id, 0, rows))
    histories = [
        (
            AddressRef(account.id, 0, r.index),
            ScriptHistory(
                r.watch_key, True, tuple(seen(f"{r.index}/{n}", n + 1) for n in range(r.index % 3))
            ),
        )
        for r in rows
    ]
    changed = await db.write(lambda tx: chain_history.apply_all(tx, histories, 1))
    assert {ref.index: (sums.received, sums.payments) for ref, sums in changed.items()} == {
        index: ([0, 1, 3][index % 3], index % 3) for index in range(50) if index % 3
    }
    assert await db.write(lambda tx: chain_history.apply_all(tx, histories, 2)) == {}


sightings = st.builds(
    seen,
    st.sampled_from("abc"),
    st.integers(1, 3),
    st.sampled_from([0, 100, 101]),
    output=st.integers(0, 1),
    proven=st.booleans(),
)


@given(st.lists(st.lists(sightings, unique_by=lambda s: (s.txid, s.output)), max_size=6))
def test_whatever_was_told_before_only_the_last_state_counts(states: list[list[Sighting]]) -> None:
    kept: dict[tuple[str, int], _Kept] = {}
    for at, state in enumerate(states, 1):
        history = ScriptHistory(row(0).watch_key, bool(state), tuple(state))
        kept.update(_changes(kept, history, at, 0))
        standing = {output: k.amount for output, k in kept.items() if k.vanished_at is None}
        assert standing == {(s.txid, s.output): s.amount for s in state}
        assert all((k.height > 0) == (k.block != b"") for k in kept.values())
        assert not list(_changes(kept, history, at + 1, 0))
        assert all(k.first_seen <= at for k in kept.values())
