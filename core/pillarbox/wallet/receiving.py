"""Handing out addresses: reserved in memory, committed to the ledger, and only then shown.

Asking may come in bursts: askers queue, and one task serves them in batches, each one transaction. Cancelling
an asker does not stop its commit: its address is given back by token, and the ledger says that nobody saw it.
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from types import MappingProxyType

from pillarbox.accounts.kind import UsageProof
from pillarbox.errors import InvalidInputError, WordsNeededError
from pillarbox.events import AddressesReserved, Publish
from pillarbox.model.account import Account, AccountId, AtLimit, ScanState, WalletId
from pillarbox.model.address import AddressFlag, AddressRef
from pillarbox.model.receiving import DEFAULT_HOLD, MACHINE_HOLD, HandOut, RequestTerms, Reservation
from pillarbox.pool.refusals import GapReachedError
from pillarbox.storage.database import Database, DatabaseClosedError
from pillarbox.wallet import hand_out_record
from pillarbox.wallet.hand_out_asks import BATCH, Ask, handed_out, refuse, take_batch
from pillarbox.wallet.hand_out_record import Given, Running, Undone
from pillarbox.wallet.hand_out_refusals import (
    NobodyTellsError,
    NoLongerHeldError,
    NoReportYetError,
    NotScannedError,
)
from pillarbox.wallet.machine_reservation import MachineReservation
from pillarbox.wallet.open_accounts import OpenAccounts, OpenBranch
from pillarbox.wallet.usage_recording import UsageRecording

log = logging.getLogger(__name__)

MOST_ASKED = 2**63 - 1
"""In the smallest unit: what the database can hold."""
INLINE = 8
"""Up to this many addresses are derived on the loop; more in a thread."""
COMMITS_AHEAD = 4
"""How many batches may wait for their commit while the next is being reserved."""


MayHandOut = Callable[[Account], None]
"""Raises SameKeyOpenError or SameKeyElsewhereError where another open wallet hands the addresses out."""

Sweep = Callable[[OpenBranch], Awaitable[int]]
"""Free what was held for long enough."""

Void = Callable[[OpenBranch, Undone], Coroutine[None, None, None]]
"""Undo a hand-out that nobody saw."""

Widen = Callable[[AccountId, int], Awaitable[None]]
"""Raise an account's gap limit to so many at least, 0 for as little as can be, and keep the larger one."""


_UNKNOWN_PAST: Mapping[UsageProof, type[NotScannedError]] = MappingProxyType(
    {UsageProof.BALANCE_REPORT: NoReportYetError, UsageProof.HAND_ONLY: NobodyTellsError}
)
"""Why the past is not known, where no scan will tell."""


