"""Names any address for what it is."""

from collections.abc import Iterable

from pillarbox.accounts import KINDS
from pillarbox.accounts.bitcoin import address_parts
from pillarbox.accounts.kind import AccountKind, AddressParts
from pillarbox.bitcoin.script import AddressNetworkError, parse_address
from pillarbox.model.network import BITCOIN, Network


def read(text: str, network: Network | None = None, kinds: Iterable[AccountKind] = KINDS) -> AddressParts:
    """What an address says of itself; `network` decides where test networks share an encoding.

    A Bitcoin address that no kind makes, such as a P2WSH one, is named `bitcoin-` and its form.
    Raises AddressUnreadableError for a damaged address, AddressUnknownError for a text of a coin that
    Pillarbox does not know, AddressNetworkError for a Bitcoin address of another network than `network`.
    """
    text = text.strip()
    for kind in kinds:
        parts = kind.read(text, network)
        if parts is not None:
            return parts
    parsed = parse_address(text)
    if network is not None and network not in parsed.networks:
        raise AddressNetworkError(found=parsed.networks[0], wanted=network)
    return address_parts(f"{BITCOIN.name}-{parsed.output.form}", parsed, network)
