"""What becomes of an address after it was handed out: held longer, given back, swept, marked by hand."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from pillarbox.clock import Clock
from pillarbox.errors import PillarboxError
from pillarbox.events import AddressesReleased, AddressesReserved, AddressesUsed, Publish
from pillarbox.model.account import AccountId, WalletId
from pillarbox.model.address import AddressFlag, AddressRef
from pillarbox.model.receiving import DAY, HandOutEnding, Hold, LedgerEntry, PaymentRequest
from pillarbox.storage import addresses, ledger, meta, requests, settings
from pillarbox.storage.database import Database, Tx
from pillarbox.wallet import hand_out_record
from pillarbox.wallet.hand_out_record import Running, Undone
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
        self._unwritten: list[bytes] = []
        """Hand-outs that ran out and are not over in the ledger yet."""

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
        for index in swept:
            if (running := branch.running.pop(index, None)) is not None:
                self._unwritten.append(running.token)
        if swept:
            self._tell_released(branch, swept)
        await self._write_run_out()
        return len(swept)

    async def _write_run_out(self) -> None:
        """Tell the ledger what ran out. What it does not take now is told with the next sweep."""
        tokens, self._unwritten = self._unwritten, []
        if not tokens:
            return
        try:
            await self._db.write(self._ends(tokens, HandOutEnding.RAN_OUT))
        except BaseException:
            self._unwritten += tokens
            raise

    async def release(self, ref: AddressRef, token: bytes | None = None) -> bool:
        """Make an address available again. Without a token it is a person's decision about any hold.

        False where it was not held, or is held by somebody else's token.
        """
        branch = self._accounts.branch(ref)
        running = branch.running.get(ref.index)
        if running is None or token not in (None, running.token):
            return False
        held = running.token

        def follow(_: None) -> bool:
            released = branch.pool.release_reservation(ref.index, held)
            if released:
                branch.running.pop(ref.index, None)
                self._tell_released(branch, [ref.index])
            return released

        return await self._db.write(self._ends([held], HandOutEnding.RELEASED), follow)

    async def void(self, branch: OpenBranch, undone: Undone) -> None:
        """Undo a hand-out that nobody saw: its asker was gone before the answer came."""
        at = self._clock.now()
        index, token, displaced = undone.index, undone.token, undone.displaced
        ref = AddressRef(branch.account, branch.branch.number, index)

        def write(tx: Tx) -> tuple[str, bool]:
            label = hand_out_record.void(tx, ref, token, at)
            meta.bump_revision(tx)
            return label, displaced is not None and hand_out_record.resume(tx, displaced)

        def follow(written: tuple[str, bool]) -> None:
            label, resumed = written
            if label and branch.labels.get(index) == label:
                del branch.labels[index]
            if not branch.pool.take_back(index, token, shown_before=undone.shown_before):
                return
            branch.running.pop(index, None)
            self._tell_released(branch, [index])
            if resumed and displaced is not None and displaced.request is not None:
                branch.hold_again(displaced.request, displaced.token)
                if displaced.request.label:
                    branch.labels[index] = displaced.request.label
                self._publish(AddressesReserved(*self._place(branch), (index,)))

        await self._db.write(write, follow)

    async def hold(self, ref: AddressRef, hold: Hold) -> None:
        """Hold a reserved address from now on for so long: this makes a plain hand-out a payment request."""
        branch = self._accounts.branch(ref)
        running = branch.running.get(ref.index)
        if running is None:
            raise NotHeldError(address=branch.pool.texts[ref.index])
        at, token = self._clock.now(), running.token
        held_until = None if hold.seconds is None else at + hold.seconds
        label = branch.labels.get(ref.index, "")

        def write(tx: Tx) -> Running | None:
            if not ledger.is_running(tx, token):
                return None
            meta.bump_revision(tx)
            request = requests.of_hand_out(tx, token)
            if request is None:
                made = requests.insert(tx, ref, token, label, None, at, held_until)
                return Running(token, held_until, made)
            requests.set_hold(tx, request.id, held_until)
            return Running(token, held_until, replace(request, held_until=held_until))

        def follow(kept: Running | None) -> bool:
            if kept is None:
                return False
            if not branch.pool.extend_hold(ref.index, token, hold):
                self._unwritten.append(token)
                return False
            branch.running[ref.index] = kept
            self._publish(AddressesReserved(*self._place(branch), (ref.index,)))
            return True

        if not await self._db.write(write, follow):
            await self._write_run_out()
            raise NotHeldError(address=branch.pool.texts[ref.index])

    async def usual(self, account: AccountId) -> Hold | None:
        """How long this account's requests are held unless somebody says otherwise.

        None: it has no hold of its own, and follows the program's settings.
        """
        name, none = f"{settings.USUAL_HOLD}/{account}", 0
        seconds = await self._db.read(lambda tx: settings.get(tx, name, none))
        return None if seconds == none else Hold(seconds)

    async def set_usual(self, account: AccountId, hold: Hold | None) -> None:
        """None: follow the program's settings again. Holds that run are not changed.

        Raises NoSuchAccountError.
        """
        self._accounts.get(account)
        name = f"{settings.USUAL_HOLD}/{account}"

        def write(tx: Tx) -> None:
            if hold is None:
                settings.remove(tx, name)
            else:
                settings.put(tx, name, hold.seconds)
            meta.bump_revision(tx)

        await self._db.write(write)

    async def mark_used(self, ref: AddressRef) -> bool:
        """Mark an address Used by hand; False where it was. A request on it waits, in case it is undone."""
        branch = self._accounts.branch(ref)
        at = self._clock.now()

        def write(tx: Tx) -> bool:
            newly = addresses.mark_used(tx, ref.account, ref.branch, [ref.index], by_hand=True, at=at)
            if newly:
                meta.bump_revision(tx)
            return bool(newly)

        def follow(newly: bool) -> bool:
            if newly:
                branch.end_by_use(ref.index)
                branch.flag(ref.index, AddressFlag.MARKED_BY_HAND)
                branch.pool.mark_used([ref.index], by_hand=True)
                self._recording.grow_soon(branch)
                self._publish(AddressesUsed(*self._place(branch), (ref.index,)))
            return newly

        newly = await self._db.write(write, follow)
        await self._recording.settled()
        return newly

    async def undo_mark_used(self, ref: AddressRef) -> bool:
        """Take back a mark made by hand; False where history, not a hand, made it Used."""
        branch = self._accounts.branch(ref)

        def write(tx: Tx) -> tuple[bool, list[tuple[PaymentRequest, bytes]]]:
            undone = addresses.unmark_by_hand(tx, ref)
            if undone:
                meta.bump_revision(tx)
            return undone, [(request, token) for request, token in requests.running(tx) if request.ref == ref]

        def follow(written: tuple[bool, list[tuple[PaymentRequest, bytes]]]) -> bool:
            undone, promises = written
            if undone:
                branch.flag(ref.index, AddressFlag.MARKED_BY_HAND, False)
                branch.pool.unmark_used(ref.index)
                branch.asked.pop(ref.index, None)
                for request, token in promises:
                    branch.hold_again(request, token)
                self._publish(AddressesUsed(*self._place(branch), (ref.index,)))
            return undone

        return await self._db.write(write, follow)

    async def history(self, ref: AddressRef) -> list[LedgerEntry]:
        """Every time this address was handed out, oldest first."""
        return await self._db.read(lambda tx: ledger.history(tx, ref))

    def _ends(self, tokens: Sequence[bytes], ending: HandOutEnding) -> Callable[[Tx], None]:
        at = self._clock.now()

        def write(tx: Tx) -> None:
            for token in tokens:
                hand_out_record.end(tx, token, at, ending)
            meta.bump_revision(tx)

        return write

    def _tell_released(self, branch: OpenBranch, indices: Sequence[int]) -> None:
        for index in indices:
            branch.flag(index, AddressFlag.HANDED_OUT_BEFORE, branch.pool.was_shown(index))
        self._publish(AddressesReleased(*self._place(branch), tuple(indices)))

    def _place(self, branch: OpenBranch) -> tuple[WalletId, int, AccountId, int]:
        """The head of every address event."""
        revision = self._accounts.revisions.next()
        return self._wallet, revision, branch.account, branch.branch.number
