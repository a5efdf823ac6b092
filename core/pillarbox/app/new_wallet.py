"""What a wallet is made from, and its making: beside the others, then whole into place."""

import asyncio
import secrets
from dataclasses import dataclass
from functools import partial

from pillarbox.accounts.descriptor import named_kind
from pillarbox.app.wallet_folders import WalletFolder
from pillarbox.errors import ErrorText, InvalidInputError
from pillarbox.keys import mnemonic
from pillarbox.keys.root import Root
from pillarbox.model.account import ScanState, WalletId
from pillarbox.model.network import Network
from pillarbox.secret import Secret
from pillarbox.storage import meta
from pillarbox.storage.database import Database, Tx
from pillarbox.vault.sealed_words import RecoveryWords, seal_words
from pillarbox.vault.slots import Slots
from pillarbox.wallet import service_keys
from pillarbox.wallet.unlocking import SEALED_WORDS, Unlocking
from pillarbox.wallet.wallet import Surroundings, Wallet

FIRST_KIND = "bitcoin-p2wpkh"


@dataclass(frozen=True, slots=True)
class WordsSource:
    """Recovery words, and the BIP39 passphrase that belongs to them, where there is one."""

    words: Secret
    bip39_passphrase: Secret | None = None
    made_here: bool = False
    """The words were made just now, so nothing was ever received with them."""


@dataclass(frozen=True, slots=True)
class PublicSource:
    """An extended public key or an output descriptor: a watch-only wallet."""

    text: str


@dataclass(frozen=True, slots=True)
class NewWallet:
    """What a wallet is made from. At least one of a passphrase and the keychain must open it."""

    name: str
    network: Network
    source: WordsSource | PublicSource
    passphrase: Secret | None
    use_keychain: bool = True


async def build(
    plan: NewWallet, folder: WalletFolder, slots: Slots, around: Surroundings
) -> ErrorText | None:
    """Make slots, database and first account in `folder`; why the keychain was not used, where it was to be.

    Raises what the source's text is refused for; the caller then discards the folder.
    """
    if isinstance(plan.source, WordsSource) and plan.passphrase is None:
        raise InvalidInputError(what="passphrase", why="A wallet with recovery words needs one to seal them.")
    wallet = WalletId(secrets.token_hex(16))
    recovery = await asyncio.to_thread(_read_words, plan.source)
    created = await slots.create(
        wallet, plan.network, passphrase=plan.passphrase, use_keychain=plan.use_keychain
    )
    try:
        db = await Database.create(folder.database, created.keys.file_key)
        try:
            root = None
            if recovery is not None:
                root = await asyncio.to_thread(_root, recovery)
                blob = seal_words(created.keys.words_key, wallet, recovery)
                await db.write(partial(keep_secrets, sealed=blob, root=root, network=plan.network))
            await _add_first_account(plan, wallet, db, root, around)
        finally:
            await db.close()
    finally:
        created.keys.wipe()
        if recovery is not None:
            recovery.wipe()
    return None if created.keychain_trouble is None else created.keychain_trouble.text


async def _add_first_account(
    plan: NewWallet, wallet: WalletId, db: Database, root: Root | None, around: Surroundings
) -> None:
    unlocking = Unlocking(wallet, plan.name, plan.network, db, None, around.events.publish)
    opened = await Wallet.compose(wallet, plan.name, plan.network, db, unlocking, around)
    if isinstance(plan.source, PublicSource):
        text = plan.source.text.strip()
        kind = named_kind(text) or FIRST_KIND
        await opened.accounts.add(kind, public=text, scan_state=ScanState.UNSCANNED)
        return
    state = ScanState.MADE_HERE if plan.source.made_here else ScanState.UNSCANNED
    with root or Root.of_seed(Secret(b"")) as words:
        first = await opened.accounts.add(FIRST_KIND, number=0, root=words, scan_state=state)
        if not plan.source.made_here:
            await opened.accounts.note_candidates(first, words)


def _read_words(source: WordsSource | PublicSource) -> RecoveryWords | None:
    """The words in canonical form. Raises what mnemonic.read raises."""
    if isinstance(source, PublicSource):
        return None
    extra = source.bip39_passphrase
    with mnemonic.read(source.words) as read:
        return RecoveryWords(read.words.copy(), extra.copy() if extra else Secret(b""))


def _root(recovery: RecoveryWords) -> Root:
    with mnemonic.read(recovery.words) as read:
        return Root.of(read, recovery.bip39_passphrase)


def keep_secrets(tx: Tx, sealed: bytes, root: Root, network: Network) -> None:
    """The sealed words, and the keys of services that work without them."""
    meta.put_blob(tx, SEALED_WORDS, sealed)
    service_keys.keep(tx, service_keys.derive_all(root.seed, network))
