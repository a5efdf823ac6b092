"""Hierarchical keys (BIP32) on libsecp256k1: private nodes that are wiped, public nodes that are quick."""

import hashlib
import hmac
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from coincurve import PrivateKey, PublicKey

from pillarbox.bitcoin.hashes import hash160
from pillarbox.errors import InvalidInputError
from pillarbox.secret import Secret

HARDENED = 1 << 31
MAX_INDEX = HARDENED - 1
"""The last index of a branch, hardened or not."""

OUT_OF_RANGE = "a normal child's index is 0 to 2147483647"

NO_PARENT = bytes(4)
_BLOCK = 128
"""Block size of SHA-512 in bytes, which HMAC pads its key to."""


def hardened(index: int) -> int:
    """The child number of index' ."""
    return index | HARDENED


def format_path(path: Iterable[int], marker: str = "'") -> str:
    """Child numbers as people write them: 84'/0'/0' . The `m/` before them is the caller's."""
    return "/".join(f"{step & MAX_INDEX}{marker if step & HARDENED else ''}" for step in path)


def parse_path(text: str) -> tuple[int, ...]:
    """Child numbers of a path, with or without `m/` before it; hardened by ', h or H.

    Raises InvalidInputError.
    """
    if text in ("", "m"):
        return ()
    return tuple(_parse_step(step) for step in text.removeprefix("m/").split("/"))


def _parse_step(step: str) -> int:
    digits = step[:-1] if step.endswith(("'", "h", "H")) else step
    if not (digits.isascii() and digits.isdigit()) or int(digits) > MAX_INDEX:
        raise InvalidInputError(
            what="path",
            why="A path is numbers below 2147483648 between slashes, each with ' or h if hardened.",
        )
    return int(digits) | (HARDENED if digits != step else 0)


class InvalidChildError(ValueError):
    """BIP32 knows no child at this index (once in 2^127). Go on with the next one."""


@dataclass(frozen=True, slots=True)
class PublicNode:
    """An extended public key: gives normal children, and reveals no private key."""

    key: bytes
    """33 bytes, compressed."""
    chain_code: bytes
    depth: int = 0
    parent_fingerprint: bytes = NO_PARENT
    child_number: int = 0

    @property
    def fingerprint(self) -> bytes:
        """The first four bytes of the key's hash160."""
        return hash160(self.key)[:4]

    def child(self, index: int) -> "PublicNode":
        """The normal child. Raises IndexError past 2^31-1, InvalidChildError where there is none."""
        if not 0 <= index <= MAX_INDEX:
            raise IndexError(OUT_OF_RANGE)
        tag = hmac.digest(self.chain_code, self.key + index.to_bytes(4, "big"), "sha512")
        try:
            key = PublicKey(self.key).add(tag[:32])
        except ValueError:
            raise InvalidChildError(index) from None
        return PublicNode(key.format(), tag[32:], self.depth + 1, self.fingerprint, index)


class ChildKeys:
    """The normal children of one public node, made one after the other and fast.

    HMAC's two pads and the parent's share of the message are hashed once, and copied for each child.
    """

    __slots__ = ("_inner", "_outer", "_parent")

    def __init__(self, node: PublicNode) -> None:
        padded = node.chain_code.ljust(_BLOCK, b"\0")
        self._inner = hashlib.sha512(bytes(byte ^ 0x36 for byte in padded) + node.key)
        self._outer = hashlib.sha512(bytes(byte ^ 0x5C for byte in padded))
        self._parent = PublicKey(node.key)

    def between(self, start: int, count: int) -> Iterator[tuple[int, PublicKey]]:
        """(index, key) for `count` indices from `start`; an index without a valid child is left out.

        Raises IndexError for an index outside 0 to 2^31-1.
        """
        if start < 0 or count < 0 or start + count > HARDENED:
            raise IndexError(OUT_OF_RANGE)
        inner, outer, add = self._inner, self._outer, self._parent.add
        for index in range(start, start + count):
            message = inner.copy()
            message.update(index.to_bytes(4, "big"))
            code = outer.copy()
            code.update(message.digest())
            try:
                key = add(code.digest()[:32])
            except ValueError:
                continue
            yield index, key


class PrivateNode:
    """An extended private key. A context manager: its key is wiped at the end."""

    __slots__ = ("_chain_code", "_child_number", "_depth", "_key", "_parent_fingerprint")

    def __init__(
        self,
        key: Secret,
        chain_code: Secret,
        depth: int = 0,
        parent_fingerprint: bytes = NO_PARENT,
        child_number: int = 0,
    ) -> None:
        """Takes `key` and `chain_code` (32 bytes each) over, and wipes them."""
        self._key = key
        self._chain_code = chain_code
        self._depth = depth
        self._parent_fingerprint = parent_fingerprint
        self._child_number = child_number

    @classmethod
    def from_seed(cls, seed: Secret) -> Self:
        """The master node. Raises InvalidInputError for a seed outside 16 to 64 bytes, or without a key."""
        if not 16 <= len(seed) <= 64:
            raise InvalidInputError(what="seed", why="A seed has 16 to 64 bytes.")
        tag = hmac.digest(b"Bitcoin seed", seed.reveal(), "sha512")
        try:
            PublicKey.from_secret(tag[:32])
        except ValueError:
            raise InvalidInputError(what="seed", why="No key can be made from this seed.") from None
        return cls(Secret(tag[:32]), Secret(tag[32:]))

    def child(self, number: int) -> "PrivateNode":
        """The child of a child number; from 2^31 up it is hardened. Raises InvalidChildError."""
        if not 0 <= number < 2 * HARDENED:
            raise IndexError("a child number has 32 bits")
        public_key = PublicKey.from_secret(self._key.reveal()).format()
        parent = b"\0" + self._key.reveal() if number & HARDENED else public_key
        tag = hmac.digest(self._chain_code.reveal(), parent + number.to_bytes(4, "big"), "sha512")
        try:
            key = PrivateKey(self._key.reveal()).add(tag[:32]).secret
        except ValueError:
            raise InvalidChildError(number) from None
        return PrivateNode(Secret(key), Secret(tag[32:]), self._depth + 1, hash160(public_key)[:4], number)

    def descendant(self, path: Iterable[int]) -> "PrivateNode":
        """The node at `path` from here, a node of its own even for an empty path. Those between are wiped."""
        node = PrivateNode(
            self._key.copy(),
            self._chain_code.copy(),
            self._depth,
            self._parent_fingerprint,
            self._child_number,
        )
        for number in path:
            with node:
                node = node.child(number)
        return node

    def public(self) -> PublicNode:
        """The public half."""
        return PublicNode(
            PublicKey.from_secret(self._key.reveal()).format(),
            self._chain_code.reveal(),
            self._depth,
            self._parent_fingerprint,
            self._child_number,
        )

    def key(self) -> Secret:
        """A copy of the private key, 32 bytes; the caller wipes it."""
        return self._key.copy()

    def chain_code(self) -> Secret:
        """A copy of the chain code, 32 bytes; the caller wipes it."""
        return self._chain_code.copy()

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
