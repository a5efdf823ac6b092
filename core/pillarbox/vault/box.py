"""Sealed boxes: ChaCha20-Poly1305 (RFC 8439) with a random nonce in front.

A key seals a handful of boxes in its life, far from where random 96-bit nonces could meet.
"""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from pillarbox.secret import Secret

_NONCE = 12


def seal(key: Secret, plain: bytes, purpose: bytes) -> bytes:
    """`plain` under a 32-byte key. The box opens only for the same `purpose`."""
    nonce = os.urandom(_NONCE)
    return nonce + ChaCha20Poly1305(key.reveal()).encrypt(nonce, plain, purpose)


def unseal(key: Secret, box: bytes, purpose: bytes) -> Secret | None:
    """What was sealed; None for another key or purpose, or a changed box, which cannot be told apart."""
    try:
        return Secret(ChaCha20Poly1305(key.reveal()).decrypt(box[:_NONCE], box[_NONCE:], purpose))
    except (InvalidTag, ValueError):
        return None
