"""Brings a generation of Loop back from its backup: token and account, both or neither."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from pillarbox.accounts.kind import Enrolment, Params, Served
from pillarbox.accounts.loop_static import (
    LOOP_STATIC,
    REGISTERED,
    StaticAccount,
    find_client_key,
    public_nodes,
)
from pillarbox.errors import ErrorText, PillarboxError, WordsNeededError
from pillarbox.files.reading import read_bounded
from pillarbox.keys.bip32 import InvalidChildError
from pillarbox.keys.root import Root
from pillarbox.loop.backup_file import (
    CHANGE_FAMILY,
    LARGEST,
    LEGACY_FAMILY,
    MAIN_FAMILY,
    Name,
    NotABackupError,
    PayloadError,
    SealedOtherwiseError,
)
from pillarbox.loop.generations import Generation
from pillarbox.model.account import Account, ScanState
from pillarbox.model.network import Network
from pillarbox.secret import Secret
from pillarbox.storage import accounts, l402_tokens, static_addresses
from pillarbox.storage import loop_backups as written
from pillarbox.storage.database import Database, Tx
from pillarbox.storage.l402_tokens import StoredToken, TokenState
from pillarbox.wallet import service_keys
from pillarbox.wallet.loop_files import (
    DamagedFileError,
    FolderUnreadableError,
    FoundFile,
    in_files,
    in_folder,
    latest,
    older,
    own_folder,
    sorted_by_name,
)
from pillarbox.wallet.loop_generations import KeptGeneration, kept
from pillarbox.wallet.service_keys import ServiceKey

USUAL_SCAN = 2_500
"""The last one that is looked at here, which takes a fifth of a second."""
WIDEST_SCAN = 100_000
"""Where a person asks for more: some ten seconds."""


class ClientKeyNotFoundError(PillarboxError):
    """Parameters: last."""

    code = "loop-key-not-found"
    title = "The words do not give the key of this static address"
    message = "None of their keys up to number {last} is the one in the backup. Nothing was changed."
    hint = (
        "Look further (--scan-keys 100000); Loop uses up numbers of its own. Or open the wallet with its "
        "words."
    )


class DerivationFailedError(PillarboxError):
    """Parameters: index."""

    code = "loop-derivation"
    title = "A key could not be derived"
    message = "Deriving key {index} failed, so it is not known whether the address is the wallet's."
    hint = "Try again; if it stays so, report it. Nothing was changed."


class StaticAddressConflictError(PillarboxError):
    """Parameters: account."""

    code = "loop-address-conflict"
    title = "The wallet has another static address for this"
    message = 'What the backup says of "{account}" differs from what the wallet has. Nothing was written.'
    hint = "Restore the file into a wallet of its own, and look there."


@dataclass(frozen=True, slots=True)
class Restored:
    """What became of a restore. Both are false where all of it was there already."""

    path: Path
    account: Account
    address: str
    token: bool
    static_address: bool


@dataclass(frozen=True, slots=True)
class Older:
    """A generation before the latest: what became of it, or why it could not be brought back."""

    path: Path
    became: Restored | ErrorText


class KeepAccount(Protocol):
    """Adds an account that was enrolled, watch-only without a number.

    `before` and `after` are of its transaction.
    """

    async def __call__(
        self,
        kind: str,
        params: Params,
        number: int | None,
        *,
        scan_state: ScanState,
        before: Callable[[Tx], object],
        after: Callable[[Tx, Account], object],
    ) -> Account: ...


KeepToken = Callable[[Tx, StoredToken], StoredToken]
"""Keep a paid token as it is, or find the same. Raises TokenConflictError."""


class LoopRestore:
    """Looks at backups, and restores from one."""

    def __init__(  # a service is given exactly what it needs
        self,
        network: Network,
        db: Database,
        folders: Callable[[], Awaitable[Sequence[Path]]],
        service_key: Callable[[ServiceKey], Awaitable[Secret]],
        keep_account: KeepAccount,
        keep_token: KeepToken,
        set_params: Callable[[Account, str], Awaitable[None]],
    ) -> None:
        self._network = network
        self._db = db
        self._folders = folders
        self._service_key = service_key
        self._keep_account = keep_account
        self._keep_token = keep_token
        self._set_params = set_params
        self.restored: Callable[[Account], Awaitable[None]] = _nothing
        """Told of each account that is new, before it is returned."""

    async def look(self, root: Root | None = None, file: Path | None = None) -> list[FoundFile]:
        """Every backup in the wallet's folders, or the one file: latest name first, what is wrong told.

        Without `root` the keys kept in the wallet open them. Raises WordsNeededError, OSError for a file
        that is named and cannot be read, NotABackupError for its name.
        """
        keys = await self._keys(root)
        if file is not None:
            if Name.parse(file.name) is None:
                raise NotABackupError(why="Its name is not that of a Loop backup")
            return [
                await self._judged(each)
                for each in await asyncio.to_thread(in_files, [file], list(keys.values()), self._network)
            ]
        own = own_folder(keys[ServiceKey.LOOP_BACKUP], self._network)
        found: list[FoundFile] = []
        for folder in await self._folders():
            try:
                there = await asyncio.to_thread(in_folder, folder, own, keys, self._network)
            except OSError as error:
                found.append(FoundFile(folder, FolderUnreadableError(why=f"{folder}: {error.strerror}")))
                continue
            found += [await self._judged(each) for each in there]
        return sorted_by_name(found)

    async def restore(
        self, looked_at: Sequence[FoundFile], root: Root | None, last_key: int = USUAL_SCAN
    ) -> Restored:
        """From the latest valid one: its token and its account, in one transaction, or nothing.

        `last_key`: the last client key that is looked at where the file does not name its own. Raises
        NoBackupError, NoUsableBackupError, WordsNeededError, ClientKeyNotFoundError, DerivationFailedError,
        TokenConflictError, StaticAddressConflictError.
        """
        chosen, generation = latest(looked_at)
        here = await self._db.read(lambda tx: _here(tx, generation))
        if here is not None:
            return await self._confirm(chosen, generation, here)
        if root is None:
            raise WordsNeededError(purpose="the public keys of this static address are not in the wallet")
        params, number = await asyncio.to_thread(_enrol, generation, root, self._network, last_key)
        token = _stored(generation)
        had = await self._db.read(lambda tx: l402_tokens.by_id(tx, token.token_id))
        new_token = had is None or had.state is not TokenState.PAID
        lone = await self._db.read(lambda tx: _of_key(tx, params.same_key))
        if lone is not None:
            here = await self._db.write(lambda tx: self._bind(tx, lone, generation))
            return replace(await self._confirm(chosen, generation, here), token=new_token)
        account = await self._keep_account(
            LOOP_STATIC.name,
            params,
            number if root.node is None else None,
            scan_state=ScanState.UNSCANNED,
            before=lambda tx: self._keep_token(tx, token),
            after=lambda tx, account: static_addresses.bind(tx, account.id, token.token_id),
        )
        await self.restored(account)
        return Restored(chosen.path, account, _address(account), new_token, True)

    def _bind(self, tx: Tx, account: Account, generation: Generation) -> KeptGeneration:
        """To an account that came from a backup without its token. Raises as `restore` does."""
        token = _stored(generation)
        if any(id_ == token.token_id and other != account.id for other, id_ in static_addresses.bound(tx)):
            raise StaticAddressConflictError(account=account.label)
        self._keep_token(tx, token)
        static_addresses.rebind(tx, account.id, token.token_id)
        return next(each for each in kept(tx) if each.account.id == account.id)

    async def _confirm(self, chosen: FoundFile, generation: Generation, here: KeptGeneration) -> Restored:
        """It is here already: a lower height is news, and another paid token of the address, which is kept.

        Raises where anything else differs.
        """
        token, told = _stored(generation), generation.address

        def write(tx: Tx) -> bool:
            _require_same(generation, here)
            had = l402_tokens.by_id(tx, token.token_id)
            self._keep_token(tx, token)
            return had is None or had.state is not TokenState.PAID

        new_token = await self._db.write(write)
        heights = replace(
            here.static,
            first_height=told.legacy_first_height,
            multi_address_first_height=told.multi_address_first_height,
        )
        earliest = here.static.earliest(heights)
        if earliest != here.static:
            await self._set_params(here.account, earliest.data)
        return Restored(chosen.path, here.account, _address(here.account), new_token, False)

    async def restore_older(
        self, looked_at: Sequence[FoundFile], root: Root, last_key: int = USUAL_SCAN
    ) -> list[Older]:
        """The generations before the latest: each has a static address of its own, which may have deposits.

        Each comes back whole or not at all, and one that cannot is told and stops no other.
        """
        found: list[Older] = []
        for file in older(looked_at):
            try:
                found.append(Older(file.path, await self.restore([file], root, last_key)))
            except PillarboxError as error:
                found.append(Older(file.path, error.text))
        return found

    async def _keys(self, root: Root | None) -> Mapping[ServiceKey, Secret]:
        if root is None:
            purposes = (ServiceKey.LOOP_BACKUP, ServiceKey.LOOP_BACKUP_STRICT)
            return {purpose: await self._service_key(purpose) for purpose in purposes}
        return await asyncio.to_thread(service_keys.derive_loop_backup, root.bip32, self._network)

    async def _judged(self, file: FoundFile) -> FoundFile:
        """Of one that does not open: if this wallet wrote it, it is damaged and no stranger's."""
        if not isinstance(file.found, SealedOtherwiseError):
            return file
        digests = await self._db.read(lambda tx: written.digests(tx, file.path.name))
        if not digests:
            return file
        data = await asyncio.to_thread(read_bounded, file.path, LARGEST)
        if hashlib.sha256(data).digest() in digests:
            return file
        why = "This wallet wrote it, and its bytes have changed since"
        return FoundFile(file.path, DamagedFileError(why=why))


