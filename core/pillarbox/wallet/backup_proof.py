"""Proving a backup: that it opens and says what the wallet is, and that a wallet can be made of it."""

import asyncio
import logging
import secrets
import threading
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from pillarbox.accounts import Kinds
from pillarbox.accounts.kind import Deriver, KeyNeed
from pillarbox.backup import envelope
from pillarbox.errors import PillarboxError
from pillarbox.files.private_folder import remove_folder
from pillarbox.files.refusals import refusals_told
from pillarbox.model.account import Account
from pillarbox.model.address import DerivedAddress
from pillarbox.secret import Secret
from pillarbox.storage import accounts as stored
from pillarbox.storage import addresses, meta
from pillarbox.storage.backups import Written
from pillarbox.storage.database import Database, Tx
from pillarbox.to_the_end import to_the_end
from pillarbox.wallet import backup_files, restoring
from pillarbox.wallet.backup_reading import OpenedBackup, open_backup
from pillarbox.wallet.backup_sealing import Sealing, Snapshot, export_all
from pillarbox.wallet.restore_plan import read_plan
from pillarbox.wallet.restoring import Options

log = logging.getLogger(__name__)

SAMPLES = 50
"""Addresses of each branch that a verification derives again; a drill derives all."""


class BackupUnlikeError(PillarboxError):
    """Parameters: file, what."""

    code = "backup-unlike"
    title = "The newest backup is not what the wallet is"
    message = "{file} was read again, and {what}. The wallet itself is not affected."
    hint = "A new backup is written. If this comes again, check the disk that the backups are on."


class AddressesUnlikeError(PillarboxError):
    """Parameters: file, what."""

    code = "backup-addresses-unlike"
    title = "A backup gives other addresses than the wallet has"
    message = (
        "{file} is as it was written, and {what} than the wallet keeps. Money sent to a wrong address would "
        "be lost."
    )
    hint = "Close Pillarbox and check this computer's memory and disk before you go on."


async def verify(written: Written, sealing: Sealing, db: Database, kinds: Kinds) -> None:
    """Read, decrypt and parse a file again, compare it with the wallet, and derive some addresses again.

    Raises BackupUnlikeError, AddressesUnlikeError, and what opening a file raises.
    """
    opened = await _open(written, sealing)
    plan = await asyncio.to_thread(read_plan, opened, kinds)
    snapshot = await db.read(export_all)
    changed = await asyncio.to_thread(_differing, opened, snapshot)
    if changed and snapshot.revision == opened.facts.revision:
        # The file is what was written: something changed the wallet and did not say so. A new backup has it.
        log.warning("the wallet's %s changed without being counted", changed)
        await db.write(meta.bump_revision)
    samples = await db.read(_samples)
    for planned in plan.accounts:
        rows = samples.get(planned.account.same_key, ())
        await asyncio.to_thread(_derive_again, planned.account, kinds, rows, written.name)
    await asyncio.to_thread(opened.let_go)


async def drill(written: Written, sealing: Sealing, db: Database, kinds: Kinds) -> None:
    """Restore a file into a throwaway wallet and compare everything. Raises as `verify` does.

    Addresses that take the words are compared as they are kept: nothing is derived with the words here.
    """
    opened = await _open(written, sealing)
    plan = await asyncio.to_thread(read_plan, opened, kinds)
    derivers = await db.read(lambda tx: _derivers(tx, kinds))
    async with _throwaway(Path(written.folder)) as (thrown_away, stop):
        prepared = await asyncio.to_thread(
            restoring.prepare, plan, derivers, kinds, {}, lambda: not stop.is_set()
        )
        await thrown_away.write(lambda tx: restoring.merge(tx, prepared, Options()))
        snapshot = await thrown_away.read(export_all)
        await asyncio.to_thread(_compare, opened, snapshot, written.name)
        await _compare_texts(thrown_away, db, written.name)
    await asyncio.to_thread(opened.let_go)


@asynccontextmanager
async def _throwaway(beside: Path) -> AsyncIterator[tuple[Database, threading.Event]]:
    """An empty database under a key that nobody keeps, and what stops threads that work for it.

    It is gone at the end, also where that end is a cancellation.
    """
    stop = threading.Event()
    folder = beside / f"{backup_files.DRILL}{secrets.token_hex(8)}"
    made: Database | None = None
    try:
        with refusals_told(beside):
            await to_the_end(asyncio.to_thread(folder.mkdir, 0o700))
        with Secret(secrets.token_bytes(32)) as key:
            made = await Database.create(folder / "wallet.db", key)
        yield made, stop
    finally:
        stop.set()
        await to_the_end(_remove(made, folder))


