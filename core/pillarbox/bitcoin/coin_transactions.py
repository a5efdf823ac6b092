"""Transactions of other coins, where they are not quite Bitcoin's. Amounts are in the smallest unit."""

from dataclasses import replace

from pillarbox.bitcoin.serialization import Reader, SerializationError, sized
from pillarbox.bitcoin.transaction import (
    MAX_MONEY,
    Flaw,
    Transaction,
    TransactionError,
    TxOutput,
    read_inputs,
    read_outputs,
    read_witnesses,
)

LITECOIN_MOST = 84_000_000 * 100_000_000
DOGECOIN_MOST = 10_000_000_000 * 100_000_000

_SPECIAL = 3
"""Dash transactions from this version on may have a type and a payload."""

_WITNESS, _MWEB = 1, 8

_TOKEN = 0xEF
_COMMITMENT, _AMOUNT = 0x40, 0x10


def parse_dash(raw: bytes) -> Transaction:
    """DIP-2: a special transaction ends in a payload, and may spend nothing, as withdrawals (DIP-27) do.

    Raises SerializationError or TransactionError.
    """
    reader = Reader(raw)
    version = reader.int32()
    special = version >> 16 != 0 and version & 0xFFFF >= _SPECIAL
    count = reader.compact_size()
    inputs = () if special and count == 0 else read_inputs(reader, count)
    outputs = read_outputs(reader, MAX_MONEY)
    locktime = reader.uint32()
    payload = sized(reader.sized()) if special else b""
    reader.finish()
    return Transaction(version, inputs, outputs, locktime, payload)


def parse_litecoin(raw: bytes) -> Transaction:
    """LIP-3: what lies in the extension block stands before the lock time. No txid is of it: it is left out.

    Raises SerializationError or TransactionError.
    """
    reader = Reader(raw)
    version = reader.int32()
    count, flag = reader.compact_size(), 0
    if count == 0 and reader.remaining:
        flag = reader.take(1)[0]
        if flag not in (_WITNESS, _MWEB, _WITNESS | _MWEB):
            raise TransactionError(Flaw.FLAG)
        count = reader.compact_size()
    inputs = read_inputs(reader, count)
    outputs = read_outputs(reader, LITECOIN_MOST)
    if flag & _WITNESS:
        inputs = read_witnesses(reader, inputs)
    if flag & _MWEB:
        reader.take(max(reader.remaining - 4, 0))
    locktime = reader.uint32()
    reader.finish()
    return Transaction(version, inputs, outputs, locktime)


def parse_dogecoin(raw: bytes) -> Transaction:
    """Raises SerializationError or TransactionError."""
    return Transaction.parse(raw, DOGECOIN_MOST)


def parse_bitcoin_cash(raw: bytes) -> Transaction:
    """Tokens stand before the output script (CashTokens, CHIP-2022-02), and servers know the script without.

    Raises SerializationError or TransactionError.
    """
    read = Transaction.parse(raw)
    return replace(read, outputs=tuple(map(_without_tokens, read.outputs)))


def _without_tokens(output: TxOutput) -> TxOutput:
    """A prefix that is not whole is no prefix: then all of it is the script."""
    if output.script[:1] != bytes((_TOKEN,)):
        return output
    reader = Reader(output.script)
    try:
        reader.take(1 + 32)
        held = reader.take(1)[0]
        if held & _COMMITMENT:
            reader.sized()
        if held & _AMOUNT:
            reader.take({0xFD: 2, 0xFE: 4, 0xFF: 8}.get(reader.take(1)[0], 0))
    except SerializationError:
        return output
    size = len(output.script) - reader.remaining
    return TxOutput(output.amount, output.script[size:], output.script[:size])
