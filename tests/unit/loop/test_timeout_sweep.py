"""Taking a deposit back alone: what is signed, byte for byte, and what it may cost."""

import json
from pathlib import Path

import pytest

from pillarbox.bitcoin.transaction import Transaction, TxInput, TxOutput
from pillarbox.loop import timeout_sweep
from pillarbox.loop.static_address import StaticAddress
from pillarbox.loop.timeout_sweep import Deposit, SweepDustError, SweepFeeError, SweepRateError
from pillarbox.secret import Secret

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "loop.json").read_text())
CASE = VECTORS["timeout_spend"]
PARAMETERS = VECTORS["static_address"]["loop_script_test_expiry10"]
ADDRESS = StaticAddress(
    bytes.fromhex(PARAMETERS["client_pubkey"]),
    bytes.fromhex(PARAMETERS["server_pubkey"]),
    PARAMETERS["expiry"],
)
KEY = Secret(bytes.fromhex(CASE["client_priv"]))


def published() -> tuple[Deposit, Transaction]:
    deposit = Deposit(bytes.fromhex(CASE["prev_hash_internal"]), CASE["vout"], CASE["value"])
    return deposit, timeout_sweep.unsigned(ADDRESS, deposit, bytes.fromhex(CASE["out_script"]), 0)


def test_the_published_sweep_comes_out() -> None:
    deposit, sweep = published()
    assert sweep.inputs == (TxInput(deposit.txid, deposit.output, b"", CASE["sequence"]),)
    assert timeout_sweep.digest(ADDRESS, deposit, sweep).hex() == CASE["sighash"]
    signed = timeout_sweep.signed(ADDRESS, deposit, sweep, KEY)
    assert [item.hex() for item in signed.inputs[0].witness] == CASE["witness"]
    assert Transaction.parse(signed.serialise()) == signed


def test_the_fee_is_taken_off_what_is_paid_out() -> None:
    deposit, _ = published()
    fee = timeout_sweep.fee_at(10.0, deposit.amount)
    assert fee == 1295
    sweep = timeout_sweep.unsigned(ADDRESS, deposit, b"\x51", fee)
    assert sweep.outputs == (TxOutput(deposit.amount - fee, b"\x51"),)


def test_the_estimate_holds_for_the_longest_script() -> None:
    deposit, _ = published()
    longest = StaticAddress(ADDRESS.client_key, ADDRESS.server_key, 28_800)
    sweep = timeout_sweep.unsigned(longest, deposit, bytes.fromhex("5120" + "11" * 32), 0)
    whole = timeout_sweep.signed(longest, deposit, sweep, KEY)
    assert 3 * len(whole.stripped) + len(whole.serialise()) <= timeout_sweep.WEIGHT


def test_a_fifth_of_the_deposit_is_the_most_it_may_cost() -> None:
    fee = timeout_sweep.fee_at(1.0, 10_000)
    assert timeout_sweep.fee_at(1.0, 5 * fee) == fee
    with pytest.raises(SweepFeeError, match="stays yours"):
        timeout_sweep.fee_at(1.0, 5 * fee - 1)


@pytest.mark.parametrize("rate", [0.0, 0.99, -1.0])
def test_a_rate_that_nobody_relays_is_refused(rate: float) -> None:
    with pytest.raises(SweepRateError):
        timeout_sweep.fee_at(rate, 1_000_000)


@pytest.mark.parametrize(
    ("script", "least"),
    [
        ("76a914" + "11" * 20 + "88ac", 546),
        ("a914" + "11" * 20 + "87", 540),
        ("0014" + "11" * 20, 294),
        ("0020" + "11" * 32, 330),
        ("5120" + "11" * 32, 330),
    ],
    ids=["p2pkh", "p2sh", "p2wpkh", "p2wsh", "p2tr"],
)
def test_what_is_left_is_as_much_as_nodes_relay_to_such_an_address(script: str, least: int) -> None:
    deposit, to = Deposit(bytes(32), 0, least + 130), bytes.fromhex(script)
    assert timeout_sweep.unsigned(ADDRESS, deposit, to, 130).outputs == (TxOutput(least, to),)
    with pytest.raises(SweepDustError, match="stays yours"):
        timeout_sweep.unsigned(ADDRESS, deposit, to, 131)
