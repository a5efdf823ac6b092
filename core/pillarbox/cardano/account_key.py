"""An account's extended public key as text: Bech32 `acct_xvk1...` (CIP-5), or 128 hexadecimal digits."""

from pillarbox.bitcoin import bech32
from pillarbox.bitcoin.bech32 import Bech32Error, Variant
from pillarbox.cardano.soft_keys import KEY_SIZE, SoftKey
from pillarbox.keys.extended_key import ExtendedKeyError, PrivateKeyGivenError

PREFIX = "acct_xvk"
_PRIVATE_PREFIXES = ("acct_xsk", "acct_sk", "root_xsk", "root_sk", "addr_xsk", "xprv")
_PRIVATE_SIZES = (96, 128)
_LIMIT = 256


def parse(text: str) -> SoftKey:
    """Raises ExtendedKeyError, or PrivateKeyGivenError for an extended private key."""
    plain = text.strip()
    if plain.lower().startswith(_PRIVATE_PREFIXES):
        raise PrivateKeyGivenError
    try:
        data = bytes.fromhex(plain)
    except ValueError:
        data = _decode(plain)
    if len(data) in _PRIVATE_SIZES:
        raise PrivateKeyGivenError
    if len(data) == KEY_SIZE and plain.lower()[:8] != PREFIX and _looks_private(data):
        raise ExtendedKeyError(why=f"it could be a private key; give the public one as {PREFIX}1...")
    try:
        return SoftKey.from_bytes(data)
    except ValueError as error:
        raise ExtendedKeyError(why=str(error)) from error


def encode(key: SoftKey) -> str:
    """As CIP-5 writes it."""
    return bech32.encode(PREFIX, bech32.to_values(key.to_bytes()), Variant.BECH32)


def _looks_private(data: bytes) -> bool:
    """Whether the first half has the bits that private keys have, as one public key in 64 has too."""
    return data[0] & 7 == 0 and data[31] & 0xE0 == 0x40


def _decode(text: str) -> bytes:
    try:
        prefix, values, variant = bech32.decode(text, _LIMIT)
        data = bech32.from_values(values)
    except Bech32Error as error:
        raise ExtendedKeyError(why=error.refusal.value) from error
    if prefix != PREFIX:
        raise ExtendedKeyError(why=f"a Cardano account's public key starts with {PREFIX}1")
    if variant is not Variant.BECH32 or len(data) != KEY_SIZE:
        raise ExtendedKeyError(why="its checksum or its length is not that of an account's public key")
    return data
