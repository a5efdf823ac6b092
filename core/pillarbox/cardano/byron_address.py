"""Byron addresses (`Ddz...`, `Ae2...`, `37bt...`): Base58 of a CBOR envelope with a CRC32.

The envelope is [tag 24 (payload), CRC32 of payload]; the payload is [root, attributes, type].
"""

import hashlib
from dataclasses import dataclass
from zlib import crc32

from pillarbox.bitcoin import base58
from pillarbox.bitcoin.script import AddressUnreadableError

_UNSIGNED, _BYTES, _ARRAY, _MAP, _TAG = 0, 2, 4, 5, 6
_PATH, _MAGIC = 1, 2


@dataclass(frozen=True, slots=True)
class ByronAddress:
    """`root`: 28 bytes. `path`: content of attribute 1, a CBOR byte string. `magic`: None on mainnet.

    `kind`: 0 for a public key, 1 for a script, 2 for redemption.
    """

    root: bytes
    path: bytes | None = None
    magic: int | None = None
    kind: int = 0


def encode(address: ByronAddress) -> str:
    """The text of an address. Raises ValueError for a root that has not 28 bytes."""
    return text_of(to_bytes(address))


def text_of(raw: bytes) -> str:
    """The text of an address's bytes."""
    return base58.encode(raw)


def to_bytes(address: ByronAddress) -> bytes:
    """The one canonical encoding. Raises ValueError for a root that has not 28 bytes."""
    if len(address.root) != 28:
        raise ValueError("a root has 28 bytes")
    payload = _head(_ARRAY, 3) + _text(address.root) + _attributes(address.path, address.magic)
    payload += _head(_UNSIGNED, address.kind)
    checksum = _head(_UNSIGNED, crc32(payload))
    return _head(_ARRAY, 2) + _head(_TAG, 24) + _text(payload) + checksum


def of_key(key: bytes, path: bytes | None = None, magic: int | None = None) -> ByronAddress:
    """The address of an extended public key (64 bytes). Its root commits to the attributes too."""
    spending = _head(_ARRAY, 2) + _head(_UNSIGNED, 0) + _text(key)
    whole = _head(_ARRAY, 3) + _head(_UNSIGNED, 0) + spending + _attributes(path, magic)
    root = hashlib.blake2b(hashlib.sha3_256(whole).digest(), digest_size=28).digest()
    return ByronAddress(root, path, magic)


def _attributes(path: bytes | None, magic: int | None) -> bytes:
    found = [] if path is None else [_head(_UNSIGNED, _PATH) + _text(path)]
    if magic is not None:
        found.append(_head(_UNSIGNED, _MAGIC) + _text(_head(_UNSIGNED, magic)))
    return _head(_MAP, len(found)) + b"".join(found)


def decode(text: str) -> ByronAddress:
    """The inverse of `encode`. Raises AddressUnreadableError for any text that `encode` would not give."""
    try:
        raw = base58.decode(text)
    except base58.Base58Error as error:
        raise AddressUnreadableError(why=str(error)) from error
    outer = _Reader(raw)
    outer.expect(_ARRAY, 2)
    outer.expect(_TAG, 24)
    payload = outer.text()
    checksum = outer.number(_UNSIGNED)
    outer.end()
    if crc32(payload) != checksum:
        raise AddressUnreadableError(why="the checksum does not match")
    address = _payload(payload)
    if to_bytes(address) != raw:
        raise AddressUnreadableError(why="it is not written in the one proper way")
    return address


def _payload(payload: bytes) -> ByronAddress:
    inner = _Reader(payload)
    inner.expect(_ARRAY, 3)
    root = inner.text()
    if len(root) != 28:
        raise AddressUnreadableError(why="its root has not 28 bytes")
    path, magic = None, None
    for _ in range(inner.number(_MAP)):
        key, value = inner.number(_UNSIGNED), inner.text()
        if key == _PATH:
            path = value
        elif key == _MAGIC:
            magic = _Reader(value).number(_UNSIGNED)
        else:
            raise AddressUnreadableError(why="it has an unknown attribute")
    kind = inner.number(_UNSIGNED)
    inner.end()
    return ByronAddress(root, path, magic, kind)


def _head(major: int, value: int) -> bytes:
    """A CBOR head in its shortest form (RFC 8949, 3)."""
    if value < 24:
        return bytes([major << 5 | value])
    size = next(size for size in range(4) if value < 1 << (8 << size))
    return bytes([major << 5 | 24 + size]) + value.to_bytes(1 << size, "big")


def _text(data: bytes) -> bytes:
    return _head(_BYTES, len(data)) + data


class _Reader:
    """Reads CBOR heads and byte strings in order. Raises AddressUnreadableError."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def _take(self, count: int) -> bytes:
        if count > len(self._data) - self._at:
            raise AddressUnreadableError(why="it is cut short")
        self._at += count
        return self._data[self._at - count : self._at]

    def number(self, major: int) -> int:
        first = self._take(1)[0]
        low = first & 31
        if first >> 5 != major or low > 27:
            raise AddressUnreadableError(why="it has not the form of a Byron address")
        return low if low < 24 else int.from_bytes(self._take(1 << low - 24), "big")

    def expect(self, major: int, value: int) -> None:
        if self.number(major) != value:
            raise AddressUnreadableError(why="it has not the form of a Byron address")

    def text(self) -> bytes:
        return self._take(self.number(_BYTES))

    def end(self) -> None:
        if self._at != len(self._data):
            raise AddressUnreadableError(why="something follows its end")
