"""Lightning Loop in one wallet: composes its services, and has no rules of its own."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from pillarbox.clock import Clock
from pillarbox.events import LoopChanged, Publish
from pillarbox.keys.root import Root
from pillarbox.model.account import Account, WalletId
from pillarbox.model.network import Network
from pillarbox.storage import static_deposits
from pillarbox.storage.database import Database
from pillarbox.wallet import l402_tokens
from pillarbox.wallet.account_keeping import AccountKeeping
from pillarbox.wallet.l402_tokens import L402Tokens
from pillarbox.wallet.lightning_payer import LightningPayer
from pillarbox.wallet.loop_accounts import LoopAccounts
from pillarbox.wallet.loop_backups import LoopBackups
from pillarbox.wallet.loop_desk import LoopDesk
from pillarbox.wallet.loop_restore import LoopRestore
from pillarbox.wallet.loop_surroundings import LoopSurroundings
from pillarbox.wallet.open_accounts import OpenAccounts
from pillarbox.wallet.scanning import Scanning
from pillarbox.wallet.static_addresses import StaticAddresses
from pillarbox.wallet.static_exits import Reserve, StaticExits
from pillarbox.wallet.supervisor import Service
from pillarbox.wallet.unlocking import Unlocking
from pillarbox.wallet.usage_recording import UsageRecording


class LoopServices:
    """What front ends hold of it."""

    def __init__(  # noqa: PLR0913, PLR0917  # it composes
        self,
        wallet: WalletId,
        network: Network,
        db: Database,
        unlocking: Unlocking,
        open_accounts: OpenAccounts,
        keeping: AccountKeeping,
        scanning: Scanning,
        recording: UsageRecording,
        reserve: Reserve,
        publish: Publish,
        clock: Clock,
        around: LoopSurroundings,
    ) -> None:
        self._wallet = wallet
        self._accounts = open_accounts
        self._scanning = scanning
        self._publish = publish
        self._height = partial(around.blocks.height, network)
        self.tokens = L402Tokens(network, db, clock)
        self.payer = LightningPayer(db, around.payer)
        self.backups = LoopBackups(db, around.backups(network), unlocking.service_key, clock)
        self.restore = LoopRestore(
            network,
            db,
            self.backups.folders,
            unlocking.service_key,
            keeping.add_enrolled,
            l402_tokens.keep_whole,
            keeping.set_params,
        )
        self.accounts = LoopAccounts(
            network,
            db,
            around.server,
            self.tokens,
            self.restore,
            keeping.add_enrolled,
            keeping.next_number,
            self._height,
        )
        self.addresses = StaticAddresses(
            wallet, network, open_accounts.revisions, db, around.blocks, publish, clock
        )
        self.exits = StaticExits(network, open_accounts, db, reserve, around.blocks, clock)
        self.desk = LoopDesk(
            self.tokens, self.payer, self.backups, self.addresses, self.exits, self._height, clock
        )
        recording.also_keep = static_deposits.note_spends
        recording.recorded = self.addresses.wake
        self.restore.restored = self._restored
        self.accounts.made = self._made

    @property
    def services(self) -> Sequence[Service]:
        return (self.backups, self.addresses)

    def height(self) -> int:
        """Of the chain, 0 while nobody told."""
        return self._height()

    async def restore_from(self, file: Path | None, root: Root, last_key: int) -> Account:
        """The account of one backup, or of the latest where none is named. Raises what `LoopRestore` does."""
        restored = await self.restore.restore(await self.restore.look(root, file), root, last_key)
        return restored.account

    async def _restored(self, account: Account) -> None:
        self._scanning.start(account.id)
        await self._made(account)

    async def _made(self, account: Account) -> None:
        """Backed up before anybody is told of it: the program may end with that."""
        await self.backups.write_missing()
        self.addresses.wake()
        self._publish(LoopChanged(self._wallet, self._accounts.revisions.next(), account.id))
