"""One open wallet: composes its services and stops them. It has no rules of its own."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pillarbox.accounts import Kinds
from pillarbox.backup.content import SectionLines
from pillarbox.chain.cardano_address import IndexerAddress
from pillarbox.chain.usage import Asker, UsageSource
from pillarbox.clock import Clock
from pillarbox.errors import ErrorText
from pillarbox.events import Events, ServiceStateChanged
from pillarbox.model.account import Account, WalletId
from pillarbox.model.backup import BackupStatus
from pillarbox.model.network import Chain, Network
from pillarbox.model.progress import ServiceState
from pillarbox.model.restoring import RestoreReport
from pillarbox.pool.sequence import CounterBehindError
from pillarbox.storage.database import Database, Tx
from pillarbox.wallet import restoring
from pillarbox.wallet.account_keeping import AccountKeeping, require_gap_limit
from pillarbox.wallet.account_loading import catch_up, end_forgotten, read_accounts
from pillarbox.wallet.backing_up import BackingUp
from pillarbox.wallet.backup_sealing import Writer
from pillarbox.wallet.backup_shelf import BackupShelf
from pillarbox.wallet.balance_reports import BalanceReports
from pillarbox.wallet.discovering import Discovering
from pillarbox.wallet.holding import Holding
from pillarbox.wallet.labels import Labels
from pillarbox.wallet.loop_services import LoopServices
from pillarbox.wallet.loop_surroundings import LoopSurroundings
from pillarbox.wallet.open_accounts import OpenAccount, OpenAccounts
from pillarbox.wallet.payments import Payments
from pillarbox.wallet.project_keys import ProjectKeys
from pillarbox.wallet.receiving import Receiving
from pillarbox.wallet.restoring import Options, Prepared
from pillarbox.wallet.scanning import Scanning
from pillarbox.wallet.supervisor import Supervisor
from pillarbox.wallet.unlocking import Unlocking
from pillarbox.wallet.usage_recording import UsageRecording
from pillarbox.wallet.watching import Watching

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a wallet is given by the program it runs in."""

    events: Events
    clock: Clock
    kinds: Kinds
    usage: Callable[[Chain, Asker], Awaitable[UsageSource]]
    indexer: Callable[[Chain], IndexerAddress | None]
    """The one that is set for a chain that has them."""
    rekeyed: Callable[[Chain], Awaitable[None]]
    """A wallet's project key for a chain was changed."""
    backups: Callable[[str], Path]
    """The data folder's place for the backups of the wallet of a name."""
    program: Callable[[], Sequence[SectionLines]]
    """What a backup has of the program's settings."""
    may_hand_out: Callable[[str, Account], None]
    """Given a wallet's name and an account. Raises SameKeyOpenError or SameKeyElsewhereError where another
    open wallet hands out the same addresses."""
    loop: LoopSurroundings


