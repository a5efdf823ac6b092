"""One running Pillarbox: its open wallets, the connections they share, and the settings."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from pillarbox.accounts import KINDS, Kinds
from pillarbox.app import (
    lightning,
    new_wallet,
    program_backup,
    restored_loop,
    restored_wallet,
    wallet_summary,
)
from pillarbox.app.connections import Connections, SimulatedSource
from pillarbox.app.key_claims import ELSEWHERE, KeyClaims
from pillarbox.app.made_wallet import MadeWallet, RestoredAndOpen
from pillarbox.app.new_wallet import NewWallet
from pillarbox.app.paths import Paths
from pillarbox.app.restored_loop import RestoredLoop
from pillarbox.app.restored_wallet import Restored, RestoredWallet
from pillarbox.app.settings import Settings
from pillarbox.app.wallet_folders import WalletFolder, WalletFolders
from pillarbox.app.wallet_summary import WalletSummary
from pillarbox.backup.content import SectionData, SectionLines
from pillarbox.clock import Clock, SystemClock
from pillarbox.errors import ErrorText, PillarboxError
from pillarbox.events import Events, WalletsChanged
from pillarbox.files.byte_claims import ByteClaims
from pillarbox.files.folder_lock import FolderLock
from pillarbox.files.install import install_file
from pillarbox.files.private_folder import make_private_folder
from pillarbox.files.refusals import refusals_told
from pillarbox.model.account import Account, ScanState
from pillarbox.model.restoring import RestoreReport, grouped
from pillarbox.secret import Secret
from pillarbox.storage.database import Database, DatabaseClosedError, Tx
from pillarbox.to_the_end import to_the_end
from pillarbox.vault.keychain import Keychain, KeychainError
from pillarbox.vault.slots import Slots
from pillarbox.vault.slots_file import SlotsFile, read_slots
from pillarbox.wallet.hand_out_refusals import SameKeyElsewhereError, SameKeyOpenError
from pillarbox.wallet.loop_surroundings import LoopSurroundings
from pillarbox.wallet.unlocking import Unlocking
from pillarbox.wallet.wallet import Surroundings, Wallet

THREADS = 6

T = TypeVar("T")


class WalletUnreadableError(PillarboxError):
    """Parameters: name."""

    code = "wallet-unreadable"
    title = "This wallet's folder is incomplete"
    message = 'The folder of "{name}" holds no database, so it cannot be opened. Nothing was changed.'
    hint = "Put wallet.db back from a copy, or restore the wallet from its words."


@dataclass(slots=True, eq=False)
class _Open:
    wallet: Wallet
    slots: Slots
    lock: FolderLock
    switching: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while the wallet becomes another object."""


