"""Dash Platform payment accounts (DIP-17) and their addresses (DIP-18).

Paths are m/9'/coin'/17'/account'/key_class'/index. Addresses never appear in layer-1 transactions.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

from coincurve import PublicKey

from pillarbox.accounts import single_pool
from pillarbox.accounts.kind import AddressParts, Enrolment, Extra, KeyNeed, Params, Requirement, UsageProof
from pillarbox.accounts.single_pool import SinglePoolDeriver, coin_type, require_number
from pillarbox.bitcoin import bech32
from pillarbox.bitcoin.bech32 import Bech32Error, Variant
from pillarbox.bitcoin.hashes import hash160
from pillarbox.bitcoin.script import AddressNetworkError, AddressUnreadableError
from pillarbox.keys.bip32 import MAX_INDEX, ChildKeys, hardened
from pillarbox.keys.root import Root
from pillarbox.model.account import EXTERNAL, Branch
from pillarbox.model.network import DASH, DASH_CREDITS, Coin, Network

KEY_CLASS = Extra("key_class", "Key class", 0, MAX_INDEX)
P2PKH, P2SH = 0xB0, 0x80
"""Type bytes of DIP-18; 20 bytes of hash follow."""
PREFIXES: Mapping[Network, str] = MappingProxyType(
    {Network.MAINNET: "dash", Network.TESTNET: "tdash", Network.REGTEST: "tdash"}
)


@dataclass(frozen=True, slots=True)
class DashPlatformKind:
    """Accounts whose use only a balance report of Dash Platform shows."""

    name: str = "dash-platform"
    title: str = "Dash · Platform"
    sentence: str = "Receives credits on Dash Platform, not coins on the Dash chain."
    coin: Coin = DASH_CREDITS
    networks: frozenset[Network] = frozenset(PREFIXES)
    branches: tuple[Branch, ...] = (EXTERNAL,)
    last_index: int = MAX_INDEX
    extras: tuple[Extra, ...] = (KEY_CLASS,)
    gap_limit: int = 20
    key_need: KeyNeed = KeyNeed.ENROL
    usage: UsageProof = UsageProof.BALANCE_REPORT
    requires: frozenset[Requirement] = frozenset()
    payable: bool = True

    def enrol(self, need: Enrolment) -> Params:
        require_number(need.number)
        key_class = need.extra(KEY_CLASS)  # noqa: S610  # no database: a number beside the account's
        steps = (9, coin_type(DASH.slip44, need.network), 17, need.number, key_class)
        return single_pool.enrol(self.name, tuple(map(hardened, steps)), need, self.name)

    def deriver(self, params: str, network: Network, root: Root | None = None) -> SinglePoolDeriver:
        """Raises NewerAccountError. The root is not needed, and not looked at."""
        del root
        node, path = single_pool.kept(params)
        return SinglePoolDeriver(ChildKeys(node), partial(_address, PREFIXES[network]), path)

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


def _address(prefix: str, key: PublicKey) -> tuple[str, bytes]:
    payload = bytes((P2PKH,)) + hash160(key.format())
    return bech32.encode(prefix, bech32.to_values(payload), Variant.BECH32M), payload


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
