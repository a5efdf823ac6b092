"""Amounts between the smallest unit, in which the core counts, and what people read and type."""

from PySide6.QtCore import QCoreApplication

from pillarbox.errors import InvalidInputError
from pillarbox.model.network import BITCOIN, LITECOIN, Coin, Network
from pillarbox.wallet.receiving import MOST_ASKED

GROUP = "\N{NARROW NO-BREAK SPACE}"
UNIT_SPACE = "\N{NO-BREAK SPACE}"
NOTHING = "\N{EN DASH}"
MOST_DIGITS = 18
MOST = {BITCOIN: 21_000_000 * 10**8, LITECOIN: 84_000_000 * 10**8}
"""All that there will ever be of a coin, in its smallest unit, where that is known."""
ISOLATE = "\N{LEFT-TO-RIGHT ISOLATE}{}\N{POP DIRECTIONAL ISOLATE}"

translate = QCoreApplication.translate


def group_digits(number: int) -> str:
    """A whole number in groups of three: 968412 is "968 412"."""
    return f"{number:,}".replace(",", GROUP)


def amount_figures(amount: int, coin: Coin, *, trim: bool = False) -> str:
    """Figures without a unit, for a column whose heading names it: 420000 sat are "0.004 200 00".

    The decimal mark is a point everywhere, as on every chain and in every payment link. `trim` drops zeros
    at the end of the fraction.
    """
    sign = "-" if amount < 0 else ""
    whole, fraction = divmod(abs(amount), _whole_coin(coin))
    figures = f"{fraction:0{coin.decimals}d}" if coin.decimals else ""
    if trim:
        figures = figures.rstrip("0")
    groups = GROUP.join(figures[i : i + 3] for i in range(0, len(figures), 3))
    return f"{sign}{group_digits(whole)}{'.' if groups else ''}{groups}"


def amount_words(amount: int, coin: Coin, network: Network, *, trim: bool = False) -> str:
    """An amount with its unit: "0.004 200 00 BTC"."""
    return f"{amount_figures(amount, coin, trim=trim)}{UNIT_SPACE}{coin.ticker_on(network)}"


def isolated(text: str) -> str:
    """Figures and a Latin unit for the middle of a sentence, which may run from right to left."""
    return ISOLATE.format(text)


def spoken_amount(amount: int, coin: Coin, network: Network) -> str:
    """An amount for a screen reader, which would read groups as separate numbers: "0.0042 BTC"."""
    figures = amount_figures(amount, coin, trim=True).replace(GROUP, "")
    return f"{figures} {coin.ticker_on(network)}"


def parse_amount(text: str, coin: Coin) -> int:
    """The smallest units in what somebody typed in whole coins. Spaces between digits are ignored.

    Raises InvalidInputError: a comma may be a decimal mark or a grouping, so it is refused, not guessed.
    """
    figures = "".join(text.split())
    whole, point, fraction = figures.partition(".")
    if not figures:
        raise _wrong(translate("amounts", "Nothing was entered."))
    if "," in figures:
        raise _wrong(translate("amounts", "Write decimals with a point, such as 0.5, and no commas."))
    if not all(part.isascii() and part.isdigit() for part in (whole or "0", fraction or "0")) or (
        point and not whole and not fraction
    ):
        raise _wrong(translate("amounts", "Only digits and one decimal point make an amount."))
    if len(whole) > MOST_DIGITS:
        raise _wrong(translate("amounts", "There is not that much of it."))
    if len(fraction) > coin.decimals:
        raise _wrong(
            translate("amounts", "{coin} counts no more than {decimals} decimals.").format(
                coin=coin.title, decimals=coin.decimals
            )
        )
    amount = int(whole or "0") * _whole_coin(coin) + int(fraction.ljust(coin.decimals, "0") or "0")
    if amount > MOST.get(coin, MOST_ASKED):
        raise _wrong(translate("amounts", "There is not that much of it."))
    return amount


def _whole_coin(coin: Coin) -> int:
    return int(10**coin.decimals)


def _wrong(why: str) -> InvalidInputError:
    return InvalidInputError(what=translate("amounts", "amount"), why=why)
