"""Adding accounts, naming them, widening their gap, and looking at what they hold."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from pillarbox.accounts import Kinds
from pillarbox.accounts.kind import AccountKind, Deriver, Enrolment
from pillarbox.bitcoin.payment_link import PaymentLink, build_link, qr_text
from pillarbox.clock import Clock
from pillarbox.errors import InvalidInputError, PillarboxError, WordsNeededError
from pillarbox.events import AccountsChanged, Publish
from pillarbox.model.account import Account, AccountId, AtLimit, ScanState, WalletId
from pillarbox.model.address import Address, AddressColumns, AddressRef, DerivedAddress
from pillarbox.model.network import BITCOIN, Network
from pillarbox.model.receiving import PaymentRequest
from pillarbox.pool.address_pool import AddressPool
from pillarbox.secret import Secret
from pillarbox.storage import accounts as stored
from pillarbox.storage import addresses, meta
from pillarbox.storage.database import Database, Tx
from pillarbox.wallet.account_loading import open_branch
from pillarbox.wallet.open_accounts import (
    NoSuchAddressError,
    OpenAccount,
    OpenAccounts,
    StateCounts,
)
from pillarbox.wallet.usage_recording import UsageRecording

WIDEST_GAP = 1000
LOOK_AHEAD_AT_ONCE = 1000

Write = Callable[[Tx], object]
Rows = dict[int, list[DerivedAddress]]
"""New rows by branch number."""


class AccountExistsError(PillarboxError):
    """Parameters: account."""

    code = "account-exists"
    title = "This account is in the wallet already"
    message = 'The wallet has an account with the same keys: "{account}".'
    hint = "Use that one, or choose another account number."


class AddressDamagedError(PillarboxError):
    """Parameters: path."""

    code = "address-damaged"
    title = "This address does not match its keys"
    message = (
        "The address stored for {path} is not the one its keys give, so it is not shown or copied. "
        "Money sent to it might be lost."
    )
    hint = "Do not use it. Close Pillarbox, check this computer's disk and memory, and restore from a backup."


@dataclass(frozen=True, slots=True)
class LinkTexts:
    """A payment link, and the form of it that makes the smaller QR code."""

    link: str
    qr: str


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
        """Which address a text is. Raises NoSuchAddressError."""
        ref = await self._db.read(lambda tx: addresses.find_text(tx, text.strip()))
        if ref is None:
            raise NoSuchAddressError(address=text.strip()[:100])
        return ref

    async def watch_key(self, ref: AddressRef) -> bytes:
        """What a chain is asked about an address: Bitcoin's output script. Raises NoSuchAddressError."""
        found = await self._db.read(lambda tx: addresses.watch_keys(tx, ref.account, ref.branch, [ref.index]))
        if not found:
            raise NoSuchAddressError(address=f"{ref.branch}/{ref.index}")
        return found[0]

    def checked_text(self, ref: AddressRef) -> str:
        """The address, derived again and compared: only this may be copied. Raises AddressDamagedError."""
        branch = self._accounts.branch(ref)
        if branch.key_source is not None and not branch.text_is_right(ref.index):
            raise AddressDamagedError(path=branch.deriver.path(ref.branch, ref.index))
        return branch.pool.texts[ref.index]

    def request(self, ref: AddressRef) -> PaymentRequest | None:
        """The payment request that holds an address now, where one does."""
        running = self._accounts.branch(ref).running.get(ref.index)
        return running.request if running else None

    def payment_link(self, ref: AddressRef) -> LinkTexts:
        """What a payer opens or scans: the checked address, with what its payment request asks for.

        Raises AddressDamagedError.
        """
        request, coin = self.request(ref), self.kind(ref.account).coin
        link = PaymentLink(
            self.checked_text(ref),
            amount=request.amount if request else None,
            message=request.label if request else "",
        )
        text = build_link(link, coin)
        return LinkTexts(text, qr_text(link, coin) if coin == BITCOIN else text)

    async def add(
        self,
        kind: str,
        *,
        number: int | None = None,
        label: str = "",
        public: str | None = None,
        seed: Secret | None = None,
        gap_limit: int | None = None,
        scan_state: ScanState = ScanState.MADE_HERE,
    ) -> Account:
        """Add an account from the seed, or watch-only from public keys. Raises AccountExistsError.

        The number is the kind's next one unless given.
        """
        chosen = self._kinds.get(kind)
        limit = chosen.gap_limit if gap_limit is None else gap_limit
        if not 1 <= limit <= WIDEST_GAP:
            raise InvalidInputError(what="gap limit", why=f"It is a number from 1 to {WIDEST_GAP}.")
        need = Enrolment(self._network, self._next_number(kind) if number is None else number, seed, public)
        params = await asyncio.to_thread(chosen.enrol, need)
        deriver = chosen.deriver(params.data, self._network, seed)
        rows = await asyncio.to_thread(_look_ahead, chosen, deriver, limit)
        draft = Account(
            id=AccountId(0),
            kind=kind,
            network=self._network,
            label=label or self._free_label(chosen),
            number=None if public is not None else need.number,
            path=params.path,
            fingerprint=params.fingerprint,
            watch_only=public is not None,
            gap_limit=limit,
            at_limit=AtLimit.ASK,
            scan_state=scan_state,
            created_at=self._clock.now(),
            same_key=params.same_key,
            params=params.data,
        )
        account = await self._db.write(lambda tx: _write(tx, draft, rows))
        self._open(account, chosen, rows)
        return account

    async def rename(self, account: AccountId, label: str) -> None:
        plain = label.strip()
        if not plain or any(o.account.label == plain and o.account.id != account for o in self._accounts):
            raise InvalidInputError(what="label", why="An account's label is not empty and not taken.")
        await self._change(account, lambda tx: stored.set_label(tx, account, plain), label=plain)

    async def set_at_limit(self, account: AccountId, at_limit: AtLimit) -> None:
        await self._change(account, lambda tx: stored.set_at_limit(tx, account, at_limit), at_limit=at_limit)
        for branch in self._accounts.get(account).branches.values():
            branch.pool.set_at_limit(at_limit)

    async def set_scan_state(self, account: AccountId, state: ScanState) -> None:
        await self._change(account, lambda tx: stored.set_scan_state(tx, account, state), scan_state=state)

    async def set_gap_limit(self, account: AccountId, gap_limit: int) -> None:
        """1 to 1000. A larger gap derives and watches more at once, and is kept for every later restore."""
        if not 1 <= gap_limit <= WIDEST_GAP:
            raise InvalidInputError(what="gap limit", why=f"It is a number from 1 to {WIDEST_GAP}.")
        await self._change(
            account, lambda tx: stored.set_gap_limit(tx, account, gap_limit), gap_limit=gap_limit
        )
        for branch in self._accounts.get(account).branches.values():
            await asyncio.to_thread(branch.pool.set_gap_limit, gap_limit, branch.key_source)
            await self._recording.store_derived(branch)

    async def ensure_rows(self, account: AccountId, count: int) -> None:
        """Derive and keep the first `count` receive addresses, so that a burst finds them ready."""
        branch = self._accounts.get(account).receiving_branch
        for reached in range(len(branch.pool.texts), count, LOOK_AHEAD_AT_ONCE):
            if branch.key_source is None:
                raise WordsNeededError(purpose="deriving more addresses of this kind")
            upto = min(reached + LOOK_AHEAD_AT_ONCE, count)
            await asyncio.to_thread(branch.pool.ensure, branch.key_source, upto)
            await self._recording.store_derived(branch)

    async def widen_gap(self, account: AccountId) -> None:
        """The person chose to go beyond the gap limit: raise it by one more of the kind's own."""
        opened = self._accounts.get(account)
        wider = min(opened.account.gap_limit + opened.kind.gap_limit, WIDEST_GAP)
        if wider > opened.account.gap_limit:
            await self.set_gap_limit(account, wider)

    async def _change(self, account: AccountId, write: Write, **fields: object) -> None:
        def write_and_count(tx: Tx) -> None:
            write(tx)
            meta.bump_revision(tx)

        await self._db.write(write_and_count)
        opened = self._accounts.get(account)
        opened.account = replace(opened.account, **fields)  # type: ignore[arg-type]  # names are ours
        self._tell(account)

    def _open(self, account: Account, kind: AccountKind, rows: Rows) -> None:
        deriver = kind.deriver(account.params, account.network)
        branches = {}
        for branch in kind.branches:
            pool = AddressPool.load(
                branch.number,
                account.gap_limit,
                self._clock.now,
                account.at_limit,
                addresses=_texts(rows[branch.number]),
                used=(),
                shown={},
            )
            branches[branch.number] = open_branch(account, kind, branch, deriver, pool)
            branches[branch.number].grow()
        self._accounts.put(OpenAccount(account, kind, branches))
        for made in rows.values():
            self._recording.watch_new(made)
        self._tell(account.id)

    def _tell(self, account: AccountId) -> None:
        self._publish(AccountsChanged(self._wallet, self._accounts.revisions.next(), (account,)))

    def _next_number(self, kind: str) -> int:
        taken = [o.account.number for o in self._accounts if o.account.kind == kind]
        return max((number for number in taken if number is not None), default=-1) + 1

    def _free_label(self, kind: AccountKind) -> str:
        labels = {opened.account.label for opened in self._accounts}
        plain = kind.coin.title
        candidates = (plain if n == 1 else f"{plain} {n}" for n in range(1, len(labels) + 2))
        return next(label for label in candidates if label not in labels)


def _look_ahead(kind: AccountKind, deriver: Deriver, count: int) -> Rows:
    return {branch.number: list(deriver.derive(branch.number, 0, count)) for branch in kind.branches}


def _texts(rows: list[DerivedAddress]) -> list[str]:
    """By index; "" where an index has no address."""
    texts = [""] * (rows[-1].index + 1 if rows else 0)
    for row in rows:
        texts[row.index] = row.text
    return texts


def _write(tx: Tx, draft: Account, rows: Rows) -> Account:
    twin = stored.same_key_exists(tx, draft.same_key)
    if twin is not None:
        labels = {account.id: account.label for account in stored.all_accounts(tx)}
        raise AccountExistsError(account=labels[twin])
    account = stored.insert(tx, draft)
    for branch, made in rows.items():
        addresses.insert(tx, account.id, branch, made)
    meta.bump_revision(tx)
    return account
