"""CashAddr: how Bitcoin Cash writes addresses, `bitcoincash:q...`. Its checksum has 40 bits."""

from typing import NamedTuple

from pillarbox.bitcoin import bech32
from pillarbox.bitcoin.bech32 import Bech32Error

P2PKH, P2SH = 0, 1
_LETTERS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATOR = (0x98F2BC8E61, 0x79B76D99E2, 0xF33E5FB3C4, 0xAE2EABE2A8, 0x1E4F43E470)
_CHECKSUM = 8
_SIZE = 42
"""Letters of an address of 20 bytes, prefix aside."""


class CashAddrError(ValueError):
    """The text is no CashAddr of 20 bytes. The message says why."""


class CashAddress(NamedTuple):
    """`kind` is P2PKH or P2SH; `program` has 20 bytes."""

    prefix: str
    kind: int
    program: bytes


def encode(prefix: str, kind: int, program: bytes) -> str:
    """The address of a hash of 20 bytes, with its prefix and colon."""
    values = bech32.to_values(bytes((kind << 3,)) + program)
    remainder = _polymod(_expanded(prefix) + values + bytes(_CHECKSUM))
    checksum = bytes(remainder >> 5 * (_CHECKSUM - 1 - place) & 31 for place in range(_CHECKSUM))
    return f"{prefix}:{''.join(_LETTERS[value] for value in values + checksum)}"


def decode(text: str, prefixes: tuple[str, ...]) -> CashAddress:
    """An address of one of the prefixes; without one, the first is tried whose checksum fits.

    Raises CashAddrError.
    """
    if text not in (text.lower(), text.upper()):
        raise CashAddrError("it mixes upper and lower case letters")
    named, colon, body = text.lower().rpartition(":")
    if colon and named not in prefixes:
        raise CashAddrError("its prefix is not one of Bitcoin Cash")
    if len(body) != _SIZE:
        raise CashAddrError("it is too short or too long")
    if not set(body) <= set(_LETTERS):
        raise CashAddrError("it holds a character that such addresses do not have")
    values = bytes(map(_LETTERS.index, body))
    for prefix in (named,) if colon else prefixes:
        if _polymod(_expanded(prefix) + values) == 0:
            return CashAddress(prefix, *_payload(values[:-_CHECKSUM]))
    raise CashAddrError("the checksum does not match")


def _payload(values: bytes) -> tuple[int, bytes]:
    try:
        data = bech32.from_values(values)
    except Bech32Error as error:
        raise CashAddrError(error.refusal.value) from error
    kind = data[0] >> 3
    if data[0] & 7 or kind not in (P2PKH, P2SH):
        raise CashAddrError("it is of a kind that Pillarbox does not know")
    return kind, data[1:]


def _expanded(prefix: str) -> bytes:
    return bytes(ord(letter) & 31 for letter in prefix) + b"\0"


def _polymod(values: bytes) -> int:
    remainder = 1
    for value in values:
        top = remainder >> 35
        remainder = (remainder & 0x7FFFFFFFF) << 5 ^ value
        for bit, generator in enumerate(_GENERATOR):
            if top >> bit & 1:
                remainder ^= generator
    return remainder ^ 1
