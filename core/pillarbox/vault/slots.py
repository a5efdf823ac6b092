"""The ways into a wallet's file: by passphrase, and by the operating system's keychain.

The file key encrypts the database. The words key seals the recovery words inside it and comes out by the
passphrase alone. Both are random and never change, so that a new passphrase is one file written anew.
"""

import asyncio
import hmac
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from pillarbox.errors import PillarboxError
from pillarbox.model.account import WalletId
from pillarbox.model.network import Network
from pillarbox.secret import Secret
from pillarbox.to_the_end import to_the_end
from pillarbox.vault.box import seal, unseal
from pillarbox.vault.keychain import Keychain, KeychainError, KeychainForgotError
from pillarbox.vault.passphrase import SALT, Cost, derive_key
from pillarbox.vault.slots_file import (
    KeychainSlot,
    PassphraseSlot,
    RetiredPassphrase,
    SlotsFile,
    read_slots,
)

KEY = 32

Install = Callable[[Path, bytes], None]
"""Puts a file in place whole or not at all, over the old one."""


class WrongPassphraseError(PillarboxError):
    """No parameters."""

    code = "wrong-passphrase"
    title = "This is not the passphrase"
    message = "The wallet does not open with this passphrase."
    hint = "Check capital letters and the keyboard's layout, and enter it again."


class PassphraseChangedError(PillarboxError):
    """No parameters."""

    code = "passphrase-changed"
    title = "The passphrase was changed"
    message = "The wallet had this passphrase once; it was changed since and opens with the new one only."
    hint = "Enter the new passphrase."


class NoPassphraseError(PillarboxError):
    """No parameters."""

    code = "no-passphrase"
    title = "This wallet has no passphrase"
    message = "The wallet is opened by the keychain alone; no passphrase was ever set."
    hint = "Open it with the keychain, then set a passphrase."


class PassphraseSetError(PillarboxError):
    """No parameters."""

    code = "passphrase-set"
    title = "This wallet has a passphrase"
    message = "The wallet has a passphrase already. It was not replaced."
    hint = "Change it with the present passphrase."


class NotInKeychainError(PillarboxError):
    """No parameters."""

    code = "not-in-keychain"
    title = "The wallet is locked"
    message = "The wallet's key is not kept in the keychain."
    hint = "Enter the wallet's passphrase."


class OnlyWayInError(PillarboxError):
    """No parameters."""

    code = "only-way-in"
    title = "Only the keychain opens this wallet"
    message = "The wallet has no passphrase, so it could not be opened again once its key left the keychain."
    hint = "Set a passphrase first."


@dataclass(frozen=True, slots=True)
class Keys:
    """A wallet's two keys. Wipe them when done."""

    file_key: Secret
    words_key: Secret

    @classmethod
    def random(cls) -> "Keys":
        return cls(Secret(os.urandom(KEY)), Secret(os.urandom(KEY)))

    def wipe(self) -> None:
        self.file_key.wipe()
        self.words_key.wipe()


@dataclass(frozen=True, slots=True)
class Created:
    """What `Slots.create` made, and why the keychain does not hold the key, where it was to."""

    keys: Keys
    keychain_trouble: KeychainError | None


