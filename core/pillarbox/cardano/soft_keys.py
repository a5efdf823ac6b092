"""Normal children of a Cardano account's public key (BIP32-Ed25519, scheme 2): no private key is needed."""

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass

from nacl.bindings import (
    crypto_core_ed25519_add,
    crypto_core_ed25519_is_valid_point,
    crypto_scalarmult_ed25519_base_noclamp,
)

HARDENED = 1 << 31
OUT_OF_RANGE = "a normal child's index is 0 to 2147483647"
KEY_SIZE = 64


@dataclass(frozen=True, slots=True)
class SoftKey:
    """An extended public key: 32 bytes of a point, 32 of a chain code."""

    key: bytes
    chain_code: bytes

    @classmethod
    def from_bytes(cls, data: bytes) -> "SoftKey":
        """Raises ValueError for another size than 64 bytes, or for what is no point of the curve."""
        if len(data) != KEY_SIZE:
            raise ValueError("an extended public key has 64 bytes")
        if not crypto_core_ed25519_is_valid_point(data[:32]):
            raise ValueError("it holds no point of the curve")
        return cls(data[:32], data[32:])

    def to_bytes(self) -> bytes:
        return self.key + self.chain_code

    def child(self, index: int) -> "SoftKey":
        """Raises IndexError for a hardened index or one beyond."""
        if not 0 <= index < HARDENED:
            raise IndexError(OUT_OF_RANGE)
        tail = self.key + index.to_bytes(4, "little")
        key = _add(self.key, hmac.digest(self.chain_code, b"\2" + tail, "sha512"))
        return SoftKey(key, hmac.digest(self.chain_code, b"\3" + tail, "sha512")[32:])


def children(parent: SoftKey, start: int, count: int) -> Iterator[tuple[int, bytes]]:
    """(index, 32-byte public key) of the normal children, without their chain codes.

    Raises IndexError for an index outside 0 to 2^31-1.
    """
    if start < 0 or count < 0 or start + count > HARDENED:
        raise IndexError(OUT_OF_RANGE)
    code, head = parent.chain_code, b"\2" + parent.key
    for index in range(start, start + count):
        yield index, _add(parent.key, hmac.digest(code, head + index.to_bytes(4, "little"), "sha512"))


def key_hash(key: bytes) -> bytes:
    """BLAKE2b-224 of a public key: what Shelley addresses hold."""
    return hashlib.blake2b(key, digest_size=28).digest()


def _add(key: bytes, tag: bytes) -> bytes:
    """A + 8 * tag[:28] * B."""
    scalar = (int.from_bytes(tag[:28], "little") << 3).to_bytes(32, "little")
    return crypto_core_ed25519_add(key, crypto_scalarmult_ed25519_base_noclamp(scalar))
