"""Transactions: parse, serialise, txid (BIP144 for the witness form)."""

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Self

from pillarbox.bitcoin.hashes import sha256d
from pillarbox.bitcoin.serialization import Reader, compact_size, sized

MAX_MONEY = 21_000_000 * 100_000_000
"""No amount of Bitcoin's is larger, in satoshi."""

_SMALLEST_INPUT = 41
_SMALLEST_OUTPUT = 9


class Flaw(StrEnum):
    """Why bytes that can be read are still no transaction."""

    NO_INPUTS = "it spends nothing"
    NO_OUTPUTS = "it pays nothing"
    FLAG = "its witness flag is unknown"
    IDLE_WITNESS = "it is in the witness form without any witness"
    COUNT = "it is too short for what it says it holds"
    AMOUNT = "it pays more than there is"


class TransactionError(ValueError):
    """The bytes are no transaction; `flaw` says why."""

    def __init__(self, flaw: Flaw) -> None:
        super().__init__(flaw.value)
        self.flaw = flaw


@dataclass(frozen=True, slots=True)
class TxInput:
    """What is spent: an output of an earlier transaction. `txid` is in wire order."""

    txid: bytes
    output: int
    script: bytes
    sequence: int
    witness: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class TxOutput:
    """What is paid: an amount in satoshi, to an output script."""

    amount: int
    script: bytes
    prefix: bytes = b""
    """What some coins have before the script, as Bitcoin Cash its tokens. Part of what is hashed."""


@dataclass(frozen=True)
class Transaction:
    """A transaction as read. Its scripts and signatures are not run."""

    version: int
    inputs: tuple[TxInput, ...]
    outputs: tuple[TxOutput, ...]
    locktime: int
    payload: bytes = b""
    """What some coins have after the lock time, with its length. Part of what is hashed."""

    @classmethod
    def parse(cls, raw: bytes, most: int = MAX_MONEY) -> Self:
        """Raises SerializationError or TransactionError; takes all of `raw` or nothing.

        No amount may be above `most`.
        """
        reader = Reader(raw)
        version = reader.int32()
        count = reader.compact_size()
        has_witness = count == 0 and reader.remaining > 0
        if has_witness:
            if reader.take(1) != b"\x01":
                raise TransactionError(Flaw.FLAG)
            count = reader.compact_size()
        inputs = read_inputs(reader, count)
        outputs = read_outputs(reader, most)
        if has_witness:
            inputs = read_witnesses(reader, inputs)
        locktime = reader.uint32()
        reader.finish()
        return cls(version, inputs, outputs, locktime)

    @cached_property
    def stripped(self) -> bytes:
        """Serialised without witnesses: what the txid is the hash of."""
        return b"".join(self._parts(witness=False))

    @cached_property
    def txid(self) -> bytes:
        """In wire order; people write it the other way round, see `txid_text`."""
        return sha256d(self.stripped)

    @property
    def txid_text(self) -> str:
        return self.txid[::-1].hex()

    def serialise(self) -> bytes:
        """As sent: in the witness form where there is any witness."""
        return b"".join(self._parts(witness=any(spent.witness for spent in self.inputs)))

    def _parts(self, *, witness: bool) -> list[bytes]:
        parts = [self.version.to_bytes(4, "little", signed=True)]
        if witness:
            parts.append(b"\x00\x01")
        parts.append(compact_size(len(self.inputs)))
        for spent in self.inputs:
            parts += [spent.txid, spent.output.to_bytes(4, "little"), sized(spent.script)]
            parts.append(spent.sequence.to_bytes(4, "little"))
        parts.append(compact_size(len(self.outputs)))
        for paid in self.outputs:
            parts += [paid.amount.to_bytes(8, "little"), sized(paid.prefix + paid.script)]
        if witness:
            for spent in self.inputs:
                parts.append(compact_size(len(spent.witness)))
                parts += [sized(item) for item in spent.witness]
        parts += [self.locktime.to_bytes(4, "little"), self.payload]
        return parts


def read_inputs(reader: Reader, count: int) -> tuple[TxInput, ...]:
    """As many inputs as are said to follow. Raises SerializationError or TransactionError."""
    if count == 0:
        raise TransactionError(Flaw.NO_INPUTS)
    if count * _SMALLEST_INPUT > reader.remaining:
        raise TransactionError(Flaw.COUNT)
    return tuple(
        TxInput(reader.take(32), reader.uint32(), reader.sized(), reader.uint32()) for _ in range(count)
    )


def read_outputs(reader: Reader, most: int) -> tuple[TxOutput, ...]:
    """The outputs that follow. Raises SerializationError or TransactionError."""
    count = reader.compact_size()
    if count == 0:
        raise TransactionError(Flaw.NO_OUTPUTS)
    if count * _SMALLEST_OUTPUT > reader.remaining:
        raise TransactionError(Flaw.COUNT)
    outputs = tuple(TxOutput(reader.int64(), reader.sized()) for _ in range(count))
    if not all(paid.amount >= 0 for paid in outputs) or sum(paid.amount for paid in outputs) > most:
        raise TransactionError(Flaw.AMOUNT)
    return outputs


def read_witnesses(reader: Reader, inputs: tuple[TxInput, ...]) -> tuple[TxInput, ...]:
    """The inputs with the witnesses that follow. Raises SerializationError or TransactionError."""
    stacks = [tuple(reader.sized() for _ in range(reader.compact_size())) for _ in inputs]
    if not any(stacks):
        raise TransactionError(Flaw.IDLE_WITNESS)
    return tuple(
        TxInput(spent.txid, spent.output, spent.script, spent.sequence, stack)
        for spent, stack in zip(inputs, stacks, strict=True)
    )
