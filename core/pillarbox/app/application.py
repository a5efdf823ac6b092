"""One running Pillarbox: its open wallets, the connections they share, and the settings."""

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

from pillarbox.accounts import KINDS, Kinds
from pillarbox.app.connections import Connections, SimulatedSource
from pillarbox.app.key_claims import KeyClaims
from pillarbox.app.new_wallet import NewWallet, build
from pillarbox.app.paths import Paths
from pillarbox.app.settings import Settings
from pillarbox.app.wallet_folders import WalletFolder, WalletFolders
from pillarbox.clock import Clock, SystemClock
from pillarbox.errors import ErrorText, PillarboxError
from pillarbox.events import Events, WalletsChanged
from pillarbox.files.folder_lock import FolderLock
from pillarbox.files.install import install_file
from pillarbox.files.private_folder import make_private_folder
from pillarbox.model.account import Account, WalletId
from pillarbox.model.network import Network
from pillarbox.secret import Secret
from pillarbox.storage.database import Database
from pillarbox.vault.keychain import Keychain
from pillarbox.vault.slots import Slots
from pillarbox.vault.slots_file import SlotsFile, read_slots
from pillarbox.wallet.receiving import SameKeyOpenError
from pillarbox.wallet.unlocking import Unlocking
from pillarbox.wallet.wallet import Surroundings, Wallet

THREADS = 6


class WalletUnreadableError(PillarboxError):
    """Parameters: name."""

    code = "wallet-unreadable"
    title = "This wallet's folder is incomplete"
    message = 'The folder of "{name}" holds no database, so it cannot be opened. Nothing was changed.'
    hint = "Put wallet.db back from a copy, or restore the wallet from its words."


@dataclass(frozen=True, slots=True)
class WalletSummary:
    """What is known of a wallet without opening it."""

    name: str
    id: WalletId
    network: Network
    is_open: bool
    in_keychain: bool
    has_passphrase: bool


@dataclass(frozen=True, slots=True)
class MadeWallet:
    """A wallet just made and open, and why the keychain does not hold its key, where it was to."""

    wallet: Wallet
    keychain_trouble: ErrorText | None


@dataclass(slots=True, eq=False)
class _Open:
    wallet: Wallet
    slots: Slots
    lock: FolderLock


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
        self._claims = KeyClaims()
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
            await asyncio.to_thread(make_private_folder, paths.root)
        return app

    async def stop(self) -> None:
        """Close every wallet and connection. Threads that still compute are not waited for."""
        await asyncio.gather(*(self.close_wallet(name) for name in tuple(self._open)))
        await self.connections.aclose()
        self._threads.shutdown(wait=False, cancel_futures=True)

    @property
    def open_wallets(self) -> Mapping[str, Wallet]:
        """By name, in the order they were opened."""
        return MappingProxyType({name: opened.wallet for name, opened in self._open.items()})

    def wallet_summaries(self) -> list[WalletSummary]:
        """Every wallet here, by name."""
        return [self.summary(name) for name in self._folders.names()]

    def summary(self, name: str) -> WalletSummary:
        """Raises NoSuchWalletError, SlotsDamagedError."""
        folder = self._folders.find(name)
        slots = read_slots(folder.slots)
        return WalletSummary(
            folder.name,
            slots.wallet,
            slots.network,
            folder.name in self._open,
            slots.keychain is not None,
            slots.passphrase is not None,
        )

    def folder(self, name: str) -> WalletFolder:
        """Where a wallet lies. Raises NoSuchWalletError."""
        return self._folders.find(name)

    def check_name(self, name: str) -> None:
        """Raises WalletExistsError, InvalidInputError."""
        self._folders.check_free(name)

    async def create_wallet(self, plan: NewWallet) -> MadeWallet:
        """Make a wallet and open it. Where anything fails nothing is left of it."""
        partial_folder = await asyncio.to_thread(self._folders.begin, plan.name)
        try:
            slots = self._slots(partial_folder)
            trouble = await build(plan, partial_folder, slots, self._surroundings())
            folder = await asyncio.to_thread(self._folders.finish, partial_folder)
        except BaseException:
            self._folders.discard(partial_folder)
            raise
        wallet = await self._open_by(
            folder.name, plan.passphrase if trouble or not plan.use_keychain else None
        )
        return MadeWallet(wallet, trouble)

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
        try:
            await opened.wallet.close()
        finally:
            self._claims.release_all(opened.wallet.id)
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
        self._tell()
        return wallet

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

    def _unlocking(self, folder: WalletFolder, slots: Slots, told: SlotsFile, db: Database) -> Unlocking:
        words_key = None if told.passphrase is None else slots.words_key
        return Unlocking(told.wallet, folder.name, db, words_key, self.events.publish)

    def _slots(self, folder: WalletFolder) -> Slots:
        return Slots(folder.slots, self.keychain, partial(install_file, replace=True))

    def _surroundings(self) -> Surroundings:
        return Surroundings(self.events, self.clock, self.kinds, self.connections.usage, self._may_hand_out)

    def _may_hand_out(self, wallet: WalletId, name: str, account: Account) -> None:
        other = self._claims.claim(account.same_key, wallet, name)
        if other is not None:
            raise SameKeyOpenError(account=account.label, wallet=other)

    def _tell(self) -> None:
        self._revision += 1
        self.events.publish(WalletsChanged(None, self._revision))
