"""Cardano's Shelley accounts (CIP-1852, CIP-19): m/1852'/1815'/account'/role/index."""

from dataclasses import dataclass
from functools import partial

from pillarbox.accounts import cardano_reading, cardano_soft
from pillarbox.accounts.cardano_soft import NETWORKS, SoftDeriver
from pillarbox.accounts.kind import AddressParts, Enrolment, Extra, KeyNeed, Params, Requirement, UsageProof
from pillarbox.cardano import shelley_address
from pillarbox.cardano.shelley_address import ShelleyAddress
from pillarbox.cardano.soft_keys import SoftKey, key_hash
from pillarbox.keys.bip32 import MAX_INDEX
from pillarbox.keys.root import Root
from pillarbox.model.account import EXTERNAL, INTERNAL, Branch
from pillarbox.model.network import CARDANO, Coin, Network

STAKE = Branch(2, "stake", False, paid=False)
"""Reward addresses. CIP-11 has one: index 0, which the base addresses of the account name."""


@dataclass(frozen=True, slots=True)
class ShelleyKind:
    """Base addresses, which stake with the account's own stake key, or enterprise ones, which do not."""

    name: str
    title: str
    sentence: str
    branches: tuple[Branch, ...]
    coin: Coin = CARDANO
    networks: frozenset[Network] = NETWORKS
    last_index: int = MAX_INDEX
    extras: tuple[Extra, ...] = ()
    gap_limit: int = 20
    key_need: KeyNeed = KeyNeed.ENROL
    usage: UsageProof = UsageProof.CHAIN
    requires: frozenset[Requirement] = frozenset()
    payable: bool = True

    def enrol(self, need: Enrolment) -> Params:
        return cardano_soft.enrol(self.name, 1852, need)

    def deriver(self, params: str, network: Network, root: Root | None = None) -> SoftDeriver:
        """Raises NewerAccountError. The root is not needed, and not looked at."""
        del root
        account, path = cardano_soft.kept(params)
        stake = None
        if STAKE in self.branches:
            stake = key_hash(account.child(STAKE.number).child(0).key)
        return SoftDeriver(account, partial(_address, int(network is Network.MAINNET), stake), path)

    def read(self, text: str, network: Network | None = None) -> AddressParts | None:
        parts = cardano_reading.read(text, network)
        return parts if parts is not None and parts.kind == self.name else None


def _address(
    network: int, stake: bytes | None, node: SoftKey, role: int, index: int, key: bytes
) -> tuple[str, bytes]:
    del node, index
    if role == STAKE.number:
        address = ShelleyAddress(network, None, key_hash(key))
    else:
        address = ShelleyAddress(network, key_hash(key), stake)
    return shelley_address.encode(address), shelley_address.to_bytes(address)


CARDANO_SHELLEY = ShelleyKind(
    cardano_reading.SHELLEY,
    "Cardano · Shelley",
    "The usual choice for ADA: what it holds can be staked.",
    (EXTERNAL, INTERNAL, STAKE),
)
CARDANO_ENTERPRISE = ShelleyKind(
    cardano_reading.ENTERPRISE,
    "Cardano · Enterprise",
    "Never stakes; its addresses do not show that they belong together.",
    (EXTERNAL, INTERNAL),
)
