"""Bech32 (BIP173) and Bech32m (BIP350), by table; segwit addresses on top of them.

The checksum is linear over GF(2), so a program's share of it is the XOR of one table entry for each byte.
"""

from collections.abc import Iterable, Sequence
from enum import IntEnum, StrEnum
from functools import cache
from typing import NamedTuple

ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
LIMIT = 90
"""Longest text of BIP173. Other standards on the same alphabet lift it."""

_VALUES = {character: value for value, character in enumerate(ALPHABET)}
_TRANSLATION = ALPHABET.encode("ascii").ljust(256)
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)


class Variant(IntEnum):
    """Which of the two checksums; the value is what the polynomial must leave."""

    BECH32 = 1
    BECH32M = 0x2BC830A3


class Refusal(StrEnum):
    """Why a text is not Bech32, or not a segwit address."""

    NOT_ASCII = "a letter from another alphabet"
    NO_SEPARATOR = "no separator"
    EMPTY_PREFIX = "nothing before the separator"
    PREFIX_CHARACTER = "an unprintable character before the separator"
    MIXED_CASE = "capital and small letters mixed"
    TOO_LONG = "too long"
    TOO_SHORT = "too short for a checksum"
    DATA_CHARACTER = "a character that these addresses never hold"
    CHECKSUM = "the checksum does not match"
    PREFIX = "the prefix is another network's or coin's"
    NO_VERSION = "no witness version"
    VERSION = "a witness version above 16"
    VARIANT = "the checksum is of the other variant"
    PADDING = "bits left over at the end"
    PROGRAM_LENGTH = "a witness program of a length that its version does not allow"


class Bech32Error(ValueError):
    """The text is refused; `refusal` says why."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.value)
        self.refusal = refusal


class Decoded(NamedTuple):
    """Prefix in lower case, 5-bit values without the checksum, and the checksum's variant."""

    prefix: str
    values: bytes
    variant: Variant


class WitnessProgram(NamedTuple):
    version: int
    program: bytes


def _reduced(top: int) -> int:
    """What the generator leaves of the five bits shifted out at the top."""
    left = 0
    for bit, generator in enumerate(_GENERATOR):
        if top >> bit & 1:
            left ^= generator
    return left


_REDUCED = tuple(_reduced(top) for top in range(32))


def _polymod(values: Iterable[int], start: int = 1) -> int:
    remainder = start
    for value in values:
        remainder = (remainder & 0x1FFFFFF) << 5 ^ value ^ _REDUCED[remainder >> 25]
    return remainder


def _expanded(prefix: str) -> bytes:
    """The prefix as the checksum sees it: high bits, a zero, low bits."""
    raw = prefix.encode("ascii")
    return bytes(byte >> 5 for byte in raw) + b"\0" + bytes(byte & 31 for byte in raw)


def encode(prefix: str, values: bytes, variant: Variant) -> str:
    """`prefix`, the separator, the 5-bit `values` and their checksum. No length limit.

    Raises ValueError for a value above 31.
    """
    if max(values, default=0) > 31:
        raise ValueError("a value has more than 5 bits")
    checksum = _polymod(bytes(6), _polymod(values, _polymod(_expanded(prefix)))) ^ variant
    data = (values + _digits(checksum, 6)).translate(_TRANSLATION)
    return f"{prefix}1{data.decode('ascii')}"


def decode(text: str, limit: int = LIMIT) -> Decoded:
    """The inverse of `encode`, strict. Raises Bech32Error. `limit` is the longest text allowed."""
    if len(text) > limit:
        raise Bech32Error(Refusal.TOO_LONG)
    if not text.isascii():
        raise Bech32Error(Refusal.NOT_ASCII)
    if text != text.lower() and text != text.upper():
        raise Bech32Error(Refusal.MIXED_CASE)
    prefix, separator, data = text.lower().rpartition("1")
    if not separator:
        raise Bech32Error(Refusal.NO_SEPARATOR)
    if not prefix:
        raise Bech32Error(Refusal.EMPTY_PREFIX)
    if not all(33 <= ord(character) <= 126 for character in prefix):
        raise Bech32Error(Refusal.PREFIX_CHARACTER)
    if not all(character in _VALUES for character in data):
        raise Bech32Error(Refusal.DATA_CHARACTER)
    if len(data) < 6:
        raise Bech32Error(Refusal.TOO_SHORT)
    values = bytes(map(_VALUES.__getitem__, data))
    left = _polymod(values, _polymod(_expanded(prefix)))
    if left not in (Variant.BECH32, Variant.BECH32M):
        raise Bech32Error(Refusal.CHECKSUM)
    return Decoded(prefix, values[:-6], Variant(left))


