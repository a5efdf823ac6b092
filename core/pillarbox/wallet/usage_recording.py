"""Sightings become amounts and Used: in one transaction, then in memory, then in events.

Watching and scanning both end here, so that a payment is counted the same way by either.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field

from pillarbox.clock import Clock
from pillarbox.events import AddressesDerived, AddressesUsed, AmountsChanged, Publish
from pillarbox.model.account import AccountId, WalletId
from pillarbox.model.address import AddressFlag, AddressRef, DerivedAddress
from pillarbox.model.network import Chain
from pillarbox.model.payment import ScriptHistory
from pillarbox.pool.attribution import attribute, settled
from pillarbox.storage import addresses, chain_history, ledger, meta, requests
from pillarbox.storage.chain_history import AddressAmounts
from pillarbox.storage.database import Database, Tx
from pillarbox.wallet.open_accounts import OpenAccounts, OpenBranch

log = logging.getLogger(__name__)

WatchNew = Callable[[AccountId, Sequence[DerivedAddress]], None]
"""Told of rows of an account that are to be watched from now on."""

Also = Callable[[Tx], None]
"""What else goes into the same transaction."""

AlsoKeep = Callable[[Tx, Sequence[tuple[AddressRef, ScriptHistory]]], None]
"""What else is kept of histories of the wallet's own addresses, in the same transaction."""

AMOUNT_FLAGS = AddressFlag.REUSED | AddressFlag.PAYMENT_VANISHED | AddressFlag.UNCONFIRMED


@dataclass(slots=True)
class _Change:
    """What one transaction did to one branch."""

    touched: list[int] = field(default_factory=list)
    amounts: dict[int, AddressAmounts] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Recorded:
    """What one transaction did, by account and branch; and what each account moved, if amounts changed."""

    changes: Mapping[tuple[AccountId, int], _Change]
    moved: Mapping[AccountId, int] | None


class UsageRecording:
    """Takes what a source tells of scripts, and makes it durable and visible."""

    def __init__(
        self, wallet: WalletId, accounts: OpenAccounts, db: Database, publish: Publish, clock: Clock
    ) -> None:
        self._wallet = wallet
        self._accounts = accounts
        self._db = db
        self._publish = publish
        self._clock = clock
        self.watch_new: WatchNew = lambda _account, _rows: None
        self.also_keep: AlsoKeep = lambda _tx, _histories: None
        self.recorded: Callable[[], None] = lambda: None
        """Called after each commit."""
        self._running: set[asyncio.Task[None]] = set()
        self._stopped = False

    async def record(
        self,
        histories: Sequence[ScriptHistory],
        also: Also = lambda _tx: None,
        *,
        used: Sequence[bytes] = (),
        chain: Chain | None = None,
    ) -> int:
        """Record; returns how many addresses became Used. Scripts that are not ours are passed over.

        Of the scripts in `used` no more is told than that they have a history. With `chain`, what is told
        concerns that chain's accounts alone.
        """
        at = self._clock.now()
        among = None if chain is None else {each.account.id for each in self._accounts if each.chain == chain}

        def write(tx: Tx) -> _Recorded:
            changes = _write_histories(tx, histories, used, at, among, self.also_keep)
            if changes:
                meta.bump_revision(tx)
            also(tx)
            amounts_changed = any(change.amounts for change in changes.values())
            return _Recorded(changes, chain_history.moved(tx) if amounts_changed else None)

        newly_used = await self._db.write(write, self._apply_all)
        self.recorded()
        await self.settled()
        return newly_used

    def grow_soon(self, branch: OpenBranch) -> None:
        """Have the look-ahead derived, stored and watched, whatever becomes of the caller."""
        if not self._stopped:
            self._run(self._grow(branch))

    async def store_derived(self, branch: OpenBranch) -> None:
        """Store the rows the pool has derived since the last call, then have them watched."""
        if branch.pool.unstored:
            await asyncio.shield(self._run(self._store(branch)))

    def store_soon(self, branch: OpenBranch) -> None:
        """`store_derived`, whatever becomes of the caller."""
        if branch.pool.unstored and not self._stopped:
            self._run(self._store(branch))

    async def settled(self) -> None:
        """Return once nothing that was begun here is under way any more."""
        while self._running:
            await asyncio.wait(tuple(self._running))

    async def stop(self) -> None:
        """Begin nothing more: what lacks is derived when the wallet is opened again."""
        self._stopped = True
        await self.settled()

    def tell_derived(self, branch: OpenBranch, rows: Sequence[DerivedAddress]) -> None:
        """Rows were stored: make room for them, have them watched, and say so."""
        branch.grow()
        if branch.branch.paid:
            self.watch_new(branch.account, rows)
        revision = self._accounts.revisions.next()
        indices = tuple(row.index for row in rows)
        self._publish(AddressesDerived(self._wallet, revision, branch.account, branch.branch.number, indices))

    def _run(self, work: Coroutine[None, None, None]) -> "asyncio.Task[None]":
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("derived addresses could not be stored yet", exc_info=error)

    async def _grow(self, branch: OpenBranch) -> None:
        await asyncio.to_thread(branch.pool.maintain_gap_limit, branch.key_source)
        await self._store(branch)

    async def _store(self, branch: OpenBranch) -> None:
        rows = branch.pool.take_derived()
        if not rows:
            return
        try:
            await self._db.write(lambda tx: addresses.insert(tx, branch.account, branch.branch.number, rows))
        except BaseException:
            branch.pool.give_back_derived(rows)
            raise
        self.tell_derived(branch, rows)

    def _apply_all(self, recorded: _Recorded) -> int:
        if recorded.moved is not None:
            for opened in self._accounts:
                opened.moved = recorded.moved.get(opened.account.id, 0)
        return sum(
            self._apply(self._accounts.get(account).branches[number], change)
            for (account, number), change in recorded.changes.items()
        )

    def _apply(self, branch: OpenBranch, change: _Change) -> int:
        branch.grow()
        for index, amounts in change.amounts.items():
            branch.received[index] = amounts.received
            branch.payments[index] = amounts.payments
            branch.flags[index] = (branch.flags[index] & ~AMOUNT_FLAGS) | amounts.flags
        for index in change.touched:
            branch.flag(index, AddressFlag.MARKED_BY_HAND, False)
        newly_used = branch.pool.mark_used(change.touched)
        for index in newly_used:
            branch.end_by_use(index)
        if newly_used:
            self.grow_soon(branch)
        self._tell(branch, newly_used, tuple(sorted(change.amounts)))
        return len(newly_used)

    def _tell(self, branch: OpenBranch, used: Sequence[int], changed: Sequence[int]) -> None:
        place = (branch.account, branch.branch.number)
        if used:
            self._publish(AddressesUsed(self._wallet, self._accounts.revisions.next(), *place, tuple(used)))
        if changed:
            self._publish(
                AmountsChanged(self._wallet, self._accounts.revisions.next(), *place, tuple(changed))
            )