class Application:
    """Start it with `start`, end it with `stop`. Everything in it belongs to one event loop."""

    def __init__(  # every part of its surroundings can be another one in a test
        self,
        paths: Paths,
        clock: Clock,
        keychain: Keychain,
        kinds: Kinds,
        program: str,
        simulated: SimulatedSource | None = None,
    ) -> None:
        self.paths = paths
        self.clock = clock
        self.kinds = kinds
        self.keychain = keychain
        self.events = Events()
        self.settings = Settings(paths.settings, self.events)
        self.connections = Connections(self.settings, self.events, clock, paths.chain, simulated)
        self._program = program
        self._folders = WalletFolders(paths.wallets)
        self._open: dict[str, _Open] = {}
        self._opening = asyncio.Lock()
        self._slots_of: dict[Path, Slots] = {}
        self._claims = KeyClaims(ByteClaims(paths.key_claims))
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="pillarbox")
        self._revision = 0

    @classmethod
    async def start(
        cls,
        paths: Paths,
        *,
        clock: Clock | None = None,
        keychain: Keychain | None = None,
        kinds: Kinds = KINDS,
        program: str = "Pillarbox",
        simulated: SimulatedSource | None = None,
    ) -> "Application":
        """Read the settings and be ready; no wallet is opened and nobody is connected to.

        `simulated` tells of payments instead of the servers in the settings.
        """
        app = cls(paths, clock or SystemClock(), keychain or Keychain(), kinds, program, simulated)
        # Before any thread is asked for: a loop that made its own by then would lose them while they run.
        asyncio.get_running_loop().set_default_executor(app._threads)
        if not paths.root.exists():  # one that is there may serve others too: what is made in it is private
            with refusals_told(paths.root):
                await asyncio.to_thread(make_private_folder, paths.root)
        return app

    async def stop(self) -> None:
        """Close every wallet and connection. Threads that still compute are not waited for."""
        await asyncio.gather(*(self.close_wallet(name) for name in tuple(self._open)))
        self._claims.close()
        await self.connections.aclose()
        self._threads.shutdown(wait=False, cancel_futures=True)

    @property
    def open_wallets(self) -> Mapping[str, Wallet]:
        """By name, in the order they were opened."""
        return MappingProxyType({name: opened.wallet for name, opened in self._open.items()})

    def wallet_summaries(self) -> list[WalletSummary]:
        """Every wallet here, by name. One that cannot be read says so in its `trouble` and hides no other."""
        return [
            wallet_summary.read_or_trouble(folder, folder.name in self._open)
            for folder in self._folders.all()
        ]

    def summary(self, name: str) -> WalletSummary:
        """Raises NoSuchWalletError, and what `read_slots` raises."""
        folder = self._folders.find(name)
        return wallet_summary.read(folder, folder.name in self._open)

    def folder(self, name: str) -> WalletFolder:
        """Where a wallet lies. Raises NoSuchWalletError."""
        return self._folders.find(name)

    def check_name(self, name: str) -> None:
        """Raises WalletExistsError, InvalidInputError."""
        self._folders.check_free(name)

    async def create_wallet(self, plan: NewWallet) -> MadeWallet:
        """Make a wallet and open it. Where anything fails nothing is left of it."""

        async def build(folder: WalletFolder, slots: Slots) -> ErrorText | None:
            return await new_wallet.build(plan, folder, slots, self._surroundings())

        folder, trouble = await self._make_folder(plan.name, build)
        return await self._open_made(folder, trouble, plan.passphrase, plan.use_keychain)

    async def restore_wallet(self, wanted: RestoredWallet, program: SectionData | None) -> RestoredAndOpen:
        """Make a wallet of a backup and open it; settings that are not set here are set as they were.

        Where anything fails nothing is left of it.
        """

        async def build(folder: WalletFolder, slots: Slots) -> Restored:
            return await restored_wallet.build(wanted, folder, slots, self._surroundings())

        folder, restored = await self._make_folder(wanted.name, build)
        made = await self._open_made(
            folder, restored.keychain_trouble, wanted.passphrase, wanted.use_keychain
        )
        settings = program_backup.restore(program, self.settings, self.connections)
        return RestoredAndOpen(made, RestoreReport(grouped([*restored.report.items, *settings])))

    async def restore_loop(self, wanted: RestoredLoop) -> RestoredAndOpen:
        """Make a wallet of a Loop backup and open it. Where anything fails nothing is left of it."""

        async def build(folder: WalletFolder, slots: Slots) -> Restored:
            return await restored_loop.build(wanted, folder, slots, self._surroundings())

        folder, restored = await self._make_folder(wanted.name, build)
        made = await self._open_made(
            folder, restored.keychain_trouble, wanted.passphrase, wanted.use_keychain
        )
        return RestoredAndOpen(made, restored.report)

    async def restore_into(self, name: str, change: Callable[[Tx], RestoreReport]) -> RestoreReport:
        """Change an open wallet's database while none of its services runs; it is another object then.

        `change` happens whole or not at all, and a cancellation waits for it; either way the wallet is open
        again, or closed where it could not be opened. Raises DatabaseClosedError where it was closed.
        """
        return await to_the_end(self._restore_into(self._folders.find(name).name, change))

    async def _restore_into(self, name: str, change: Callable[[Tx], RestoreReport]) -> RestoreReport:
        opened = self._open.get(name)
        if opened is None:
            raise DatabaseClosedError
        async with opened.switching:
            if self._open.get(name) is not opened:
                raise DatabaseClosedError
            try:
                return await opened.wallet.change_at_rest(change)
            finally:
                await self._reopen(name, opened)

    async def _reopen(self, name: str, opened: _Open) -> None:
        try:
            opened.wallet = await opened.wallet.reopened()
        except BaseException:
            del self._open[name]
            await self._let_go(name, opened)
            raise
        self._tell()

    async def _make_folder(
        self, name: str, build: Callable[[WalletFolder, Slots], Awaitable[T]]
    ) -> tuple[WalletFolder, T]:
        """A wallet's folder, built beside the others and then given its name; or nothing."""
        begun = asyncio.create_task(asyncio.to_thread(self._folders.begin, name))
        try:
            partial_folder = await asyncio.shield(begun)
            made = await build(partial_folder, self._slots(partial_folder))
            # Not in a thread: who cancels this must know whether the wallet has its name yet.
            return self._folders.finish(partial_folder), made
        except BaseException:
            await to_the_end(self._unmake(begun))
            raise

    async def _unmake(self, begun: "asyncio.Task[WalletFolder]") -> None:
        """Remove what was begun, where anything was."""
        await asyncio.wait((begun,))
        if begun.exception() is None:
            folder = begun.result()
            await self._forget_in_keychain(folder)
            self._folders.discard(folder)

    async def _open_made(
        self, folder: WalletFolder, trouble: ErrorText | None, passphrase: Secret | None, use_keychain: bool
    ) -> MadeWallet:
        try:
            wallet = await self._open_by(folder.name, passphrase if trouble or not use_keychain else None)
            return MadeWallet(wallet, trouble)
        except BaseException:
            await to_the_end(self._close_and_remove(folder))
            raise

    async def _close_and_remove(self, folder: WalletFolder) -> None:
        await self.close_wallet(folder.name)
        await self._remove(folder)

    async def unmake_wallet(self, name: str) -> None:
        """Remove an open wallet just made, whose words nobody has seen. One that was handed out from stays.

        Raises FolderUnusableError, WalletInUseError where another program opened it meanwhile.
        """
        accounts = self._open[name].wallet.accounts
        if any(accounts.counts(a.id).used or accounts.unused_run(a.id) for a in accounts.all()):
            return
        await self.close_wallet(name)
        await self._remove(self._folders.find(name))
        self._tell()

    async def open_wallet(self, name: str, passphrase: Secret | None = None) -> Wallet:
        """Open a wallet by its passphrase, or with None by the keychain; an open one is returned as it is.

        Raises NoSuchWalletError, WalletInUseError, what `Slots.file_key` and `Database.open` raise.
        """
        return await self._open_by(self._folders.find(name).name, passphrase)

    async def close_wallet(self, name: str) -> None:
        """Stop its services and forget it. Closing one that is not open does nothing."""
        opened = self._open.pop(name, None)
        if opened is None:
            return
        async with opened.switching:
            try:
                await opened.wallet.close()
            finally:
                await self._let_go(name, opened)

    async def _let_go(self, name: str, opened: _Open) -> None:
        """Nobody here has the wallet any more."""
        try:
            await self.connections.forget(opened.wallet.id)
        finally:
            self._claims.release_all(name)
            opened.lock.release()
            self._tell()

    async def take_out_of_keychain(self, name: str) -> None:
        """From now on only the passphrase opens the wallet. Raises OnlyWayInError."""
        await self._slots(self._folders.find(name)).take_out_of_keychain()

    async def put_in_keychain(self, name: str, passphrase: Secret) -> None:
        """From now on the keychain opens the wallet too."""
        slots = self._slots(self._folders.find(name))
        with await slots.file_key(passphrase) as file_key:
            await slots.put_into_keychain(file_key)

    async def change_passphrase(self, name: str, old: Secret, new: Secret) -> None:
        """Only `new` opens the wallet from now on."""
        await self._slots(self._folders.find(name)).change_passphrase(old, new)

    async def _open_by(self, name: str, passphrase: Secret | None) -> Wallet:
        async with self._opening:
            if name in self._open:
                return self._open[name].wallet
            folder = self._folders.find(name)
            lock = FolderLock.acquire(folder.path, self._program)
            try:
                slots = self._slots(folder)
                wallet = await self._open_folder(folder, slots, passphrase)
            except BaseException:
                lock.release()
                raise
            self._open[name] = _Open(wallet, slots, lock)
        self._claim_keys(wallet)
        self._tell()
        return wallet

    def _claim_keys(self, wallet: Wallet) -> None:
        """At once, not with the first hand-out: another wallet may open, hand out and close until then."""
        for account in wallet.accounts.all():
            if account.scan_state in (ScanState.MADE_HERE, ScanState.SCANNED):
                with suppress(PillarboxError):  # said when an address is asked for
                    self._may_hand_out(wallet.name, account)

    async def _open_folder(self, folder: WalletFolder, slots: Slots, passphrase: Secret | None) -> Wallet:
        told = await asyncio.to_thread(read_slots, folder.slots)
        if not folder.database.exists():
            raise WalletUnreadableError(name=folder.name)
        with await slots.file_key(passphrase) as file_key:
            db = await Database.open(folder.database, file_key)
        try:
            unlocking = self._unlocking(folder, slots, told, db)
            around = self._surroundings()
            return await Wallet.open(told.wallet, folder.name, told.network, db, unlocking, around)
        except BaseException:
            await db.close()
            raise

    async def _remove(self, folder: WalletFolder) -> None:
        slots = await asyncio.to_thread(read_slots, folder.slots)
        self._folders.remove(folder)
        await self._take_from_keychain(slots)

    async def _forget_in_keychain(self, folder: WalletFolder) -> None:
        """What a folder that is about to go has there."""
        try:
            slots = await asyncio.to_thread(read_slots, folder.slots)
        except (OSError, PillarboxError):  # it was not written
            return
        await self._take_from_keychain(slots)

    async def _take_from_keychain(self, slots: SlotsFile) -> None:
        if slots.keychain is not None:
            with suppress(KeychainError):  # what it still holds opens nothing any more
                await self.keychain.remove(slots.wallet, slots.keychain.backend)

    def _unlocking(self, folder: WalletFolder, slots: Slots, told: SlotsFile, db: Database) -> Unlocking:
        words_key = None if told.passphrase is None else slots.words_key
        return Unlocking(told.wallet, folder.name, told.network, db, words_key, self.events.publish)

    def _slots(self, folder: WalletFolder) -> Slots:
        """One a wallet, so that its changes wait for each other."""
        made = Slots(folder.slots, self.keychain, _install_slots)
        return self._slots_of.setdefault(folder.slots, made)

    def _surroundings(self) -> Surroundings:
        chain = self.connections
        return Surroundings(
            self.events,
            self.clock,
            self.kinds,
            chain.usage,
            chain.indexer,
            chain.rekeyed,
            lambda name: self.paths.backups / self._folders.encoded(name),
            self._program_lines,
            self._may_hand_out,
            LoopSurroundings(lightning.server, lightning.payer, chain, self.paths.loop),
        )

    def _program_lines(self) -> list[SectionLines]:
        return [program_backup.export(self.settings, self.connections)]

    def _may_hand_out(self, name: str, account: Account) -> None:
        if self._claims.holds(account.same_key, name):
            return
        with refusals_told(self.paths.key_claims):
            other = self._claims.claim(account.same_key, name)
        if other == ELSEWHERE:
            raise SameKeyElsewhereError(account=account.label)
        if other is not None:
            raise SameKeyOpenError(account=account.label, wallet=other)

    def _tell(self) -> None:
        self._revision += 1
        self.events.publish(WalletsChanged(None, self._revision))


def _install_slots(path: Path, data: bytes) -> None:
    """Raises DiskFullError, FolderUnusableError."""
    with refusals_told(path.parent):
        install_file(path, data, replace=True)
