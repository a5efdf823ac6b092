"""Who tells of an account's payments, and what that means where nobody does."""

from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

from pillarbox.model.network import Coin, Network
from pillarbox.model.progress import ConnectionPhase, ConnectionState
from pillarbox.wallet.kind_facts import ToldBy
from pillarbox_gui.theme.tokens import Tone
from pillarbox_gui.wording.amounts import NOTHING, UNIT_SPACE, amount_words, spoken_amount
from pillarbox_gui.wording.states import connection_words

translate = QCoreApplication.translate


@dataclass(frozen=True, slots=True)
class UsageNotice:
    """What a person is told, and whether choosing a server would change it."""

    title: str
    words: str
    server_helps: bool
    tone: Tone = Tone.QUIET
    icon: str = "info"


def unpayable_notice() -> UsageNotice:
    """Of kinds whose addresses only name something."""
    return UsageNotice(
        translate("usage", "Coins sent to these addresses are lost"),
        translate("usage", "They name nodes, and no key spends from them. Never give one to a payer."),
        False,
        Tone.WAITING,
        "warning",
    )


def down_notice(state: ConnectionState, coin: Coin) -> UsageNotice | None:
    """Of a server that was chosen and does not answer, or cannot be used; None of one that may yet."""
    if state.phase not in (ConnectionPhase.OFFLINE, ConnectionPhase.REFUSED):
        return None
    said = connection_words(state, coin)
    return UsageNotice(said.text, said.detail, True, said.tone, said.icon)


def usage_notice(told_by: ToldBy, coin: Coin, server_set: bool) -> UsageNotice | None:
    """None where a server tells."""
    title = translate("usage", "Nobody tells Pillarbox which of these were paid")
    match told_by:
        case ToldBy.SERVER if server_set:
            return None
        case ToldBy.SERVER:
            said = translate(
                "usage", "No {coin} server is set. Mark them as used by hand, or set a server in Settings."
            )
            return UsageNotice(title, said.format(coin=coin.title), True)
        case ToldBy.REPORT:
            return UsageNotice(
                translate("usage", "Balance reports tell which of these were paid"),
                translate(
                    "usage",
                    'No server is asked about them. Take in a report with the command "pillarbox balances", '
                    "or mark them as used by hand.",
                ),
                False,
            )
        case ToldBy.NOBODY:
            said = translate("usage", "No server knows of addresses of this kind. Mark them as used by hand.")
            return UsageNotice(title, said, False)


def received_words(amount: int, coin: Coin, network: Network, *, known: bool) -> str:
    """What came; a dash, never a zero, where nobody would have told of it."""
    if amount or known:
        return amount_words(amount, coin, network)
    return f"{NOTHING}{UNIT_SPACE}{coin.ticker_on(network)}"


def spoken_received(amount: int, coin: Coin, network: Network, *, known: bool) -> str:
    """The same for a screen reader."""
    if amount or known:
        return spoken_amount(amount, coin, network)
    return translate("usage", "an unknown amount of {unit}").format(unit=coin.ticker_on(network))
