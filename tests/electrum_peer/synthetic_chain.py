"""Blocks that a test mines itself, by regtest's rules: every second hash has enough work."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from itertools import count
from typing import Self

from pillarbox.bitcoin.hashes import sha256d
from pillarbox.bitcoin.headers import Header, target_of
from pillarbox.bitcoin.transaction import Transaction, TxInput, TxOutput

REGTEST_BITS = 0x207FFFFF
GENESIS = bytes.fromhex(
    "0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac72c3e67768f61"
    "7fc81bc3888a51323a9fb8aa4b1e5e4adae5494dffff7f2002000000"
)
"""Regtest's first block."""

SPACING = 600

_numbers = count(1)


@dataclass(frozen=True)
class Block:
    """A header, and the transactions that its Merkle root is of; genesis' own is left out."""

    header: bytes
    transactions: tuple[Transaction, ...] = ()

    @property
    def hash(self) -> bytes:
        return sha256d(self.header)

    @cached_property
    def places(self) -> dict[bytes, int]:
        """Where in the block each txid stands."""
        return {each.txid: place for place, each in enumerate(self.transactions)}

    @cached_property
    def merkle_levels(self) -> list[list[bytes]]:
        return merkle_levels(list(self.places))


@dataclass
class SyntheticChain:
    """Changes only as the test says. A fork is another chain with the same first blocks.

    `block_id` is what a header names the one before it by. `tail` is what servers show after each header.
    """

    blocks: list[Block] = field(default_factory=lambda: [Block(GENESIS)])
    mempool: list[Transaction] = field(default_factory=list)
    block_id: Callable[[bytes], bytes] = sha256d
    tail: bytes = b""
    _indexed: tuple[object, dict[str, list[tuple[str, int]]]] = field(default=(None, {}), repr=False)

    @property
    def height(self) -> int:
        return len(self.blocks) - 1

    def fork(self, height: int) -> Self:
        """A chain that has this one's blocks up to `height`, and an empty mempool."""
        return replace(self, blocks=self.blocks[: height + 1], mempool=[])

    def pay(self, script: bytes, amount: int, *more: tuple[bytes, int]) -> Transaction:
        """A transaction to `script`, and to more, in the mempool."""
        outputs = tuple(TxOutput(value, each) for each, value in [(script, amount), *more])
        return self.add(Transaction(2, (TxInput(_fresh_hash(), 0, b"", 0),), outputs, 0))

    def spend(self, transaction: Transaction, output: int = 0) -> Transaction:
        """A transaction that spends an output of another to nobody in particular, in the mempool."""
        paid = TxOutput(transaction.outputs[output].amount, b"\x51")
        return self.add(Transaction(2, (TxInput(transaction.txid, output, b"", 0),), (paid,), 0))

    def add(self, transaction: Transaction) -> Transaction:
        self.mempool.append(transaction)
        return transaction

    def mine(self, blocks: int = 1) -> int:
        """Blocks on the tip, the first with all of the mempool; the new height."""
        for _ in range(blocks):
            transactions = (_coinbase(), *self.mempool)
            self.mempool.clear()
            root = merkle_levels([each.txid for each in transactions])[-1][0]
            self.blocks.append(Block(self._mined(root), transactions))
        return self.height

    def _mined(self, merkle_root: bytes) -> bytes:
        tip = self.blocks[-1]
        time = Header.parse(tip.header).time + SPACING
        attempts = (
            Header(1, self.block_id(tip.header), merkle_root, time, REGTEST_BITS, nonce).serialise()
            for nonce in range(1 << 32)
        )
        return next(
            raw for raw in attempts if int.from_bytes(sha256d(raw), "little") <= target_of(REGTEST_BITS)
        )

    def transactions(self) -> Iterator[tuple[Transaction, int]]:
        """All of them with their heights, those of the mempool last, at 0."""
        for height, block in enumerate(self.blocks):
            yield from ((each, height) for each in block.transactions)
        yield from ((each, 0) for each in self.mempool)

    def transaction(self, txid: str) -> Transaction | None:
        wanted = bytes.fromhex(txid)[::-1]
        for block in self.blocks:
            if wanted in block.places:
                return block.transactions[block.places[wanted]]
        return next((each for each in self.mempool if each.txid == wanted), None)

    def history(self, script_hash: str) -> list[tuple[str, int]]:
        """The txids that pay or spend a script, named as the protocol does, with their heights."""
        known = (self.blocks[-1].header, tuple(each.txid for each in self.mempool))
        if self._indexed[0] != known:
            self._indexed = (known, self._index())
        return self._indexed[1].get(script_hash, [])

    def _index(self) -> dict[str, list[tuple[str, int]]]:
        owners: dict[tuple[bytes, int], str] = {}
        index: dict[str, list[tuple[str, int]]] = {}
        for each, height in self.transactions():
            paid = {(each.txid, number): name_of(output.script) for number, output in enumerate(each.outputs)}
            owners |= paid
            spent = [owners.get((coin.txid, coin.output)) for coin in each.inputs]
            for name in dict.fromkeys([*paid.values(), *spent]):
                if name is not None:
                    index.setdefault(name, []).append((each.txid_text, height))
        return index

    def status(self, script_hash: str) -> str | None:
        history = self.history(script_hash)
        text = "".join(f"{txid}:{height}:" for txid, height in history)
        return sha256(text.encode()).hexdigest() if history else None

    def merkle_branch(self, txid: str, height: int) -> tuple[list[bytes], int] | None:
        """Hashes from the leaf up, and the position; None where that block does not hold it."""
        block = self.blocks[height]
        place = block.places.get(bytes.fromhex(txid)[::-1])
        if place is None:
            return None
        return [nodes[place >> depth ^ 1] for depth, nodes in enumerate(block.merkle_levels[:-1])], place


def merkle_levels(leaves: Sequence[bytes]) -> list[list[bytes]]:
    """Leaves first, root last; the last node of an odd level stands twice."""
    levels = [list(leaves)]
    while len(levels[-1]) > 1:
        nodes = levels[-1]
        if len(nodes) % 2:
            nodes.append(nodes[-1])
        levels.append([sha256d(nodes[at] + nodes[at + 1]) for at in range(0, len(nodes), 2)])
    return levels


def name_of(script: bytes) -> str:
    """The protocol's name of a script."""
    return sha256(script).digest()[::-1].hex()


def _coinbase() -> Transaction:
    return Transaction(1, (TxInput(bytes(32), 0xFFFF_FFFF, _fresh_hash(), 0),), (TxOutput(50, b"\x51"),), 0)


def _fresh_hash() -> bytes:
    """Another one each time, the same ones in each run."""
    return sha256(next(_numbers).to_bytes(8)).digest()
