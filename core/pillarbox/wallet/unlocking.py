"""The screen lock, and the words in hand for one operation.

Four words, used everywhere: *closed* (nothing in memory), *open* (all of the daily work), *screen locked*
(open, but front ends answer only "unlock"), *words in hand* (one operation).
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from pillarbox.errors import PillarboxError, WordsNeededError
from pillarbox.events import Publish, ScreenLocked
from pillarbox.keys import mnemonic
from pillarbox.keys.root import Root
from pillarbox.model.account import WalletId
from pillarbox.model.network import Network
from pillarbox.secret import Secret
from pillarbox.storage import meta
from pillarbox.storage.database import Database
from pillarbox.vault.sealed_words import RecoveryWords, open_words
from pillarbox.wallet import service_keys
from pillarbox.wallet.service_keys import ServiceKey

SEALED_WORDS = "sealed-words"
"""Under this name the database keeps the words, sealed by the passphrase."""

WordsKey = Callable[[Secret], Awaitable[Secret]]
"""From the passphrase to the key that the words are sealed with. Raises WrongPassphraseError."""


class ScreenLockedError(PillarboxError):
    """Parameters: wallet."""

    code = "screen-locked"
    title = 'The wallet "{wallet}" is locked'
    message = "Somebody locked the screen. Payments are still being watched for; nothing else is answered."
    hint = "Unlock it with its passphrase."


class Unlocking:
    """Who may look, and when the words are in hand."""

    def __init__(
        self,
        wallet: WalletId,
        name: str,
        network: Network,
        db: Database,
        words_key: WordsKey | None,
        publish: Publish,
    ) -> None:
        """`words_key` is None for a wallet without a passphrase: its screen cannot be locked."""
        self._wallet = wallet
        self._name = name
        self._network = network
        self._db = db
        self._words_key = words_key
        self._publish = publish
        self._locked = False

    def go_on_with(self, db: Database) -> None:
        """The wallet was opened anew; who has this goes on with it."""
        self._db = db

    @property
    def locked(self) -> bool:
        return self._locked

    @property
    def can_lock(self) -> bool:
        return self._words_key is not None

    def require_unlocked(self) -> None:
        """Raises ScreenLockedError."""
        if self._locked:
            raise ScreenLockedError(wallet=self._name)

    def lock_screen(self) -> bool:
        """Answer only "unlock" from now on; False where there is no passphrase to unlock with."""
        if self._words_key is None:
            return False
        self._set(locked=True)
        return True

    async def unlock_screen(self, passphrase: Secret) -> None:
        """Raises WrongPassphraseError."""
        if self._words_key is not None:
            (await self._words_key(passphrase)).wipe()
        self._set(locked=False)

    async def has_words(self) -> bool:
        return await self._db.read(lambda tx: meta.get_blob(tx, SEALED_WORDS)) is not None

    @asynccontextmanager
    async def words(self, passphrase: Secret) -> AsyncIterator[RecoveryWords]:
        """The recovery words and their BIP39 passphrase, for one operation.

        Raises WordsNeededError for a wallet that has none, and WrongPassphraseError.
        """
        opened = await self._open(passphrase)
        with opened.words, opened.bip39_passphrase:
            yield opened

    @asynccontextmanager
    async def root(self, passphrase: Secret) -> AsyncIterator[Root]:
        """What keys are made from, for one operation: only now can keys be derived that move a coin."""
        opened = await self._open(passphrase)
        with opened.words, opened.bip39_passphrase:
            root = await asyncio.to_thread(_root, opened.words, opened.bip39_passphrase)
        with root:
            await self.keep_service_keys(root)
            yield root

    async def keep_service_keys(self, root: Root) -> None:
        """Derive and keep those that are missing: an earlier version did not know them."""
        lacking = await self._db.read(service_keys.missing)
        if lacking:
            made = await asyncio.to_thread(service_keys.derive_all, root.seed, self._network, lacking)
            await self._db.write(lambda tx: service_keys.keep(tx, made))

    async def service_key(self, purpose: ServiceKey) -> Secret:
        """A key that cannot move a coin, without the words."""
        return await self._db.read(lambda tx: service_keys.load(tx, purpose))

    async def _open(self, passphrase: Secret) -> RecoveryWords:
        sealed = await self._db.read(lambda tx: meta.get_blob(tx, SEALED_WORDS))
        if sealed is None or self._words_key is None:
            raise WordsNeededError(purpose="this wallet was made from public keys and has no words")
        with await self._words_key(passphrase) as key:
            return open_words(key, self._wallet, sealed)

    def _set(self, *, locked: bool) -> None:
        if locked != self._locked:
            self._locked = locked
            self._publish(ScreenLocked(self._wallet, 0, locked))


def _root(words: Secret, bip39_passphrase: Secret) -> Root:
    with mnemonic.read(words) as read:
        return Root.of(read, bip39_passphrase)
