"""The hash functions of Bitcoin. All take and return bytes."""

import hashlib
from collections.abc import Callable
from functools import cache
from typing import Protocol, Self


class Hash(Protocol):
    """A running hash that can be copied: a copy of a prepared one costs less than making one anew."""

    def update(self, data: bytes, /) -> object: ...
    def digest(self) -> bytes: ...
    def copy(self) -> Self: ...


def _ripemd160_of_openssl() -> Hash:
    return hashlib.new("ripemd160", usedforsecurity=False)


def _ripemd160_of_pycryptodome() -> Hash:
    from Crypto.Hash import RIPEMD160  # noqa: PLC0415  # needed only where OpenSSL lacks it

    return RIPEMD160.new()


def first_working(makers: tuple[Callable[[], Hash], ...]) -> Hash:
    """The first hash that can be made: `hashlib` raises ValueError where OpenSSL lacks RIPEMD-160."""
    *earlier, last = makers
    for make in earlier:
        try:
            return make()
        except ValueError:
            continue
    return last()


_RIPEMD160 = first_working((_ripemd160_of_openssl, _ripemd160_of_pycryptodome))
_sha256 = hashlib.sha256


def sha256(data: bytes) -> bytes:
    return _sha256(data).digest()


def sha256d(data: bytes) -> bytes:
    """SHA-256 twice: block and transaction ids, Base58Check."""
    return _sha256(_sha256(data).digest()).digest()


def hash160(data: bytes) -> bytes:
    """RIPEMD-160 of SHA-256, 20 bytes: what an output script says of a key or a script."""
    ripemd160 = _RIPEMD160.copy()
    ripemd160.update(_sha256(data).digest())
    return ripemd160.digest()


@cache
def _tagged(tag: str) -> Hash:
    name = sha256(tag.encode())
    return _sha256(name + name)


def tagged_hash(tag: str, data: bytes) -> bytes:
    """BIP340: SHA-256 of the tag's hash twice, then the data. 32 bytes."""
    running = _tagged(tag).copy()
    running.update(data)
    return running.digest()
