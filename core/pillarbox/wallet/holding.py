"""What becomes of an address after it was handed out: held longer, given back, swept, marked by hand."""

from collections.abc import Sequence
from dataclasses import replace

from pillarbox.clock import Clock
from pillarbox.errors import PillarboxError
from pillarbox.events import AddressesReleased, AddressesReserved, AddressesUsed, Publish
from pillarbox.model.account import AccountId, WalletId
from pillarbox.model.address import AddressFlag, AddressRef
from pillarbox.model.receiving import DAY, HandOutEnding, Hold, LedgerEntry, PaymentRequest
from pillarbox.storage import addresses, labels, ledger, meta, requests
from pillarbox.storage.database import Database, Tx
from pillarbox.wallet import hand_out_record
from pillarbox.wallet.hand_out_record import Running
from pillarbox.wallet.open_accounts import OpenAccounts, OpenBranch
from pillarbox.wallet.usage_recording import UsageRecording

SWEEP_EVERY = 60.0


class NotHeldError(PillarboxError):
    """Parameters: address."""

    code = "not-held"
    title = "This address is not held"
    message = "{address} is not reserved for anybody now, so there is no hold to change or to end."
    hint = "Nothing was changed. Ask for a new receive address to hold one."


class Holding:
    """Also a service: every minute it frees what has been held for as long as was promised."""

    name = "holding"

    def __init__(
        self,
        wallet: WalletId,
        accounts: OpenAccounts,
        db: Database,
        recording: UsageRecording,
        publish: Publish,
        clock: Clock,
    ) -> None:
        self._wallet = wallet
        self._accounts = accounts
        self._db = db
        self._recording = recording
        self._publish = publish
        self._clock = clock

    async def run(self) -> None:
        """Sweep at once and then every minute, until cancelled."""
        while True:
            for account in tuple(self._accounts):
                for branch in account.branches.values():
                    await self.sweep(branch)
            await self._clock.sleep_until(self._clock.monotonic() + SWEEP_EVERY)

    async def sweep(self, branch: OpenBranch) -> int:
        """Free what was held for long enough; returns how many addresses."""
        swept = branch.pool.sweep_expired_reservations(DAY)
        if swept:
            ended = {index: branch.running.pop(index) for index in swept if index in branch.running}
            await self._write_endings(list(ended.values()), HandOutEnding.RAN_OUT)
            self._tell_released(branch, swept)
        return len(swept)

    async def release(self, ref: AddressRef, token: bytes | None = None) -> bool:
        """Make an address available again. Without a token it is a person's decision about any hold.

        False where it was not held, or is held by somebody else's token.
        """
        branch = self._accounts.branch(ref)
        running = branch.running.get(ref.index)
        if running is None or token not in (None, running.token):
            return False
        await self._write_endings([running], HandOutEnding.RELEASED)
        released = branch.pool.release_reservation(ref.index, running.token)
        if released:
            branch.running.pop(ref.index, None)
            self._tell_released(branch, [ref.index])
        return released

    async def void(self, branch: OpenBranch, index: int, token: bytes) -> None:
        """Undo a hand-out that nobody saw: its asker was gone before the answer came."""
        at = self._clock.now()
        ref = AddressRef(branch.account, branch.branch.number, index)
        label = await self._db.write(lambda tx: _void(tx, ref, token, at))
        if label and branch.labels.get(index) == label:
            del branch.labels[index]
        if branch.pool.release_reservation(index, token, restore=False):
            if (running := branch.running.get(index)) is not None and running.token == token:
                del branch.running[index]
            self._tell_released(branch, [index])

    async def hold(self, ref: AddressRef, hold: Hold) -> None:
        """Hold a reserved address from now on for so long: this makes a plain hand-out a payment request."""
        branch = self._accounts.branch(ref)
        running = branch.running.get(ref.index)
        if running is None:
            raise NotHeldError(address=branch.pool.texts[ref.index])
        at = self._clock.now()
        held_until = None if hold.seconds is None else at + hold.seconds
        label = branch.labels.get(ref.index, "")

        def write(tx: Tx) -> Running:
            meta.bump_revision(tx)
            if running.request is None:
                made = requests.insert(tx, ref, running.token, label, None, at, held_until)
                return Running(running.token, held_until, made)
            requests.set_hold(tx, running.request.id, held_until)
            return Running(running.token, held_until, replace(running.request, held_until=held_until))

        kept = await self._db.write(write)
        if not branch.pool.extend_hold(ref.index, running.token, hold):
            await self._write_endings([kept], HandOutEnding.RAN_OUT)
            raise NotHeldError(address=branch.pool.texts[ref.index])
        branch.running[ref.index] = kept
        self._publish(AddressesReserved(*self._place(branch), (ref.index,)))

    async def mark_used(self, ref: AddressRef) -> bool:
        """Mark an address Used by hand; False where it was. A request on it waits, in case it is undone."""
        branch = self._accounts.branch(ref)
        at = self._clock.now()

        def write(tx: Tx) -> bool:
            newly = addresses.mark_used(tx, ref.account, ref.branch, [ref.index], by_hand=True, at=at)
            if newly:
                meta.bump_revision(tx)
            return bool(newly)

        if not await self._db.write(write):
            return False
        branch.running.pop(ref.index, None)
        branch.flag(ref.index, AddressFlag.MARKED_BY_HAND)
        branch.pool.mark_used([ref.index])
        branch.pool.maintain_gap_limit(branch.key_source)
        await self._recording.store_derived(branch)
        self._publish(AddressesUsed(*self._place(branch), (ref.index,)))
        return True

    async def undo_mark_used(self, ref: AddressRef) -> bool:
        """Take back a mark made by hand; False where history, not a hand, made it Used."""
        branch = self._accounts.branch(ref)

        def write(tx: Tx) -> tuple[bool, list[tuple[PaymentRequest, bytes]]]:
            undone = addresses.unmark_by_hand(tx, ref)
            if undone:
                meta.bump_revision(tx)
            return undone, [(request, token) for request, token in requests.running(tx) if request.ref == ref]

        undone, promises = await self._db.write(write)
        if not undone:
            return False
        branch.flag(ref.index, AddressFlag.MARKED_BY_HAND, False)
        branch.pool.unmark_used(ref.index)
        for request, token in promises:
            branch.hold_again(request, token)
        self._publish(AddressesUsed(*self._place(branch), (ref.index,)))
        return True

    async def history(self, ref: AddressRef) -> list[LedgerEntry]:
        """Every time this address was handed out, oldest first."""
        return await self._db.read(lambda tx: ledger.history(tx, ref))

    async def _write_endings(self, runnings: Sequence[Running], ending: HandOutEnding) -> None:
        at = self._clock.now()

        def write(tx: Tx) -> None:
            for running in runnings:
                hand_out_record.end(tx, running, at, ending)
            meta.bump_revision(tx)

        await self._db.write(write)

    def _tell_released(self, branch: OpenBranch, indices: Sequence[int]) -> None:
        for index in indices:
            branch.flag(index, AddressFlag.HANDED_OUT_BEFORE, branch.pool.was_shown(index))
        self._publish(AddressesReleased(*self._place(branch), tuple(indices)))

    def _place(self, branch: OpenBranch) -> tuple[WalletId, int, AccountId, int]:
        """The head of every address event."""
        revision = self._accounts.revisions.next()
        return self._wallet, revision, branch.account, branch.branch.number


def _void(tx: Tx, ref: AddressRef, token: bytes, at: int) -> str:
    """Returns the label that was taken away again, or ""."""
    ledger.void(tx, token, at)
    label = requests.void(tx, token, at)
    if label and labels.get(tx, ref) == label:
        labels.put(tx, ref, "")
    meta.bump_revision(tx)
    return label
