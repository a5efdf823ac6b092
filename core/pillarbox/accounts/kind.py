"""What an account kind is: one module and one line in `KINDS`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, runtime_checkable

from pillarbox.errors import InvalidInputError
from pillarbox.keys.root import Root
from pillarbox.model.account import Branch
from pillarbox.model.address import DerivedAddress
from pillarbox.model.network import Coin, Network


class KeyNeed(StrEnum):
    """When the private key must be at hand."""

    ENROL = "enrol"
    """Once, when the account is made: addresses come from public keys afterwards."""
    EACH_ADDRESS = "each-address"
    """For every address (hardened leaves): rows of look-ahead are made while the words are in hand."""


class UsageProof(StrEnum):
    """What proves an address used, beside "mark as used" by hand."""

    CHAIN = "chain"
    MAILBOX = "mailbox"
    BALANCE_REPORT = "balance-report"
    HAND_ONLY = "hand-only"


class Requirement(StrEnum):
    """What an account of a kind cannot be made without."""

    SERVER = "server"
    TOKEN = "token"  # noqa: S105  # the name of a requirement


@dataclass(frozen=True, slots=True)
class Served:
    """What a server answered, for a kind that requires one. It is a stranger's word: the kind checks it.

    Keys are compressed, 33 bytes; `expiry` in blocks. `server` is the URL, "" where it is not known, and
    heights are those of the chain when the account began, 0 where not known. `client_key` is what was
    registered, b"" where that is whatever the root gives; `strict` says which derivation gives it.
    """

    server: str
    server_key: bytes
    expiry: int
    client_key: bytes = b""
    strict: bool = False
    first_height: int = 0
    multi_address_first_height: int = 0


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What an account is made from: the root with a number, or public material.

    `public` is an extended public key or an output descriptor. `extras` has a value for names of the kind's
    own; the default holds for the others. `served` is what the kind's server answered.
    """

    network: Network
    number: int
    root: Root | None = None
    public: str | None = None
    extras: Mapping[str, int] | None = None
    served: Served | None = None

    def extra(self, extra: "Extra") -> int:
        """The number given for one of the kind's extras. Raises InvalidInputError outside its range."""
        value = (self.extras or {}).get(extra.name, extra.default)
        if not 0 <= value <= extra.last:
            raise InvalidInputError(what=extra.title, why=f"It is a number from 0 to {extra.last}.")
        return value


@dataclass(frozen=True, slots=True)
class Extra:
    """A number that an account of a kind has beside its own, such as the key class of DIP-17."""

    name: str
    title: str
    """What a person calls it."""
    default: int
    last: int


@dataclass(frozen=True, slots=True)
class Params:
    """What a kind keeps of an account. `data` is JSON text, versioned by the kind itself, no secret in it."""

    data: str
    path: str
    """Key origin as people write it, or ""."""
    fingerprint: str
    """Master fingerprint in hex, or ""."""
    same_key: str
    """Equal for two accounts exactly when they hand out the same addresses; hex, reveals nothing."""


@dataclass(frozen=True, slots=True)
class AddressParts:
    """What an address text says of itself. `holds` is what its encoding carries, hex or numbers, by name."""

    kind: str
    network: str
    holds: Mapping[str, str | int]


class Deriver(Protocol):
    """(branch, index) -> address, for one account."""

    def derive(self, branch: int, start: int, count: int) -> Sequence[DerivedAddress]:
        """`count` addresses from `start`. An index that has no address (BIP32: 1 in 2^127) is left out.

        Raises IndexError past the branch's last index, WordsNeededError where a private key is missing.
        """
        ...

    def path(self, branch: int, index: int) -> str:
        """The full path as people write it, such as m/84'/0'/0'/0/7."""
        ...


@runtime_checkable
class KnowsItsOwn(Protocol):
    """A deriver whose addresses say, to their own wallet alone, where they lie. A copy proves nothing."""

    def place_of(self, text: str) -> tuple[int, int] | None:
        """Account number and index, or None. Raises AddressUnreadableError."""
        ...


class AccountKind(Protocol):
    """One way to make addresses, and what it needs."""

    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str:
        """What a person calls it, such as "Bitcoin · Taproot"."""
        ...

    @property
    def sentence(self) -> str:
        """What it is for, in one sentence."""
        ...

    @property
    def coin(self) -> Coin: ...
    @property
    def networks(self) -> frozenset[Network]: ...
    @property
    def branches(self) -> tuple[Branch, ...]: ...
    @property
    def last_index(self) -> int:
        """Of each branch."""
        ...

    @property
    def extras(self) -> tuple[Extra, ...]: ...
    @property
    def payable(self) -> bool:
        """Whether what is sent to its addresses can be spent again."""
        ...

    @property
    def gap_limit(self) -> int: ...
    @property
    def key_need(self) -> KeyNeed: ...
    @property
    def usage(self) -> UsageProof: ...
    @property
    def requires(self) -> frozenset[Requirement]: ...

    def enrol(self, need: Enrolment) -> Params:
        """Raises InvalidInputError for public material that does not fit the kind or the network."""
        ...

    def deriver(self, params: str, network: Network, root: Root | None = None) -> Deriver:
        """`params` is `Params.data`. Without `root`, only what public keys give."""
        ...

    def read(self, text: str, network: Network | None = None) -> AddressParts | None:
        """What `text` says if it is an address of this kind (on `network`, where given), else None.

        Raises AddressUnreadableError for a damaged text that can only be meant for the kind's coin.
        """
        ...
