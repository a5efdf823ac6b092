"""Loop's static addresses: spent by the client and a server together, or after a while by the client alone.

An account is what a server bound to one L402 token: its key and the waiting time. The account's number is the
index of the client key that the server registered, m/1017'/coin'/42060'/0/number; further receive and change
addresses take client keys of the families 42061 and 42062 with the same server key.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Self

from pillarbox.accounts.bitcoin import PARAMS_VERSION, NewerAccountError
from pillarbox.accounts.kind import (
    AddressParts,
    Enrolment,
    Extra,
    KeyNeed,
    Params,
    Requirement,
    Served,
    UsageProof,
)
from pillarbox.accounts.single_pool import coin_type, require_number
from pillarbox.bitcoin.hashes import tagged_hash
from pillarbox.bitcoin.script import COIN_FORMATS
from pillarbox.errors import InvalidInputError, PillarboxError
from pillarbox.keys import lnd
from pillarbox.keys.bip32 import ChildKeys, PublicNode
from pillarbox.keys.extended_key import format_extended_key, parse_extended_key
from pillarbox.keys.root import Root
from pillarbox.loop.backup_file import CHANGE_FAMILY, LEGACY_FAMILY, MAIN_FAMILY
from pillarbox.loop.static_address import StaticAddress, require_served
from pillarbox.model.account import Branch
from pillarbox.model.address import DerivedAddress
from pillarbox.model.network import BITCOIN, Coin, Network

NAME = "loop-static"
LAST_INDEX = (1 << 30) - 1
"""Of each branch, and of the client key that is registered: the first branch counts on from there."""
RECEIVE, CHANGE = Branch(0, "external", True), Branch(1, "internal", False)
REGISTERED = Branch(2, "registered", False)
"""Its first address is the one that the server knows; what follows has the client keys after that one."""
FAMILIES: Mapping[int, int] = MappingProxyType(
    {RECEIVE.number: MAIN_FAMILY, CHANGE.number: CHANGE_FAMILY, REGISTERED.number: LEGACY_FAMILY}
)
"""lnd's key family by branch."""


class OtherClientKeyError(PillarboxError):
    """Parameters: index."""

    code = "loop-client-key"
    title = "The wallet's words do not give this key"
    message = "Key {index} that the words give is another one than was registered. Nothing was kept."
    hint = "Check this computer's memory, and try again."


@dataclass(frozen=True, slots=True)
class StaticAccount:
    """What the kind keeps of an account. `server` may be ""; heights are 0 where nobody knew them.

    `nodes` has, by branch, the public node above the client keys. `strict`: the keys are as BIP32 says, not
    as lnd derives them.
    """

    network: Network
    server: str
    server_key: bytes
    expiry: int
    client_key: bytes
    client_key_index: int
    strict: bool
    nodes: Mapping[int, PublicNode]
    first_height: int
    multi_address_first_height: int

    @classmethod
    def read(cls, params: str, network: Network) -> Self:
        """Of `Params.data`. Raises NewerAccountError."""
        kept = json.loads(params)
        if kept["version"] != PARAMS_VERSION:
            raise NewerAccountError(version=kept["version"])
        return cls(
            network,
            kept["server"],
            bytes.fromhex(kept["server_key"]),
            kept["expiry"],
            bytes.fromhex(kept["client_key"]),
            kept["client_key_index"],
            kept["strict"],
            {branch: parse_extended_key(kept["nodes"][str(branch)]).node for branch in FAMILIES},
            kept["first_height"],
            kept["multi_address_first_height"],
        )

    @property
    def data(self) -> str:
        """As `Params.data`, which is one and the same text for one account."""
        body: dict[str, Any] = {
            "version": PARAMS_VERSION,
            "server": self.server,
            "server_key": self.server_key.hex(),
            "expiry": self.expiry,
            "client_key": self.client_key.hex(),
            "client_key_index": self.client_key_index,
            "strict": self.strict,
            "nodes": {
                str(branch): format_extended_key(node, self.network) for branch, node in self.nodes.items()
            },
            "first_height": self.first_height,
            "multi_address_first_height": self.multi_address_first_height,
        }
        return json.dumps(body)

    @property
    def same_key(self) -> str:
        node = self.nodes[RECEIVE.number]
        identity = (
            self.client_key + self.server_key + self.expiry.to_bytes(4, "big") + node.key + node.chain_code
        )
        return tagged_hash("Pillarbox/account", f"{NAME}/{self.network}/".encode() + identity).hex()

    @property
    def registered(self) -> StaticAddress:
        """The address that the server knows."""
        return StaticAddress(self.client_key, self.server_key, self.expiry)

    @property
    def registered_text(self) -> str:
        program = self.registered.output_key.format()[1:]
        return COIN_FORMATS[BITCOIN][self.network].witness_encoder(1, 32).encode(program)

    def address(self, branch: int, index: int) -> StaticAddress:
        """Raises IndexError, InvalidChildError."""
        child = self.nodes[branch].child(self.key_index(branch, index))
        return StaticAddress(child.key, self.server_key, self.expiry)

    def key_index(self, branch: int, index: int) -> int:
        """The client key's index in its family."""
        return index + (self.client_key_index if branch == REGISTERED.number else 0)

    def key_path(self, branch: int, index: int) -> str:
        """The client key's, as people write it."""
        return f"{_path(self.network, FAMILIES[branch])}/{self.key_index(branch, index)}"

    def earliest(self, other: Self) -> Self:
        """With the lower of both heights, where both are known."""
        return replace(
            self,
            first_height=_lower(self.first_height, other.first_height),
            multi_address_first_height=_lower(
                self.multi_address_first_height, other.multi_address_first_height
            ),
        )


