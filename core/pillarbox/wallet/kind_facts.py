"""What front ends need to know of account kinds, to offer them and to tell what they can see."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from pillarbox.accounts.kind import AccountKind, Extra, KeyNeed, Requirement, UsageProof
from pillarbox.model.network import Coin, Network


@dataclass(frozen=True, slots=True)
class KindChoice:
    """One kind that an account may be made of."""

    name: str
    title: str
    sentence: str
    coin: Coin
    extras: tuple[Extra, ...]
    needs_words: bool
    """Each address needs the words: no public key makes such an account, and rows are made ahead."""
    needs_server: bool
    """A server makes it together with the words, and wants to be paid: nothing of it is known before."""


class ToldBy(StrEnum):
    """Who tells which addresses of an account were paid."""

    SERVER = "server"
    REPORT = "report"
    NOBODY = "nobody"


def kind_choices(kinds: Iterable[AccountKind], network: Network) -> list[KindChoice]:
    """The kinds of `network`, those of one coin side by side."""
    coins: dict[str, list[KindChoice]] = {}
    for kind in kinds:
        if network in kind.networks:
            choice = KindChoice(
                kind.name,
                kind.title,
                kind.sentence,
                kind.coin,
                kind.extras,
                kind.key_need is KeyNeed.EACH_ADDRESS,
                made_by_server(kind),
            )
            coins.setdefault(kind.coin.name, []).append(choice)
    return [choice for choices in coins.values() for choice in choices]


def made_by_server(kind: AccountKind) -> bool:
    """Whether its accounts are made by a server together with the words."""
    return Requirement.SERVER in kind.requires


def shown_by_explorers(kind: AccountKind) -> bool:
    """Whether the coin's chain knows the kind's addresses, and with it those who show that chain."""
    return kind.usage is not UsageProof.BALANCE_REPORT


def told_by(kind: AccountKind) -> ToldBy:
    """Where the use of its addresses is learned, other than by hand."""
    match kind.usage:
        case UsageProof.HAND_ONLY:
            return ToldBy.NOBODY
        case UsageProof.BALANCE_REPORT:
            return ToldBy.REPORT
        case UsageProof.CHAIN | UsageProof.MAILBOX:
            return ToldBy.SERVER
