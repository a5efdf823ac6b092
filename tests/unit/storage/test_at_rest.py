"""Without the key the files show nothing of the wallet."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from stored_things import draft, row, token

from pillarbox.files.folder_lock import FolderLock
from pillarbox.files.install import install_file
from pillarbox.model.account import Account, WalletId
from pillarbox.model.address import AddressRef
from pillarbox.model.network import Network
from pillarbox.model.receiving import HandOutEnding
from pillarbox.secret import Secret
from pillarbox.storage import accounts, addresses, ledger, meta, requests, scans, settings
from pillarbox.storage import connection as connections
from pillarbox.storage import labels as stored_labels
from pillarbox.storage.database import Database, Tx
from pillarbox.vault.keychain import Keychain
from pillarbox.vault.sealed_words import RecoveryWords, seal_words
from pillarbox.vault.slots import Slots

XPUB = (
    "tpubDCBWBScQPGv4Xk3JSbhw6wYYpayMjb2eAYyArpbSqQTbLDpphHGAetB6"
    "VQgVeftLML8vDSUEWcC2xDi3qJJ3YCDChJDvqVzpgoYSuT52MhJ"
)
TOKEN = bytes.fromhex("d1c0ffee5eedfacade0ddba11cab1e55")
LABEL = "Zahnarzt Dr. Müller"
PASSPHRASE = "correct horse battery staple"
WORDS = "abandon ability able about above absent absorb abstract absurd abuse access accident"


def telling() -> dict[str, bytes]:
    """What must not be found, by name."""
    tells = {
        "xpub": XPUB.encode(),
        "label": LABEL.encode(),
        "account": b"Ersparnisse",
        "words": WORDS.encode(),
        "one word": b"abstract",
        "passphrase": PASSPHRASE.encode(),
        "path": b"m/84'/1'/0'",
        "fingerprint": b"73c5da0a",
        "schema": b"CREATE TABLE",
        "table": b"hand_outs",
        "token": TOKEN,
        "setting": b"coffee-setting",
    }
    for index in (0, 1_000, 1_999):
        tells[f"address {index}"] = row(index).text.encode()
        tells[f"script {index}"] = row(index).watch_key
        tells[f"script {index} in hex"] = row(index).watch_key.hex().encode()
    return tells


def fill(tx: Tx) -> Account:
    account = accounts.insert(tx, draft(label="Ersparnisse"))
    accounts.set_label(tx, account.id, "Ersparnisse 2")
    addresses.insert(tx, account.id, 0, [row(index) for index in range(2_000)])
    ref = AddressRef(account.id, 0, 1)
    stored_labels.put(tx, ref, LABEL)
    ledger.record(tx, [(TOKEN, *ref, 1_700_000_000, LABEL, None, False)])
    ledger.end(tx, TOKEN, 1_700_000_001, HandOutEnding.RELEASED)
    requests.insert(tx, ref, token(2), LABEL, 5_000, 1_700_000_000, None)
    scans.save(tx, account.id, 0, 20, 3, 20)
    settings.put(tx, "coffee-setting", True)
    meta.put(tx, "params", XPUB)
    meta.put_blob(tx, "words", WORDS.encode() + PASSPHRASE.encode())
    return account


def read_much(tx: Tx) -> int:
    """Sorts and groups, so that a temporary file would be written if there were any."""
    return len(tx.rows("SELECT text, count(*) FROM addresses GROUP BY text ORDER BY watch_key, text DESC"))


def found_in(folder: Path) -> list[str]:
    """What is told by a file of the folder, and by which."""
    tells = telling()
    return [
        f"{name} in {file.name}"
        for file in sorted(folder.rglob("*"))
        if file.is_file()
        for name, tell in tells.items()
        if tell in file.read_bytes()
    ]


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where SQLite would put temporary files."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    for name in ("SQLITE_TMPDIR", "TMPDIR"):
        monkeypatch.setenv(name, str(folder))
    return folder


async def use(path: Path, look: Callable[[], None]) -> None:
    """Work as a wallet does; `look` is called while it is open and after it was closed."""
    lock = FolderLock.acquire(path.parent, "pillarbox")
    slots = Slots(path.parent / "slots.json", Keychain(backends=list), partial(install_file, replace=True))
    passphrase = Secret.from_text(PASSPHRASE)
    made = await slots.create(WalletId("0" * 32), Network.REGTEST, passphrase=passphrase, use_keychain=False)
    recovery = RecoveryWords(Secret.from_text(WORDS), Secret.from_text(PASSPHRASE))
    sealed = seal_words(made.keys.words_key, WalletId("0" * 32), recovery)
    key = made.keys.file_key
    db = await Database.create(path, key)
    await db.write(lambda tx: meta.put_blob(tx, "sealed words", sealed))
    await db.write(fill)
    look()
    assert await db.read(read_much) == 2_000
    await db.write(lambda tx: tx.execute("DELETE FROM labels"))
    look()
    await db.close()
    db = await Database.open(path, key)
    await db.write(meta.bump_revision)
    look()
    await db.close()
    lock.release()
    look()


async def test_no_file_shows_anything_without_the_key(path: Path, temporary: Path) -> None:
    seen: list[set[str]] = []

    def look() -> None:
        assert found_in(path.parent) == []
        assert found_in(temporary) == []
        seen.append({file.name for file in path.parent.iterdir()})

    await use(path, look)
    assert seen[0] == {"lock", "slots.json", "wallet.db", "wallet.db-wal", "wallet.db-shm"}
    assert seen[-1] == {"lock", "slots.json", "wallet.db"}


async def test_the_search_finds_everything_where_nothing_is_encrypted(
    path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "apply_key", lambda *_: None)
    found: list[str] = []
    await use(path, lambda: found.extend(found_in(path.parent)))
    assert {tell.split(" in wallet")[0] for tell in found} == set(telling()) - {
        f"script {index} in hex" for index in (0, 1_000, 1_999)
    }
    assert any(tell.endswith("wallet.db-wal") for tell in found)
    assert any(tell.endswith("wallet.db") for tell in found)


def test_equal_wallets_look_different(tmp_path: Path, key: Secret) -> None:
    pages = []
    for name in ("a", "b"):
        connections.create(tmp_path / name, key).close()
        pages.append((tmp_path / name).read_bytes())
    assert pages[0][:16] == pages[1][:16]
    alike = sum(a == b for a, b in zip(pages[0][24:], pages[1][24:], strict=True))
    assert alike < len(pages[0]) // 64