@cache
def _halvings(count: int) -> tuple[tuple[int, int, int], ...]:
    """Masks and shifts that move `count` 5-bit digits of a number into bytes of their own, half by half."""
    half = 1 << max(count - 1, 1).bit_length() - 1
    steps = []
    while half:
        low = sum(((1 << 5 * half) - 1) << 16 * half * group for group in range(-(-count // (2 * half))))
        steps.append((low, low << 5 * half, 3 * half))
        half //= 2
    return tuple(steps)


def _digits(number: int, count: int) -> bytes:
    """The `count` lowest 5-bit digits of a number, a byte each, highest first."""
    for low, high, shift in _halvings(count):
        number = number & low | (number & high) << shift
    return number.to_bytes(count, "big")


def to_values(data: bytes) -> bytes:
    """Bytes as 5-bit values, zero bits added at the end."""
    count = (len(data) * 8 + 4) // 5
    return _digits(int.from_bytes(data, "big") << count * 5 - len(data) * 8, count)


def from_values(values: bytes) -> bytes:
    """The inverse of `to_values`. Raises Bech32Error for more than 4 padding bits, or any that is set."""
    padding = len(values) * 5 % 8
    number = 0
    for value in values:
        number = number << 5 | value
    if padding > 4 or number & (1 << padding) - 1:
        raise Bech32Error(Refusal.PADDING)
    return (number >> padding).to_bytes(len(values) * 5 // 8, "big")


def variant_of(version: int) -> Variant:
    """Witness version 0 keeps the old checksum; BIP350 gives every later one the new."""
    return Variant.BECH32 if version == 0 else Variant.BECH32M


def decode_witness(prefixes: Sequence[str], text: str) -> tuple[str, WitnessProgram]:
    """The prefix and witness program of a segwit address with one of `prefixes`. Raises Bech32Error."""
    prefix, values, variant = decode(text)
    if prefix not in prefixes:
        raise Bech32Error(Refusal.PREFIX)
    if not values:
        raise Bech32Error(Refusal.NO_VERSION)
    version = values[0]
    if version > 16:
        raise Bech32Error(Refusal.VERSION)
    if variant is not variant_of(version):
        raise Bech32Error(Refusal.VARIANT)
    program = from_values(values[1:])
    if not 2 <= len(program) <= 40 or (version == 0 and len(program) not in (20, 32)):
        raise Bech32Error(Refusal.PROGRAM_LENGTH)
    return prefix, WitnessProgram(version, program)


@cache
def _shares(size: int) -> tuple[tuple[int, ...], ...]:
    """For each byte position of a program of `size` bytes: what each byte value adds to the checksum."""
    tables = []
    for position in range(size):
        bits = []
        for bit in range(8):
            program = bytearray(size)
            program[position] = 1 << bit
            bits.append(_polymod(bytes(6), _polymod(to_values(bytes(program)), 0)))
        shares = [0]
        for share in bits:
            shares += [known ^ share for known in shares]
        tables.append(tuple(shares))
    return tuple(tables)


class WitnessEncoder:
    """Writes the addresses of one prefix, witness version and program size (bytes), fast."""

    __slots__ = ("_constant", "_count", "_halvings", "_head", "_padding", "_shares")

    def __init__(self, prefix: str, version: int, size: int) -> None:
        values = (size * 8 + 4) // 5
        empty = _polymod(bytes(values + 6), _polymod([version], _polymod(_expanded(prefix))))
        self._constant = empty ^ variant_of(version)
        self._head = f"{prefix}1{ALPHABET[version]}"
        self._padding = values * 5 - size * 8
        self._count = values + 6
        self._halvings = _halvings(self._count)
        self._shares = _shares(size)

    def encode(self, program: bytes) -> str:
        """The address of a witness program, which must have the encoder's size."""
        checksum = self._constant
        for shares, byte in zip(self._shares, program, strict=True):
            checksum ^= shares[byte]
        number = int.from_bytes(program, "big") << self._padding << 30 | checksum
        for low, high, shift in self._halvings:
            number = number & low | (number & high) << shift
        return self._head + number.to_bytes(self._count, "big").translate(_TRANSLATION).decode("ascii")
