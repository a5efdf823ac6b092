"""The project key of a wallet's indexer, kept in the encrypted database and nowhere else.

It moves no coin, but it is paid for, and it tells the indexer who asks.
"""

from pillarbox.secret import Secret
from pillarbox.storage import meta
from pillarbox.storage.database import Tx

KEPT_AS = "indexer-key:"


def get(tx: Tx, chain: str) -> Secret | None:
    """The key for the chain of this name, such as cardano/mainnet; wipe it after use."""
    found = meta.get_blob(tx, KEPT_AS + chain)
    return None if found is None else Secret(found)


def put(tx: Tx, chain: str, key: Secret) -> None:
    meta.put_blob(tx, KEPT_AS + chain, key.reveal())


def remove(tx: Tx, chain: str) -> None:
    meta.remove(tx, KEPT_AS + chain)
