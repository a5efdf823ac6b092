"""The accounts, beside its first, that an imported wallet's words may have been used for."""

from collections.abc import Iterator

from pillarbox.accounts import Kinds
from pillarbox.accounts.kind import AccountKind, Enrolment, KeyNeed, UsageProof
from pillarbox.errors import InvalidInputError
from pillarbox.keys.root import Root
from pillarbox.model.account import Account
from pillarbox.model.network import Network
from pillarbox.storage.candidates import Candidate

NUMBERS = 5
"""Of each kind, from 0."""


def of(kinds: Kinds, network: Network, root: Root, first: Account) -> list[Candidate]:
    """Of any coin: of kinds whose addresses come from public keys, so that no words are needed later, and
    whose payments a chain tells of. Takes its time: for a thread.
    """
    found = {
        candidate.same_key: candidate
        for kind in kinds
        if _is_discoverable(kind, network)
        for candidate in _of_kind(kind, network, root)
    }
    found.pop(first.same_key, None)
    return list(found.values())


def _of_kind(kind: AccountKind, network: Network, root: Root) -> Iterator[Candidate]:
    for number in range(NUMBERS):
        try:
            params = kind.enrol(Enrolment(network, number, root))
        except InvalidInputError:  # a wallet has only so many of these
            return
        yield Candidate(kind.name, number, params.path, params.fingerprint, params.data, params.same_key)


def _is_discoverable(kind: AccountKind, network: Network) -> bool:
    return (
        network in kind.networks
        and kind.key_need is KeyNeed.ENROL
        and kind.usage is UsageProof.CHAIN
        and kind.payable
        and not kind.requires
    )
