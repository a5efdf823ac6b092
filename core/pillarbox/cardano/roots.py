"""Root keys from BIP39 entropy: Icarus (CIP-3, for Icarus and Shelley accounts) and Byron's older way."""

import hashlib
import hmac
from itertools import count

from pillarbox.cardano.private_keys import PrivateKey, Scheme
from pillarbox.secret import Secret

_ICARUS_ROUNDS = 4096


def icarus_root(entropy: Secret, passphrase: Secret) -> PrivateKey:
    """CIP-3, Icarus: PBKDF2-HMAC-SHA512 with the passphrase as password and the entropy as salt."""
    made = hashlib.pbkdf2_hmac("sha512", passphrase.reveal(), entropy.reveal(), _ICARUS_ROUNDS, 96)
    key = bytearray(made[:64])
    key[0] &= 0xF8
    key[31] = key[31] & 0x1F | 0x40
    return PrivateKey(Secret(key), Secret(made[64:]), Scheme.ICARUS)


def byron_root(entropy: Secret) -> PrivateKey:
    """CIP-3, Byron: the first of a row of HMACs whose key has the bit that it must not have unset."""
    digest = hashlib.blake2b(_cbor_bytes(entropy.reveal()), digest_size=32).digest()
    secret = _cbor_bytes(digest)
    for attempt in count(1):
        tag = hmac.digest(secret, f"Root Seed Chain {attempt}".encode(), "sha512")
        key = bytearray(hashlib.sha512(tag[:32]).digest())
        key[0] &= 0xF8
        key[31] = key[31] & 0x7F | 0x40
        if not key[31] & 0x20:
            return PrivateKey(Secret(key), Secret(tag[32:]), Scheme.BYRON)
    raise AssertionError("counting has no end")


def _cbor_bytes(data: bytes) -> bytes:
    """A CBOR byte string of fewer than 256 bytes."""
    head = bytes([0x40 | len(data)]) if len(data) < 24 else bytes([0x58, len(data)])
    return head + data
