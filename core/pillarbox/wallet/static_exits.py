"""Takes a deposit back without the server, once its waiting time is over. Nothing is broadcast here."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from pillarbox.accounts.kind import Requirement
from pillarbox.accounts.loop_static import FAMILIES, StaticAccount
from pillarbox.accounts.single_pool import coin_type
from pillarbox.bitcoin.script import address_to_script
from pillarbox.bitcoin.transaction import Transaction
from pillarbox.clock import Clock
from pillarbox.errors import PillarboxError
from pillarbox.keys import lnd
from pillarbox.keys.root import Root
from pillarbox.loop import timeout_sweep
from pillarbox.loop.static_address import StaticAddress
from pillarbox.model.account import AccountId
from pillarbox.model.network import BITCOIN, Network
from pillarbox.secret import Secret
from pillarbox.storage import addresses
from pillarbox.storage import static_deposits as stored
from pillarbox.storage.database import Database, Tx
from pillarbox.storage.static_deposits import Deposit, KeptExit
from pillarbox.wallet.loop_generations import static_of
from pillarbox.wallet.loop_surroundings import Blocks
from pillarbox.wallet.machine_reservation import MachineReservation
from pillarbox.wallet.open_accounts import OpenAccount, OpenAccounts

Reserve = Callable[[AccountId, int], AbstractAsyncContextManager[MachineReservation]]
"""A fresh address of an account's branch, for a machine flow."""


class ExitTooEarlyError(PillarboxError):
    """Parameters: outpoint, left, height."""

    code = "exit-too-early"
    title = "The waiting time is not over"
    message = "{outpoint} can be taken back alone from height {height} on: in {left} blocks. It stays yours."
    hint = "Wait until then. Through the server, Loop spends it at any time."


class HeightUnknownError(PillarboxError):
    """No parameters."""

    code = "exit-height-unknown"
    title = "Nobody told how long the chain is"
    message = "Whether the waiting time is over is not known without a server. Nothing was made."
    hint = "Name a server: pillarbox sync NAME --electrum HOST:PORT. Then try again."


class NotThereError(PillarboxError):
    """Parameters: outpoint, why."""

    code = "exit-not-there"
    title = "This deposit cannot be taken back"
    message = "{outpoint}: {why}. Nothing was made."
    hint = "Look at the deposits: pillarbox loop deposits NAME"


class NoOtherAccountError(PillarboxError):
    """No parameters."""

    code = "exit-no-account"
    title = "There is no account to pay to"
    message = "The wallet has no other Bitcoin account that could take the deposit back. Nothing was made."
    hint = "Add one, or give an address: --to ADDRESS"


class ExitKeyError(PillarboxError):
    """Parameters: outpoint."""

    code = "exit-key"
    title = "The words do not give this deposit's key"
    message = "{outpoint} was paid to another key than the one that the words give. Nothing was signed."
    hint = "Open the wallet that the deposit belongs to."


@dataclass(frozen=True, slots=True)
class Exit:
    """A transaction that takes a deposit back; without a witness unless `signed`. Amounts in satoshi."""

    deposit: Deposit
    transaction: Transaction
    signed: bool
    address: str
    fee: int
    key_path: str


@dataclass(frozen=True, slots=True)
class _Found:
    deposit: Deposit
    static: StaticAccount
    address: StaticAddress
    earlier: list[KeptExit]


