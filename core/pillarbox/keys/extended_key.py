"""Extended public keys as text: xpub (BIP32), ypub and zpub (SLIP-132), their test forms, key origins."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from coincurve import PublicKey

from pillarbox.bitcoin import base58
from pillarbox.bitcoin.base58 import Base58Error
from pillarbox.errors import PillarboxError
from pillarbox.keys.bip32 import HARDENED, MAX_INDEX, NO_PARENT, PublicNode, format_path, parse_path
from pillarbox.model.network import Network


class ExtendedKeyError(PillarboxError):
    """Parameters: why."""

    code = "extended-key-unreadable"
    title = "This extended public key cannot be used"
    message = "Reading it failed: {why}."
    hint = "Copy the whole key again from the wallet it came from: it starts with xpub, ypub, zpub or tpub."


class PrivateKeyGivenError(PillarboxError):
    """No parameters: the key itself is in no message."""

    code = "private-key-given"
    title = "This is a private key"
    message = (
        "Whoever holds it can spend the money. A watch-only account needs the public key only. "
        "Pillarbox did not keep it."
    )
    hint = (
        "Export the extended public key (xpub, ypub, zpub) instead. Clear the clipboard if you pasted this."
    )


class KeyNetworkError(PillarboxError):
    """Parameters: found, wanted."""

    code = "key-other-network"
    title = "This key belongs to another network"
    message = "It is a key for {found}, and this account is for {wanted}. Its addresses would not match."
    hint = "Export the key again for {wanted}, or choose the other network."


class ScriptType(StrEnum):
    """What an account's keys are wrapped in, by its BIP. The values are those of the account kinds."""

    P2PKH = "p2pkh"
    P2SH_P2WPKH = "p2sh-p2wpkh"
    P2WPKH = "p2wpkh"
    P2TR = "p2tr"


BY_PURPOSE: Mapping[int, ScriptType] = MappingProxyType(
    {44: ScriptType.P2PKH, 49: ScriptType.P2SH_P2WPKH, 84: ScriptType.P2WPKH, 86: ScriptType.P2TR}
)
"""What accounts at m/purpose'/coin'/account' are wrapped in: BIP44, BIP49, BIP84, BIP86."""

MAINNETS = (Network.MAINNET,)
TESTNETS = (Network.TESTNET, Network.SIGNET, Network.REGTEST)


class Version(NamedTuple):
    """What the four version bytes say. `script` is None where they leave it open."""

    name: str
    networks: tuple[Network, ...]
    script: ScriptType | None
    coin: str = ""
    """The one coin that it is for, by name; "" where several use it."""


PUBLIC_VERSIONS: Mapping[bytes, Version] = MappingProxyType(
    {
        bytes.fromhex("0488b21e"): Version("xpub", MAINNETS, None),
        bytes.fromhex("049d7cb2"): Version("ypub", MAINNETS, ScriptType.P2SH_P2WPKH),
        bytes.fromhex("04b24746"): Version("zpub", MAINNETS, ScriptType.P2WPKH),
        bytes.fromhex("043587cf"): Version("tpub", TESTNETS, None),
        bytes.fromhex("044a5262"): Version("upub", TESTNETS, ScriptType.P2SH_P2WPKH),
        bytes.fromhex("045f1cf6"): Version("vpub", TESTNETS, ScriptType.P2WPKH),
        bytes.fromhex("019da462"): Version("Ltub", MAINNETS, None, "litecoin"),
        bytes.fromhex("01b26ef6"): Version("Mtub", MAINNETS, ScriptType.P2SH_P2WPKH, "litecoin"),
        bytes.fromhex("0436f6e1"): Version("ttub", TESTNETS, None, "litecoin"),
        bytes.fromhex("02facafd"): Version("dgub", MAINNETS, None, "dogecoin"),
        bytes.fromhex("0432a9a8"): Version("tgub", TESTNETS, None, "dogecoin"),
        bytes.fromhex("02fe52cc"): Version("drkp", MAINNETS, None, "dash"),
    }
)
MULTISIG_VERSIONS = frozenset(map(bytes.fromhex, ("0295b43f", "02aa7ed3", "024289ef", "02575483")))
PRIVATE_VERSIONS = frozenset(
    map(
        bytes.fromhex,
        (
            *("0488ade4", "049d7878", "04b2430c", "04358394", "044a4e28", "045f18bc"),
            *("0295b005", "02aa7a99", "024285b5", "02575048"),
            *("019d9cfe", "01b26792", "0436ef7d", "02fac398", "0432a243", "02fe52f8"),
        ),
    )
)