def _write_histories(
    tx: Tx,
    histories: Sequence[ScriptHistory],
    used: Sequence[bytes],
    at: int,
    among: Collection[AccountId] | None,
    also_keep: AlsoKeep,
) -> dict[tuple[AccountId, int], _Change]:
    places = addresses.find_watch_keys(tx, [*(history.watch_key for history in histories), *used], among)
    changes: dict[tuple[AccountId, int], _Change] = defaultdict(_Change)
    ours = [(places[h.watch_key], h) for h in histories if h.watch_key in places]
    also_keep(tx, ours)
    for ref, amounts in chain_history.apply_all(tx, ours, at).items():
        changes[ref.account, ref.branch].amounts[ref.index] = amounts
    touched = [*(history.watch_key for _, history in ours if history.touched), *used]
    for ref in (places[key] for key in touched if key in places):
        changes[ref.account, ref.branch].touched.append(ref.index)
    for (account, branch), change in changes.items():
        addresses.mark_used(tx, account, branch, change.touched, by_hand=False, at=at)
        changed = sorted({*change.touched, *change.amounts})
        for index in requests.asked_for(tx, account, branch, changed):
            _settle_requests(tx, AddressRef(account, branch, index), at)
    return dict(changes)


def _settle_requests(tx: Tx, ref: AddressRef, at: int) -> None:
    """What this address's payments settle is paid, late requests too; a running one no longer holds it."""
    asked = {request.id: request for request in requests.for_address(tx, ref)}
    entries = ledger.history(tx, ref)
    attributions = [attribute(payment, entries, asked) for payment in chain_history.payments_of(tx, ref)]
    paid = set(settled(attributions, asked))
    for request in asked.values():
        if request.id in paid:
            requests.pay(tx, request.id, at)
        elif request.ending == "paid":
            requests.unpay(tx, request.id)
    requests.end_for(tx, ref, at, "used")
