"""Hierarchical Ed25519 keys by SLIP-10: every child is hardened."""

import hashlib
import hmac
from collections.abc import Iterable
from types import TracebackType
from typing import Self

from nacl.bindings import crypto_sign_seed_keypair

from pillarbox.keys.bip32 import HARDENED
from pillarbox.secret import Secret


class Ed25519Node:
    """An extended private key. A context manager: it is wiped at the end."""

    __slots__ = ("_chain_code", "_key")

    def __init__(self, key: Secret, chain_code: Secret) -> None:
        """Takes `key` and `chain_code` (32 bytes each) over, and wipes them."""
        self._key = key
        self._chain_code = chain_code

    @classmethod
    def from_seed(cls, seed: Secret) -> Self:
        """The master node of a seed."""
        tag = hmac.digest(b"ed25519 seed", seed.reveal(), "sha512")
        return cls(Secret(tag[:32]), Secret(tag[32:]))

    def child(self, number: int) -> "Ed25519Node":
        """The hardened child of a child number. Raises IndexError below 2^31 and beyond 32 bits."""
        if not HARDENED <= number < 2 * HARDENED:
            raise IndexError("Ed25519 has hardened children only")
        message = b"\0" + self._key.reveal() + number.to_bytes(4, "big")
        tag = hmac.digest(self._chain_code.reveal(), message, "sha512")
        return Ed25519Node(Secret(tag[:32]), Secret(tag[32:]))

    def descendant(self, path: Iterable[int]) -> "Ed25519Node":
        """The node at `path` from here, a node of its own even for an empty path. Those between are wiped."""
        node = Ed25519Node(self._key.copy(), self._chain_code.copy())
        for number in path:
            with node:
                node = node.child(number)
        return node

    def public_key(self) -> bytes:
        """32 bytes."""
        public, _private = crypto_sign_seed_keypair(self._key.reveal())
        return public

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
        return "<private node>"


def tenderdash_id(public_key: bytes) -> bytes:
    """What Dash Platform calls a node by: the first 20 bytes of the key's SHA-256."""
    return hashlib.sha256(public_key).digest()[:20]
