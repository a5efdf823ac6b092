"""Keys for services that must work for days without the words. None of them can move a coin on chain.

Derived once, while the words are in hand, and kept inside the encrypted database.
"""

from collections.abc import Callable
from enum import StrEnum

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from pillarbox.errors import WordsNeededError
from pillarbox.secret import Secret
from pillarbox.storage import meta
from pillarbox.storage.database import Tx

KEPT_AS = "service-key:"


class ServiceKey(StrEnum):
    """What a service key is for."""

    WALLET_BACKUP = "wallet-backup"


def derive(purpose: ServiceKey, seed: Secret) -> Secret:
    """One service key of a BIP39 seed."""
    return _RECIPES[purpose](seed)


def derive_all(seed: Secret) -> dict[ServiceKey, Secret]:
    """Every service key of a BIP39 seed."""
    return {purpose: recipe(seed) for purpose, recipe in _RECIPES.items()}


def keep(tx: Tx, keys: dict[ServiceKey, Secret]) -> None:
    for purpose, key in keys.items():
        meta.put_blob(tx, KEPT_AS + purpose, key.reveal())


def load(tx: Tx, purpose: ServiceKey) -> Secret:
    """Raises WordsNeededError where the key was never derived: a wallet without words, or an older one."""
    found = meta.get_blob(tx, KEPT_AS + purpose)
    if found is None:
        raise WordsNeededError(purpose=f"deriving the key for {purpose}")
    return Secret(found)


def _wallet_backup(seed: Secret) -> Secret:
    """HKDF-SHA256 (RFC 5869) of the seed: apart from every BIP32 path, it opens backups and nothing else."""
    return Secret(HKDF(SHA256(), 32, None, b"pillarbox wallet backup 1").derive(seed.reveal()))


_RECIPES: dict[ServiceKey, Callable[[Secret], Secret]] = {ServiceKey.WALLET_BACKUP: _wallet_backup}
