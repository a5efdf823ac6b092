"""A backup file from outside: who wrote it and when, how it is locked, and whether it is whole.

"pillarbk", the format's version (2 bytes), the header's length (4 bytes), the header (JSON), then the
content, sealed with XChaCha20-Poly1305 under everything that stands before it, then SHA-256 of all that
(32 bytes), by which damage is told from a wrong key. docs/backup-format.md is the reference.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from nacl import bindings
from nacl.exceptions import CryptoError

from pillarbox.errors import PillarboxError
from pillarbox.secret import Secret

MAGIC = b"pillarbk"
VERSION = 1
NONCE_SIZE = 24
SALT_SIZE = 16
LARGEST = 1 << 30
"""Bytes of a file that is looked at."""
_LONGEST_HEADER = 4_096
_MOST_CHANGES = 1 << 53
"""No wallet sees as many: there is always a next revision."""
_LONGEST_TEXT = 100
"""Characters of a fact. All of them are plain ASCII."""
_FIXED = len(MAGIC) + 2 + 4
BEGINNING = _FIXED + _LONGEST_HEADER
"""Bytes of a file that have its facts."""


class Lock(StrEnum):
    """What opens a backup."""

    WORDS = "words"
    """The wallet's recovery words alone."""
    PASSPHRASE = "passphrase"  # noqa: S105  # no secret, only which kind opens it


class BackupError(PillarboxError):
    """Base of all that is wrong with a backup file."""


class NotABackupError(BackupError):
    """No parameters."""

    code = "not-a-backup"
    title = "This is not a Pillarbox backup"
    message = "The file does not begin as backups do. It was left as it is."
    hint = "Choose a file whose name ends in .pillarbox-backup, or a folder that holds some."


class NewerBackupError(BackupError):
    """Parameters: version."""

    code = "backup-too-new"
    title = "A newer Pillarbox wrote this backup"
    message = "The file is of format {version}, which this version does not know. It was left as it is."
    hint = "Install the newest Pillarbox, then restore it there."


class DamagedBackupError(BackupError):
    """Parameters: why."""

    code = "backup-damaged"
    title = "This backup is damaged"
    message = "{why}. It was left as it is; earlier backups are files of their own."
    hint = "Copy the file again from where it came from, or choose an earlier one."


class WrongWordsError(BackupError):
    """Parameters: fingerprint, entered."""

    code = "backup-other-words"
    title = "These words do not open this backup"
    message = (
        "The file is whole, and another wallet wrote it: its fingerprint is {fingerprint}, and that of these "
        "words {entered}. It was left as it is."
    )
    hint = "Enter the words of that wallet, with its BIP39 passphrase if it has one, or choose another file."


class WrongPassphraseError(BackupError):
    """No parameters."""

    code = "backup-passphrase"
    title = "This passphrase does not open this backup"
    message = "The file is whole, and another passphrase locked it. It was left as it is."
    hint = "Check capital letters and the keyboard's language, and enter it again."


@dataclass(frozen=True, slots=True)
class Cost:
    """Of Argon2id (RFC 9106)."""

    memory_kib: int
    passes: int
    lanes: int


@dataclass(frozen=True, slots=True)
class Facts:
    """What a file says of itself to anybody. `created_at`: Unix seconds.

    `fingerprint`: of the master key, 8 hex characters, or "". `revision` grows with each change.
    """

    wallet: str
    fingerprint: str
    network: str
    created_at: int
    revision: int
    lock: Lock
    salt: bytes = b""
    cost: Cost | None = None
    """Salt and cost are those of a passphrase."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """A file that is whole: its facts, and its content still sealed."""

    facts: Facts
    nonce: bytes
    head: bytes
    """Everything before the sealed content, which it is sealed under."""
    sealed: bytes


def seal(facts: Facts, content: bytes, key: Secret, nonce: bytes) -> bytes:
    """A file's bytes. `key`: 32 bytes; `nonce`: NONCE_SIZE random ones, never used before with this key."""
    size = len(content) + bindings.crypto_aead_xchacha20poly1305_ietf_ABYTES
    head = _head(facts, nonce, size)
    sealed = bindings.crypto_aead_xchacha20poly1305_ietf_encrypt(content, head, nonce, key.reveal())
    return head + sealed + hashlib.sha256(head + sealed).digest()


