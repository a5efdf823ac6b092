"""A reader written from docs/formats/wallet-folder.md alone opens what Pillarbox wrote."""

import asyncio
import hashlib
import hmac
import json
from functools import partial
from pathlib import Path
from typing import Any

import apsw
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from fake_keyring import FakeKeyring

from pillarbox.files.install import install_file
from pillarbox.model.account import WalletId
from pillarbox.model.network import Network
from pillarbox.secret import Secret
from pillarbox.storage import meta
from pillarbox.storage.database import Database
from pillarbox.vault.keychain import Keychain
from pillarbox.vault.sealed_words import RecoveryWords, seal_words
from pillarbox.vault.slots import Slots

WALLET = WalletId("5a" * 16)
WORDS = "zoo zoo zoo"
OLD, NEW = Secret.from_text("old"), Secret.from_text("nëw")


async def write_folder(folder: Path, keyring: FakeKeyring) -> None:
    slots = Slots(
        folder / "slots.json", Keychain(backends=lambda: [keyring]), partial(install_file, replace=True)
    )
    made = await slots.create(WALLET, Network.SIGNET, passphrase=OLD, use_keychain=True)
    await slots.change_passphrase(OLD, NEW)
    db = await Database.create(folder / "wallet.db", made.keys.file_key)
    recovery = RecoveryWords(Secret.from_text(WORDS), Secret.from_text("Ä"))
    sealed = seal_words(made.keys.words_key, WALLET, recovery)
    await db.write(lambda tx: meta.put_blob(tx, "sealed", sealed))
    await db.close()


def opened(key: bytes, box: bytes, *purpose: str) -> bytes:
    return ChaCha20Poly1305(key).decrypt(box[:12], box[12:], " ".join(purpose).encode())


def argon2id(passphrase: str, slot: dict[str, Any]) -> bytes:
    assert slot["kdf"] == "argon2id"
    kdf = Argon2id(
        salt=bytes.fromhex(slot["salt"]),
        length=32,
        iterations=slot["passes"],
        lanes=slot["lanes"],
        memory_cost=slot["memory_kib"],
    )
    return kdf.derive(passphrase.encode())


def test_the_formats_are_as_documented(tmp_path: Path) -> None:
    keyring = FakeKeyring()
    asyncio.run(write_folder(tmp_path, keyring))
    slots = read_json(tmp_path / "slots.json")
    checksum = slots.pop("checksum")
    assert checksum == hashlib.sha256(json.dumps(slots, sort_keys=True).encode()).hexdigest()

    box = bytes.fromhex(slots["passphrase"]["sealed"])
    keys = opened(argon2id("nëw", slots["passphrase"]), box, "pillarbox slot passphrase", WALLET, "signet")
    file_key, words_key = keys[:32], keys[32:]
    entry = bytes.fromhex(keyring.entries["Pillarbox", WALLET])
    box = bytes.fromhex(slots["keychain"]["sealed"])
    assert opened(entry, box, "pillarbox slot keychain", WALLET, "signet") == file_key
    former = argon2id("old", slots["retired"])
    assert slots["retired"]["check"] == hmac.digest(former, b"pillarbox retired", "sha256")[0]

    sealed = read_database(tmp_path / "wallet.db", file_key)
    assert sealed[:1] == b"\x01"
    plain = opened(words_key, sealed[1:], "pillarbox words", WALLET)
    assert len(plain) == 512
    assert json.loads(plain) == {"words": WORDS, "bip39_passphrase": "Ä"}


def read_json(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_bytes())
    return found


def read_database(path: Path, file_key: bytes) -> bytes:
    page_key = hmac.digest(file_key, b"pillarbox database pages", "sha256")
    mark = hmac.digest(file_key, b"pillarbox database mark", "sha256")[:16]
    assert path.read_bytes()[:16] == mark
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    connection.execute("PRAGMA cipher = 'chacha20'").fetchall()
    connection.execute(f"PRAGMA key = 'raw:{page_key.hex()}{mark.hex()}'").fetchall()
    sealed = bytes(connection.execute("SELECT value FROM meta WHERE name = 'sealed'").fetchone()[0])
    connection.close()
    return sealed
