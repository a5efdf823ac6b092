"""Cardano's Icarus accounts: m/44'/1815'/account'/role/index, short Byron addresses (`Ae2...`)."""

from dataclasses import dataclass
from functools import partial

from pillarbox.accounts import cardano_reading, cardano_soft
from pillarbox.accounts.cardano_soft import NETWORKS, SoftDeriver
from pillarbox.accounts.kind import AddressParts, Enrolment, Extra, KeyNeed, Params, Requirement, UsageProof
from pillarbox.cardano import byron_address
from pillarbox.cardano.soft_keys import SoftKey
from pillarbox.keys.bip32 import MAX_INDEX
from pillarbox.keys.root import Root
from pillarbox.model.account import EXTERNAL, INTERNAL, Branch
from pillarbox.model.network import CARDANO, Coin, Network


@dataclass(frozen=True, slots=True)
class IcarusKind:
    """Accounts of the wallets between Byron and Shelley; a passphrase of the words counts."""

    name: str = cardano_reading.ICARUS
    title: str = "Cardano · Icarus"
    sentence: str = "For money in an old Yoroi or AdaLite wallet; there it cannot be staked."
    coin: Coin = CARDANO
    networks: frozenset[Network] = NETWORKS
    branches: tuple[Branch, ...] = (EXTERNAL, INTERNAL)
    last_index: int = MAX_INDEX
    extras: tuple[Extra, ...] = ()
    gap_limit: int = 20
    key_need: KeyNeed = KeyNeed.ENROL
    usage: UsageProof = UsageProof.CHAIN
    requires: frozenset[Requirement] = frozenset()
    payable: bool = True

    def enrol(self, need: Enrolment) -> Params:
        return cardano_soft.enrol(self.name, 44, need)

    def deriver(self, params: str, network: Network, root: Root | None = None) -> SoftDeriver:
        """Raises NewerAccountError. The root is not needed, and not looked at."""
        del root
        key, path = cardano_soft.kept(params)
        return SoftDeriver(key, partial(_address, cardano_reading.MAGICS[network]), path)

    def read(self, text: str, network: Network | None = None) -> AddressParts | None:
        parts = cardano_reading.read(text, network)
        return parts if parts is not None and parts.kind == self.name else None


def _address(magic: int | None, node: SoftKey, role: int, index: int, key: bytes) -> tuple[str, bytes]:
    del role, key  # the address holds the chain code as well as the key
    raw = byron_address.to_bytes(byron_address.of_key(node.child(index).to_bytes(), None, magic))
    return byron_address.text_of(raw), raw


CARDANO_ICARUS = IcarusKind()
