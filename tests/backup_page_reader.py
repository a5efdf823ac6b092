"""A reader of backups, written from docs/backup-format.md alone: nothing of Pillarbox is in it."""

import hashlib
import json
import unicodedata
import zlib
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from nacl.bindings import crypto_aead_xchacha20poly1305_ietf_decrypt as decrypt

Sections = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class File:
    """A whole file, still sealed."""

    header: dict[str, Any]
    head: bytes
    sealed: bytes


def whole(data: bytes) -> File:
    assert data[:8] == b"pillarbk"
    assert int.from_bytes(data[8:10], "big") == 1
    length = int.from_bytes(data[10:14], "big")
    head, rest = data[: 14 + length], data[14 + length :]
    header = json.loads(head[14:])
    sealed, digest = rest[: header["size"]], rest[header["size"] :]
    assert hashlib.sha256(head + sealed).digest() == digest
    return File(header, head, sealed)


def key_of_words(words: str, bip39_passphrase: str = "") -> bytes:
    salt = unicodedata.normalize("NFKD", f"mnemonic{bip39_passphrase}").encode()
    seed = hashlib.pbkdf2_hmac("sha512", unicodedata.normalize("NFKD", words).encode(), salt, 2048)
    return HKDF(SHA256(), 32, None, b"pillarbox wallet backup 1").derive(seed)


def key_of_passphrase(passphrase: str, header: dict[str, Any]) -> bytes:
    cost = header["argon2id"]
    kdf = Argon2id(
        salt=bytes.fromhex(header["salt"]),
        length=32,
        iterations=cost["passes"],
        lanes=cost["lanes"],
        memory_cost=cost["memory_kib"],
    )
    return kdf.derive(unicodedata.normalize("NFKC", passphrase).encode())


def opened(file: File, key: bytes) -> Sections:
    """Each section's `version`, `fields` and `rows`, by its name, in order."""
    content = decrypt(file.sealed, file.head, bytes.fromhex(file.header["nonce"]), key)
    lines = iter(zlib.decompress(content).split(b"\n"))
    sections: Sections = {}
    total = 0
    while "end" not in (head := json.loads(next(lines))):
        assert head["section"] not in sections
        rows = [json.loads(next(lines)) for _ in range(head["records"])]
        assert all(len(row) == len(head["fields"]) for row in rows)
        sections[head["section"]] = {"version": head["version"], "fields": head["fields"], "rows": rows}
        total += len(rows)
    assert head["end"] == total
    assert list(lines) == [b""]
    return sections
