"""The create-wallet flow, bound to a running Pillarbox."""

import asyncio

from pillarbox.accounts.descriptor import account_key, is_descriptor, named_kind
from pillarbox.app.application import Application
from pillarbox.app.new_wallet import NewWallet, PublicSource, WordsSource
from pillarbox.errors import ErrorText
from pillarbox.flows.create_wallet import CreateWallet, Draft, Ports, Start
from pillarbox.keys import mnemonic
from pillarbox.model.network import Network
from pillarbox.secret import Secret


def create_wallet_flow(app: Application) -> CreateWallet:
    """A flow that makes its wallet in `app`."""

    async def make(draft: Draft, passphrase: Secret | None) -> ErrorText | None:
        made = await app.create_wallet(
            NewWallet(draft.name, draft.network, _source(draft), passphrase, draft.use_keychain)
        )
        return made.keychain_trouble

    return CreateWallet(Ports(_make_words, app.check_name, _are_words, make))


async def _make_words(count: int) -> str:
    # In a thread: the word lists take a quarter of a second to load.
    return await asyncio.to_thread(_new_words, count)


def _new_words(count: int) -> str:
    with mnemonic.generate(count) as made:
        return made.words.text()


async def _are_words(text: str, network: Network) -> bool:
    """Whether a text is recovery words (checked) or public keys (checked against the network too)."""
    plain = text.strip()
    if is_descriptor(plain) or len(plain.split()) == 1:
        named_kind(plain)
        account_key(plain).require_network(network)
        return False
    await asyncio.to_thread(_check_words, plain)
    return True


def _check_words(plain: str) -> None:
    with Secret.from_text(plain) as words:
        mnemonic.read(words).wipe()


def _source(draft: Draft) -> WordsSource | PublicSource:
    if draft.start is Start.CREATE:
        return WordsSource(Secret.from_text(" ".join(draft.words)), made_here=True)
    if not draft.has_words:
        return PublicSource(draft.keys)
    extra = Secret.from_text(draft.bip39_passphrase) if draft.bip39_passphrase else None
    return WordsSource(Secret.from_text(draft.keys), extra)
