"""AEZ v5 (Hoang, Krovetz, Rogaway), as far as aezeed needs it: keys of any size, texts of 16 to 31 bytes.

Texts that short go through AEZ-tiny, a Feistel network of eight rounds over AES with four rounds. The time it
takes depends on the key: it runs a few hundred steps for a person at their own machine, never for a stranger.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from pillarbox.secret import Secret

SHORTEST, LONGEST = 16, 31
"""Bytes of an enciphered text."""
_BLOCK = 16
_BITS = 128
_MASK = (1 << _BITS) - 1
_REDUCTION = 0x87
_ROUNDS = 8
_TINY = 6
"""What AEZ-tiny numbers its calls with for texts of this size."""
_NONCE_ROW = 4


def encipher(key: Secret, vectors: Sequence[bytes], text: bytes, expansion: int) -> bytes:
    """`text` and `expansion` zero bytes, enciphered. `vectors`: the nonce, then the associated data.

    Raises ValueError for a sum of sizes outside SHORTEST to LONGEST.
    """
    plain = text + bytes(expansion)
    return _Cipher.of(key).tiny(8 * expansion, vectors, plain, range(_ROUNDS))


def decipher(key: Secret, vectors: Sequence[bytes], sealed: bytes, expansion: int) -> bytes | None:
    """The text; None where the last `expansion` bytes are not zero, so that key or data are others."""
    plain = _Cipher.of(key).tiny(8 * expansion, vectors, sealed, reversed(range(_ROUNDS)))
    text, rest = plain[: len(plain) - expansion], plain[len(plain) - expansion :]
    return None if any(rest) else text


@dataclass(frozen=True, slots=True)
class _Cipher:
    """The key's three parts: 128-bit numbers, the first byte of a block highest."""

    i: int = field(repr=False)
    j: int = field(repr=False)
    l: int = field(repr=False)  # noqa: E741  # AEZ's own names

    @classmethod
    def of(cls, key: Secret) -> "_Cipher":
        parts = key.reveal() if len(key) == 48 else hashlib.blake2b(key.reveal(), digest_size=48).digest()
        return cls(*(_number(parts[at : at + _BLOCK]) for at in (0, 16, 32)))

    def tiny(self, tau: int, vectors: Sequence[bytes], text: bytes, rounds: Iterable[int]) -> bytes:
        """The text through the network, in the order of its rounds or against it."""
        if not SHORTEST <= len(text) <= LONGEST:
            raise ValueError(f"{SHORTEST} to {LONGEST} bytes can be enciphered, not {len(text)}")
        tweak = self.hashed(tau, vectors)
        half = 4 * len(text)
        left, right = divmod(_number(text), 1 << half)
        for number in rounds:
            padded = (right << 1 | 1) << _BITS - half - 1
            mixed = self._tweaked(0, _TINY, tweak ^ padded ^ number) >> _BITS - half
            left, right = right, left ^ mixed
        return (right << half | left).to_bytes(len(text), "big")

    def hashed(self, tau: int, vectors: Sequence[bytes]) -> int:
        """AEZ-hash of the expansion in bits and of each vector."""
        total = self._tweaked(3, 1, tau)
        for row, vector in enumerate(vectors, _NONCE_ROW):
            whole = len(vector) // _BLOCK
            for place in range(whole):
                block = vector[place * _BLOCK : (place + 1) * _BLOCK]
                total ^= self._tweaked(row, place + 1, _number(block))
            rest = vector[whole * _BLOCK :]
            if rest or not vector:
                total ^= self._tweaked(row, 0, _number((rest + b"\x80").ljust(_BLOCK, b"\0")))
        return total

    def _tweaked(self, row: int, place: int, block: int) -> int:
        """AEZ's E with the tweak (row, place), for rows from 0 on: four rounds of AES."""
        offset = _times(row, self.j) ^ _times(place % 8, self.l)
        offset ^= _times(1 << -(-place // 8), self.i)
        state = (block ^ offset).to_bytes(_BLOCK, "big")
        for round_key in (self.j, self.i, self.l, 0):
            state = _round(state, round_key.to_bytes(_BLOCK, "big"))
        return _number(state)


def _number(block: bytes) -> int:
    return int.from_bytes(block, "big")


def _times(factor: int, block: int) -> int:
    """The product in GF(2^128), modulo x^128 + x^7 + x^2 + x + 1."""
    product = 0
    while factor:
        if factor & 1:
            product ^= block
        block = block << 1 & _MASK ^ (_REDUCTION if block >> _BITS - 1 else 0)
        factor >>= 1
    return product


def _doubled(byte: int) -> int:
    """In AES's own field, modulo x^8 + x^4 + x^3 + x + 1."""
    return byte << 1 & 0xFF ^ (0x1B if byte & 0x80 else 0)


def _substitution() -> bytes:
    """AES's S-box (FIPS 197, 5.1.1): each byte's inverse, and five turns of it added up."""
    powers = [1]
    while len(powers) < 255:
        powers.append(powers[-1] ^ _doubled(powers[-1]))
    inverse = [0] * 256
    for exponent, power in enumerate(powers):
        inverse[power] = powers[-exponent % 255]
    return bytes(0x63 ^ sum(1 << bit for bit in range(8) if _turned(byte, bit)) for byte in inverse)


def _turned(byte: int, bit: int) -> bool:
    """Whether an odd number of the five bits that AES adds up at this place is set."""
    return sum(byte >> (bit + turn) % 8 & 1 for turn in (0, 4, 5, 6, 7)) % 2 == 1


_S_BOX = _substitution()


def _round(state: bytes, key: bytes) -> bytes:
    """One whole round of AES: SubBytes, ShiftRows, MixColumns, AddRoundKey."""
    moved = [_S_BOX[state[5 * place % _BLOCK]] for place in range(_BLOCK)]
    mixed = bytearray()
    for start in range(0, _BLOCK, 4):
        column = moved[start : start + 4]
        every = column[0] ^ column[1] ^ column[2] ^ column[3]
        for row in range(4):
            mixed.append(column[row] ^ every ^ _doubled(column[row] ^ column[(row + 1) % 4]))
    return bytes(byte ^ other for byte, other in zip(mixed, key, strict=True))