class StaticExits:
    """One deposit at a time."""

    def __init__(  # a service is given exactly what it needs
        self,
        network: Network,
        accounts: OpenAccounts,
        db: Database,
        reserve: Reserve,
        blocks: Blocks,
        clock: Clock,
    ) -> None:
        self._network = network
        self._accounts = accounts
        self._db = db
        self._reserve = reserve
        self._blocks = blocks
        self._clock = clock
        self._making = asyncio.Lock()

    async def prepare(
        self, txid: str, output: int, rate: float, *, to: str = "", root: Root | None = None
    ) -> Exit:
        """The transaction for one deposit, at `rate` satoshi a virtual byte; signed where `root` is given.

        Without `to` it pays to a fresh address of another account: the same one however often it is made.
        Raises NotThereError, HeightUnknownError, ExitTooEarlyError, NoOtherAccountError, SweepFeeError,
        SweepRateError, ExitKeyError, what a hand-out raises, and what `address_to_script` raises for `to`.
        """
        async with self._making:
            found = await self._find(f"{txid}:{output}", txid, output)
            fee = timeout_sweep.fee_at(rate, found.deposit.amount)
            address = to or await self._own_address(found)
            script = address_to_script(address, self._network)
            spent = _spent(found.deposit)
            unsigned = timeout_sweep.unsigned(found.address, spent, script, fee)
            exit_ = KeptExit(unsigned.txid_text, address, fee)
            at = self._clock.now()
            await self._db.write(lambda tx: stored.keep_exit(tx, found.deposit, exit_, at))
            made = unsigned
            if root is not None:
                with await asyncio.to_thread(_key, found, root, self._network) as key:
                    made = timeout_sweep.signed(found.address, spent, unsigned, key)
            return Exit(found.deposit, made, root is not None, address, fee, _key_path(found))

    async def _find(self, outpoint: str, txid: str, output: int) -> _Found:
        found = await self._db.read(lambda tx: _found(tx, txid, output))
        if found is None:
            raise NotThereError(outpoint=outpoint, why="the wallet knows no such deposit")
        deposit, tip = found.deposit, self._blocks.height(self._network)
        if not deposit.visible:
            why = "it was spent" if deposit.spent_by else "it vanished from the chain"
            raise NotThereError(outpoint=outpoint, why=why)
        standing = deposit.standing(found.static.expiry)
        height = standing.recoverable_at()
        if height is None:
            raise NotThereError(
                outpoint=outpoint, why="it is in no block yet, so its waiting time has not begun"
            )
        if not tip:
            raise HeightUnknownError
        if not standing.expired(tip):
            raise ExitTooEarlyError(outpoint=outpoint, left=height - tip, height=height)
        return found

    async def _own_address(self, found: _Found) -> str:
        """The one that an earlier try took, where it may be taken for this."""
        ours = [each.address for each in found.earlier if await self._is_own(each.address)]
        if ours:
            return ours[0]
        account = next((each for each in self._accounts if _takes(each)), None)
        if account is None:
            raise NoOtherAccountError
        change = [b.branch.number for b in account.paid_branches if not b.branch.receives]
        branch = change[0] if change else account.receiving_branch.branch.number
        async with self._reserve(account.account.id, branch) as flow:
            await flow.keep()
            return flow.address

    async def _is_own(self, address: str) -> bool:
        return await self._db.read(lambda tx: addresses.find_text(tx, address)) is not None


def _takes(account: OpenAccount) -> bool:
    kind = account.kind
    return kind.coin == BITCOIN and kind.payable and Requirement.SERVER not in kind.requires


def _found(tx: Tx, txid: str, output: int) -> _Found | None:
    deposit = stored.by_outpoint(tx, txid, output)
    if deposit is None:
        return None
    static = static_of(tx, deposit.ref.account)
    address = static.address(deposit.ref.branch, deposit.ref.index)
    return _Found(deposit, static, address, stored.exits(tx, deposit))


def _spent(deposit: Deposit) -> timeout_sweep.Deposit:
    return timeout_sweep.Deposit(bytes.fromhex(deposit.txid)[::-1], deposit.output, deposit.amount)


def _key(found: _Found, root: Root, network: Network) -> Secret:
    """The client's key, 32 bytes. Raises ExitKeyError."""
    branch, coin = found.deposit.ref.branch, coin_type(BITCOIN.slip44, network)
    index = found.static.key_index(branch, found.deposit.ref.index)
    with (
        lnd.family(root.bip32, coin, FAMILIES[branch], strict=found.static.strict) as family,
        family.child(index) as node,
    ):
        if node.public().key != found.address.client_key:
            raise ExitKeyError(outpoint=found.deposit.outpoint)
        return node.key()


def _key_path(found: _Found) -> str:
    return found.static.key_path(found.deposit.ref.branch, found.deposit.ref.index)
