"""Names any address for what it is."""

from collections.abc import Iterable

from pillarbox.accounts import KINDS
from pillarbox.accounts.bitcoin import address_parts
from pillarbox.accounts.foreign import ForeignAddressError, name_of
from pillarbox.accounts.kind import AccountKind, AddressParts
from pillarbox.bitcoin.script import (
    COIN_FORMATS,
    AddressNetworkError,
    AddressUnknownError,
    AddressUnreadableError,
    ParsedAddress,
    parse_address,
)
from pillarbox.model.network import BITCOIN, Coin, Network


def read(text: str, network: Network | None = None, kinds: Iterable[AccountKind] = KINDS) -> AddressParts:
    """What an address says of itself; `network` decides where test networks share an encoding.

    An address that no kind makes, such as a P2WSH one, is named by its coin and its form, `bitcoin-p2wsh`.
    Where two coins share an encoding, as on test networks, Bitcoin comes first.
    Raises AddressUnreadableError for a damaged address, ForeignAddressError for what is certain to be
    something else, AddressUnknownError for a text of a coin that Pillarbox does not know, and
    AddressNetworkError for an address of another network than `network`.
    """
    text = text.strip()
    for kind in kinds:
        parts = kind.read(text, network)
        if parts is not None:
            return parts
    coin, parsed = _parse(text)
    if network is not None and network not in parsed.networks:
        raise AddressNetworkError(found=_place(coin, parsed.networks[0]), wanted=network)
    return address_parts(f"{coin.name}-{parsed.output.form}", parsed, network)


def _parse(text: str) -> tuple[Coin, ParsedAddress]:
    """The first coin that reads the text. A text that looks like some coin's is damaged, not unknown."""
    unknown, damaged = None, None
    for coin in COIN_FORMATS:
        try:
            return coin, parse_address(text, coin)
        except AddressUnknownError as error:
            unknown = unknown or error
        except AddressUnreadableError as error:
            damaged = damaged or error
    if damaged is None and (what := name_of(text)) is not None:
        raise ForeignAddressError(what=what)
    raise damaged or unknown or AddressUnknownError(why="no coin is known")


def _place(coin: Coin, network: Network) -> str:
    return network.value if coin == BITCOIN else f"{coin.title} {network}"
