"""`backup now|status|list|verify|drill`, and what they need: `backup bundle|folders|passphrase`."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pillarbox.app import restoring
from pillarbox.backup.status import BackupFolderMissingError
from pillarbox.commands.arguments import ArgumentsError
from pillarbox.commands.command import Command, PassphraseNeededError, Replies, Where, opened
from pillarbox.commands.nouns import JsonObject
from pillarbox.model.backup import BackupFile, BackupPhase, BackupStatus
from pillarbox.secret import Secret
from pillarbox.vault.sealed_words import RecoveryWords

if TYPE_CHECKING:
    from pillarbox.app.application import Application
    from pillarbox.app.restoring import FoundBackup, Opened
    from pillarbox.wallet.wallet import Wallet


@dataclass(frozen=True, slots=True)
class WalletArguments:
    wallet: str


@dataclass(frozen=True, slots=True)
class NowArguments:
    """`to`: an absolute path of a further folder, for this once."""

    wallet: str
    to: str | None = None


@dataclass(frozen=True, slots=True)
class BundleArguments:
    """`passphrase` is the wallet's, `backup_passphrase` what opens the bundle."""

    wallet: str
    to: str
    backup_passphrase: Secret = field(repr=False)
    passphrase: Secret | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class PassphraseArguments:
    wallet: str
    backup_passphrase: Secret = field(repr=False)


@dataclass(frozen=True, slots=True)
class FoldersArguments:
    """At most one change at a time; without one, the folders are listed."""

    wallet: str
    add: str | None = None
    remove: str | None = None

    def __post_init__(self) -> None:
        if self.add is not None and self.remove is not None:
            raise ArgumentsError(why="It takes --add or --remove, one at a time.")


@dataclass(frozen=True, slots=True)
class ListArguments:
    place: str


@dataclass(frozen=True, slots=True)
class VerifyArguments:
    """Opened by the words, or by the passphrase that locks it."""

    file: str
    mnemonic: Secret | None = field(default=None, repr=False)
    bip39_passphrase: Secret | None = field(default=None, repr=False)
    backup_passphrase: Secret | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if (self.mnemonic is None) is (self.backup_passphrase is None):
            raise ArgumentsError(
                why="What opens the file is a wallet (--wallet), its words, or its passphrase: exactly one."
            )


@dataclass(frozen=True, slots=True)
class VerifyByWalletArguments:
    wallet: str
    file: str


async def now(app: "Application", arguments: NowArguments) -> Replies:
    """Write where something changed, verify, and say where the newest lies.

    Raises BackupFolderMissingError after that, where a named folder got none.
    """
    wallet = opened(app, arguments.wallet)
    files = await wallet.backing_up.now(None if arguments.to is None else Path(arguments.to))
    found = wallet.backup
    there = [file for file in files if file.folder not in found.missing_folders]
    yield {**status_object(found), "files": [file_object(file) for file in there]}
    if found.missing_folders:
        raise BackupFolderMissingError(folder=", ".join(found.missing_folders))


async def status(app: "Application", arguments: WalletArguments) -> Replies:
    wallet = opened(app, arguments.wallet)
    yield status_object(await wallet.backing_up.look())


async def drill(app: "Application", arguments: WalletArguments) -> Replies:
    """Restore the newest into a throwaway wallet and compare everything."""
    wallet = opened(app, arguments.wallet)
    await wallet.backing_up.drill()
    yield status_object(wallet.backup)


async def bundle(app: "Application", arguments: BundleArguments) -> Replies:
    """A file with the words in it: whoever has it and its passphrase has the money."""
    wallet = opened(app, arguments.wallet)
    if arguments.passphrase is None:
        raise PassphraseNeededError(purpose="Only the wallet's passphrase gives the words for the bundle.")
    async with wallet.unlocking.words(arguments.passphrase) as words:
        made = await wallet.backing_up.write_bundle(words, arguments.backup_passphrase, Path(arguments.to))
    yield file_object(made)


async def set_passphrase(app: "Application", arguments: PassphraseArguments) -> Replies:
    """For a wallet without words: from now on it backs itself up."""
    wallet = opened(app, arguments.wallet)
    await wallet.backing_up.set_passphrase(arguments.backup_passphrase)
    await wallet.backing_up.now()
    yield status_object(wallet.backup)


async def folders(app: "Application", arguments: FoldersArguments) -> Replies:
    wallet = opened(app, arguments.wallet)
    known = [Path(folder) for folder in await wallet.backing_up.folders()]
    if arguments.add is not None:
        await wallet.backing_up.set_folders([*known, Path(arguments.add)])
    if arguments.remove is not None:
        await wallet.backing_up.set_folders([each for each in known if each != Path(arguments.remove)])
    found = await wallet.backing_up.look()
    yield {
        "folders": list(await wallet.backing_up.folders()),
        "missing_folders": list(found.missing_folders),
    }


