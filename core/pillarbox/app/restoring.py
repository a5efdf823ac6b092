"""Restoring as a use case of the whole program: find backups, open one, look at what it would do, do it."""

import asyncio
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pillarbox.accounts import Kinds
from pillarbox.app.restored_wallet import RestoredWallet
from pillarbox.backup.envelope import DamagedBackupError, Facts, Lock, WrongWordsError
from pillarbox.errors import PillarboxError
from pillarbox.files.generations import generations
from pillarbox.keys import mnemonic
from pillarbox.keys.bip32 import PrivateNode
from pillarbox.keys.root import Root
from pillarbox.model.network import Network
from pillarbox.model.restoring import RestoreReport
from pillarbox.secret import Secret
from pillarbox.storage.database import DatabaseClosedError, Tx
from pillarbox.vault.sealed_words import RecoveryWords
from pillarbox.wallet import backup_reading, loop_files, restoring, service_keys
from pillarbox.wallet.account_loading import read_accounts
from pillarbox.wallet.backup_reading import OpenedBackup
from pillarbox.wallet.backup_sealing import PROGRAM, SUFFIX, Sealing
from pillarbox.wallet.loop_files import FoundFile
from pillarbox.wallet.restore_plan import Plan, read_plan
from pillarbox.wallet.restoring import Options, Prepared
from pillarbox.wallet.service_keys import ServiceKey

if TYPE_CHECKING:
    from pillarbox.app.application import Application
    from pillarbox.app.made_wallet import RestoredAndOpen
    from pillarbox.wallet.wallet import Wallet


class OtherWalletsBackupError(PillarboxError):
    """Parameters: wallet, here, there."""

    code = "backup-other-wallet"
    title = "This backup is another wallet's"
    message = (
        'The backup is of the wallet with the fingerprint {there}, and "{wallet}" is {here}. '
        "They have other words, so nothing was merged."
    )
    hint = "Restore it as a wallet of its own."


class PlaceUnreadableError(PillarboxError):
    """Parameters: place, why."""

    code = "backup-place-unreadable"
    title = "This file or folder cannot be read"
    message = "{place} cannot be read: {why}. Nothing was changed."
    hint = "Check its name, and that the drive it is on is connected."


class NoBackupsThereError(PillarboxError):
    """Parameters: folder."""

    code = "no-backups-there"
    title = "There is no backup in this folder"
    message = "{folder} holds no file whose name ends in .pillarbox-backup. Nothing was changed."
    hint = "Choose another folder, or restore from the recovery words alone."


@dataclass(frozen=True, slots=True)
class FoundBackup:
    """A file as far as it can be known without opening it: its facts, or why it is none."""

    path: Path
    facts: Facts | None
    trouble: PillarboxError | None


@dataclass(frozen=True, slots=True)
class Opened:
    """A backup that was opened, read as a whole, and found to make sense."""

    path: Path
    backup: OpenedBackup = field(repr=False)
    plan: Plan
    words: RecoveryWords | None = field(repr=False)
    """Those of the wallet, where they were entered or lie in a bundle. Wipe them."""
    sealing: Sealing | None = field(repr=False)


async def find(places: Iterable[Path]) -> list[FoundBackup]:
    """The backups at files and in folders, newest first; files that are none come last, with the reason.

    Raises PlaceUnreadableError.
    """
    paths = [path for place in places for path in await asyncio.to_thread(_files, place)]
    found = [await _look(path) for path in dict.fromkeys(paths)]
    return newest_first(found)


async def find_one(place: Path) -> FoundBackup:
    """A file, or the newest in a folder. Raises PlaceUnreadableError, NoBackupsThereError."""
    found = await find([place])
    if not found:
        raise NoBackupsThereError(folder=str(place))
    return found[0]


async def find_where_there_are_some(places: Iterable[Path]) -> list[FoundBackup]:
    """As `find`, of the places that can be read."""
    found: list[FoundBackup] = []
    for place in places:
        try:
            found += await find([place])
        except PillarboxError:  # a stick that is not in, a folder of somebody else's: others may have it
            continue
    return newest_first(found)


