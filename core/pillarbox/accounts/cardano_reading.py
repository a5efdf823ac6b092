"""Names a Cardano address: which kind makes it, on which network, and what it holds."""

from collections.abc import Mapping
from types import MappingProxyType

from pillarbox.accounts.kind import AddressParts
from pillarbox.bitcoin import base58
from pillarbox.bitcoin.base58 import Base58Error
from pillarbox.bitcoin.script import AddressNetworkError
from pillarbox.cardano import byron_address, shelley_address
from pillarbox.cardano.byron_address import ByronAddress
from pillarbox.cardano.shelley_address import Pointer, ShelleyAddress
from pillarbox.model.network import Network

BYRON, ICARUS, SHELLEY, ENTERPRISE = (
    "cardano-byron",
    "cardano-icarus",
    "cardano-shelley",
    "cardano-shelley-enterprise",
)
MAGICS: Mapping[Network, int | None] = MappingProxyType({Network.MAINNET: None, Network.TESTNET: 1097911063})
"""Byron addresses name every network but mainnet. TESTNET is the first public one."""
_OTHER_MAGICS = {1: "preprod", 2: "preview"}
_BYRON_STARTS = ("Ddz", "Ae2", "37bt", "2cWKMJemoBa")
"""Of whole addresses on the two networks: a damaged one is told by these."""
_BYRON_BYTES = b"\x82\xd8\x18"
_SHORTEST_BYRON = 51
_SHELLEY_STARTS = ("addr1", "addr_test1", "stake1", "stake_test1")


def read(text: str, network: Network | None) -> AddressParts | None:
    """What a Cardano address says; None for a text that is none.

    Raises AddressUnreadableError for a damaged one, and AddressNetworkError.
    """
    parts = _read(text)
    if parts is not None and network is not None and parts.network != network:
        raise AddressNetworkError(found=f"Cardano {parts.network}", wanted=network)
    return parts


def _read(text: str) -> AddressParts | None:
    if text.lower().startswith(_SHELLEY_STARTS):
        return _shelley(shelley_address.decode(text))
    if len(text) >= _SHORTEST_BYRON and (text.startswith(_BYRON_STARTS) or _begins_as_byron(text)):
        return _byron(byron_address.decode(text))
    return None


def _begins_as_byron(text: str) -> bool:
    try:
        return base58.decode(text).startswith(_BYRON_BYTES)
    except Base58Error:
        return False


def _byron(address: ByronAddress) -> AddressParts:
    holds: dict[str, str | int] = {"root": address.root.hex()}
    if address.path is not None:
        holds["derivation"] = address.path.hex()
    if address.magic is not None:
        holds["magic"] = address.magic
    networks = {magic: network.value for network, magic in MAGICS.items()} | _OTHER_MAGICS
    network = networks.get(address.magic, f"magic {address.magic}")
    return AddressParts(BYRON if address.path is not None else ICARUS, network, holds)


def _shelley(address: ShelleyAddress) -> AddressParts:
    holds: dict[str, str | int] = {}
    if address.payment is not None:
        holds["payment_script" if address.payment_by_script else "payment_key"] = address.payment.hex()
    if isinstance(address.stake, Pointer):
        holds["pointer"] = f"{address.stake.slot}/{address.stake.transaction}/{address.stake.certificate}"
    elif address.stake is not None:
        holds["stake_script" if address.stake_by_script else "stake_key"] = address.stake.hex()
    network = Network.MAINNET if address.network else Network.TESTNET
    return AddressParts(ENTERPRISE if address.stake is None else SHELLEY, network, holds)
