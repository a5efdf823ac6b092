"""Keys for services that must work for days without the words. None of them can move a coin on chain.

Derived once, while the words are in hand, and kept inside the encrypted database.
"""

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from functools import partial

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from pillarbox.accounts.single_pool import coin_type
from pillarbox.errors import WordsNeededError
from pillarbox.keys import lnd
from pillarbox.keys.bip32 import PrivateNode
from pillarbox.loop.backup_file import LEGACY_FAMILY
from pillarbox.model.network import BITCOIN, Network
from pillarbox.secret import Secret
from pillarbox.storage import meta
from pillarbox.storage.database import Tx

KEPT_AS = "service-key:"


class ServiceKey(StrEnum):
    """What a service key is for."""

    WALLET_BACKUP = "wallet-backup"
    LOOP_BACKUP = "loop-backup"
    """As lnd derives it."""
    LOOP_BACKUP_STRICT = "loop-backup-strict"
    """As BIP32 says."""


def derive_all(
    seed: Secret, network: Network, purposes: Iterable[ServiceKey] = tuple(ServiceKey)
) -> dict[ServiceKey, Secret]:
    """The service keys of a BIP39 seed on a network: every one, or some."""
    return {purpose: _RECIPES[purpose](seed, network) for purpose in purposes}


def derive_loop_backup(root: Secret | PrivateNode, network: Network) -> dict[ServiceKey, Secret]:
    """The keys of Loop's backups alone, which another program's root has too."""
    return {
        ServiceKey.LOOP_BACKUP: _loop_backup(root, network, strict=False),
        ServiceKey.LOOP_BACKUP_STRICT: _loop_backup(root, network, strict=True),
    }


def missing(tx: Tx) -> list[ServiceKey]:
    """Those that an earlier version did not know when the words were last in hand."""
    return [purpose for purpose in ServiceKey if meta.get_blob(tx, KEPT_AS + purpose) is None]


def keep(tx: Tx, keys: dict[ServiceKey, Secret]) -> None:
    for purpose, key in keys.items():
        meta.put_blob(tx, KEPT_AS + purpose, key.reveal())


def load(tx: Tx, purpose: ServiceKey) -> Secret:
    """Raises WordsNeededError where the key was never derived: a wallet without words, or an older one."""
    found = meta.get_blob(tx, KEPT_AS + purpose)
    if found is None:
        raise WordsNeededError(purpose=f"deriving the key for {purpose}")
    return Secret(found)


def wallet_backup_key(seed: Secret) -> Secret:
    """HKDF-SHA256 (RFC 5869) of the seed: apart from every BIP32 path, it opens backups and nothing else."""
    return Secret(HKDF(SHA256(), 32, None, b"pillarbox wallet backup 1").derive(seed.reveal()))


def _loop_backup(root: Secret | PrivateNode, network: Network, *, strict: bool) -> Secret:
    """A hash of what lnd's first static-address key shares with a point that nobody has the key of."""
    coin = coin_type(BITCOIN.slip44, network)
    with (
        lnd.family(root, coin, LEGACY_FAMILY, strict=strict) as family,
        family.child(0) as node,
        node.key() as key,
    ):
        return lnd.shared_key(key)


_RECIPES: Mapping[ServiceKey, Callable[[Secret, Network], Secret]] = {
    ServiceKey.WALLET_BACKUP: lambda seed, _: wallet_backup_key(seed),
    ServiceKey.LOOP_BACKUP: partial(_loop_backup, strict=False),
    ServiceKey.LOOP_BACKUP_STRICT: partial(_loop_backup, strict=True),
}
