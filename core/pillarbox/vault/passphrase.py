"""From a passphrase to a key: Argon2id (RFC 9106)."""

import asyncio
import unicodedata
from dataclasses import dataclass

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from pillarbox.secret import Secret

SALT = 16
LEAST_MEMORY_KIB = 64 * 1024
LEAST_PASSES = 3
_MOST_MEMORY_KIB = 4 * 1024 * 1024
_MOST_PASSES = 64
_MOST_LANES = 64


@dataclass(frozen=True, slots=True)
class Cost:
    """What one guess costs. RFC 9106's second choice, at least. Raises ValueError outside the bounds."""

    memory_kib: int = LEAST_MEMORY_KIB
    passes: int = LEAST_PASSES
    lanes: int = 4

    def __post_init__(self) -> None:
        if not (
            LEAST_MEMORY_KIB <= self.memory_kib <= _MOST_MEMORY_KIB
            and LEAST_PASSES <= self.passes <= _MOST_PASSES
            and 1 <= self.lanes <= _MOST_LANES
        ):
            raise ValueError("the cost of a passphrase is out of bounds")


async def derive_key(passphrase: Secret, salt: bytes, cost: Cost) -> Secret:
    """32 bytes, in a thread: it takes a fifth of a second on purpose, without the interpreter lock."""
    return await asyncio.to_thread(_derive, passphrase, salt, cost)


def _derive(passphrase: Secret, salt: bytes, cost: Cost) -> Secret:
    kdf = Argon2id(
        salt=salt, length=32, iterations=cost.passes, lanes=cost.lanes, memory_cost=cost.memory_kib
    )
    return Secret(kdf.derive(_normalized(passphrase)))


def _normalized(passphrase: Secret) -> bytes:
    """One text has one form (NFKC), however a keyboard composes its accents. What is no text stays."""
    try:
        return unicodedata.normalize("NFKC", passphrase.text()).encode()
    except UnicodeDecodeError:
        return passphrase.reveal()
