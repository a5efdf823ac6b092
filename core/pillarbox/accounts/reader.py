"""Names any address for what it is."""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress

from pillarbox.accounts import KINDS
from pillarbox.accounts.bitcoin import address_parts
from pillarbox.accounts.foreign import refusal_of
from pillarbox.accounts.kind import AccountKind, AddressParts
from pillarbox.bitcoin.script import (
    COIN_FORMATS,
    AddressNetworkError,
    AddressUnknownError,
    AddressUnreadableError,
    OutputForm,
    ParsedAddress,
    parse_address,
)
from pillarbox.errors import InvalidInputError
from pillarbox.model.network import BITCOIN, Coin, Network

_CASH_PREFIXES = frozenset(form.cash for forms in COIN_FORMATS.values() for form in forms.values())
_LINK_SCHEMES = frozenset(kind.coin.uri_scheme for kind in KINDS) - _CASH_PREFIXES
"""Of payment links whose address does not have the scheme as its own prefix."""
_BARE_CASH = re.compile(r"[qp][02-9ac-hj-np-z]{41}")


def read(text: str, network: Network | None = None, kinds: Iterable[AccountKind] = KINDS) -> AddressParts:
    """What an address says of itself; `network` decides where test networks share an encoding.

    An address that no kind makes, such as a P2WSH one, is named by its coin and its form, `bitcoin-p2wsh`.
    Where two coins share an encoding, as on test networks, Bitcoin comes first.
    Raises AddressUnreadableError for a damaged address, ForeignAddressError or PrivateKeyNotAddressError for
    what is certain to be something else, AddressUnknownError for a text of a coin that Pillarbox does not
    know, AddressNetworkError for an address of another network, and InvalidInputError for no text at all.
    """
    text = text.strip()
    if not text:
        raise InvalidInputError(what="address", why="Nothing was given.")
    for kind in kinds:
        parts = kind.read(text, network)
        if parts is not None:
            return parts
    coin, parsed = _parse(text)
    if network is not None and network not in parsed.networks:
        raise AddressNetworkError(found=_place(coin, parsed.networks[0]), wanted=network)
    return address_parts(f"{coin.name}-{parsed.output.form}", parsed, network)


def without_link(text: str) -> str:
    """The address in a payment link such as bitcoin:bc1...?amount=0.1; any other text as it is."""
    whole = text.strip().partition("?")[0]
    scheme, colon, address = whole.partition(":")
    return address if colon and scheme.lower() in _LINK_SCHEMES else whole


def spellings(text: str, network: Network, coins: Iterable[Coin]) -> Iterator[str]:
    """How Pillarbox writes an address of a coin that has several ways to, as Bitcoin Cash has."""
    for coin in coins:
        form = COIN_FORMATS.get(coin, {}).get(network)
        if form is None or not form.cash:
            continue
        with suppress(AddressUnreadableError):
            parsed = parse_address(text.strip(), coin)
            if network in parsed.networks:
                is_key = parsed.output.form is OutputForm.P2PKH
                yield (form.p2pkh_address if is_key else form.p2sh_address)(parsed.output.program)


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
    if damaged is None and (refusal := refusal_of(text)) is not None:
        raise refusal
    if damaged is None and _BARE_CASH.fullmatch(text.lower()):
        raise AddressUnreadableError(why="the checksum is not that of a Bitcoin Cash address")
    raise damaged or unknown or AddressUnknownError(why="no coin is known")


def _place(coin: Coin, network: Network) -> str:
    return network.value if coin == BITCOIN else f"{coin.title} {network}"