def latest_of(
    looked_at: Sequence[FoundFile], root: Root, network: Network, last_key: int = USUAL_SCAN
) -> tuple[FoundFile, str]:
    """The latest valid one, and its static address as the root's keys give it. For a thread.

    Raises NoBackupError, NoUsableBackupError, ClientKeyNotFoundError, DerivationFailedError.
    """
    chosen, generation = latest(looked_at)
    params, _ = _enrol(generation, root, network, last_key)
    return chosen, StaticAccount.read(params.data, network).registered_text


def _stored(generation: Generation) -> StoredToken:
    token = generation.token
    return StoredToken(
        token.identifier.token_id,
        generation.address.server,
        token.payment_hash,
        TokenState.PAID,
        generation.token_data,
        "",
        None,
        "",
        token.created_at,
    )


def _here(tx: Tx, generation: Generation) -> KeptGeneration | None:
    """What the wallet has with the same token or the same client key."""
    token_id, client_key = generation.token.identifier.token_id, generation.address.client_pubkey
    return next((each for each in kept(tx) if _is_of(each, token_id, client_key)), None)


def _of_key(tx: Tx, same_key: str) -> Account | None:
    """The account of these keys, which no token that is here is bound to."""
    found = accounts.same_key_exists(tx, same_key)
    return next((each for each in accounts.all_accounts(tx) if each.id == found), None)


