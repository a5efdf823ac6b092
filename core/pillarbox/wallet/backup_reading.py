"""A backup file opened: what it says, and what opens it."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pillarbox.backup import content, envelope
from pillarbox.backup.content import SectionData
from pillarbox.backup.envelope import BackupError, DamagedBackupError, Envelope, Facts
from pillarbox.errors import FolderUnusableError
from pillarbox.files.reading import read_bounded
from pillarbox.keys import mnemonic
from pillarbox.keys.root import Root
from pillarbox.loop import backup_file
from pillarbox.secret import Secret
from pillarbox.vault import passphrase as passphrases
from pillarbox.vault.sealed_words import RecoveryWords
from pillarbox.wallet import service_keys
from pillarbox.wallet.backup_sealing import WORDS


class BackupUnreadableError(FolderUnusableError):
    """Parameters: folder (the file), why. It says nothing of what is in the file: that may be whole."""

    code = "backup-unreadable"
    title = "This backup cannot be read"
    message = "{folder} cannot be read: {why}. It was left as it is, and nothing was changed."
    hint = "Check that you may read it and that the drive it is on works, or choose another file."


class LoopBackupGivenError(BackupError):
    """No parameters."""

    code = "loop-backup-given"
    title = "This is a backup of Lightning Loop"
    message = "It holds the access to a static address, and no wallet. Nothing was changed."
    hint = (
        "Restore the wallet that it belongs to, then the address in it with: pillarbox loop recover NAME "
        "--backup-file FILE. If it belongs to an lnd node, give the node's seed with --lnd-seed-file."
    )


@dataclass(frozen=True, slots=True)
class OpenedBackup:
    """A file's facts and content. Only a bundle holds the words."""

    facts: Facts
    sections: Mapping[str, SectionData] = field(repr=False)

    @property
    def is_bundle(self) -> bool:
        return WORDS in self.sections

    def let_go(self) -> None:
        """Free the records, some at a time: all at once holds the interpreter lock for long."""
        for section in self.sections.values():
            while section.rows:
                del section.rows[-content.STEP :]

    def words(self) -> RecoveryWords:
        """Those of a bundle; wipe them. Raises DamagedBackupError."""
        rows = self.sections[WORDS].rows
        if len(rows) != 1 or len(rows[0]) != 2 or not all(isinstance(text, str) for text in rows[0]):
            raise DamagedBackupError(why="Its recovery words make no sense")
        words, extra = (Secret.from_text(str(text)) for text in rows[0])
        return RecoveryWords(words, extra)


async def read_file(path: Path) -> Envelope:
    """A file that is whole. Raises BackupUnreadableError, and what `envelope.read` raises."""
    return await asyncio.to_thread(_read_file, path)


def _read_file(path: Path) -> Envelope:
    try:
        data = read_bounded(path, envelope.LARGEST)
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise BackupUnreadableError(folder=str(path), why=why) from error
    if data.startswith(backup_file.MAGIC):
        raise LoopBackupGivenError
    return envelope.read(data)


async def key_by_words(words: Secret, bip39_passphrase: Secret) -> Secret:
    """The key of the backups of these words' wallet. Raises what `mnemonic.read` raises."""

    def derive() -> Secret:
        with mnemonic.read(words) as read, Root.of(read, bip39_passphrase) as root:
            return service_keys.wallet_backup_key(root.seed)

    return await asyncio.to_thread(derive)


async def key_by_passphrase(passphrase: Secret, facts: Facts) -> Secret:
    """Raises MemoryNeededError; DamagedBackupError where no program would have asked for such a cost."""
    if facts.cost is None:
        raise ValueError("no passphrase locks this file")
    try:
        cost = passphrases.Cost(facts.cost.memory_kib, facts.cost.passes, facts.cost.lanes)
    except ValueError as error:
        raise DamagedBackupError(why="What its passphrase is to cost makes no sense") from error
    return await passphrases.derive_key(passphrase, facts.salt, cost)


async def open_backup(found: Envelope, key: Secret) -> OpenedBackup:
    """Raises WrongWordsError, WrongPassphraseError, DamagedBackupError."""
    return await asyncio.to_thread(_open, found, key)


def _open(found: Envelope, key: Secret) -> OpenedBackup:
    sections: dict[str, SectionData] = {}
    for section in content.read(envelope.unseal(found, key)):
        if section is None:
            continue
        if section.name in sections:
            raise DamagedBackupError(why=f"It holds its section {section.name[:40]} twice")
        sections[section.name] = section
    return OpenedBackup(found.facts, sections)