@dataclass(frozen=True, slots=True)
class StaticDeriver:
    """The addresses of one account. All public: it spends nothing."""

    account: StaticAccount

    def derive(self, branch: int, start: int, count: int) -> Sequence[DerivedAddress]:
        if start < 0 or count < 0 or start + count > LAST_INDEX + 1:
            raise IndexError(f"an index is 0 to {LAST_INDEX}")
        encode = COIN_FORMATS[BITCOIN][self.account.network].witness_encoder(1, 32).encode
        first = self.account.key_index(branch, 0)
        found = []
        for index, key in ChildKeys(self.account.nodes[branch]).between(first + start, count):
            made = StaticAddress(key.format(), self.account.server_key, self.account.expiry)
            found.append(DerivedAddress(index - first, encode(made.output_key.format()[1:]), made.script))
        return found

    def path(self, branch: int, index: int) -> str:
        return self.account.key_path(branch, index)


@dataclass(frozen=True, slots=True)
class LoopStaticKind:
    """Made only once a server has answered: `Enrolment.served`."""

    name: str = NAME
    title: str = "Bitcoin · Loop static"
    sentence: str = "Deposits for Lightning Loop; yours alone again after a waiting time."
    coin: Coin = BITCOIN
    networks: frozenset[Network] = frozenset(Network)
    branches: tuple[Branch, ...] = (RECEIVE, CHANGE, REGISTERED)
    last_index: int = LAST_INDEX
    extras: tuple[Extra, ...] = ()
    gap_limit: int = 20
    key_need: KeyNeed = KeyNeed.ENROL
    usage: UsageProof = UsageProof.CHAIN
    requires: frozenset[Requirement] = frozenset({Requirement.SERVER, Requirement.TOKEN})
    payable: bool = True

    def enrol(self, need: Enrolment) -> Params:
        """Raises InvalidInputError without words or an answer, StaticAddressError, OtherClientKeyError."""
        if need.root is None or need.served is None:
            why = "A server of its own makes it together with the recovery words."
            raise InvalidInputError(what="account", why=why)
        require_number(need.number)
        require_served(need.served.server_key, need.served.expiry)
        return self._enrol(need, need.root, need.served)

    def _enrol(self, need: Enrolment, root: Root, served: Served) -> Params:
        nodes = public_nodes(root, need.network, strict=served.strict)
        client_key = nodes[REGISTERED.number].child(need.number).key
        if served.client_key not in (b"", client_key):
            raise OtherClientKeyError(index=need.number)
        account = StaticAccount(
            need.network,
            served.server,
            served.server_key,
            served.expiry,
            client_key,
            need.number,
            served.strict,
            nodes,
            served.first_height,
            served.multi_address_first_height,
        )
        with root.master() as master:
            fingerprint = master.public().fingerprint.hex()
        return Params(account.data, _path(need.network, MAIN_FAMILY), fingerprint, account.same_key)

    def deriver(self, params: str, network: Network, root: Root | None = None) -> StaticDeriver:
        """Raises NewerAccountError. The root is not needed, and not looked at."""
        del root
        return StaticDeriver(StaticAccount.read(params, network))

    def read(self, text: str, network: Network | None = None) -> AddressParts | None:
        """None: nothing tells its addresses from those of a Taproot account."""
        del text, network
        return None


def public_nodes(root: Root, network: Network, *, strict: bool) -> dict[int, PublicNode]:
    """By branch, the public node above the client keys; as BIP32 says if `strict`, else as lnd derives it."""
    found = {}
    for branch, family in FAMILIES.items():
        with lnd.family(root.bip32, coin_type(BITCOIN.slip44, network), family, strict=strict) as node:
            found[branch] = node.public()
    return found


def find_client_key(node: PublicNode, key: bytes, indices: range) -> int | None:
    """The index of a client key below its family's node. Raises InvalidChildError, if only to be exact."""
    for index in indices:
        if node.child(index).key == key:
            return index
    return None


def _path(network: Network, family: int) -> str:
    return f"m/{lnd.PURPOSE}'/{coin_type(BITCOIN.slip44, network)}'/{family}'/0"


def _lower(one: int, other: int) -> int:
    return min(one, other) if one and other else one or other


LOOP_STATIC = LoopStaticKind()