class Receiving:
    """Hands out, holds, gives back. The only door to the pools for people and machine flows alike."""

    def __init__(  # noqa: PLR0913  # a service is given exactly what it needs
        self,
        wallet: WalletId,
        accounts: OpenAccounts,
        db: Database,
        recording: UsageRecording,
        publish: Publish,
        *,
        sweep: Sweep,
        void: Void,
        may_hand_out: MayHandOut,
        widen: Widen,
    ) -> None:
        self._wallet = wallet
        self._accounts = accounts
        self._db = db
        self._recording = recording
        self._publish = publish
        self._sweep = sweep
        self._void = void
        self._may_hand_out = may_hand_out
        self._widen = widen
        self._asks: deque[Ask] = deque()
        self._serving: asyncio.Task[None] | None = None
        self._settling: set[asyncio.Task[None]] = set()
        self._room = asyncio.Semaphore(COMMITS_AHEAD)
        self._stopped = False

    async def hand_out(
        self,
        account: AccountId,
        terms: RequestTerms | None = None,
        *,
        at_limit: AtLimit | None = None,
        unscanned: bool = False,
        taken: set[int] | None = None,
    ) -> HandOut:
        """An address for one payer, in the ledger before it is returned.

        With `terms` it is a payment request, kept through restarts. `at_limit` answers GapReachedError for
        this call alone. A caller that asks more than once gives one set `taken` each time: under "reuse the
        oldest" it is never given the same address again. Raises NotScannedError (unless `unscanned`),
        SameKeyOpenError, GapReachedError, NoKeySourceError, PoolExhaustedError.
        """
        branch, policy = self._check(account, unscanned=unscanned)
        if terms is not None and terms.amount is not None and not 0 < terms.amount <= MOST_ASKED:
            raise InvalidInputError(what="amount", why="It is nothing, or more than there is of any coin.")
        if at_limit is AtLimit.EXTEND and policy is not AtLimit.EXTEND:
            return await self._hand_out_wider(account, terms, unscanned)
        return await self._answer(self._ask(branch, terms, at_limit or policy, unscanned, taken))

    async def hand_out_many(
        self, account: AccountId, count: int, *, at_limit: AtLimit | None = None, unscanned: bool = False
    ) -> list[HandOut]:
        """`count` plain hand-outs, all or none: where one is refused, the others are given back unseen."""
        branch, policy = self._check(account, unscanned=unscanned)
        asks: list[Ask] = []
        taken: set[int] = set()
        try:
            for number in range(count):
                asks.append(self._ask(branch, None, at_limit or policy, unscanned, taken))
                if number % BATCH == BATCH - 1:
                    await asyncio.sleep(0)
            return [await ask.answer for ask in asks]
        except BaseException:
            for ask in asks:
                self._abandon(ask)
            raise

    @asynccontextmanager
    async def reserve(self, account: AccountId, branch: int) -> AsyncIterator[MachineReservation]:
        """One address for a machine flow: `keep()` it within five minutes, or it is given back.

        It takes nobody's hold over: at the gap limit it raises GapReachedError, unless the account extends.
        """
        _, policy = self._check(account, unscanned=False)
        place = self._accounts.get(account).branches[branch]
        await self._sweep(place)
        self._require_open()
        at_limit = AtLimit.EXTEND if policy is AtLimit.EXTEND else AtLimit.ASK
        reservation = place.pool.next_unused_and_reserve(place.key_source, at_limit=at_limit)
        place.pool.extend_hold(reservation.index, reservation.token, MACHINE_HOLD)
        flow = MachineReservation(
            AddressRef(place.account, place.branch.number, reservation.index),
            reservation.address,
            lambda: self._keep(place, flow, reservation),
        )
        try:
            await self._record_gap(place, policy)
            await self._recording.store_derived(place)
            yield flow
        finally:
            if not flow.kept:
                place.pool.release_reservation(reservation.index, reservation.token)

    async def _keep(self, place: OpenBranch, flow: MachineReservation, reservation: Reservation) -> None:
        """What a machine flow holds is shown from now on."""
        index, token = reservation.index, reservation.token
        if not place.pool.extend_hold(index, token, MACHINE_HOLD):
            raise NoLongerHeldError(address=reservation.address)
        given = [Given(flow.ref, reservation, None, unscanned=False)]

        def follow(made: list[Running]) -> None:
            if not place.pool.mark_shown(index, reservation.at, token):
                self._void_soon(place, Undone(index, token, reservation.handed_out_before))
                return
            place.pool.extend_hold(index, token, DEFAULT_HOLD)
            (place.running[index],) = made
            flow.kept = True
            self._tell_reserved(place, [index])

        await self._db.write(lambda tx: hand_out_record.write(tx, given, [], []), follow)
        if not flow.kept:
            raise NoLongerHeldError(address=reservation.address)

    async def settled(self) -> None:
        """Return once every commit under way has ended, and what nobody saw is given back."""
        while self._settling or (self._serving is not None and not self._serving.done()):
            await asyncio.sleep(0)
            await asyncio.gather(*self._settling, return_exceptions=True)

    async def stop(self) -> None:
        """Serve nobody more; let commits under way end."""
        self._stopped = True
        if self._serving is not None:
            self._serving.cancel()
            await asyncio.gather(self._serving, return_exceptions=True)
        for ask in self._asks:
            refuse(ask, DatabaseClosedError())
        self._asks.clear()
        await asyncio.gather(*self._settling, return_exceptions=True)

    def _require_open(self) -> None:
        """Once the services end, another object may hand the same addresses out."""
        if self._stopped:
            raise DatabaseClosedError

    def _check(self, account: AccountId, *, unscanned: bool) -> tuple[OpenBranch, AtLimit]:
        self._require_open()
        opened = self._accounts.get(account)
        if opened.account.scan_state in (ScanState.UNSCANNED, ScanState.SCANNING) and not unscanned:
            if opened.lacks_rows:
                raise WordsNeededError(
                    purpose=f'looking further for used addresses of "{opened.account.label}"'
                )
            raise _UNKNOWN_PAST.get(opened.kind.usage, NotScannedError)(account=opened.account.label)
        self._may_hand_out(opened.account)
        return opened.receiving_branch, opened.account.at_limit

    async def _hand_out_wider(
        self, account: AccountId, terms: RequestTerms | None, unscanned: bool
    ) -> HandOut:
        branch = self._accounts.get(account).receiving_branch
        try:
            return await self._answer(self._ask(branch, terms, AtLimit.ASK, unscanned))
        except GapReachedError:
            await self._widen(account, 0)
            return await self._answer(self._ask(branch, terms, AtLimit.EXTEND, unscanned))

    def _ask(
        self,
        branch: OpenBranch,
        terms: RequestTerms | None,
        at_limit: AtLimit,
        unscanned: bool,
        taken: set[int] | None = None,
    ) -> Ask:
        self._require_open()
        ask = Ask(branch, terms, at_limit, unscanned, set() if taken is None else taken)
        self._asks.append(ask)
        self._serve_soon()
        return ask

    def _ask_again(self, ask: Ask) -> None:
        """Its address was paid, or swept, before it could be shown: another one, before all others."""
        if self._stopped:
            refuse(ask, DatabaseClosedError())
            return
        self._asks.appendleft(ask)
        self._serve_soon()

    def _serve_soon(self) -> None:
        if self._serving is None or self._serving.done():
            self._serving = asyncio.create_task(self._serve(), name="hand-outs")

    async def _answer(self, ask: Ask) -> HandOut:
        try:
            return await ask.answer
        except asyncio.CancelledError:
            self._abandon(ask)
            raise

    def _abandon(self, ask: Ask) -> None:
        """Nobody waits for this answer any more: whatever it was or will be is given back."""
        if not ask.answer.done():
            ask.answer.cancel()
        elif not ask.answer.cancelled() and ask.answer.exception() is None:
            given = ask.answer.result()
            undone = Undone(given.ref.index, given.token, given.handed_out_before, ask.displaced)
            self._void_soon(ask.branch, undone)

    async def _serve(self) -> None:
        while self._asks:
            batch = take_batch(self._asks)
            if not batch:
                continue
            try:
                await self._room.acquire()
                reserved = await self._reserve(batch)
            except asyncio.CancelledError:
                for ask in batch:
                    refuse(ask, DatabaseClosedError())
                raise
            except Exception as error:  # noqa: BLE001  # whatever it was, the askers are told and others served
                self._room.release()
                for ask in batch:
                    refuse(ask, error)
                continue
            for ask, reservation in zip(batch, reserved, strict=False):
                ask.taken.add(reservation.index)
            self._asks.extendleft(reversed(batch[len(reserved) :]))
            self._settle_soon(self._commit(batch[: len(reserved)], reserved))
            await asyncio.sleep(0)

    async def _reserve(self, batch: Sequence[Ask]) -> list[Reservation]:
        """One reservation an ask, or fewer where the pool wants to be asked again."""
        branch, at_limit = batch[0].branch, batch[0].at_limit
        await self._sweep(branch)
        reserve = partial(
            branch.pool.reserve_many,
            branch.key_source,
            len(batch),
            at_limit=at_limit,
            not_again=frozenset(batch[0].taken) if at_limit is AtLimit.REUSE_OLDEST else frozenset(),
        )
        reserved = reserve() if len(batch) <= INLINE else await asyncio.to_thread(reserve)
        try:
            await self._record_gap(branch, at_limit)
        except BaseException:
            _release(branch, reserved)
            raise
        return reserved

    async def _record_gap(self, branch: OpenBranch, at_limit: AtLimit) -> None:
        """Where hand-outs went beyond the gap limit, keep how far a restore will have to look."""
        needed = branch.pool.unused_run
        if at_limit is AtLimit.EXTEND and needed > branch.pool.gap_limit:
            await self._widen(branch.account, needed)

    async def _commit(self, batch: Sequence[Ask], reservations: Sequence[Reservation]) -> None:
        """Write the batch; then show it, or give it back."""
        branch = batch[0].branch
        rows = branch.pool.take_derived()
        given = [
            Given(AddressRef(branch.account, branch.branch.number, r.index), r, ask.terms, ask.unscanned)
            for ask, r in zip(batch, reservations, strict=True)
        ]
        for ask, reservation in zip(batch, reservations, strict=True):
            ask.displaced = branch.running.get(reservation.index)
        displaced = [ask.displaced.token for ask in batch if ask.displaced is not None]
        try:
            made = await self._db.write(lambda tx: hand_out_record.write(tx, given, rows, displaced))
        except Exception as error:  # noqa: BLE001  # whatever it was, the askers are told and nothing is shown
            branch.pool.give_back_derived(rows)
            _release(branch, reservations)
            for ask in batch:
                refuse(ask, error)
            return
        finally:
            self._room.release()
        if rows:
            self._recording.tell_derived(branch, rows)
        self._show(branch, batch, given, made)

    def _show(
        self,
        branch: OpenBranch,
        batch: Sequence[Ask],
        given: Sequence[Given],
        made: Sequence[Running],
    ) -> None:
        branch.grow()
        self._recording.store_soon(branch)  # rows may be those of a batch whose commit failed
        shown: list[int] = []
        for ask, gift, record in zip(batch, given, made, strict=True):
            reservation = gift.reservation
            index = reservation.index
            before = reservation.handed_out_before
            wanted = not ask.answer.done()
            if not (wanted and branch.pool.mark_shown(index, reservation.at, reservation.token)):
                self._void_soon(branch, Undone(index, reservation.token, before, ask.displaced))
                if wanted:
                    self._ask_again(ask)
                continue
            if gift.terms is not None:
                branch.pool.extend_hold(index, reservation.token, gift.terms.hold)
                if gift.terms.label:
                    branch.labels[index] = gift.terms.label
            branch.running[index] = record
            branch.flag(index, AddressFlag.HANDED_OUT_BEFORE, before)
            branch.flag(index, AddressFlag.UNSCANNED, gift.unscanned)
            shown.append(index)
            ask.answer.set_result(handed_out(branch, gift, record))
        if shown:
            self._tell_reserved(branch, shown)

    def _tell_reserved(self, branch: OpenBranch, indices: Sequence[int]) -> None:
        self._publish(
            AddressesReserved(
                self._wallet,
                self._accounts.revisions.next(),
                branch.account,
                branch.branch.number,
                tuple(indices),
            )
        )

    def _void_soon(self, branch: OpenBranch, undone: Undone) -> None:
        self._settle_soon(self._void(branch, undone))

    def _settle_soon(self, work: Coroutine[None, None, None]) -> None:
        """Run to its end whatever becomes of the asker; `stop` waits for it."""
        task = asyncio.create_task(work)
        self._settling.add(task)
        task.add_done_callback(self._settled)

    def _settled(self, task: "asyncio.Task[None]") -> None:
        self._settling.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a hand-out could not be settled", exc_info=error)


def _release(branch: OpenBranch, reservations: Sequence[Reservation]) -> None:
    for reservation in reservations:
        branch.pool.release_reservation(reservation.index, reservation.token)
