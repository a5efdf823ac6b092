"""Output descriptors (BIP380 to BIP386) of one key: read, checked, and turned into an account's key."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from coincurve import PublicKey

from pillarbox.accounts.single_key import address_maker
from pillarbox.bitcoin.script import FORMATS
from pillarbox.errors import PillarboxError
from pillarbox.keys.extended_key import (
    ExtendedKey,
    PrivateKeyGivenError,
    ScriptType,
    parse_extended_key,
    parse_origin,
)
from pillarbox.model.network import Network


class DescriptorPrivateKeyError(PillarboxError):
    """No parameters: the key itself is in no message."""

    code = "descriptor-has-private-key"
    title = "This descriptor holds a private key"
    message = (
        "Whoever holds it can spend the money. A watch-only account needs public keys only. "
        "Pillarbox did not keep it."
    )
    hint = "Export the public descriptor instead. Clear the clipboard if you pasted this."


class DescriptorChecksumError(PillarboxError):
    """No parameters."""

    code = "descriptor-checksum"
    title = "This descriptor was damaged"
    message = "The checksum after # does not match the rest: a character was changed, lost or added."
    hint = "Copy the whole descriptor again from the wallet it came from."


class DescriptorUnsupportedError(PillarboxError):
    """Parameters: what."""

    code = "descriptor-unsupported"
    title = "Pillarbox cannot watch this kind of descriptor"
    message = "It uses {what}. Pillarbox knows pkh, sh(wpkh), wpkh and tr, each of one key."
    hint = "Nothing was changed. Watch it with the wallet that made it."


class DescriptorUnreadableError(PillarboxError):
    """Parameters: why."""

    code = "descriptor-unreadable"
    title = "This is not an output descriptor"
    message = "Reading it failed: {why}."
    hint = "Copy the whole descriptor again from the wallet it came from."


class DescriptorNotAnAccountError(PillarboxError):
    """Parameters: what."""

    code = "descriptor-not-an-account"
    title = "This descriptor gives no fresh receive addresses"
    message = "It describes {what}. Pillarbox hands out every address once, and needs one after the other."
    hint = "Export the descriptor that ends in /0/* or /<0;1>/* ."


INPUT_CHARACTERS = (
    "0123456789()[],'/*abcdefgh@:$%{}IJKLMNOPQRSTUVWXYZ&+-.;<=>?!^_|~ijklmnopqrstuvwxyzABCDEFGH`#\"\\ "
)
CHECKSUM_CHARACTERS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATOR = (0xF5DEE51989, 0xA9FDCA3312, 0x1BAB10E32D, 0x3706B1677A, 0x644D626FFD)

_BRANCHES: Mapping[str, tuple[int, ...]] = MappingProxyType({"/0/*": (0,), "/1/*": (1,), "/<0;1>/*": (0, 1)})
_PRIVATE = re.compile(r"(?<!\w)(?:[xyztuvXYZTUV]prv\w|[5KL9c][1-9A-HJ-NP-Za-km-z]{50,51}(?!\w))")
_SHAPES: Mapping[str, ScriptType] = MappingProxyType(
    {
        "pkh(": ScriptType.P2PKH,
        "sh(wpkh(": ScriptType.P2SH_P2WPKH,
        "wpkh(": ScriptType.P2WPKH,
        "tr(": ScriptType.P2TR,
    }
)


@dataclass(frozen=True, slots=True)
class Descriptor:
    """One key in one script type: an account's (`key`, `branches`), or one single address (`point`)."""

    script: ScriptType
    key: ExtendedKey | None
    branches: tuple[int, ...]
    """What stands before the /*: 0 to receive, 1 for change. Empty for a single address."""
    point: bytes | None = None
    """33 bytes, compressed."""

    @property
    def kind(self) -> str:
        """The name of the account kind that makes these addresses."""
        return f"bitcoin-{self.script}"

    def single_address(self, network: Network) -> str:
        """The one address of a descriptor with a bare key. Raises ValueError for any other."""
        if self.point is None:
            raise ValueError("the descriptor has many addresses")
        text, _ = address_maker(self.script, FORMATS[network])(PublicKey(self.point))
        return text


def checksum(body: str) -> str:
    """The eight characters that BIP380 puts after the `#`. Raises DescriptorUnreadableError."""
    symbols = []
    groups: list[int] = []
    for character in body:
        place = INPUT_CHARACTERS.find(character)
        if place < 0:
            raise DescriptorUnreadableError(why="it holds a character that descriptors do not have")
        symbols.append(place & 31)
        groups.append(place >> 5)
        if len(groups) == 3:
            symbols.append(groups[0] * 9 + groups[1] * 3 + groups[2])
            groups.clear()
    if groups:
        symbols.append(groups[0] if len(groups) == 1 else groups[0] * 3 + groups[1])
    remainder = _polymod([*symbols, *[0] * 8]) ^ 1
    return "".join(CHECKSUM_CHARACTERS[remainder >> 5 * (7 - place) & 31] for place in range(8))


