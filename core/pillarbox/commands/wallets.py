"""`wallet create|import|list|show|lock|unlock`."""

import asyncio
import logging
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from pillarbox.commands.arguments import ArgumentsError
from pillarbox.commands.command import Command, PassphraseNeededError, Replies, Where, opened
from pillarbox.commands.nouns import JsonObject, summary_object, wallet_object
from pillarbox.errors import PillarboxError
from pillarbox.model.network import Network
from pillarbox.secret import Secret

if TYPE_CHECKING:
    from pillarbox.app.application import Application
    from pillarbox.app.made_wallet import MadeWallet
    from pillarbox.wallet.wallet import Wallet

log = logging.getLogger(__name__)


class CannotLockError(PillarboxError):
    """Parameters: wallet."""

    code = "cannot-lock"
    title = "This wallet cannot be locked"
    message = 'The wallet "{wallet}" has no passphrase, so nothing could unlock it again.'
    hint = "Set a passphrase first."


@dataclass(frozen=True, slots=True)
class CreateArguments:
    wallet: str
    passphrase: Secret = field(repr=False)
    network: Network = Network.MAINNET
    words: int = 12
    keychain: bool = True


@dataclass(frozen=True, slots=True)
class ImportArguments:
    """Exactly one of `mnemonic`, `xpub` and `descriptor`. A passphrase is needed to seal words."""

    wallet: str
    passphrase: Secret | None = field(default=None, repr=False)
    network: Network = Network.MAINNET
    mnemonic: Secret | None = field(default=None, repr=False)
    bip39_passphrase: Secret | None = field(default=None, repr=False)
    xpub: str | None = field(default=None, repr=False)
    descriptor: str | None = field(default=None, repr=False)
    keychain: bool = True

    def __post_init__(self) -> None:
        given = [source for source in (self.mnemonic, self.xpub, self.descriptor) if source is not None]
        if len(given) != 1:
            raise ArgumentsError(why="It takes recovery words, or an xpub, or a descriptor: exactly one.")
        if self.bip39_passphrase is not None and self.mnemonic is None:
            raise ArgumentsError(why="A BIP39 passphrase belongs to recovery words.")


@dataclass(frozen=True, slots=True)
class ListArguments:
    pass


@dataclass(frozen=True, slots=True)
class WalletArguments:
    wallet: str


@dataclass(frozen=True, slots=True)
class UnlockArguments:
    wallet: str
    passphrase: Secret | None = field(default=None, repr=False)


async def create(app: "Application", arguments: CreateArguments) -> Replies:
    """A new wallet; its words are in the object, once and never again.

    Whoever does not take the object has not seen them: then the wallet is removed again.
    """
    from pillarbox.app.new_wallet import NewWallet, WordsSource  # noqa: PLC0415  # heavy: only where made
    from pillarbox.keys import mnemonic  # noqa: PLC0415  # as above

    with await asyncio.to_thread(mnemonic.generate, arguments.words) as made_words:
        source = WordsSource(made_words.words, made_here=True)
        plan = NewWallet(
            arguments.wallet, arguments.network, source, arguments.passphrase, arguments.keychain
        )
        made = await app.create_wallet(plan)
        try:
            yield {**_made_object(app, made), "words": made_words.words.text()}
        except GeneratorExit:
            await _unmake(app, made.wallet)
            raise


async def _unmake(app: "Application", wallet: "Wallet") -> None:
    try:
        await app.unmake_wallet(wallet.name)
    except PillarboxError as error:  # the one who asked sees that it is there still
        log.warning("a wallet whose words nobody saw could not be removed: %s", error.code)


async def import_wallet(app: "Application", arguments: ImportArguments) -> Replies:
    """A wallet from words or public keys that exist already."""
    from pillarbox.app.new_wallet import NewWallet, PublicSource, WordsSource  # noqa: PLC0415  # as above

    source: WordsSource | PublicSource
    if arguments.mnemonic is not None:
        source = WordsSource(arguments.mnemonic, arguments.bip39_passphrase)
    else:
        source = PublicSource(arguments.xpub or arguments.descriptor or "")
    plan = NewWallet(arguments.wallet, arguments.network, source, arguments.passphrase, arguments.keychain)
    yield _made_object(app, await app.create_wallet(plan))


async def list_wallets(app: "Application", _: ListArguments) -> Replies:
    for summary in app.wallet_summaries():
        yield summary_object(summary)


async def show(app: "Application", arguments: WalletArguments) -> Replies:
    yield _wallet_object(app, opened(app, arguments.wallet))


async def lock(app: "Application", arguments: WalletArguments) -> Replies:
    """An open wallet's screen is locked; a closed one's key is taken out of the keychain."""
    name = app.folder(arguments.wallet).name
    wallet = app.open_wallets.get(name)
    if wallet is None:
        await app.take_out_of_keychain(name)
    elif not wallet.unlocking.lock_screen():
        raise CannotLockError(wallet=name)
    yield _lock_object(app, name)


async def unlock(app: "Application", arguments: UnlockArguments) -> Replies:
    """The reverse of `lock`."""
    name = app.folder(arguments.wallet).name
    if arguments.passphrase is None:
        raise PassphraseNeededError(purpose=f'Only the passphrase unlocks "{name}".')
    wallet = app.open_wallets.get(name)
    if wallet is None:
        await app.put_in_keychain(name, arguments.passphrase)
    else:
        await wallet.unlocking.unlock_screen(arguments.passphrase)
    yield _lock_object(app, name)


def _lock_object(app: "Application", name: str) -> JsonObject:
    wallet = app.open_wallets.get(name)
    summary = app.summary(name)
    locked = wallet.unlocking.locked if wallet is not None else not summary.in_keychain
    return {**summary_object(summary), "locked": locked}


def _made_object(app: "Application", made: "MadeWallet") -> JsonObject:
    trouble = made.keychain_trouble
    return {
        **_wallet_object(app, made.wallet),
        "keychain_trouble": None if trouble is None else asdict(trouble),
    }


def _wallet_object(app: "Application", wallet: "Wallet") -> JsonObject:
    return wallet_object(wallet, app.summary(wallet.name))


COMMANDS = (
    Command("wallet create", CreateArguments, Where.WINDOW, create),
    Command("wallet import", ImportArguments, Where.WINDOW, import_wallet),
    Command("wallet list", ListArguments, Where.WINDOW, list_wallets),
    Command("wallet show", WalletArguments, Where.OPEN_WALLET, show),
    Command("wallet lock", WalletArguments, Where.HOLDER, lock),
    Command("wallet unlock", UnlockArguments, Where.HOLDER, unlock),
)
