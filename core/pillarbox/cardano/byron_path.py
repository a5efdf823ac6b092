"""The path inside a Byron address (`Ddz...`): written for the wallet that made it alone.

It is the sealed form of [account, address], by a passphrase made from the root's public key. Whoever has that
passphrase can tell which addresses are the wallet's, and cannot spend.
"""

import hashlib

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from pillarbox.cardano.byron_address import ByronAddress
from pillarbox.cardano.soft_keys import HARDENED, SoftKey

_NONCE = b"serokellfore"
_ROUNDS = 500
_TAG_SIZE = 16


def path_passphrase(root: SoftKey) -> bytes:
    """32 bytes: PBKDF2-HMAC-SHA512 of the root's extended public key, 500 rounds."""
    return hashlib.pbkdf2_hmac("sha512", root.to_bytes(), b"address-hashing", _ROUNDS, 32)


def seal_path(passphrase: bytes, path: tuple[int, ...]) -> bytes:
    """Child numbers (Word32) as attribute 1 of an address holds them. One path gives one text."""
    plain = b"\x9f" + b"".join(map(_number, path)) + b"\xff"
    sealed = ChaCha20Poly1305(passphrase).encrypt(_NONCE, plain, None)
    head = bytes([0x40 | len(sealed)]) if len(sealed) < 24 else bytes([0x58, len(sealed)])
    return head + sealed


def open_path(passphrase: bytes, address: ByronAddress) -> tuple[int, ...] | None:
    """The child numbers of an address that the passphrase's wallet made; None for anybody else's."""
    sealed = address.path
    if sealed is None:
        return None
    head = 1 if sealed[:1] != b"\x58" else 2
    if len(sealed) < head + _TAG_SIZE:
        return None
    try:
        plain = ChaCha20Poly1305(passphrase).decrypt(_NONCE, sealed[head:], None)
    except InvalidTag:
        return None
    path = _numbers(plain)
    return path if path is not None and seal_path(passphrase, path) == sealed else None


def _number(value: int) -> bytes:
    """A CBOR unsigned number of at most 32 bits, in its shortest form."""
    if value < 24:
        return bytes([value])
    size = next(size for size in range(3) if value < 1 << (8 << size))
    return bytes([24 + size]) + value.to_bytes(1 << size, "big")


def _numbers(plain: bytes) -> tuple[int, ...] | None:
    """The numbers of an indefinite CBOR array; None where it is something else."""
    if plain[:1] != b"\x9f" or plain[-1:] != b"\xff":
        return None
    found, rest = [], plain[1:-1]
    while rest:
        size = 0 if rest[0] < 24 else {24: 1, 25: 2, 26: 4}.get(rest[0], -1)
        if size < 0 or len(rest) < 1 + size:
            return None
        found.append(int.from_bytes(rest[1 : 1 + size], "big") if size else rest[0])
        rest = rest[1 + size :]
    return tuple(found)


def hardened_place(path: tuple[int, ...] | None) -> tuple[int, int] | None:
    """Account and index from 0 on, of a path of two hardened steps; None for any other."""
    if path is None or len(path) != 2 or not all(step & HARDENED for step in path):
        return None
    return path[0] ^ HARDENED, path[1] ^ HARDENED