class Wallet:
    """What front ends hold: the services of one open wallet, by use case."""

    def __init__(  # a service is given exactly what it needs
        self,
        wallet: WalletId,
        name: str,
        network: Network,
        db: Database,
        unlocking: Unlocking,
        accounts: OpenAccounts,
        around: Surroundings,
    ) -> None:
        self.id = wallet
        self.name = name
        self.network = network
        self.unlocking = unlocking
        self.notices: tuple[ErrorText, ...] = ()
        """What was found, and mended, when it was opened."""
        self._accounts = accounts
        self._db = db
        self._events = around.events
        self._around = around
        publish, clock = around.events.publish, around.clock
        self.project_keys = ProjectKeys(db, around.indexer, around.rekeyed)
        asker = Asker(wallet, self.project_keys.get)

        async def source(chain: Chain) -> UsageSource:
            return await around.usage(chain, asker)

        self._recording = recording = UsageRecording(wallet, accounts, db, publish, clock)
        self.accounts = AccountKeeping(wallet, network, accounts, around.kinds, db, recording, publish, clock)
        self.holding = Holding(wallet, accounts, db, recording, publish, clock)
        self.receiving = Receiving(
            wallet,
            accounts,
            db,
            recording,
            publish,
            sweep=self.holding.sweep,
            void=self.holding.void,
            may_hand_out=lambda account: around.may_hand_out(name, account),
            widen=self.accounts.widen_gap,
        )
        self.watching = Watching(accounts, db, source, recording)
        self.scanning = Scanning(
            wallet,
            accounts,
            db,
            source,
            recording,
            publish,
            self.accounts.set_scan_state,
            told_by_watch=self.watching.tells_of,
        )
        self.discovering = Discovering(
            network, around.kinds, db, source, self.accounts.adopt, self.scanning.start
        )
        self.labels = Labels(wallet, accounts, db, publish)
        self.payments = Payments(db)
        self.balance_reports = BalanceReports(accounts, db, recording, self.accounts.set_scan_state)
        shelf = BackupShelf(
            lambda: Writer(wallet, name, network, self.fingerprint),
            around.kinds,
            db,
            clock,
            around.backups(name),
            around.program,
        )
        self.backing_up = BackingUp(wallet, shelf, db, accounts.revisions, publish, clock)
        self.loop = LoopServices(
            wallet,
            network,
            db,
            unlocking,
            accounts,
            self.accounts,
            self.scanning,
            recording,
            self.receiving.reserve,
            publish,
            clock,
            around.loop,
        )
        self.backing_up.folders_changed = self.loop.backups.wake
        recording.watch_new = self.watching.add
        self.accounts.rows_made = self.scanning.go_on
        self._supervisor = Supervisor(clock, self._tell_service)

    @classmethod
    async def compose(
        cls,
        wallet: WalletId,
        name: str,
        network: Network,
        db: Database,
        unlocking: Unlocking,
        around: Surroundings,
    ) -> "Wallet":
        """Read everything; no service runs yet."""

        def read(tx: Tx) -> list[OpenAccount]:
            return read_accounts(tx, around.kinds, around.clock.now)

        opened = await db.read(read)
        accounts = OpenAccounts({account.account.id: account for account in opened})
        return cls(wallet, name, network, db, unlocking, accounts, around)

    @classmethod
    async def open(
        cls,
        wallet: WalletId,
        name: str,
        network: Network,
        db: Database,
        unlocking: Unlocking,
        around: Surroundings,
    ) -> "Wallet":
        """End what a process that is gone left running, read everything, and start the services."""
        at = around.clock.now()

        def prepare(tx: Tx) -> list[CounterBehindError]:
            behind = catch_up(tx)
            end_forgotten(tx, at)
            return behind

        behind = await db.write(prepare)
        made = await cls.compose(wallet, name, network, db, unlocking, around)
        made.notices = tuple(error.text for error in behind)
        await made.start()
        return made

    async def start(self) -> None:
        """Derive what a killed process had not stored yet, then run the services."""
        for account in self._accounts:
            for branch in account.branches.values():
                if branch.key_source is not None:
                    await asyncio.to_thread(branch.pool.maintain_gap_limit, branch.key_source)
                    await self._recording.store_derived(branch)
        self._supervisor.start(
            [self.holding, self.discovering, self.backing_up, self.backing_up.copies, *self.loop.services]
        )
        for services in (self.watching, self.scanning):
            services.begin(lambda service: self._supervisor.start([service]))

    @property
    def fingerprint(self) -> str:
        """Of the master key, 8 hex characters, or "" where no account knows it."""
        return next((a.account.fingerprint for a in self._accounts if a.account.fingerprint), "")

    @property
    def watch_only(self) -> bool:
        return all(account.account.watch_only for account in self._accounts)

    @property
    def backup(self) -> BackupStatus:
        return self.backing_up.status

    @property
    def service_states(self) -> dict[str, ServiceState]:
        return dict(self._supervisor.states)

    async def close(self) -> None:
        """Stop handing out, end the services, close the database."""
        try:
            await self._stop()
            await self.backing_up.finish()
            await self.backing_up.copies.bring()
        finally:
            await self._db.close()

    async def scan_wider(self, gap_limit: int) -> None:
        """Look so far beyond the last used address of every account, now and from now on.

        None is looked at less far than before. Raises InvalidInputError.
        """
        require_gap_limit(gap_limit)
        for account in self.accounts.all():
            if gap_limit > account.gap_limit:
                await self.accounts.set_gap_limit(account.id, gap_limit)
            self.scanning.start(account.id, gap_limit)

    async def kept_rows(self) -> dict[tuple[str, int], int]:
        """How many addresses of each account's key and branch are kept: what a restore builds on."""
        return await self._db.read(restoring.kept_rows)

    async def preview_restore(self, prepared: Prepared, options: Options) -> RestoreReport:
        """What restoring into this wallet would do; nothing is changed."""
        return await restoring.preview(self._db, prepared, options)

    async def change_at_rest(self, change: Callable[[Tx], T]) -> T:
        """End the services, then change the database, whole or not at all. `reopened` goes on after it."""
        await self._stop()
        return await self._db.write(change)

    async def reopened(self) -> "Wallet":
        """The wallet anew, as its database is now. This object does nothing any more.

        Where it cannot be opened again its database is closed.
        """
        db = self._db.handed_over()
        self.unlocking.go_on_with(db)
        try:
            return await Wallet.open(self.id, self.name, self.network, db, self.unlocking, self._around)
        except BaseException:
            await db.close()
            raise

    async def _stop(self) -> None:
        await self.receiving.stop()
        await self._supervisor.stop()
        await self._recording.stop()

    def _tell_service(self, service: str, state: ServiceState) -> None:
        revision = self._accounts.revisions.next()
        self._events.publish(ServiceStateChanged(self.id, revision, service, state))