def _polymod(symbols: list[int]) -> int:
    remainder = 1
    for symbol in symbols:
        top = remainder >> 35
        remainder = (remainder & 0x7FFFFFFFF) << 5 ^ symbol
        for bit, generator in enumerate(_GENERATOR):
            if top >> bit & 1:
                remainder ^= generator
    return remainder


def with_checksum(body: str) -> str:
    return f"{body}#{checksum(body)}"


def is_descriptor(text: str) -> bool:
    """Whether a text is meant as a descriptor, rather than as a key."""
    return "(" in text


def parse_descriptor(text: str) -> Descriptor:
    """Reads a descriptor of one key; its checksum is verified when there is one.

    Raises DescriptorPrivateKeyError before anything else is said of it, then DescriptorChecksumError,
    DescriptorUnreadableError, DescriptorUnsupportedError, or what `parse_extended_key` raises.
    """
    text = text.strip()
    if _PRIVATE.search(text):
        raise DescriptorPrivateKeyError
    body, mark, given = text.partition("#")
    expected = checksum(body)
    if mark and given != expected:
        raise DescriptorChecksumError
    script, argument = _unwrap(body)
    try:
        return _parse_key(script, argument)
    except PrivateKeyGivenError:
        raise DescriptorPrivateKeyError from None


def _unwrap(body: str) -> tuple[ScriptType, str]:
    """The script type that the functions around a key mean, and the key."""
    found = re.match(r"(?:\w+\()+", body)
    if found is None:
        raise DescriptorUnreadableError(why="it does not start with a function such as wpkh(")
    head, tail = found[0], ")" * found[0].count("(")
    script = _SHAPES.get(head)
    if script is None:
        raise DescriptorUnsupportedError(what=f"{head}...{tail}")
    argument = body[len(head) :].removesuffix(tail)
    if "," in argument:
        raise DescriptorUnsupportedError(what=f"{head}..., ...{tail}")
    if not body.endswith(tail) or "(" in argument or ")" in argument:
        raise DescriptorUnreadableError(why="its brackets do not match")
    return script, argument


def _parse_key(script: ScriptType, text: str) -> Descriptor:
    origin, rest = parse_origin(text)
    key, slash, steps = rest.partition("/")
    if re.fullmatch(r"[0-9a-fA-F]{64,130}", key):
        return Descriptor(script, None, (), _parse_point(script, key, slash))
    branches = _BRANCHES.get(slash + steps)
    if branches is None:
        if re.search(r"\d['hH](/|$)|\*['hH]", steps):
            raise DescriptorUnsupportedError(what="hardened steps after the key, which need the private key")
        raise DescriptorUnsupportedError(what=f"the path {slash + steps or 'of one single extended key'}")
    extended = parse_extended_key(key)
    if extended.script not in (None, script):
        raise DescriptorUnreadableError(why="its key is meant for another script type than it says")
    return Descriptor(script, replace(extended, script=script, origin=origin), branches)


def _parse_point(script: ScriptType, text: str, slash: str) -> bytes:
    point = bytes.fromhex(text) if len(text) % 2 == 0 else b""
    if script is ScriptType.P2TR and len(point) == 32:
        point = b"\x02" + point
    if len(point) == 65:
        raise DescriptorUnsupportedError(what="an uncompressed public key")
    try:
        PublicKey(point)
    except ValueError:
        raise DescriptorUnreadableError(why="its key is no point of the curve") from None
    if slash:
        raise DescriptorUnreadableError(why="a bare key has no path")
    return point


def account_key(text: str) -> ExtendedKey:
    """The account key of a watch-only import: [origin]xpub..., or a descriptor of an account.

    A descriptor sets the key's `script`. Change addresses (/1/*) follow from the receive ones.
    Raises what `parse_descriptor` and `parse_extended_key` raise, or DescriptorNotAnAccountError.
    """
    if not is_descriptor(text):
        return parse_extended_key(text)
    described = parse_descriptor(text)
    if described.key is None:
        raise DescriptorNotAnAccountError(what="one single address")
    if 0 not in described.branches:
        raise DescriptorNotAnAccountError(what="change addresses only")
    return described.key


def named_kind(text: str) -> str | None:
    """The account kind that a public key or a descriptor asks for; None where it is left open, as by xpub.

    Raises what `account_key` raises.
    """
    key = account_key(text)
    if key.coin:
        return f"{key.coin}-{key.script or ScriptType.P2PKH}"
    return None if key.script is None else f"bitcoin-{key.script}"
