"""The accounts of an open wallet in memory: pools, derivers, and the columns that views show.

Memory follows the commit: services write first, then change what is here, then publish.
"""

from array import array
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from pillarbox.accounts.kind import AccountKind, Deriver, KnowsItsOwn, UsageProof
from pillarbox.bitcoin.script import AddressUnreadableError
from pillarbox.errors import PillarboxError
from pillarbox.model.account import Account, AccountId, Branch
from pillarbox.model.address import (
    Address,
    AddressColumns,
    AddressFlag,
    AddressRef,
    AddressState,
)
from pillarbox.model.network import BITCOIN, Chain
from pillarbox.model.receiving import Hold, PaymentRequest
from pillarbox.pool.address_pool import AddressPool
from pillarbox.wallet.hand_out_record import Running
from pillarbox.wallet.revisions import Revisions


class NoSuchAccountError(PillarboxError):
    """Parameters: account."""

    code = "no-such-account"
    title = "There is no such account"
    message = 'This wallet has no account "{account}".'
    hint = "List the wallet's accounts and use one of their numbers or labels."


class AddressAheadError(PillarboxError):
    """Parameters: account, index."""

    code = "address-ahead"
    title = "This address may be yours"
    message = (
        'It says that it is number {index} of the account "{account}", which was not made here yet. Anybody '
        "who has seen an address of yours could have it say so: only the recovery words tell."
    )
    hint = "Pay nothing to it until it is in the list: make more addresses ahead with the recovery words."


class NoSuchAddressError(PillarboxError):
    """Parameters: address."""

    code = "no-such-address"
    title = "This address is not in the wallet"
    message = "{address} does not belong to this wallet as far as it has looked."
    hint = "Check the address. If it should be here, scan more addresses."


def service_name(name: str, chain: Chain) -> str:
    """Of a service that works for one chain; Bitcoin's is called what they all are."""
    return name if chain.coin == BITCOIN else f"{name} {chain.coin.name}"


@dataclass(slots=True, eq=False)
class OpenBranch:
    """One branch in memory. `flags`, `received` and `payments` grow with the pool, one entry an index."""

    account: AccountId
    branch: Branch
    pool: AddressPool
    deriver: Deriver
    key_source: Deriver | None
    """What the pool derives with; None where each address needs the words."""
    labels: dict[int, str] = field(default_factory=dict)
    running: dict[int, Running] = field(default_factory=dict)
    """The hand-out that holds each reserved index."""
    asked: dict[int, PaymentRequest] = field(default_factory=dict)
    """What was last asked for on a used index, where anything was."""
    flags: bytearray = field(default_factory=bytearray)
    received: "array[int]" = field(default_factory=lambda: array("q"))
    payments: "array[int]" = field(default_factory=lambda: array("l"))

    def grow(self) -> None:
        """Make room for every index the pool has derived."""
        missing = len(self.pool.texts) - len(self.flags)
        if missing > 0:
            self.flags.extend(bytes(missing))
            self.received.frombytes(bytes(missing * self.received.itemsize))
            self.payments.frombytes(bytes(missing * self.payments.itemsize))

    def flag(self, index: int, flag: AddressFlag, on: bool = True) -> None:
        bit = flag.value  # plain integers: arithmetic on flags costs microseconds
        self.flags[index] = (self.flags[index] | bit) if on else (self.flags[index] & ~bit)

    def hold_again(self, request: PaymentRequest, token: bytes) -> None:
        """A promise outlives what interrupted it: hold its address for what is left of its time."""
        seconds = None if request.held_until is None else request.held_until - request.created_at
        if self.pool.reserve_index(request.ref.index, token, request.created_at, Hold(seconds)):
            self.running[request.ref.index] = Running(token, request.held_until, request)

    def end_by_use(self, index: int) -> None:
        """The index is used: nothing holds it any more, and what was asked for on it stays known."""
        running = self.running.pop(index, None)
        if running is not None and running.request is not None:
            self.asked[index] = running.request

    def text_is_right(self, index: int) -> bool:
        """Derive the address again and compare: guards what is copied against damaged memory or disk."""
        again = self.deriver.derive(self.branch.number, index, 1)
        return bool(again) and again[0].text == self.pool.texts[index]

    def gives_the_same(self, deriver: Deriver) -> bool:
        """Whether a deriver makes the first address there is, and so belongs to this branch."""
        first = next((index for index, text in enumerate(self.pool.texts) if text), None)
        if first is None:
            return True
        again = deriver.derive(self.branch.number, first, 1)
        return bool(again) and again[0].text == self.pool.texts[first]

    def address(self, index: int) -> Address:
        """All that is known of one address. Raises IndexError for one not derived yet."""
        self.grow()
        state = self.pool.state(index)
        running = self.running.get(index) if state is AddressState.RESERVED else None
        return Address(
            ref=AddressRef(self.account, self.branch.number, index),
            text=self.pool.texts[index],
            path=self.deriver.path(self.branch.number, index),
            state=state,
            label=self.labels.get(index, ""),
            held_until=running.held_until if running else None,
            held_until_used=running is not None and running.until_used,
            flags=self._flags_of(index, state, self._last_within_gap()),
            received=self.received[index],
            payments=self.payments[index],
        )

    def columns(self, revision: int, indices: Sequence[int] | None = None) -> AddressColumns:
        """A snapshot of all rows, or of some."""
        self.grow()
        states = self.pool.states()
        last_within_gap = self._last_within_gap()
        if indices is None:
            size = len(states)
            flags = self.flags[:size]
            for index in self.running:
                flags[index] = self._flags_of(index, states[index], last_within_gap)
            return AddressColumns(
                account=self.account,
                branch=self.branch.number,
                revision=revision,
                indices=range(size),
                texts=self.pool.texts[:size],
                states=states,
                flags=flags,
                received=self.received[:size],
                payments=self.payments[:size],
                labels=dict(self.labels),
                held_until={index: running.held_until for index, running in self.running.items()},
                held_until_used=_until_used(self.running),
            )
        running = {index: self.running[index] for index in indices if index in self.running}
        return AddressColumns(
            account=self.account,
            branch=self.branch.number,
            revision=revision,
            indices=tuple(indices),
            texts=[self.pool.texts[i] for i in indices],
            states=bytes(states[i] for i in indices),
            flags=bytes(self._flags_of(i, states[i], last_within_gap) for i in indices),
            received=array("q", (self.received[i] for i in indices)),
            payments=array("l", (self.payments[i] for i in indices)),
            labels={i: self.labels[i] for i in indices if i in self.labels},
            held_until={index: held.held_until for index, held in running.items()},
            held_until_used=_until_used(running),
        )

    def _last_within_gap(self) -> int:
        highest_used = self.pool.stats().highest_used
        return (-1 if highest_used is None else highest_used) + self.pool.gap_limit

    def _flags_of(self, index: int, state: int, last_within_gap: int) -> AddressFlag:
        flags = AddressFlag(self.flags[index])
        if state == AddressState.RESERVED and index > last_within_gap:
            flags |= AddressFlag.BEYOND_GAP
        return flags