class Slots:
    """One wallet's slots.json. It is read again for every operation, and written whole."""

    def __init__(self, path: Path, keychain: Keychain, install: Install) -> None:
        self._path = path
        self._keychain = keychain
        self._install = install
        self._changing = asyncio.Lock()

    async def create(
        self, wallet: WalletId, network: Network, *, passphrase: Secret | None, use_keychain: bool
    ) -> Created:
        """Make the file, and the wallet's keys with it. Raises OnlyWayInError where nothing would open it.

        A keychain that fails is told of in the result where there is a passphrase, and raised where not.
        """
        if passphrase is None and not use_keychain:
            raise OnlyWayInError
        keys = Keys.random()
        slots = SlotsFile(wallet, network)
        if passphrase is not None:
            slots = replace(slots, passphrase=await _passphrase_slot(slots, keys, passphrase))
        trouble: KeychainError | None = None
        if use_keychain:
            try:
                slots = replace(slots, keychain=await self._keychain_slot(slots, keys.file_key))
            except KeychainError as error:
                if passphrase is None:
                    raise
                trouble = error
        try:
            await self._write(slots)
        except BaseException:
            keys.wipe()
            if slots.keychain is not None:
                with suppress(KeychainError):  # what it still holds opens nothing
                    await self._keychain.remove(wallet, slots.keychain.backend)
            raise
        return Created(keys, trouble)

    async def file_key(self, passphrase: Secret | None = None) -> Secret:
        """The database's key: by the passphrase, or with None by the keychain.

        Raises WrongPassphraseError, PassphraseChangedError or NoPassphraseError for the one,
        NotInKeychainError or KeychainError for the other, and for both the errors of `read_slots`.
        """
        slots = await self._read()
        if passphrase is not None:
            keys = await self._keys(slots, passphrase)
            keys.words_key.wipe()
            return keys.file_key
        if slots.keychain is None:
            raise NotInKeychainError
        with await self._keychain.get(slots.wallet, slots.keychain.backend) as slot_key:
            file_key = unseal(slot_key, slots.keychain.box, _purpose(slots, b"keychain"))
        if file_key is None:
            raise KeychainForgotError
        return file_key

    async def words_key(self, passphrase: Secret) -> Secret:
        """What opens the sealed words. Raises as `file_key` does for a passphrase."""
        keys = await self._keys(await self._read(), passphrase)
        keys.file_key.wipe()
        return keys.words_key

    async def set_first_passphrase(self, file_key: Secret, passphrase: Secret) -> Secret:
        """Give a wallet that the keychain alone opened a passphrase; returns its new words key.

        Raises PassphraseSetError.
        """
        async with self._changing:
            slots = await self._read()
            if slots.passphrase is not None:
                raise PassphraseSetError
            keys = Keys(file_key, Secret(os.urandom(KEY)))
            await self._write(replace(slots, passphrase=await _passphrase_slot(slots, keys, passphrase)))
        return keys.words_key

    async def change_passphrase(self, old: Secret, new: Secret) -> None:
        """From now on only `new` opens. Raises as `file_key` does for a passphrase; then nothing changed."""
        async with self._changing:
            slots = await self._read()
            keys = await self._keys(slots, old)
            try:
                changed = replace(
                    slots,
                    passphrase=await _passphrase_slot(slots, keys, new),
                    retired=await _retired(old),
                )
            finally:
                keys.wipe()
            await self._write(changed)

    async def put_into_keychain(self, file_key: Secret) -> None:
        """From now on the keychain opens the wallet. Raises KeychainError; then nothing changed."""
        async with self._changing:
            slots = await self._read()
            await self._write(replace(slots, keychain=await self._keychain_slot(slots, file_key)))

    async def take_out_of_keychain(self) -> None:
        """From now on only the passphrase opens the wallet. Raises OnlyWayInError.

        The slot goes first: should the keychain fail then, what it still holds opens nothing any more.
        """
        async with self._changing:
            slots = await self._read()
            if slots.keychain is None:
                return
            if slots.passphrase is None:
                raise OnlyWayInError
            await self._write(replace(slots, keychain=None))
            await self._keychain.remove(slots.wallet, slots.keychain.backend)

    async def _keys(self, slots: SlotsFile, passphrase: Secret) -> Keys:
        if slots.passphrase is None:
            raise NoPassphraseError
        with await derive_key(passphrase, slots.passphrase.salt, slots.passphrase.cost) as slot_key:
            both = unseal(slot_key, slots.passphrase.box, _purpose(slots, b"passphrase"))
        if both is None:
            raise await _refusal(slots, passphrase)
        with both:
            joined = both.reveal()
            return Keys(Secret(joined[:KEY]), Secret(joined[KEY:]))

    async def _keychain_slot(self, slots: SlotsFile, file_key: Secret) -> KeychainSlot:
        with Secret(os.urandom(KEY)) as slot_key:
            backend = await self._keychain.put(slots.wallet, slot_key)
            return KeychainSlot(backend, seal(slot_key, file_key.reveal(), _purpose(slots, b"keychain")))

    async def _read(self) -> SlotsFile:
        return await asyncio.to_thread(read_slots, self._path)

    async def _write(self, slots: SlotsFile) -> None:
        await to_the_end(asyncio.to_thread(self._install, self._path, slots.encode()))


async def _passphrase_slot(slots: SlotsFile, keys: Keys, passphrase: Secret) -> PassphraseSlot:
    salt, cost = os.urandom(SALT), Cost()
    with await derive_key(passphrase, salt, cost) as slot_key:
        both = keys.file_key.reveal() + keys.words_key.reveal()
        return PassphraseSlot(salt, cost, seal(slot_key, both, _purpose(slots, b"passphrase")))


async def _refusal(slots: SlotsFile, passphrase: Secret) -> PillarboxError:
    retired = slots.retired
    if retired is not None and await _check(passphrase, retired.salt, retired.cost) == retired.check:
        return PassphraseChangedError()
    return WrongPassphraseError()


async def _retired(old: Secret) -> RetiredPassphrase:
    salt, cost = os.urandom(SALT), Cost()
    return RetiredPassphrase(salt, cost, await _check(old, salt, cost))


async def _check(passphrase: Secret, salt: bytes, cost: Cost) -> int:
    """One byte that tells a passphrase from most others."""
    with await derive_key(passphrase, salt, cost) as key:
        return hmac.digest(key.reveal(), b"pillarbox retired", "sha256")[0]


def _purpose(slots: SlotsFile, way: bytes) -> bytes:
    """Binds a seal to its wallet, so that slots cannot be mixed between files."""
    return b" ".join((b"pillarbox slot", way, slots.wallet.encode(), slots.network.value.encode()))
