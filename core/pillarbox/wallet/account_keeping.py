"""Adding accounts, naming them, widening their gap, and looking at what they hold."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from pillarbox.accounts import Kinds
from pillarbox.accounts.kind import AccountKind, Enrolment, Params
from pillarbox.clock import Clock
from pillarbox.errors import InvalidInputError, WordsNeededError
from pillarbox.events import AccountsChanged, Publish
from pillarbox.keys.root import Root
from pillarbox.model.account import Account, AccountId, AtLimit, ScanState, WalletId
from pillarbox.model.address import Address, AddressColumns, AddressRef
from pillarbox.model.network import Network
from pillarbox.model.receiving import GapChoices, PaymentRequest
from pillarbox.storage import accounts as stored
from pillarbox.storage import addresses, candidates, counters, meta, scans
from pillarbox.storage.candidates import Candidate
from pillarbox.storage.database import Database, Tx
from pillarbox.wallet import address_texts, new_account, other_accounts
from pillarbox.wallet.address_texts import AddressDamagedError, LinkTexts
from pillarbox.wallet.new_account import AccountExistsError, Preview, Rows
from pillarbox.wallet.open_accounts import (
    NoSuchAddressError,
    OpenAccount,
    OpenAccounts,
    StateCounts,
    require_not_own,
)
from pillarbox.wallet.usage_recording import UsageRecording

WIDEST_GAP = 1000
LOOK_AHEAD_AT_ONCE = 1000

Write = Callable[[Tx], object]


class AccountKeeping:
    """The accounts of one open wallet, for front ends."""

    def __init__(  # noqa: PLR0913, PLR0917  # a service is given exactly what it needs
        self,
        wallet: WalletId,
        network: Network,
        accounts: OpenAccounts,
        kinds: Kinds,
        db: Database,
        recording: UsageRecording,
        publish: Publish,
        clock: Clock,
    ) -> None:
        self._wallet = wallet
        self._network = network
        self._accounts = accounts
        self._kinds = kinds
        self._db = db
        self._recording = recording
        self._publish = publish
        self._clock = clock
        self.rows_made: Callable[[AccountId], None] = lambda _: None
        """Called once rows were made ahead."""
        self._adding = asyncio.Lock()
        """Two accounts added at once get two numbers."""

    def all(self) -> list[Account]:
        return [opened.account for opened in self._accounts]

    def get(self, name: str | AccountId = "") -> Account:
        """By id or unique label; the first for "". Raises NoSuchAccountError."""
        if isinstance(name, int):
            return self._accounts.get(name).account
        return self._accounts.named(name).account

    def kind(self, account: AccountId) -> AccountKind:
        return self._accounts.get(account).kind

    def counts(self, account: AccountId) -> StateCounts:
        return self._accounts.counts(account)

    def lacks_rows(self, account: AccountId) -> bool:
        """Whether the last scan came to the end of the rows, and needs the words to look further."""
        return self._accounts.get(account).lacks_rows

    def columns(
        self, account: AccountId, branch: int, indices: Sequence[int] | None = None
    ) -> AddressColumns:
        """A snapshot of a branch, or of some of its rows."""
        opened = self._accounts.get(account)
        return opened.branches[branch].columns(self._accounts.revisions.current, indices)

    def address(self, ref: AddressRef) -> Address:
        """Raises NoSuchAccountError or NoSuchAddressError."""
        return self._accounts.branch(ref).address(ref.index)

    def unused_run(self, account: AccountId) -> int:
        """How many addresses were handed out since the last used one: what the gap meter shows."""
        return self._accounts.get(account).receiving_branch.pool.unused_run

    async def find(self, text: str) -> AddressRef:
        """Which address a text is; Bech32 may be written in capitals (BIP173). Raises NoSuchAddressError."""
        plain = text.strip()
        ref = await self._db.read(lambda tx: addresses.find_text(tx, plain))
        if ref is None and plain.isupper():
            ref = await self._db.read(lambda tx: addresses.find_text(tx, plain.lower()))
        if ref is None:
            require_not_own(self._accounts, plain)
            raise NoSuchAddressError(address=plain[:100])
        return ref

    async def watch_key(self, ref: AddressRef) -> bytes:
        """What a chain is asked about an address: Bitcoin's output script. Raises NoSuchAddressError."""
        found = await self._db.read(lambda tx: addresses.watch_keys(tx, ref.account, ref.branch, [ref.index]))
        if not found:
            raise NoSuchAddressError(address=f"{ref.branch}/{ref.index}")
        return found[0]

    def checked_text(self, ref: AddressRef) -> str:
        """The address, derived again and compared: only this may be copied. Raises AddressDamagedError."""
        return address_texts.checked(self._accounts.branch(ref), ref)

    def request(self, ref: AddressRef) -> PaymentRequest | None:
        """What is asked for on an address: by the request that holds it, or by the last before its use."""
        branch = self._accounts.branch(ref)
        running = branch.running.get(ref.index)
        return running.request if running else branch.asked.get(ref.index)

    def payment_link(self, ref: AddressRef) -> LinkTexts:
        """What a payer opens or scans: the checked address, with what its payment request asks for.

        Raises AddressDamagedError.
        """
        return address_texts.payment_link(self._accounts.branch(ref), self.kind(ref.account), ref)

    async def add(  # noqa: PLR0913  # all that an account is made from, by name
        self,
        kind: str,
        *,
        number: int | None = None,
        label: str = "",
        public: str | None = None,
        root: Root | None = None,
        extras: Mapping[str, int] | None = None,
        gap_limit: int | None = None,
        scan_state: ScanState = ScanState.MADE_HERE,
    ) -> Account:
        """Add an account from the root, or watch-only from public keys. Raises AccountExistsError.

        The number is the kind's next one unless given.
        """
        chosen = self._kinds.get(kind)
        new_account.require_network(chosen, self._network)
        limit = chosen.gap_limit if gap_limit is None else gap_limit
        require_gap_limit(limit)
        async with self._adding:
            free = await self.next_number(kind) if number is None else number
            need = Enrolment(self._network, free, root, public, extras)
            params = await asyncio.to_thread(chosen.enrol, need)
            draft = new_account.draft(
                chosen,
                params,
                self._label(label, chosen),
                number=None if public is not None else need.number,
                gap_limit=limit,
                scan_state=scan_state,
                network=self._network,
                created_at=self._born(scan_state),
            )
            return await self._keep(draft, chosen, root)

    async def add_enrolled(
        self,
        kind: str,
        params: Params,
        number: int | None,
        *,
        scan_state: ScanState,
        before: Write,
        after: Callable[[Tx, Account], object],
    ) -> Account:
        """Add an account that its kind enrolled elsewhere, watch-only without a number.

        `before` and `after` are of its transaction.
        Raises AccountExistsError, and what these two raise: then nothing was added.
        """
        chosen = self._kinds.get(kind)
        label = new_account.free_label(self._accounts, new_account.short_title(chosen))
        draft = new_account.draft(
            chosen,
            params,
            label,
            number=number,
            gap_limit=chosen.gap_limit,
            scan_state=scan_state,
            network=self._network,
            created_at=self._born(scan_state),
        )
        return await self._keep(draft, chosen, None, before, after)

    async def set_params(self, account: Account, data: str) -> None:
        """The kind's parameters say more of the same account. They must give the same addresses."""
        await self._change(account.id, lambda tx: stored.set_params(tx, account.id, data), params=data)

    async def next_number(self, kind: str) -> int:
        """Of the account that `add` would make of this kind."""
        return await self._db.read(lambda tx: counters.next_account_number(tx, kind))

    async def preview(
        self,
        kind: str,
        *,
        number: int | None = None,
        public: str | None = None,
        root: Root | None = None,
        extras: Mapping[str, int] | None = None,
    ) -> Preview:
        """What `add` would make of the same; nothing is kept. Raises what it raises."""
        chosen = self._kinds.get(kind)
        free = await self.next_number(kind) if number is None else number
        need = Enrolment(self._network, free, root, public, extras)
        return await asyncio.to_thread(new_account.preview, chosen, need)

    async def make_rows(self, account: AccountId, root: Root) -> int:
        """Make addresses ahead while the words are in hand, where each needs them; how many were made.

        Raises AddressDamagedError where the words are not those of the account.
        """
        opened = self._accounts.get(account)
        deriver = opened.kind.deriver(opened.account.params, self._network, root)
        made = 0
        widest = await self._db.read(lambda tx: scans.widest_gap(tx, account))
        for branch in opened.branches.values():
            pool = branch.pool
            if not await asyncio.to_thread(branch.gives_the_same, deriver):
                raise AddressDamagedError(path=deriver.path(branch.branch.number, 0))
            ahead = new_account.rows_ahead(opened.kind, max(pool.gap_limit, widest))
            made += len(await asyncio.to_thread(pool.make_ahead, deriver, ahead))
            await self._recording.store_derived(branch)
        self._tell(account)
        self.rows_made(account)
        return made

    async def note_candidates(self, first: Account, root: Root) -> None:
        """Remember the other accounts that these words may have been used for, to be looked for later."""
        noted = await asyncio.to_thread(other_accounts.of, self._kinds, self._network, root, first)
        await self._db.write(lambda tx: candidates.keep(tx, noted))

    async def adopt(self, candidate: Candidate) -> AccountId | None:
        """Add an account that was found to be used; None where the wallet has it already."""
        kind = self._kinds.get(candidate.kind)
        params = Params(candidate.params, candidate.path, candidate.fingerprint, candidate.same_key)
        draft = new_account.draft(
            kind,
            params,
            new_account.free_label(self._accounts, new_account.short_title(kind)),
            number=candidate.number,
            gap_limit=kind.gap_limit,
            scan_state=ScanState.UNSCANNED,
            network=self._network,
            # They are of the same words, and as old.
            created_at=min((each.account.created_at for each in self._accounts), default=0),
        )

        def remove(tx: Tx) -> None:
            candidates.remove(tx, candidate.same_key)

        try:
            return (await self._keep(draft, kind, None, remove)).id
        except AccountExistsError:
            await self._db.write(remove)
            return None

    def _born(self, scan_state: ScanState) -> int:
        """Unix seconds; 0 where an account may have received before it came here."""
        return self._clock.now() if scan_state is ScanState.MADE_HERE else 0

    def _label(self, label: str, kind: AccountKind) -> str:
        if label:
            return new_account.checked_label(label, self._accounts)
        return new_account.free_label(self._accounts, new_account.usual_label(kind))

    async def _keep(
        self,
        draft: Account,
        kind: AccountKind,
        root: Root | None,
        before: Write = lambda _tx: None,
        after: Callable[[Tx, Account], object] = lambda _tx, _account: None,
    ) -> Account:
        deriver = kind.deriver(draft.params, draft.network, root)
        rows = await asyncio.to_thread(
            new_account.look_ahead, kind, deriver, new_account.rows_ahead(kind, draft.gap_limit)
        )

        def write(tx: Tx) -> Account:
            before(tx)
            account = new_account.write(tx, draft, rows)
            after(tx, account)
            return account

        return await self._db.write(write, lambda account: self._open(account, kind, rows))

    async def rename(self, account: AccountId, label: str) -> None:
        plain = new_account.checked_label(label, self._accounts, account)
        await self._change(account, lambda tx: stored.set_label(tx, account, plain), label=plain)

    async def set_at_limit(self, account: AccountId, at_limit: AtLimit) -> None:
        await self._change(account, lambda tx: stored.set_at_limit(tx, account, at_limit), at_limit=at_limit)

    async def set_scan_state(self, account: AccountId, state: ScanState) -> None:
        await self._change(account, lambda tx: stored.set_scan_state(tx, account, state), scan_state=state)

    async def set_gap_limit(self, account: AccountId, gap_limit: int) -> None:
        """1 to 1000. A larger gap derives and watches more at once, and is kept for every later restore."""
        require_gap_limit(gap_limit)
        await self._change(
            account, lambda tx: stored.set_gap_limit(tx, account, gap_limit), gap_limit=gap_limit
        )
        await self._recording.settled()

    async def note_birthday(self, at: int) -> None:
        """A person knows since when the wallet was used. `at`: Unix seconds. It is kept for backups alone."""
        for account in self.all():
            await self._change(
                account.id, partial(stored.set_created_at, account=account.id, at=at), created_at=at
            )

    async def ensure_rows(self, account: AccountId, count: int) -> None:
        """Derive and keep the first `count` receive addresses, so that a burst finds them ready."""
        branch = self._accounts.get(account).receiving_branch
        for reached in range(len(branch.pool.texts), count, LOOK_AHEAD_AT_ONCE):
            if branch.key_source is None:
                raise WordsNeededError(purpose="deriving more addresses of this kind")
            upto = min(reached + LOOK_AHEAD_AT_ONCE, count)
            await asyncio.to_thread(branch.pool.ensure, branch.key_source, upto)
            await self._recording.store_derived(branch)

    async def widen_gap(self, account: AccountId, needed: int = 0) -> None:
        """Addresses go out beyond the gap limit: raise it by one more of the kind's own.

        Where that is less than `needed`, to twice as much as is needed: a long run raises it seldom.
        """
        opened = self._accounts.get(account)
        wider = _wider_gap(opened, needed)
        if wider > opened.account.gap_limit:
            await self.set_gap_limit(account, wider)

    def gap_choices(self, account: AccountId) -> GapChoices:
        """For the person who is to choose."""
        opened = self._accounts.get(account)
        held = opened.receiving_branch.pool.oldest_hold()
        return GapChoices(
            oldest=None if held is None else opened.receiving_branch.address(held.index),
            held_since=0 if held is None else held.at,
            gap_limit=opened.account.gap_limit,
            wider=_wider_gap(opened),
        )

    async def _change(self, account: AccountId, write: Write, **fields: object) -> None:
        def write_and_count(tx: Tx) -> None:
            write(tx)
            meta.bump_revision(tx)

        def follow(_: None) -> None:
            opened = self._accounts.get(account)
            opened.account = changed = replace(opened.account, **fields)  # type: ignore[arg-type]  # our names
            for branch in opened.branches.values():
                branch.pool.set_at_limit(changed.at_limit)
                if branch.pool.gap_limit != changed.gap_limit:
                    branch.pool.set_gap_limit(changed.gap_limit)
                    self._recording.grow_soon(branch)
            self._tell(account)

        await self._db.write(write_and_count, follow)

    def _open(self, account: Account, kind: AccountKind, rows: Rows) -> Account:
        self._accounts.put(new_account.opened(account, kind, rows, self._clock.now))
        for branch in kind.branches:
            if branch.paid:
                self._recording.watch_new(account.id, rows[branch.number])
        self._tell(account.id)
        return account

    def _tell(self, account: AccountId) -> None:
        self._publish(AccountsChanged(self._wallet, self._accounts.revisions.next(), (account,)))


def require_gap_limit(number: int) -> None:
    """Raises InvalidInputError."""
    if not 1 <= number <= WIDEST_GAP:
        raise InvalidInputError(what="gap limit", why=f"It is a number from 1 to {WIDEST_GAP}.")


def _wider_gap(opened: OpenAccount, needed: int = 0) -> int:
    """One more of the kind's own; where that is less than `needed`, twice as much as is needed."""
    more = opened.account.gap_limit + opened.kind.gap_limit
    return min(more if needed <= more else 2 * needed, WIDEST_GAP)