def read(data: bytes) -> Envelope:
    """Raises NotABackupError, NewerBackupError, DamagedBackupError."""
    head = _head_of(data)
    facts, nonce, size = _facts(head[_FIXED:])
    whole, digest = data[: len(head) + size], data[len(head) + size :]
    if len(digest) != 32 or hashlib.sha256(whole).digest() != digest:
        raise DamagedBackupError(why="It is not what was written: its digest differs")
    return Envelope(facts, nonce, head, whole[len(head) :])


def read_facts(beginning: bytes) -> Facts:
    """What a file whose first BEGINNING bytes are given says of itself. Nothing of it is proven.

    Raises as `read` does.
    """
    facts, _, _ = _facts(_head_of(beginning)[_FIXED:])
    return facts


def _head_of(data: bytes) -> bytes:
    if not data.startswith(MAGIC):
        raise NotABackupError
    if len(data) < _FIXED:
        raise DamagedBackupError(why="The file ends in the middle of its beginning")
    version = int.from_bytes(data[8:10], "big")
    if version != VERSION:
        raise (
            NewerBackupError(version=version)
            if version > VERSION
            else DamagedBackupError(why=f"It says that it is of format {version}, which never was")
        )
    length = int.from_bytes(data[10:_FIXED], "big")
    if length > _LONGEST_HEADER:
        raise DamagedBackupError(why="Its beginning makes no sense")
    return data[: _FIXED + length]


def unseal(envelope: Envelope, key: Secret) -> bytes:
    """The content. Raises WrongWordsError or WrongPassphraseError: the file itself is known to be whole."""
    try:
        return bindings.crypto_aead_xchacha20poly1305_ietf_decrypt(
            envelope.sealed, envelope.head, envelope.nonce, key.reveal()
        )
    except CryptoError as error:
        if envelope.facts.lock is Lock.PASSPHRASE:
            raise WrongPassphraseError from error
        fingerprint = envelope.facts.fingerprint or "not told"
        raise WrongWordsError(fingerprint=fingerprint, entered="is another one") from error


def _head(facts: Facts, nonce: bytes, size: int) -> bytes:
    body: dict[str, Any] = {
        "wallet": facts.wallet,
        "fingerprint": facts.fingerprint,
        "network": facts.network,
        "created_at": facts.created_at,
        "revision": facts.revision,
        "lock": facts.lock.value,
        "nonce": nonce.hex(),
        "size": size,
    }
    if facts.cost is not None:
        body["salt"] = facts.salt.hex()
        body["argon2id"] = {
            "memory_kib": facts.cost.memory_kib,
            "passes": facts.cost.passes,
            "lanes": facts.cost.lanes,
        }
    header = json.dumps(body, separators=(",", ":")).encode()
    return MAGIC + VERSION.to_bytes(2, "big") + len(header).to_bytes(4, "big") + header


def _facts(header: bytes) -> tuple[Facts, bytes, int]:
    """With the nonce, and the size of the sealed content. Raises DamagedBackupError."""
    try:
        body = json.loads(header)
        cost = body.get("argon2id")
        facts = Facts(
            wallet=_text(body, "wallet"),
            fingerprint=_text(body, "fingerprint"),
            network=_text(body, "network"),
            created_at=_number(body, "created_at"),
            revision=_number(body, "revision"),
            lock=Lock(_text(body, "lock")),
            salt=bytes.fromhex(_text(body, "salt")) if cost else b"",
            cost=Cost(*(_number(cost, name) for name in ("memory_kib", "passes", "lanes"))) if cost else None,
        )
        nonce, size = bytes.fromhex(_text(body, "nonce")), _number(body, "size")
        datetime.fromtimestamp(facts.created_at, UTC)  # what is no date is shown to nobody
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError, OverflowError, OSError) as error:
        raise DamagedBackupError(why="Its beginning makes no sense") from error
    locked_well = (facts.lock is Lock.PASSPHRASE) is (facts.cost is not None)
    salted_well = facts.cost is None or len(facts.salt) == SALT_SIZE
    in_bounds = len(nonce) == NONCE_SIZE and size <= LARGEST and facts.revision <= _MOST_CHANGES
    if not in_bounds or not locked_well or not salted_well:
        raise DamagedBackupError(why="Its beginning makes no sense")
    return facts, nonce, size


def _text(body: Mapping[str, object], name: str) -> str:
    value = body[name]
    if not isinstance(value, str) or len(value) > _LONGEST_TEXT or not value.isascii() or "\0" in value:
        raise TypeError(name)
    return value


def _number(body: Mapping[str, object], name: str) -> int:
    value = body[name]
    if type(value) is not int or not 0 <= value < 1 << 63:
        raise TypeError(name)
    return value
