"""Merkle branches: that a transaction is in a block, from the block's header alone."""

from collections.abc import Sequence
from enum import StrEnum

from pillarbox.bitcoin.hashes import sha256d
from pillarbox.bitcoin.serialization import SerializationError
from pillarbox.bitcoin.transaction import Transaction, TransactionError

MAX_DEPTH = 17
"""A block of 4,000,000 bytes has no room for 2^17 transactions of 60 bytes."""

_NODE_SIZE = 64


class Flaw(StrEnum):
    """Why a branch proves nothing."""

    DEPTH = "it is longer than any block's"
    POSITION = "it has no such position"
    AMBIGUOUS_LEAF = "the transaction has the length of an inner node"
    AMBIGUOUS_NODE = "an inner node can be read as a transaction"
    ROOT = "it does not lead to the block"


AMBIGUOUS = frozenset({Flaw.AMBIGUOUS_LEAF, Flaw.AMBIGUOUS_NODE})
"""Flaws of which an honest branch may suffer: somebody mined what can be read two ways."""


class MerkleError(ValueError):
    """The branch is refused; `flaw` says why."""

    def __init__(self, flaw: Flaw) -> None:
        super().__init__(flaw.value)
        self.flaw = flaw


def prove(transaction: Transaction, branch: Sequence[bytes], position: int, merkle_root: bytes) -> None:
    """Return if `branch` leads from `transaction` at `position` to `merkle_root`, else raise MerkleError.

    Hashes are in wire order, the branch from the leaf up. An inner node is 64 bytes like the smallest
    transactions, so that one can be passed off as the other (CVE-2017-12842): both ways are refused.
    """
    if len(branch) > MAX_DEPTH:
        raise MerkleError(Flaw.DEPTH)
    if not 0 <= position < 1 << len(branch):
        raise MerkleError(Flaw.POSITION)
    if len(transaction.stripped) == _NODE_SIZE:
        raise MerkleError(Flaw.AMBIGUOUS_LEAF)
    node = transaction.txid
    for level, sibling in enumerate(branch):
        pair = sibling + node if position >> level & 1 else node + sibling
        if _is_transaction(pair):
            raise MerkleError(Flaw.AMBIGUOUS_NODE)
        node = sha256d(pair)
    if node != merkle_root:
        raise MerkleError(Flaw.ROOT)


def _is_transaction(node: bytes) -> bool:
    try:
        Transaction.parse(node)
    except (SerializationError, TransactionError):
        return False
    return True
