"""Transactions: parse, serialise, txid."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.bitcoin.serialization import SerializationError
from pillarbox.bitcoin.transaction import (
    MAX_MONEY,
    Flaw,
    Transaction,
    TransactionError,
    TxInput,
    TxOutput,
)

GENESIS_COINBASE = bytes.fromhex(
    "01000000010000000000000000000000000000000000000000000000000000000000000000ffffffff4d04ffff001d0104455468"
    "652054696d65732030332f4a616e2f32303039204368616e63656c6c6f72206f6e206272696e6b206f66207365636f6e64206261"
    "696c6f757420666f722062616e6b73ffffffff0100f2052a01000000434104678afdb0fe5548271967f1a67130b7105cd6a828e0"
    "3909a67962e0ea1f61deb649f6bc3f4cef38c4f35504e51ec112de5c384df7ba0b8d578a4c702b6bf11d5fac00000000"
)

BIP143_P2WPKH = bytes.fromhex(
    "01000000000102fff7f7881a8099afa6940d42d1e7f6362bec38171ea3edf433541db4e4ad969f0000000049483045022100"
    "8b9d1dc26ba6a9cb62127b02742fa9d754cd3bebf337f7a55d114c8e5cdd30be022040529b194ba3f9281a99f2b1c0a19c04"
    "89bc22ede944ccf4ecbab4cc618ef3ed01eeffffffef51e1b804cc89d182d279655c3aa89e815b1b309fe287d9b2b55d57b9"
    "0ec68a0100000000ffffffff02202cb206000000001976a9148280b37df378db99f66f85c95a783a76ac7a6d5988ac909351"
    "0d000000001976a9143bde42dbee7e4dbe6a21b2d50ce2f0167faa815988ac000247304402203609e17b84f6a7d30c80bfa6"
    "10b5b4542f32a8a0d5447a12fb1366d7f01cc44a0220573a954c4518331561406f90300e8f3358f51928d43c212a8caed02d"
    "e67eebee0121025476c2e83188368da1ff3e292e7acafcdb3566bb0ad253f62fc70f07aeee635711000000"
)
"""The signed example of native P2WPKH in BIP143: one input with a witness, one without."""

scripts = st.binary(max_size=80)
inputs = st.builds(
    TxInput,
    st.binary(min_size=32, max_size=32),
    st.integers(0, 0xFFFF_FFFF),
    scripts,
    st.integers(0, 0xFFFF_FFFF),
    st.lists(scripts, max_size=3).map(tuple),
)
outputs = st.builds(TxOutput, st.integers(0, MAX_MONEY // 4), scripts)
transactions = st.builds(
    Transaction,
    st.integers(-(1 << 31), (1 << 31) - 1),
    st.lists(inputs, min_size=1, max_size=4).map(tuple),
    st.lists(outputs, min_size=1, max_size=4).map(tuple),
    st.integers(0, 0xFFFF_FFFF),
)


def test_the_first_transaction_of_all_has_its_known_id() -> None:
    transaction = Transaction.parse(GENESIS_COINBASE)
    assert transaction.txid_text == "4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b"
    assert [output.amount for output in transaction.outputs] == [50 * 100_000_000]


def test_a_witness_is_read_and_left_out_of_the_id() -> None:
    transaction = Transaction.parse(BIP143_P2WPKH)
    assert [output.amount for output in transaction.outputs] == [112_340_000, 223_450_000]
    assert [len(spent.witness) for spent in transaction.inputs] == [0, 2]
    assert transaction.locktime == 17
    assert transaction.serialise() == BIP143_P2WPKH
    assert Transaction.parse(transaction.stripped).txid == transaction.txid


@given(transactions)
def test_what_is_serialised_is_parsed_back(transaction: Transaction) -> None:
    assert Transaction.parse(transaction.serialise()) == transaction


@given(transactions, st.data())
def test_a_transaction_cut_off_or_drawn_out_is_refused(transaction: Transaction, data: st.DataObject) -> None:
    raw = transaction.serialise()
    cut = data.draw(st.integers(0, len(raw) - 1))
    for wrong in (raw[:cut], raw + b"\x00"):
        with pytest.raises((SerializationError, TransactionError)):
            Transaction.parse(wrong)


@given(st.binary(max_size=200))
def test_noise_is_refused_or_parsed_to_itself(noise: bytes) -> None:
    try:
        transaction = Transaction.parse(noise)
    except (SerializationError, TransactionError):
        return
    assert transaction.serialise() == noise


def changed(**fields: object) -> bytes:
    """A plain transaction with some fields changed, serialised."""
    plain: dict[str, object] = {
        "version": 2,
        "inputs": (TxInput(bytes(32), 0, b"", 0),),
        "outputs": (TxOutput(1, b""),),
        "locktime": 0,
    }
    return Transaction(**(plain | fields)).serialise()  # type: ignore[arg-type]  # as given by the test


@pytest.mark.parametrize(
    ("raw", "flaw"),
    [
        (changed(outputs=()), Flaw.NO_OUTPUTS),
        (changed(outputs=(TxOutput(MAX_MONEY + 1, b""),)), Flaw.AMOUNT),
        (changed(outputs=(TxOutput(MAX_MONEY, b""), TxOutput(1, b""))), Flaw.AMOUNT),
        (bytes.fromhex("0200000000"), Flaw.NO_INPUTS),
        (bytes.fromhex("02000000000200"), Flaw.FLAG),
        (bytes.fromhex("020000000001000000000000"), Flaw.NO_INPUTS),
        (bytes.fromhex("02000000fdffff" + "00" * 80), Flaw.COUNT),
    ],
)
def test_a_transaction_that_cannot_be_is_refused(raw: bytes, flaw: Flaw) -> None:
    with pytest.raises(TransactionError) as caught:
        Transaction.parse(raw)
    assert caught.value.flaw is flaw


def test_a_witness_form_without_a_witness_is_refused() -> None:
    plain = changed()
    idle = plain[:4] + b"\x00\x01" + plain[4:-4] + b"\x00" + plain[-4:]
    with pytest.raises(TransactionError) as caught:
        Transaction.parse(idle)
    assert caught.value.flaw is Flaw.IDLE_WITNESS
