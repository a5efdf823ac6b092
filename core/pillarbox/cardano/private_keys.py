"""Extended private keys of Cardano (BIP32-Ed25519): Byron's derivation scheme 1, and scheme 2 of all since.

Scheme 1 writes an index with its highest byte first and loses carries; it stays as it is for the addresses
made with it. Scheme 2 writes the lowest byte first.
"""

import hmac
from collections.abc import Iterable
from enum import Enum
from types import TracebackType
from typing import Self

from nacl.bindings import crypto_scalarmult_ed25519_base_noclamp

from pillarbox.cardano.soft_keys import HARDENED, SoftKey
from pillarbox.secret import Secret

_WORD256 = 1 << 256
_ORDER = (1 << 252) + 27742317777372353535851937790883648493
"""Of the base point of Ed25519."""


class Scheme(Enum):
    """How children are derived."""

    BYRON = 1
    ICARUS = 2


class PrivateKey:
    """64 bytes of key (kL and kR) and a chain code. A context manager: all is wiped at the end."""

    __slots__ = ("_chain_code", "_key", "_scheme")

    def __init__(self, key: Secret, chain_code: Secret, scheme: Scheme) -> None:
        """Takes both over, and wipes them."""
        self._key = key
        self._chain_code = chain_code
        self._scheme = scheme

    def child(self, number: int) -> "PrivateKey":
        """The child of a child number; from 2^31 up it is hardened. Raises IndexError beyond 32 bits."""
        if not 0 <= number < 2 * HARDENED:
            raise IndexError("a child number has 32 bits")
        order = "big" if self._scheme is Scheme.BYRON else "little"
        parent, code = self._key.reveal(), self._chain_code.reveal()
        tail = number.to_bytes(4, order)  # type: ignore[arg-type]  # one of the two words
        if number & HARDENED:
            tag = hmac.digest(code, b"\0" + parent + tail, "sha512")
            next_code = hmac.digest(code, b"\1" + parent + tail, "sha512")[32:]
        else:
            tail = self.public().key + tail
            tag = hmac.digest(code, b"\2" + tail, "sha512")
            next_code = hmac.digest(code, b"\3" + tail, "sha512")[32:]
        join = _byron_child if self._scheme is Scheme.BYRON else _icarus_child
        return PrivateKey(Secret(join(parent, tag)), Secret(next_code), self._scheme)

    def descendant(self, path: Iterable[int]) -> "PrivateKey":
        """The key at `path` from here, a key of its own even for an empty path. Those between are wiped."""
        node = PrivateKey(self._key.copy(), self._chain_code.copy(), self._scheme)
        for number in path:
            with node:
                node = node.child(number)
        return node

    def public(self) -> SoftKey:
        """The public half."""
        point = crypto_scalarmult_ed25519_base_noclamp(self._key.reveal()[:32])
        return SoftKey(point, self._chain_code.reveal())

    def wipe(self) -> None:
        """Overwrite the key and the chain code. May be called again."""
        self._key.wipe()
        self._chain_code.wipe()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.wipe()

    def __repr__(self) -> str:
        return "<private key>"


def _byron_child(parent: bytes, tag: bytes) -> bytes:
    eightfold = bytes(byte << 3 & 0xFF for byte in tag[:32])
    left = int.from_bytes(eightfold, "little") + int.from_bytes(parent[:32], "little")
    right = bytes(a + b & 0xFF for a, b in zip(tag[32:], parent[32:], strict=True))
    return (left % _ORDER).to_bytes(32, "little") + right


def _icarus_child(parent: bytes, tag: bytes) -> bytes:
    left = (int.from_bytes(tag[:28], "little") << 3) + int.from_bytes(parent[:32], "little")
    right = int.from_bytes(tag[32:], "little") + int.from_bytes(parent[32:], "little")
    return (left % _WORD256).to_bytes(32, "little") + (right % _WORD256).to_bytes(32, "little")
