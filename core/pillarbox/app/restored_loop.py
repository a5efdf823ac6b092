"""A wallet made of a Loop backup and lnd's seed: it watches, and takes its deposits back with that seed."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field

from pillarbox.app.restored_wallet import Restored
from pillarbox.app.wallet_folders import WalletFolder
from pillarbox.errors import ErrorText
from pillarbox.keys.root import Root
from pillarbox.model.account import Account, WalletId
from pillarbox.model.network import Network
from pillarbox.model.restoring import Outcome, ReportItem, RestoreReport, grouped
from pillarbox.secret import Secret
from pillarbox.storage.database import Database, Tx
from pillarbox.vault.slots import Slots
from pillarbox.wallet import service_keys
from pillarbox.wallet.loop_files import FoundFile
from pillarbox.wallet.loop_restore import USUAL_SCAN
from pillarbox.wallet.unlocking import Unlocking
from pillarbox.wallet.wallet import Surroundings, Wallet


@dataclass(frozen=True, slots=True)
class RestoredLoop:
    """What is restored, and what opens it here. The root stays the caller's."""

    name: str
    network: Network
    root: Root
    files: Sequence[FoundFile]
    passphrase: Secret | None = field(repr=False)
    use_keychain: bool = True
    last_key: int = USUAL_SCAN
    """The last client key that is tried where a backup does not name its own."""


async def build(wanted: RestoredLoop, folder: WalletFolder, slots: Slots, around: Surroundings) -> Restored:
    """Make slots and database in `folder`. Whatever it raises, the caller then discards the folder."""
    wallet = WalletId(secrets.token_hex(16))
    created = await slots.create(
        wallet, wanted.network, passphrase=wanted.passphrase, use_keychain=wanted.use_keychain
    )
    try:
        db = await Database.create(folder.database, created.keys.file_key)
        try:
            report = await _fill(wanted, wallet, db, around)
        finally:
            await db.close()
    finally:
        created.keys.wipe()
    return Restored(report, None if created.keychain_trouble is None else created.keychain_trouble.text)


async def _fill(wanted: RestoredLoop, wallet: WalletId, db: Database, around: Surroundings) -> RestoreReport:
    keys = service_keys.derive_loop_backup(wanted.root.bip32, wanted.network)

    def keep(tx: Tx) -> None:
        service_keys.keep(tx, keys)

    await db.write(keep)
    unlocking = Unlocking(wallet, wanted.name, wanted.network, db, None, around.events.publish)
    opened = await Wallet.compose(wallet, wanted.name, wanted.network, db, unlocking, around)
    opened.loop.restore.restored = _later
    await opened.loop.restore.restore(wanted.files, wanted.root, wanted.last_key)
    older = await opened.loop.restore.restore_older(wanted.files, wanted.root, wanted.last_key)
    items = [ReportItem("accounts", Outcome.RESTORED, 1), ReportItem("l402-tokens", Outcome.RESTORED, 1)]
    for each in older:
        if isinstance(each.became, ErrorText):
            items.append(ReportItem("accounts", Outcome.FAILED, 1, each.became))
        else:
            items.append(ReportItem("accounts", Outcome.RESTORED, 1))
            items.append(ReportItem("l402-tokens", Outcome.RESTORED, int(each.became.token)))
    return RestoreReport(grouped(items))


async def _later(account: Account) -> None:
    """It is scanned and backed up once the wallet is open."""
    del account
