"""The recovery words in hand for what a command does."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from pillarbox.commands.command import PassphraseNeededError
from pillarbox.keys.root import Root
from pillarbox.secret import Secret

if TYPE_CHECKING:
    from pillarbox.wallet.wallet import Wallet


@asynccontextmanager
async def words_in_hand(wallet: "Wallet", passphrase: Secret | None, what: str) -> AsyncIterator[Root]:
    """`what`: the beginning of a sentence that says what the words are for.

    Raises PassphraseNeededError, WordsNeededError for a wallet without words, WrongPassphraseError.
    """
    if passphrase is None and await wallet.unlocking.has_words():
        raise PassphraseNeededError(purpose=f"{what} the wallet's recovery words.")
    async with wallet.unlocking.root(passphrase or Secret(b"")) as root:
        yield root
