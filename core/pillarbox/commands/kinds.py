"""Account kinds as the command line tells of them: what each is for, and what it takes."""

from dataclasses import asdict
from typing import TYPE_CHECKING

from pillarbox.accounts.kind import KeyNeed, Requirement
from pillarbox.commands.nouns import JsonObject
from pillarbox.model.network import Network
from pillarbox.wallet.kind_facts import told_by

if TYPE_CHECKING:
    from pillarbox.accounts.kind import AccountKind

NEVER_PAY = (
    "Coins sent to this address are lost: it names a node, and no key spends from it. "
    "Never give it to a payer."
)
NEVER_PAY_ANY = (
    "Coins sent to these addresses are lost: they name nodes, and no key spends from them. "
    "Never give one to a payer."
)


def payer_note(kind: "AccountKind", *, one: bool = False) -> JsonObject:
    """What must be said beside an account's addresses, or beside `one`; nothing where payers may pay."""
    return {} if kind.payable else {"note": NEVER_PAY if one else NEVER_PAY_ANY}


def kind_object(kind: "AccountKind") -> JsonObject:
    """`told_by` says who tells which addresses were paid: server, report or nobody."""
    needs_words = kind.key_need is KeyNeed.EACH_ADDRESS
    return {
        "kind": kind.name,
        "title": kind.title,
        "sentence": kind.sentence,
        "coin": kind.coin.name,
        "ticker": kind.coin.ticker,
        "unit": kind.coin.unit,
        "decimals": kind.coin.decimals,
        "networks": [network.value for network in Network if network in kind.networks],
        "words_for_each_address": needs_words,
        "watch_only": not needs_words and not kind.requires,
        "server": Requirement.SERVER in kind.requires,
        "told_by": told_by(kind).value,
        "gap_limit": kind.gap_limit,
        "extras": [asdict(extra) for extra in kind.extras],
        **payer_note(kind),
    }