@dataclass(frozen=True, slots=True)
class KeyOrigin:
    """Where a key lies: the master key's fingerprint (4 bytes) and the path from it."""

    fingerprint: bytes
    path: tuple[int, ...]

    def __str__(self) -> str:
        """As BIP380 writes it, without the brackets: 73c5da0a/84h/0h/0h ."""
        return "/".join(filter(None, (self.fingerprint.hex(), format_path(self.path, "h"))))

    @property
    def script(self) -> ScriptType | None:
        """What the path of a BIP's account says that it is wrapped in; None for any other path."""
        if len(self.path) != 3 or not all(step & HARDENED for step in self.path):
            return None
        return BY_PURPOSE.get(self.path[0] & MAX_INDEX)


@dataclass(frozen=True, slots=True)
class ExtendedKey:
    """An extended public key, and what its text says around it."""

    node: PublicNode
    networks: tuple[Network, ...]
    script: ScriptType | None = None
    origin: KeyOrigin | None = None
    coin: str = ""
    """The one coin that its text says it is for, by name; "" where it leaves that open."""

    def require_network(self, network: Network) -> None:
        """Raises KeyNetworkError unless the key is for `network`."""
        if network not in self.networks:
            raise KeyNetworkError(found=self.networks[0], wanted=network)


_ORIGIN = re.compile(r"\[([0-9a-fA-F]{8})((?:/[0-9]{1,10}['hH]?)*)\]")
_LOOK = re.compile(r"(?:\[[^]]*\])?(?:[xyztuvXYZTUV]pub|[LMt]tub|[dt]gub|drkp)\w+")
_SIZE = 78


def parse_origin(text: str) -> tuple[KeyOrigin | None, str]:
    """The origin in brackets at the head of a key text, if there is one, and the rest.

    Raises ExtendedKeyError for brackets that hold anything else.
    """
    if not text.startswith("["):
        return None, text
    found = _ORIGIN.match(text)
    if found is None:
        raise ExtendedKeyError(
            why="the origin in brackets is not a fingerprint and a path, [73c5da0a/84h/0h/0h]"
        )
    return KeyOrigin(bytes.fromhex(found[1]), parse_path(found[2].removeprefix("/"))), text[found.end() :]


def is_extended_public_key(text: str) -> bool:
    """Whether a text looks like [origin]xpub... or a form of it, whole or damaged."""
    return _LOOK.fullmatch(text.strip()) is not None


def parse_extended_key(text: str) -> ExtendedKey:
    """Reads [origin]xpub..., where the origin may be missing.

    The origin of an account says its script type where the key's letters leave it open. Raises
    ExtendedKeyError, or PrivateKeyGivenError for an extended private key.
    """
    origin, body = parse_origin(text.strip())
    try:
        data = base58.decode_check(body)
    except Base58Error as error:
        if body[1:4] == "prv":
            raise PrivateKeyGivenError from None
        raise ExtendedKeyError(why=str(error)) from error
    version = data[:4]
    if version in PRIVATE_VERSIONS:
        raise PrivateKeyGivenError
    if version in MULTISIG_VERSIONS:
        raise ExtendedKeyError(why="it is one of several keys of a multi-signature wallet")
    known = PUBLIC_VERSIONS.get(version)
    if known is None:
        raise ExtendedKeyError(why="its first bytes are those of another coin or of no extended key")
    node = _node(data)
    if origin is None:
        return ExtendedKey(node, known.networks, known.script, None, known.coin)
    if len(origin.path) == node.depth > 0 and origin.path[-1] != node.child_number:
        raise ExtendedKeyError(why="it is not the key at the path that its origin names")
    if None not in (known.script, origin.script) and known.script is not origin.script:
        raise ExtendedKeyError(why=f"{known.name} is for {known.script}, and its path for {origin.script}")
    return ExtendedKey(node, known.networks, known.script or origin.script, origin, known.coin)


def _node(data: bytes) -> PublicNode:
    if len(data) != _SIZE:
        raise ExtendedKeyError(why="it has not the length of an extended key")
    depth, parent, child_number = data[4], data[5:9], int.from_bytes(data[9:13], "big")
    if depth == 0 and (parent != NO_PARENT or child_number):
        raise ExtendedKeyError(why="it says that it has no parent, and names one")
    key = data[45:]
    try:
        PublicKey(key)
    except ValueError:
        raise ExtendedKeyError(why="it holds no point of the curve") from None
    return PublicNode(key, data[13:45], depth, parent, child_number)


def format_extended_key(node: PublicNode, network: Network, script: ScriptType | None = None) -> str:
    """The text of a node: xpub or tpub, or the SLIP-132 form of `script` where it has one."""
    by_meaning = {
        (version.networks, version.script): number
        for number, version in PUBLIC_VERSIONS.items()
        if not version.coin
    }
    networks = MAINNETS if network is Network.MAINNET else TESTNETS
    number = by_meaning.get((networks, script), by_meaning[networks, None])
    return base58.encode_check(
        number
        + bytes((node.depth,))
        + node.parent_fingerprint
        + node.child_number.to_bytes(4, "big")
        + node.chain_code
        + node.key
    )