async def find_loop(place: Path, root: Root, network: Network) -> list[FoundFile]:
    """The Loop backups at a file or in a folder, latest name first, opened with a root's keys.

    Raises PlaceUnreadableError, NotABackupError for a file's name.
    """
    try:
        return await asyncio.to_thread(loop_files.look_at, place, root, network)
    except OSError as error:
        raise PlaceUnreadableError(place=str(place), why=error.strerror or type(error).__name__) from error


async def open_by_words(
    kinds: Kinds, found: Sequence[FoundBackup], words: RecoveryWords
) -> tuple[Opened | None, list[FoundBackup]]:
    """The newest backup that these words open, and those that were passed over, each with the reason.

    Takes `words` over. Raises what words that are none are refused for.
    """
    try:
        root = await asyncio.to_thread(_root, words)
        with root:
            key = service_keys.wallet_backup_key(root.seed)
            entered = await asyncio.to_thread(_fingerprint, root)
        with key:
            opened, passed = await _first(kinds, found, key, entered)
    except BaseException:
        words.wipe()
        raise
    if opened is None:
        words.wipe()
        return None, passed
    return Opened(opened.path, opened.backup, opened.plan, words, None), passed


def required(opened: Opened | None, passed: Sequence[FoundBackup]) -> Opened:
    """Raises the first reason why none was opened."""
    if opened is None:
        troubles = (each.trouble for each in passed if each.trouble is not None)
        raise next(troubles, NoBackupsThereError(folder="The chosen place"))
    return opened


async def open_by_passphrase(kinds: Kinds, found: FoundBackup, passphrase: Secret) -> Opened:
    """A backup that a passphrase locks: a bundle, or one of a wallet without words."""
    if found.facts is None or found.facts.cost is None:
        raise ValueError("no passphrase locks this file")
    envelope = await backup_reading.read_file(found.path)
    if envelope.facts.salt != found.facts.salt or envelope.facts.cost is None:
        raise DamagedBackupError(why="It became another file while it was being opened")
    key = await backup_reading.key_by_passphrase(passphrase, envelope.facts)
    try:
        backup = await backup_reading.open_backup(envelope, key)
        plan = await asyncio.to_thread(read_plan, backup, kinds)
        if backup.is_bundle:
            words = await asyncio.to_thread(_bundled_words, backup)
            key.wipe()
            return Opened(found.path, backup, plan, words, None)
    except BaseException:
        key.wipe()
        raise
    sealing = Sealing(key, Lock.PASSPHRASE, envelope.facts.salt, envelope.facts.cost)
    return Opened(found.path, backup, plan, None, sealing)


def _bundled_words(backup: OpenedBackup) -> RecoveryWords:
    """Those of a bundle, if they are the wallet's. Takes its time. Raises DamagedBackupError."""
    words = backup.words()
    told = backup.facts.fingerprint
    try:
        with _root(words) as root:
            if told and _fingerprint(root) != told:
                raise DamagedBackupError(why="The recovery words in it are not those of its wallet")
    except PillarboxError as error:
        words.wipe()
        if isinstance(error, DamagedBackupError):
            raise
        raise DamagedBackupError(why="The recovery words in it are none") from error
    return words


async def open_by_wallet(
    app: "Application", found: Sequence[FoundBackup], name: str
) -> tuple[Opened | None, list[FoundBackup]]:
    """As `open_by_words`, by an open wallet's own key.

    Raises WordsNeededError where it has no such key.
    """
    wallet = _wallet(app, name)
    with await wallet.unlocking.service_key(ServiceKey.WALLET_BACKUP) as key:
        return await _first(app.kinds, found, key, wallet.fingerprint)


async def restore_new(
    app: "Application",
    opened: Opened,
    name: str,
    passphrase: Secret | None,
    *,
    use_keychain: bool = True,
    options: Options | None = None,
) -> "RestoredAndOpen":
    """A wallet of its own, open. Where anything fails nothing is left of it."""
    wanted = RestoredWallet(
        name,
        opened.plan,
        opened.words,
        opened.sealing,
        passphrase,
        use_keychain,
        options or Options(),
    )
    return await app.restore_wallet(wanted, opened.backup.sections.get(PROGRAM))


