"""Dash Platform payment accounts (DIP-17) and their addresses (DIP-18).

Paths are m/9'/coin'/17'/account'/key_class'/index. Addresses never appear in layer-1 transactions.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from pillarbox.accounts.bitcoin import PARAMS_VERSION, NewerAccountError
from pillarbox.accounts.kind import AddressParts, Enrolment, Extra, KeyNeed, Params, Requirement, UsageProof
from pillarbox.bitcoin import bech32
from pillarbox.bitcoin.bech32 import Bech32Error, Variant
from pillarbox.bitcoin.hashes import hash160, tagged_hash
from pillarbox.bitcoin.script import AddressNetworkError, AddressUnreadableError
from pillarbox.errors import InvalidInputError
from pillarbox.keys.bip32 import MAX_INDEX, ChildKeys, PrivateNode, format_path, hardened
from pillarbox.keys.extended_key import format_extended_key, parse_extended_key
from pillarbox.keys.root import Root
from pillarbox.model.account import EXTERNAL, Branch
from pillarbox.model.address import DerivedAddress
from pillarbox.model.network import DASH, Coin, Network

KEY_CLASS = Extra("key_class", "Key class", 0, MAX_INDEX)
P2PKH, P2SH = 0xB0, 0x80
"""Type bytes of DIP-18; 20 bytes of hash follow."""
PREFIXES: Mapping[Network, str] = MappingProxyType(
    {Network.MAINNET: "dash", Network.TESTNET: "tdash", Network.REGTEST: "tdash"}
)


@dataclass(frozen=True, slots=True)
class DashPlatformDeriver:
    """The addresses of one key class; there is one branch."""

    keys: ChildKeys
    prefix: str
    account_path: str

    def derive(self, branch: int, start: int, count: int) -> Sequence[DerivedAddress]:
        del branch
        found = []
        for index, key in self.keys.between(start, count):
            payload = bytes((P2PKH,)) + hash160(key.format())
            text = bech32.encode(self.prefix, bech32.to_values(payload), Variant.BECH32M)
            found.append(DerivedAddress(index, text, payload))
        return found

    def path(self, branch: int, index: int) -> str:
        del branch
        return f"{self.account_path}/{index}"


@dataclass(frozen=True, slots=True)
class DashPlatformKind:
    """Accounts whose use only a balance report of Dash Platform shows."""

    name: str = "dash-platform"
    title: str = "Dash · Platform"
    sentence: str = "Receives credits on Dash Platform, not coins on the Dash chain."
    coin: Coin = DASH
    networks: frozenset[Network] = frozenset(PREFIXES)
    branches: tuple[Branch, ...] = (EXTERNAL,)
    last_index: int = MAX_INDEX
    extras: tuple[Extra, ...] = (KEY_CLASS,)
    gap_limit: int = 20
    key_need: KeyNeed = KeyNeed.ENROL
    usage: UsageProof = UsageProof.BALANCE_REPORT
    requires: frozenset[Requirement] = frozenset()

    def enrol(self, need: Enrolment) -> Params:
        if need.root is None:
            raise InvalidInputError(what="account", why="A Dash Platform account is made from words.")
        if not 0 <= need.number <= MAX_INDEX:
            raise InvalidInputError(what="account number", why="Account numbers are 0 to 2147483647.")
        coin_type = DASH.slip44 if need.network is Network.MAINNET else 1
        key_class = need.extra(KEY_CLASS)  # noqa: S610  # no database: a number beside the account's
        path = tuple(map(hardened, (9, coin_type, 17, need.number, key_class)))
        with PrivateNode.from_seed(need.root.seed) as master, master.descendant(path) as account:
            fingerprint, node = master.public().fingerprint, account.public()
        text, written = format_extended_key(node, need.network), f"m/{format_path(path)}"
        identity = f"{self.name}/{need.network}/".encode() + node.key + node.chain_code
        return Params(
            data=json.dumps({"version": PARAMS_VERSION, "key": text, "path": written}),
            path=written,
            fingerprint=fingerprint.hex(),
            same_key=tagged_hash("Pillarbox/account", identity).hex(),
        )

    def deriver(self, params: str, network: Network, root: Root | None = None) -> DashPlatformDeriver:
        """Raises NewerAccountError. The root is not needed, and not looked at."""
        del root
        kept = json.loads(params)
        if kept["version"] != PARAMS_VERSION:
            raise NewerAccountError(version=kept["version"])
        node = parse_extended_key(kept["key"]).node
        return DashPlatformDeriver(ChildKeys(node), PREFIXES[network], kept["path"])

    def read(self, text: str, network: Network | None = None) -> AddressParts | None:
        """Raises AddressNetworkError too, since the prefix names the network."""
        prefix = text.lower().partition("1")[0]
        if prefix in ("dashevo", "tdashevo"):
            raise AddressUnreadableError(why=f"the form {prefix}1 is outdated, and no wallet pays to it")
        if prefix not in PREFIXES.values():
            return None
        payload = _payload(text)
        networks = [known for known, own in PREFIXES.items() if own == prefix]
        if network is not None and network not in networks:
            raise AddressNetworkError(found=f"Dash Platform {networks[0]}", wanted=network)
        holds = {"type": "p2pkh" if payload[0] == P2PKH else "p2sh", "program": payload[1:].hex()}
        return AddressParts(self.name, network or networks[0], holds)


def _payload(text: str) -> bytes:
    try:
        decoded = bech32.decode(text)
        payload = bech32.from_values(decoded.values)
    except Bech32Error as error:
        raise AddressUnreadableError(why=error.refusal.value) from error
    if decoded.variant is not Variant.BECH32M:
        raise AddressUnreadableError(why="the checksum is of the other variant")
    if len(payload) != 21 or payload[0] not in (P2PKH, P2SH):
        raise AddressUnreadableError(why="its first byte or its length is not that of DIP-18")
    return payload


DASH_PLATFORM = DashPlatformKind()
