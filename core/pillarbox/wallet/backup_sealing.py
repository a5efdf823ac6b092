"""A wallet's state as one sealed file: exported in one transaction, packed, sealed and named."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pillarbox.backup import content, envelope
from pillarbox.backup.content import SectionLines
from pillarbox.backup.envelope import Cost, Facts, Lock
from pillarbox.errors import WordsNeededError
from pillarbox.model.account import WalletId
from pillarbox.model.network import Network
from pillarbox.secret import Secret
from pillarbox.storage import meta
from pillarbox.storage.backup_sections import ACCOUNTS, SECTIONS
from pillarbox.storage.database import Tx
from pillarbox.vault import passphrase as passphrases
from pillarbox.vault.sealed_words import RecoveryWords
from pillarbox.wallet import service_keys
from pillarbox.wallet.service_keys import ServiceKey

SUFFIX = ".pillarbox-backup"
NAMED_BY = 8
"""Characters of the wallet's id that stand in the names of its files."""
WALLET, WORDS, PROGRAM = "wallet", "words", "program"
_KEPT_KEY, _KEPT_SALT, _KEPT_COST = (f"backup-passphrase:{part}" for part in ("key", "salt", "cost"))


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What one revision of the wallet is made of."""

    revision: int
    sections: tuple[SectionLines, ...]


@dataclass(frozen=True, slots=True)
class Writer:
    """Whose backup it is."""

    wallet: WalletId
    name: str
    network: Network
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Sealing:
    """What a file is sealed with: the key of the words, or one of a passphrase with what it is made by."""

    key: Secret
    lock: Lock
    salt: bytes = b""
    cost: Cost | None = None


def export_all(tx: Tx) -> Snapshot:
    """Everything that a backup holds of the database."""
    sections = (ACCOUNTS.export(tx), *(section.export(tx) for section in SECTIONS))
    return Snapshot(meta.revision(tx), sections)


def sealed_file(
    snapshot: Snapshot, writer: Writer, sealing: Sealing, at: int, extra: Sequence[SectionLines] = ()
) -> bytes:
    """The bytes of a backup. Takes its time: for a thread."""
    about = SectionLines.of_rows(WALLET, 1, ("name",), [(writer.name,)])
    packed = content.write([about, *snapshot.sections, *extra])
    facts = Facts(
        writer.wallet,
        writer.fingerprint,
        writer.network.value,
        at,
        snapshot.revision,
        sealing.lock,
        sealing.salt,
        sealing.cost,
    )
    return envelope.seal(facts, packed, sealing.key, secrets.token_bytes(envelope.NONCE_SIZE))


def file_name(writer: Writer, at: int, revision: int, *, bundle: bool = False) -> str:
    """Tells people which wallet and when; sorts by time within a wallet."""
    plain = "".join(c if c.isascii() and c.isalnum() else "-" for c in writer.name.lower()).strip("-")
    stamp = datetime.fromtimestamp(at, UTC).strftime("%Y%m%dT%H%M%SZ")
    ending = f"{revision}-bundle" if bundle else str(revision)
    return f"{plain[:40] or 'wallet'}-{writer.wallet[:NAMED_BY]}-{stamp}-{ending}{SUFFIX}"


def words_section(words: RecoveryWords) -> SectionLines:
    """What makes a backup a bundle: it brings back the money too."""
    row = (words.words.text(), words.bip39_passphrase.text())
    return SectionLines.of_rows(WORDS, 1, ("words", "bip39_passphrase"), [row])


async def by_passphrase(passphrase: Secret) -> Sealing:
    """A sealing with a key of its own, under a new salt. Raises MemoryNeededError."""
    salt, cost = secrets.token_bytes(envelope.SALT_SIZE), passphrases.Cost()
    key = await passphrases.derive_key(passphrase, salt, cost)
    return Sealing(key, Lock.PASSPHRASE, salt, Cost(cost.memory_kib, cost.passes, cost.lanes))


def keep_sealing(tx: Tx, sealing: Sealing) -> None:
    """Seal backups with it from now on, without its passphrase."""
    cost = sealing.cost or Cost(0, 0, 0)
    meta.put_blob(tx, _KEPT_KEY, sealing.key.reveal())
    meta.put_blob(tx, _KEPT_SALT, sealing.salt)
    meta.put(tx, _KEPT_COST, f"{cost.memory_kib} {cost.passes} {cost.lanes}")


def kept_sealing(tx: Tx) -> Sealing | None:
    """By the words' key where the wallet has words, else by the passphrase that was set, else None."""
    try:
        return Sealing(service_keys.load(tx, ServiceKey.WALLET_BACKUP), Lock.WORDS)
    except WordsNeededError:
        key, salt = meta.get_blob(tx, _KEPT_KEY), meta.get_blob(tx, _KEPT_SALT)
        cost = meta.get(tx, _KEPT_COST)
    if key is None or salt is None or cost is None:
        return None
    return Sealing(Secret(key), Lock.PASSPHRASE, salt, Cost(*map(int, cost.split())))
