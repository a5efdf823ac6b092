"""Payment links (BIP21): an address, an amount and words for people in one text, built and read strictly."""

from dataclasses import dataclass
from urllib.parse import quote, unquote

from pillarbox.bitcoin.script import AddressUnreadableError, parse_address
from pillarbox.errors import PillarboxError
from pillarbox.model.network import BITCOIN, LITECOIN, Coin

MAX_LENGTH = 4096
"""Characters of the longest link that is read; a QR code holds no more."""

SUPPLY = {BITCOIN: 21_000_000, LITECOIN: 84_000_000}
"""Whole coins, of coins whose rules set an end to them."""

COUNTED = 2**63 - 1
"""Of the smallest unit, where no end is set: no wallet counts further."""

_MOST_DIGITS = 20
"""Of whole coins, leading zeros included: longer ones are refused before they are made a number."""


class PaymentLinkError(PillarboxError):
    """Parameters: why."""

    code = "payment-link-unreadable"
    title = "This payment link cannot be used"
    message = "{why} Nothing was paid."
    hint = "Ask the payee for a new link, or for the address alone."


@dataclass(frozen=True, slots=True)
class PaymentLink:
    """What a link asks for. `amount` is in the smallest unit; None leaves it to the payer."""

    address: str
    amount: int | None = None
    label: str = ""
    message: str = ""


def build_link(link: PaymentLink, coin: Coin = BITCOIN) -> str:
    """The text of a link. Leaves out what is empty; where the coin has no links it is the address alone."""
    if not coin.uri_scheme:
        return link.address
    parameters = {
        "amount": "" if link.amount is None else format_amount(link.amount, coin),
        "label": link.label,
        "message": link.message,
    }
    query = "&".join(f"{name}={quote(value, safe='')}" for name, value in parameters.items() if value)
    own, colon, address = link.address.rpartition(":")  # a CashAddr text begins with its own scheme
    return f"{own if colon else coin.uri_scheme}:{address}{'?' if query else ''}{query}"


def qr_text(link: PaymentLink, coin: Coin = BITCOIN) -> str:
    """The link as a QR code should hold it.

    A lone Bech32 address of Bitcoin is written in capitals: it means the same (BIP173) and makes a smaller
    code. Beside a query it stays as it is, since ? and = are outside the code's small character set anyway.
    """
    text = build_link(link, coin)
    return text.upper() if coin == BITCOIN and "?" not in text and _is_bech32(link.address, coin) else text


def parse_link(text: str, coin: Coin = BITCOIN) -> PaymentLink:
    """Reads a link. Raises PaymentLinkError.

    Refused: another scheme, an address that does not read, a key given twice, an unknown key that the payee
    requires (`req-...`), an amount that is not decimal digits with at most the coin's decimals.
    """
    if len(text) > MAX_LENGTH:
        raise PaymentLinkError(why="It is far longer than payment links are.")
    scheme, colon, rest = text.strip().partition(":")
    if not colon or scheme.lower() != coin.uri_scheme:
        raise PaymentLinkError(why=f"It does not start with {coin.uri_scheme}: .")
    address, _, query = rest.partition("?")
    try:
        parse_address(address, coin)
    except AddressUnreadableError as error:
        raise PaymentLinkError(why=f"Its address does not read: {error.parameters['why']}.") from error
    given = _parameters(query)
    amount = given.get("amount")
    return PaymentLink(
        address.lower() if _is_bech32(address, coin) else address,
        None if amount is None else parse_amount(amount, coin),
        given.get("label", ""),
        given.get("message", ""),
    )


def _parameters(query: str) -> dict[str, str]:
    given: dict[str, str] = {}
    for part in query.split("&") if query else ():
        name, _, value = part.partition("=")
        if name.lower().startswith("req-"):
            raise PaymentLinkError(why="The payee requires something that this version does not know.")
        if name in given:
            raise PaymentLinkError(why="It gives one value twice, so that it is unclear which one is meant.")
        given[name] = _unquoted(value)
    return given


def _unquoted(value: str) -> str:
    try:
        return unquote(value, errors="strict")
    except UnicodeDecodeError:
        raise PaymentLinkError(why="Its text is damaged.") from None


def format_amount(amount: int, coin: Coin = BITCOIN) -> str:
    """Smallest units as decimal whole coins, without trailing zeros: 150000 is 0.0015 ."""
    whole, part = divmod(amount, 10**coin.decimals)
    decimals = f"{part:0{coin.decimals}d}".rstrip("0")
    return f"{whole}.{decimals}" if decimals else str(whole)


def parse_amount(text: str, coin: Coin = BITCOIN) -> int:
    """Decimal whole coins as smallest units, without sign, exponent, comma or lone point.

    Raises PaymentLinkError, also for nothing at all and for more than the supply.
    """
    whole, point, decimals = text.partition(".")
    digits = whole + decimals
    if not (digits.isascii() and digits.isdigit()) or not whole or bool(point) != bool(decimals):
        raise PaymentLinkError(why="Its amount is not a decimal number.")
    if len(decimals) > coin.decimals:
        raise PaymentLinkError(why=f"Its amount has more than {coin.decimals} decimals.")
    if len(whole) > _MOST_DIGITS or (amount := int(whole + decimals.ljust(coin.decimals, "0"))) > _most(coin):
        raise PaymentLinkError(why="Its amount is more than there is.")
    if not amount:
        raise PaymentLinkError(why="Its amount is nothing.")
    return amount


def _most(coin: Coin) -> int:
    """The largest amount there can be, in the smallest unit."""
    return SUPPLY[coin] * int(10**coin.decimals) if coin in SUPPLY else COUNTED


def _is_bech32(address: str, coin: Coin) -> bool:
    return parse_address(address, coin).output.version is not None