def _until_used(running: Mapping[int, Running]) -> frozenset[int]:
    return frozenset(index for index, held in running.items() if held.until_used)


@dataclass(slots=True, eq=False)
class OpenAccount:
    """An account with its kind and its branches by number.

    `moved` is how much of what its addresses received (smallest unit) came from this wallet itself.
    """

    account: Account
    kind: AccountKind
    branches: dict[int, OpenBranch]
    moved: int = 0
    lacks_rows: bool = False
    """Whether the last scan came to the end of the rows, and needs the words to look further."""
    receiving_branch: OpenBranch = field(init=False)
    """The branch that is handed to payers."""

    def __post_init__(self) -> None:
        self.receiving_branch = next(b for b in self.branches.values() if b.branch.receives)

    @property
    def chain(self) -> Chain:
        """Where its addresses are paid."""
        return Chain(self.kind.coin, self.account.network)

    @property
    def paid_branches(self) -> tuple[OpenBranch, ...]:
        """Those that a transaction can pay to."""
        return tuple(branch for branch in self.branches.values() if branch.branch.paid)

    @property
    def told_by_chain(self) -> bool:
        """Whether that chain is asked which of its addresses were paid."""
        return self.kind.usage is UsageProof.CHAIN


def require_not_own(accounts: "OpenAccounts", text: str) -> None:
    """Raises AddressAheadError for an address that says it is an account's, and one that was not made yet."""
    for opened in accounts:
        deriver = opened.receiving_branch.deriver
        if not isinstance(deriver, KnowsItsOwn):
            continue
        with suppress(AddressUnreadableError):
            place = deriver.place_of(text)
            made = len(opened.receiving_branch.pool.texts)
            if place is not None and place[0] == opened.account.number and place[1] >= made:
                raise AddressAheadError(account=opened.account.label, index=place[1])


@dataclass(frozen=True, slots=True)
class StateCounts:
    """How many addresses are in which state, of the receiving branch.

    `received` (smallest unit) is what all branches received from others: change is not.
    """

    unused: int
    reserved: int
    used: int
    received: int


class OpenAccounts:
    """Every account of one open wallet, by id."""

    def __init__(self, accounts: Mapping[AccountId, OpenAccount]) -> None:
        self._accounts = dict(accounts)
        self.revisions = Revisions()

    def __iter__(self) -> Iterator[OpenAccount]:
        return iter(self._accounts.values())

    def __len__(self) -> int:
        return len(self._accounts)

    def put(self, account: OpenAccount) -> None:
        self._accounts[account.account.id] = account

    def get(self, account: AccountId) -> OpenAccount:
        """Raises NoSuchAccountError."""
        try:
            return self._accounts[account]
        except KeyError:
            raise NoSuchAccountError(account=account) from None

    def named(self, name: str) -> OpenAccount:
        """By id, by unique label, or for "" the first. Raises NoSuchAccountError."""
        if not name and self._accounts:
            return next(iter(self._accounts.values()))
        if name.isascii() and name.isdigit() and AccountId(int(name)) in self._accounts:
            return self._accounts[AccountId(int(name))]
        labelled = [a for a in self._accounts.values() if a.account.label == name]
        if len(labelled) != 1:
            raise NoSuchAccountError(account=name)
        return labelled[0]

    def branch(self, ref: AddressRef) -> OpenBranch:
        """The branch an address lies in. Raises NoSuchAccountError or NoSuchAddressError."""
        branch = self.get(ref.account).branches.get(ref.branch)
        if branch is None or not 0 <= ref.index < len(branch.pool.texts):
            raise NoSuchAddressError(address=f"{ref.branch}/{ref.index}")
        return branch

    def counts(self, account: AccountId) -> StateCounts:
        opened = self.get(account)
        stats = opened.receiving_branch.pool.stats()
        received = sum(sum(branch.received) for branch in opened.branches.values())
        return StateCounts(stats.unused, stats.reserved, stats.used, received - opened.moved)
