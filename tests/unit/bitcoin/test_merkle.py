"""Merkle branches, and the two ways to pass an inner node off as a transaction."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.bitcoin.hashes import sha256d
from pillarbox.bitcoin.merkle import MAX_DEPTH, Flaw, MerkleError, prove
from pillarbox.bitcoin.transaction import Transaction, TxInput, TxOutput


def transaction(number: int) -> Transaction:
    """One of many different ones."""
    return Transaction(2, (TxInput(number.to_bytes(32), 0, b"", 0),), (TxOutput(number, b"\x51"),), 0)


def levels(leaves: list[bytes]) -> list[list[bytes]]:
    """A block's Merkle tree, leaves first, each odd level's last node doubled."""
    tree = [leaves]
    while len(tree[-1]) > 1:
        nodes = tree[-1] + tree[-1][-1:] * (len(tree[-1]) % 2)
        tree[-1] = nodes
        tree.append([sha256d(nodes[at] + nodes[at + 1]) for at in range(0, len(nodes), 2)])
    return tree


def branch_of(leaves: list[bytes], position: int) -> tuple[list[bytes], bytes]:
    """The branch of a leaf, and the root."""
    tree = levels(list(leaves))
    return [nodes[position >> depth ^ 1] for depth, nodes in enumerate(tree[:-1])], tree[-1][0]


@given(st.integers(1, 40), st.data())
def test_every_transaction_of_a_block_is_proven_at_its_own_place_only(
    count: int, data: st.DataObject
) -> None:
    block = [transaction(number) for number in range(count)]
    position = data.draw(st.integers(0, count - 1))
    branch, root = branch_of([each.txid for each in block], position)

    prove(block[position], branch, position, root)

    with pytest.raises(MerkleError):
        prove(transaction(count + 1), branch, position, root)
    with pytest.raises(MerkleError) as caught:
        prove(block[position], branch, position + (1 << len(branch)), root)
    assert caught.value.flaw is Flaw.POSITION
    if branch:
        with pytest.raises(MerkleError):
            prove(block[position], [sha256d(branch[0]), *branch[1:]], position, root)


def test_a_branch_longer_than_any_block_is_deep_is_refused() -> None:
    with pytest.raises(MerkleError) as caught:
        prove(transaction(1), [bytes(32)] * (MAX_DEPTH + 1), 0, bytes(32))
    assert caught.value.flaw is Flaw.DEPTH


def node_sized(spent: bytes, script: bytes) -> Transaction:
    """A transaction of 64 bytes, as long as an inner node."""
    made = Transaction(1, (TxInput(spent, 0, script[:0], 0),), (TxOutput(1, script[:4]),), 0)
    assert len(made.stripped) == 64
    return made


def test_an_inner_node_is_not_taken_for_a_transaction() -> None:
    """The block holds nothing of the kind; the "transaction" is two txids of it, read as one."""
    posing = node_sized(bytes(range(32)), b"\x6a\x02\x01\x02")
    left, right = posing.stripped[:32], posing.stripped[32:]
    assert sha256d(left + right) == posing.txid
    other = sha256d(b"the other half of the block")
    with pytest.raises(MerkleError) as caught:
        prove(posing, [other], 0, sha256d(posing.txid + other))
    assert caught.value.flaw is Flaw.AMBIGUOUS_LEAF


def test_a_transaction_is_not_taken_for_an_inner_node() -> None:
    """A real transaction of 64 bytes ends in what would be the txid of one that no block holds."""
    real = node_sized(bytes(range(32)), b"\x6a\x02\x01\x02")
    forged_txid = real.stripped[32:]

    class Forged(Transaction):
        @property
        def txid(self) -> bytes:  # whatever hash the forger ground out
            return forged_txid

    forged = Forged(2, transaction(1).inputs, transaction(1).outputs, 0)
    other = sha256d(b"the other half of the block")
    root = sha256d(real.txid + other)
    with pytest.raises(MerkleError) as caught:
        prove(forged, [real.stripped[:32], other], 0b01, root)
    assert caught.value.flaw is Flaw.AMBIGUOUS_NODE