def _is_of(here: KeptGeneration, token_id: bytes, client_key: bytes) -> bool:
    return here.token.token_id == token_id or here.static.client_key == client_key


def _require_same(generation: Generation, here: KeptGeneration) -> None:
    told, static = generation.address, here.static
    from_file = (told.client_pubkey, told.server_pubkey, told.expiry)
    if from_file != (static.client_key, static.server_key, static.expiry):
        raise StaticAddressConflictError(account=here.account.label)


def _enrol(generation: Generation, root: Root, network: Network, last_key: int) -> tuple[Params, int]:
    """The account's params, and the index of its client key. Slow where that is far out."""
    told = generation.address
    families = (told.legacy_client_key_family, told.main_key_family, told.change_key_family)
    if families != (LEGACY_FAMILY, MAIN_FAMILY, CHANGE_FAMILY):
        raise PayloadError(why="Its keys are of families that this version does not know")
    index, strict = _find_key(generation, root, network, last_key)
    served = Served(
        told.server,
        told.server_pubkey,
        told.expiry,
        told.client_pubkey,
        strict,
        told.legacy_first_height,
        told.multi_address_first_height,
    )
    return LOOP_STATIC.enrol(Enrolment(network, index, root, served=served)), index


def _find_key(generation: Generation, root: Root, network: Network, last_key: int) -> tuple[int, bool]:
    told = generation.address
    named = told.legacy_client_key_index
    looked_at = range(last_key + 1)
    for strict in (False, True):
        node = public_nodes(root, network, strict=strict)[REGISTERED.number]
        try:
            if named is not None and named >= 0 and node.child(named).key == told.client_pubkey:
                return named, strict
            found = find_client_key(node, told.client_pubkey, looked_at)
        except InvalidChildError as error:
            raise DerivationFailedError(index=int(error.args[0])) from error
        if found is not None:
            return found, strict
    raise ClientKeyNotFoundError(last=last_key)


def _address(account: Account) -> str:
    return StaticAccount.read(account.params, account.network).registered_text


async def _nothing(account: Account) -> None:
    del account
