"""A wallet made of a backup: beside the others, then whole into place."""

import asyncio
import secrets
import threading
from dataclasses import dataclass, field

from pillarbox.app.new_wallet import keep_secrets
from pillarbox.app.wallet_folders import WalletFolder
from pillarbox.errors import ErrorText, InvalidInputError
from pillarbox.keys import mnemonic
from pillarbox.keys.root import Root
from pillarbox.model.account import WalletId
from pillarbox.model.restoring import RestoreReport
from pillarbox.secret import Secret
from pillarbox.storage.database import Database, Tx
from pillarbox.vault.sealed_words import RecoveryWords, seal_words
from pillarbox.vault.slots import Keys, Slots
from pillarbox.wallet import backup_sealing, restoring
from pillarbox.wallet.backup_sealing import Sealing
from pillarbox.wallet.restore_plan import Plan
from pillarbox.wallet.restoring import Options
from pillarbox.wallet.wallet import Surroundings


@dataclass(frozen=True, slots=True)
class RestoredWallet:
    """What a wallet is restored from, and what opens it here. With words it needs a passphrase."""

    name: str
    plan: Plan
    words: RecoveryWords | None = field(repr=False)
    sealing: Sealing | None = field(repr=False)
    """What sealed the backup of a wallet without words: its next backups are sealed with it too."""
    passphrase: Secret | None = field(repr=False)
    use_keychain: bool = True
    options: Options = field(default_factory=Options)


@dataclass(frozen=True, slots=True)
class Restored:
    """What came of it, and why the keychain was not used, where it was to be."""

    report: RestoreReport
    keychain_trouble: ErrorText | None


async def build(wanted: RestoredWallet, folder: WalletFolder, slots: Slots, around: Surroundings) -> Restored:
    """Make slots and database in `folder`. Whatever it raises, the caller then discards the folder."""
    if wanted.words is not None and wanted.passphrase is None:
        raise InvalidInputError(what="passphrase", why="A wallet with recovery words needs one to seal them.")
    wallet = WalletId(secrets.token_hex(16))
    created = await slots.create(
        wallet, wanted.plan.network, passphrase=wanted.passphrase, use_keychain=wanted.use_keychain
    )
    try:
        db = await Database.create(folder.database, created.keys.file_key)
        try:
            report = await _fill(wanted, wallet, created.keys, db, around)
        finally:
            await db.close()
    finally:
        created.keys.wipe()
    return Restored(report, None if created.keychain_trouble is None else created.keychain_trouble.text)


async def _fill(
    wanted: RestoredWallet, wallet: WalletId, keys: Keys, db: Database, around: Surroundings
) -> RestoreReport:
    stop = threading.Event()
    root = None
    try:
        root = None if wanted.words is None else await asyncio.to_thread(_root, wanted.words)
        derivers = restoring.derivers_of(around.kinds, root)
        prepared = await asyncio.to_thread(
            restoring.prepare, wanted.plan, derivers, around.kinds, {}, lambda: not stop.is_set()
        )

        def write(tx: Tx) -> RestoreReport:
            if root is not None and wanted.words is not None:
                keep_secrets(tx, seal_words(keys.words_key, wallet, wanted.words), root, wanted.plan.network)
            elif wanted.sealing is not None:
                backup_sealing.keep_sealing(tx, wanted.sealing)
            return restoring.merge(tx, prepared, wanted.options)

        return await db.write(write)
    finally:
        stop.set()
        if root is not None:
            root.wipe()


def _root(words: RecoveryWords) -> Root:
    with mnemonic.read(words.words) as read:
        return Root.of(read, words.bip39_passphrase)