async def list_backups(_: "Application", arguments: ListArguments) -> Replies:
    """What lies at a place, newest first; files that are no backups last, each with the reason."""
    for found in await restoring.find([Path(arguments.place)]):
        yield found_object(found)


async def verify(app: "Application", arguments: VerifyArguments) -> Replies:
    """Open a file, read all of it, and say what it would bring."""
    found = await restoring.find_one(Path(arguments.file))
    if found.trouble is not None:
        raise found.trouble
    if arguments.backup_passphrase is not None:
        yield await _verified(
            await restoring.open_by_passphrase(app.kinds, found, arguments.backup_passphrase)
        )
        return
    words = (arguments.mnemonic or Secret(b"")).copy()
    extra = Secret(b"") if arguments.bip39_passphrase is None else arguments.bip39_passphrase.copy()
    looked = await restoring.open_by_words(app.kinds, [found], RecoveryWords(words, extra))
    yield await _verified(restoring.required(*looked))


async def verify_by_wallet(app: "Application", arguments: VerifyByWalletArguments) -> Replies:
    """The same, by the key of an open wallet, and compared with it."""
    name = app.folder(arguments.wallet).name
    found = await restoring.find_one(Path(arguments.file))
    made = restoring.required(*await restoring.open_by_wallet(app, [found], name))
    yield {**await _verified(made), **await _compared(app, app.open_wallets[name], made)}


async def _verified(made: "Opened") -> JsonObject:
    if made.words is not None:
        made.words.wipe()
    return opened_object(made)


async def _compared(app: "Application", wallet: "Wallet", made: "Opened") -> JsonObject:
    from pillarbox.model.restoring import Outcome  # noqa: PLC0415  # only where it is used
    from pillarbox.wallet.restoring import Options  # noqa: PLC0415  # as above

    report = await restoring.restore_into(app, made, wallet.name, Options(), preview=True)
    return {
        "would_restore": report.count(Outcome.RESTORED),
        "conflicts": report.count(Outcome.CONFLICT),
    }


def status_object(status: BackupStatus) -> JsonObject:
    """A missing folder counts as a failure: somebody has to do something."""
    missing = status.phase is BackupPhase.FOLDER_MISSING
    reason = status.reason
    return {
        "state": BackupPhase.FAILED.value if missing else status.phase.value,
        "at": status.at,
        "reason": None if reason is None else f"{reason.message} {reason.hint}",
        "error": None if reason is None else asdict(reason),
        "needs_passphrase": status.needs_passphrase,
        "missing_folders": list(status.missing_folders),
        "files": [file_object(file) for file in status.files],
    }


def file_object(file: BackupFile) -> JsonObject:
    return {"path": str(Path(file.folder, file.name)), **asdict(file)}


def found_object(found: "FoundBackup") -> JsonObject:
    """A file before it is opened."""
    facts, trouble = found.facts, found.trouble
    return {
        "ok": trouble is None,
        "path": str(found.path),
        "name": found.path.name,
        "fingerprint": None if facts is None else facts.fingerprint,
        "network": None if facts is None else facts.network,
        "created_at": None if facts is None else facts.created_at,
        "revision": None if facts is None else facts.revision,
        "opened_by": None if facts is None else facts.lock.value,
        "error": None if trouble is None else asdict(trouble.text),
    }


def opened_object(made: "Opened") -> JsonObject:
    """A file that was opened and read."""
    plan = made.plan
    return {
        "path": str(made.path),
        "wallet": plan.name,
        "fingerprint": plan.facts.fingerprint,
        "network": plan.network.value,
        "created_at": plan.facts.created_at,
        "revision": plan.facts.revision,
        "opened_by": plan.facts.lock.value,
        "has_words": plan.has_words,
        "accounts": [
            {"label": each.account.label, "kind": each.account.kind, "path": each.account.path}
            for each in plan.accounts
        ],
        "counts": plan.counts,
        "left_out": [asdict(item.reason) for item in plan.left_out if item.reason is not None],
        "verified": True,
    }


COMMANDS = (
    Command("backup now", NowArguments, Where.OPEN_WALLET, now),
    Command("backup status", WalletArguments, Where.OPEN_WALLET, status),
    Command("backup drill", WalletArguments, Where.OPEN_WALLET, drill),
    Command("backup bundle", BundleArguments, Where.OPEN_WALLET, bundle),
    Command("backup passphrase", PassphraseArguments, Where.OPEN_WALLET, set_passphrase),
    Command("backup folders", FoldersArguments, Where.OPEN_WALLET, folders),
    Command("backup list", ListArguments, Where.WINDOW, list_backups),
    Command("backup verify", VerifyArguments, Where.WINDOW, verify),
    Command("backup verify-by-wallet", VerifyByWalletArguments, Where.OPEN_WALLET, verify_by_wallet),
)
