"""An account kind that exists only in the tests: what passes it untouched will pass any kind to come.

Address texts are "toy:<account>:<branch>:<index>"; the hardened form ends in ' and needs the seed.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from pillarbox.accounts.kind import (
    AddressParts,
    Enrolment,
    Extra,
    KeyNeed,
    Params,
    Requirement,
    UsageProof,
)
from pillarbox.errors import InvalidInputError, WordsNeededError
from pillarbox.keys.root import Root
from pillarbox.model.account import EXTERNAL, INTERNAL, Branch
from pillarbox.model.address import DerivedAddress
from pillarbox.model.network import Coin, Network

TOY_COIN = Coin("toycoin", "Toycoin", "TOY", "bead", 2, "toycoin", 999)
LAST_INDEX = 2**31 - 1


@dataclass(frozen=True, slots=True)
class ToyDeriver:
    account: str
    mark: str
    holes: frozenset[int]
    locked: bool

    def derive(self, branch: int, start: int, count: int) -> Sequence[DerivedAddress]:
        if self.locked:
            raise WordsNeededError(purpose="each toy address is hardened")
        if start < 0 or start + count > LAST_INDEX + 1:
            raise IndexError("a toy branch ends at 2147483647")
        return [
            DerivedAddress(index, text, hashlib.sha256(text.encode()).digest())
            for index in range(start, start + count)
            if index not in self.holes
            for text in [f"toy:{self.account}:{branch}:{index}{self.mark}"]
        ]

    def path(self, branch: int, index: int) -> str:
        return f"m/999'/{self.account}'/{branch}{self.mark}/{index}{self.mark}"


@dataclass(frozen=True, slots=True)
class ToyKind:
    """`holes` are indices that have no address, as BIP32 knows them once in 2^127."""

    name: str = "toy"
    title: str = "Toy"
    coin: Coin = TOY_COIN
    networks: frozenset[Network] = frozenset({Network.MAINNET, Network.REGTEST})
    branches: tuple[Branch, ...] = (EXTERNAL, INTERNAL)
    sentence: str = "For the tests."
    last_index: int = LAST_INDEX
    extras: tuple[Extra, ...] = ()
    gap_limit: int = 5
    key_need: KeyNeed = KeyNeed.ENROL
    usage: UsageProof = UsageProof.CHAIN
    requires: frozenset[Requirement] = frozenset()
    payable: bool = True
    holes: frozenset[int] = frozenset()

    @property
    def mark(self) -> str:
        return "'" if self.key_need is KeyNeed.EACH_ADDRESS else ""

    def enrol(self, need: Enrolment) -> Params:
        if need.root is not None:
            master = hashlib.sha256(need.root.seed.reveal()).hexdigest()[:8]
            account = str(need.number)
        elif need.public is not None and need.public.startswith("toykey:"):
            master, account = "", need.public.removeprefix("toykey:")
        else:
            raise InvalidInputError(what="toy key", why="A toy key starts with toykey: .")
        identity = hashlib.sha256(f"{self.name}/{need.network}/{master}/{account}".encode()).hexdigest()
        return Params(json.dumps({"version": 1, "account": account}), f"m/999'/{account}'", master, identity)

    def deriver(self, params: str, network: Network, root: Root | None = None) -> ToyDeriver:
        locked = self.key_need is KeyNeed.EACH_ADDRESS and root is None
        return ToyDeriver(json.loads(params)["account"], self.mark, self.holes, locked)

    def read(self, text: str, network: Network | None = None) -> AddressParts | None:
        fields = text.removesuffix(self.mark).split(":")
        if fields[0] != "toy" or len(fields) != 4 or not fields[3].isdigit():
            return None
        return AddressParts(self.name, network or Network.MAINNET, {"index": int(fields[3])})


TOY = ToyKind()
HARDENED_TOY = ToyKind(
    "toy-hardened", "Toy, hardened", key_need=KeyNeed.EACH_ADDRESS, usage=UsageProof.HAND_ONLY
)