async def _remove(made: Database | None, folder: Path) -> None:
    if made is not None:
        await made.close()
    await asyncio.to_thread(remove_folder, folder)


async def _open(written: Written, sealing: Sealing) -> OpenedBackup:
    data = await asyncio.to_thread(backup_files.load, written)
    if data is None:
        raise BackupUnlikeError(file=written.name, what="its bytes are not those that were written")
    return await open_backup(await asyncio.to_thread(envelope.read, data), sealing.key)


def _compare(opened: OpenedBackup, snapshot: Snapshot, file: str) -> None:
    differing = _differing(opened, snapshot)
    if differing:
        raise BackupUnlikeError(file=file, what=f"its part {differing} differs")


def _differing(opened: OpenedBackup, snapshot: Snapshot) -> str:
    """The first section that is not the same in both, or ""."""
    for section in snapshot.sections:
        found = opened.sections.get(section.name)
        if found is None or found.digest != section.digest:
            return section.name
    return ""


@dataclass(frozen=True, slots=True)
class _Row:
    branch: int
    index: int
    text: str


def _samples(tx: Tx) -> dict[str, list[_Row]]:
    """Some addresses of each account as they are kept, the first and the last among them, by same_key."""
    found: dict[str, list[_Row]] = {}
    for account in stored.all_accounts(tx):
        rows = found.setdefault(account.same_key, [])
        for branch, count in addresses.counts(tx, account.id).items():
            step = max(1, count // SAMPLES)
            for index in {*range(0, count, step), count - 1}:
                kept = addresses.derived(tx, account.id, branch, index, index + 1)
                rows += [_Row(branch, row.index, row.text) for row in kept]
    return found


def _derive_again(account: Account, kinds: Kinds, rows: Sequence[_Row], file: str) -> None:
    kind = kinds.get(account.kind)
    if kind.key_need is KeyNeed.EACH_ADDRESS:
        return
    deriver = kind.deriver(account.params, account.network)
    for row in rows:
        if [made.text for made in deriver.derive(row.branch, row.index, 1)] != [row.text]:
            path = deriver.path(row.branch, row.index)
            raise AddressesUnlikeError(file=file, what=f"its keys give another address at {path}")


def _derivers(tx: Tx, kinds: Kinds) -> restoring.Derivers:
    """As without the words; kept rows stand in for accounts whose every address takes them."""
    kept = {
        account.same_key: _KeptRows(
            {
                branch: addresses.derived(tx, account.id, branch, 0, count)
                for branch, count in addresses.counts(tx, account.id).items()
            }
        )
        for account in stored.all_accounts(tx)
        if kinds.get(account.kind).key_need is KeyNeed.EACH_ADDRESS
    }
    usual = restoring.derivers_of(kinds, None)

    def deriver(account: Account) -> Deriver:
        return kept[account.same_key] if account.same_key in kept else usual(account)

    return deriver


@dataclass(frozen=True, slots=True)
class _KeptRows:
    """A deriver of what was derived before."""

    rows: Mapping[int, Sequence[DerivedAddress]]

    def derive(self, branch: int, start: int, count: int) -> Sequence[DerivedAddress]:
        return [row for row in self.rows.get(branch, ()) if start <= row.index < start + count]

    def path(self, branch: int, index: int) -> str:
        return f"{branch}/{index}"


async def _compare_texts(thrown_away: Database, db: Database, file: str) -> None:
    """Every address that both have is the same in both."""
    for same_key, label, branch in await thrown_away.read(_branches):
        made, kept = [await _texts(each, same_key, branch) for each in (thrown_away, db)]
        both = min(len(made), len(kept))
        if made[:both] != kept[:both]:
            raise AddressesUnlikeError(file=file, what=f'"{label}" has other addresses in it')


def _branches(tx: Tx) -> list[tuple[str, str, int]]:
    """Each branch there is, by its account's same_key and label."""
    return [
        (account.same_key, account.label, branch)
        for account in stored.all_accounts(tx)
        for branch in addresses.counts(tx, account.id)
    ]


async def _texts(db: Database, same_key: str, branch: int) -> list[str | None]:
    def read(tx: Tx) -> list[str | None]:
        account = stored.same_key_exists(tx, same_key)
        return [] if account is None else addresses.texts(tx, account, branch)

    return await db.read(read)
