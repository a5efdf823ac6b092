"""Transactions of Dash, Litecoin and Dogecoin, where Bitcoin's form is not theirs."""

from collections.abc import Callable

import pytest

from pillarbox.bitcoin.coin_transactions import (
    DOGECOIN_MOST,
    LITECOIN_MOST,
    parse_bitcoin_cash,
    parse_dash,
    parse_dogecoin,
    parse_litecoin,
)
from pillarbox.bitcoin.hashes import sha256d
from pillarbox.bitcoin.serialization import SerializationError
from pillarbox.bitcoin.transaction import Transaction, TransactionError, TxInput, TxOutput

SCRIPT = b"\x76\xa9\x14" + b"\x01" * 20 + b"\x88\xac"
SPENT = TxInput(b"\x07" * 32, 1, b"", 0xFFFF_FFFF)
SPECIAL = 3 | 1 << 16


def plain(amount: int = 5_000, *, version: int = 2, witness: tuple[bytes, ...] = ()) -> Transaction:
    spent = TxInput(SPENT.txid, SPENT.output, b"", SPENT.sequence, witness)
    return Transaction(version, (spent,), (TxOutput(amount, SCRIPT),), 9)


@pytest.mark.parametrize("parse", [parse_dash, parse_litecoin, parse_dogecoin, parse_bitcoin_cash])
def test_a_plain_transaction_is_read_as_bitcoins(parse: Callable[[bytes], Transaction]) -> None:
    raw = plain().serialise()
    assert parse(raw) == Transaction.parse(raw)
    for wrong in (raw[:-1], raw + b"\x00"):
        with pytest.raises((SerializationError, TransactionError)):
            parse(wrong)


def test_the_payload_of_a_special_dash_transaction_is_hashed_with_it() -> None:
    raw = plain(version=SPECIAL).serialise() + b"\x03abc"
    read = parse_dash(raw)
    assert read.outputs == (TxOutput(5_000, SCRIPT),)
    assert read.serialise() == raw
    assert read.txid == sha256d(raw)
    with pytest.raises(SerializationError):
        Transaction.parse(raw)
    for wrong in (raw[:-1], raw + b"\x00", plain(version=SPECIAL).serialise()):
        with pytest.raises(SerializationError):
            parse_dash(wrong)


def test_a_dash_withdrawal_spends_nothing() -> None:
    withdrawal = Transaction(3 | 9 << 16, (), (TxOutput(700, SCRIPT),), 0, b"\x02ok")
    assert parse_dash(withdrawal.serialise()) == withdrawal
    with pytest.raises(TransactionError):
        parse_dash(Transaction(2, (), (TxOutput(700, SCRIPT),), 0).serialise())


@pytest.mark.parametrize("witness", [(), (b"signature", b"key")])
def test_what_lies_in_litecoins_extension_block_is_no_part_of_the_txid(witness: tuple[bytes, ...]) -> None:
    known = plain(witness=witness)
    raw = known.serialise()
    version, rest = raw[:4], raw[6:] if witness else raw[4:]
    flag = bytes([0, 9 if witness else 8])
    for extension in (b"\x00", b"\x01" + b"\x55" * 90):
        read = parse_litecoin(version + flag + rest[:-4] + extension + rest[-4:])
        assert read == known
        assert read.txid == known.txid


def test_a_flag_that_litecoin_does_not_know_is_refused() -> None:
    raw = plain().serialise()
    for flag in (0, 2, 16):
        with pytest.raises(TransactionError):
            parse_litecoin(raw[:4] + bytes([0, flag]) + raw[4:])


@pytest.mark.parametrize(
    ("parse", "most"), [(parse_litecoin, LITECOIN_MOST), (parse_dogecoin, DOGECOIN_MOST)]
)
def test_amounts_go_up_to_what_the_coin_allows(parse: Callable[[bytes], Transaction], most: int) -> None:
    assert parse(plain(most).serialise()).outputs[0].amount == most
    with pytest.raises(TransactionError):
        parse(plain(most + 1).serialise())
    with pytest.raises(TransactionError):
        Transaction.parse(plain(most).serialise())


@pytest.mark.parametrize(
    "held",
    [
        b"\x10\x05",
        b"\x10\xfd\xe8\x03",
        b"\x10\xfe\x01\x00\x00\x02",
        b"\x10\xff" + (2**63 - 1).to_bytes(8, "little"),
        b"\x20",
        b"\x62\x03abc",
        b"\x72\x03abc\x05",
    ],
    ids=["amount", "large amount", "beyond a script's size", "the most", "one", "one with a note", "all"],
)
def test_tokens_on_bitcoin_cash_stand_before_the_script(held: bytes) -> None:
    prefix = b"\xef" + b"\x09" * 32 + held
    raw = Transaction(2, (SPENT,), (TxOutput(1_000, prefix + SCRIPT), TxOutput(2, SCRIPT)), 0).serialise()
    read = parse_bitcoin_cash(raw)
    assert read.outputs == (TxOutput(1_000, SCRIPT, prefix), TxOutput(2, SCRIPT))
    assert read.serialise() == raw
    assert read.txid == sha256d(raw)


def test_half_a_token_is_no_token() -> None:
    script = b"\xef" + b"\x09" * 20
    raw = Transaction(2, (SPENT,), (TxOutput(1_000, script),), 0).serialise()
    assert parse_bitcoin_cash(raw).outputs == (TxOutput(1_000, script),)