async def restore_into(
    app: "Application", opened: Opened, name: str, options: Options, *, preview: bool = False
) -> RestoreReport:
    """Add to an open wallet what it lacks; with `preview`, say what that would be.

    Raises OtherWalletsBackupError.
    """
    wallet = _wallet(app, name)
    there, here = opened.plan.facts.fingerprint, wallet.fingerprint
    if opened.plan.network is not wallet.network or (there and here and there != here):
        raise OtherWalletsBackupError(wallet=name, here=here or "unknown", there=there or "unknown")
    prepared = await _prepare(app, opened, name)
    if preview:
        return await wallet.preview_restore(prepared, options)

    def change(tx: Tx) -> RestoreReport:
        report = restoring.merge(tx, prepared, options)
        read_accounts(tx, app.kinds, app.clock.now)  # what could not be opened again is not merged
        return report

    return await app.restore_into(name, change)


async def _prepare(app: "Application", opened: Opened, name: str) -> Prepared:
    """With every address that lacks, derived in a thread that ends with its asker."""
    wallet = _wallet(app, name)
    root = None if opened.words is None else await asyncio.to_thread(_root, opened.words)
    stop = threading.Event()
    try:
        derivers = restoring.derivers_of(app.kinds, root)
        kept = await wallet.kept_rows()
        return await asyncio.to_thread(
            restoring.prepare, opened.plan, derivers, app.kinds, kept, lambda: not stop.is_set()
        )
    finally:
        stop.set()
        if root is not None:
            root.wipe()


def _wallet(app: "Application", name: str) -> "Wallet":
    """Raises DatabaseClosedError for one that is not open any more."""
    try:
        return app.open_wallets[name]
    except KeyError:
        raise DatabaseClosedError from None


async def _first(
    kinds: Kinds, found: Sequence[FoundBackup], key: Secret, entered: str
) -> tuple[Opened | None, list[FoundBackup]]:
    """The first that the key of some words opens; `entered` is their fingerprint."""
    passed: list[FoundBackup] = []
    for each in found:
        if each.facts is None:
            passed.append(each)
            continue
        try:
            backup = await backup_reading.open_backup(await backup_reading.read_file(each.path), key)
            plan = await asyncio.to_thread(read_plan, backup, kinds)
        except WrongWordsError:
            whose = each.facts.fingerprint or "not told"
            error = WrongWordsError(fingerprint=whose, entered=f"is {entered}")
            passed.append(FoundBackup(each.path, each.facts, error))
        except PillarboxError as error:
            passed.append(FoundBackup(each.path, each.facts, error))
        else:
            return Opened(each.path, backup, plan, None, None), passed
    return None, passed


def _files(place: Path) -> list[Path]:
    try:
        if place.is_dir():
            return generations(place, SUFFIX)
        place.stat()
    except OSError as error:
        raise PlaceUnreadableError(place=str(place), why=error.strerror or type(error).__name__) from error
    return [place]


async def _look(path: Path) -> FoundBackup:
    try:
        return FoundBackup(path, (await backup_reading.read_file(path)).facts, None)
    except PillarboxError as error:
        return FoundBackup(path, None, error)


def newest_first(found: Sequence[FoundBackup]) -> list[FoundBackup]:
    """What cannot be read comes last.

    Clocks are set back, so the files of one wallet are told apart by its revisions, and only wallets by time.
    """
    newest: dict[str, int] = {}
    for each in found:
        if each.facts is not None:
            newest[each.facts.wallet] = max(newest.get(each.facts.wallet, 0), each.facts.created_at)

    def age(each: FoundBackup) -> tuple[int, str, int, int, str]:
        if each.facts is None:
            return 1, "", 0, 0, each.path.name
        wallet = each.facts.wallet
        return -newest[wallet], wallet, -each.facts.revision, -each.facts.created_at, each.path.name

    return sorted(found, key=age)


def _root(words: RecoveryWords) -> Root:
    with mnemonic.read(words.words) as read:
        return Root.of(read, words.bip39_passphrase)


def _fingerprint(root: Root) -> str:
    with PrivateNode.from_seed(root.seed) as node:
        return node.public().fingerprint.hex()
