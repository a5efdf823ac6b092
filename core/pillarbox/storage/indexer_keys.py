"""The project keys of a wallet's indexers, kept in the encrypted database and nowhere else.

One moves no coin, but is paid for, and tells the indexer who asks: each goes to its own indexer alone.
"""

from pillarbox.secret import Secret
from pillarbox.storage import meta
from pillarbox.storage.database import Tx

KEPT_AS = "indexer-key:"


def get(tx: Tx, chain: str, origin: str) -> Secret | None:
    """The key for the chain of this name, such as cardano/mainnet, at an indexer; wipe it after use."""
    found = meta.get_blob(tx, _name(chain, origin))
    return None if found is None else Secret(found)


def put(tx: Tx, chain: str, origin: str, key: Secret) -> None:
    meta.put_blob(tx, _name(chain, origin), key.reveal())
    meta.bump_revision(tx)


def remove(tx: Tx, chain: str, origin: str) -> None:
    meta.remove(tx, _name(chain, origin))
    meta.bump_revision(tx)


def _name(chain: str, origin: str) -> str:
    return f"{KEPT_AS}{chain}@{origin}"
