"""From a passphrase to a key: Argon2id (RFC 9106)."""

import asyncio
import threading
import unicodedata
from dataclasses import dataclass

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from pillarbox.errors import PillarboxError
from pillarbox.secret import Secret

SALT = 16
LEAST_MEMORY_KIB = 64 * 1024
LEAST_PASSES = 3
_MOST_MEMORY_KIB = 4 * 1024 * 1024
_MOST_PASSES = 64
_MOST_LANES = 64

_ONE_AT_A_TIME = threading.Lock()
"""OpenSSL draws the lanes of all derivations from one pool of threads: two at once can wait for ever."""


class MemoryNeededError(PillarboxError):
    """Parameters: mebibytes."""

    code = "memory-needed"
    title = "There is too little memory"
    message = "A passphrase takes {mebibytes} MiB for a moment, and this computer has not so much free."
    hint = "Close other programs, then enter it again. Nothing was changed."


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
    """32 bytes, in a thread: it takes a fifth of a second on purpose, without the interpreter lock.

    Raises MemoryNeededError.
    """
    return await asyncio.to_thread(_derive, passphrase, salt, cost)


def _derive(passphrase: Secret, salt: bytes, cost: Cost) -> Secret:
    kdf = Argon2id(
        salt=salt, length=32, iterations=cost.passes, lanes=cost.lanes, memory_cost=cost.memory_kib
    )
    try:
        with _ONE_AT_A_TIME:
            return Secret(kdf.derive(_normalized(passphrase)))
    except MemoryError:
        raise MemoryNeededError(mebibytes=cost.memory_kib // 1024) from None


def _normalized(passphrase: Secret) -> bytes:
    """One text has one form (NFKC), however a keyboard composes its accents. What is no text stays."""
    try:
        return unicodedata.normalize("NFKC", passphrase.text()).encode()
    except UnicodeDecodeError:
        return passphrase.reveal()
