"""Base58Check: bytes as text without look-alike characters, four checksum bytes at the end."""

from functools import cache

from pillarbox.bitcoin.hashes import sha256d

ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
LIMIT = 200
"""Longest text that is read. Extended keys have 111 characters; reading takes quadratic time."""

_DIGITS = {character: digit for digit, character in enumerate(ALPHABET)}
_PAIR = 58**2
_CHUNK = _PAIR**5


class Base58Error(ValueError):
    """The text is not Base58Check. The message says why."""


@cache
def _pairs() -> tuple[str, ...]:
    return tuple(high + low for high in ALPHABET for low in ALPHABET)


def encode(data: bytes) -> str:
    """Base58 without a checksum. Each leading zero byte becomes a leading `1`."""
    pairs = _pairs()
    number = int.from_bytes(data, "big")
    digits: list[str] = []
    while number:
        number, chunk = divmod(number, _CHUNK)
        for _ in range(5):
            chunk, pair = divmod(chunk, _PAIR)
            digits.append(pairs[pair])
    zeros = len(data) - len(data.lstrip(b"\0"))
    return "1" * zeros + "".join(reversed(digits)).lstrip("1")


def decode(text: str) -> bytes:
    """The inverse of `encode`. Raises Base58Error for any character outside the alphabet."""
    if len(text) > LIMIT:
        raise Base58Error("too long")
    number = 0
    for character in text:
        digit = _DIGITS.get(character)
        if digit is None:
            raise Base58Error("a character outside the Base58 alphabet")
        number = number * 58 + digit
    zeros = len(text) - len(text.lstrip("1"))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")


def encode_check(data: bytes) -> str:
    """Base58 of the data and the first four bytes of its double SHA-256."""
    return encode(data + sha256d(data)[:4])


def decode_check(text: str) -> bytes:
    """The data without its checksum. Raises Base58Error."""
    whole = decode(text)
    if len(whole) < 4:
        raise Base58Error("too short for a checksum")
    data, checksum = whole[:-4], whole[-4:]
    if sha256d(data)[:4] != checksum:
        raise Base58Error("the checksum does not match")
    return data
