"""Taking a deposit back without the server, once it is `expiry` blocks old: one input, one output."""

from dataclasses import dataclass, replace

from coincurve import PrivateKey

from pillarbox.bitcoin import sighash, taproot
from pillarbox.bitcoin.transaction import Transaction, TxInput, TxOutput
from pillarbox.errors import PillarboxError
from pillarbox.loop.static_address import StaticAddress
from pillarbox.secret import Secret

WEIGHT = 518
"""Weight units of the whole, its script as long as it can be."""
LEAST_RATE = 1.0
"""Satoshi a virtual byte that nodes relay."""
_MOST_SHARE = 5
"""The fee may be a fifth of the deposit."""
_RELAYED_AT = 3
"""Satoshi a byte by which nodes judge whether an output is worth its spending (Bitcoin Core: dust rate)."""
_WITNESS_VERSIONS = frozenset({0, *range(0x51, 0x61)})
_SPENDING, _SPENDING_WITNESS = 148, 67
"""Bytes that spending an output takes, without and with a witness, as that rule reckons them."""


class SweepFeeError(PillarboxError):
    """Parameters: fee, amount."""

    code = "sweep-fee"
    title = "Taking this deposit back would cost too much now"
    message = "The fee would be {fee} sat of {amount} sat. Nothing was made, and the deposit stays yours."
    hint = "Wait for lower fees: after its waiting time the deposit can be taken back at any time."


class SweepRateError(PillarboxError):
    """Parameters: rate."""

    code = "sweep-rate"
    title = "No node would pass this transaction on"
    message = (
        "{rate} satoshi a byte is below what nodes relay. Nothing was made, and the deposit stays yours."
    )
    hint = "Choose a fee rate of at least 1 satoshi a byte."


class SweepDustError(PillarboxError):
    """Parameters: amount, least."""

    code = "sweep-dust"
    title = "No node would pass this transaction on"
    message = (
        "After the fee {amount} sat would be left, and to such an address nodes relay no less than {least}. "
        "Nothing was made, and the deposit stays yours."
    )
    hint = "Choose a lower fee rate, or a SegWit address."


@dataclass(frozen=True, slots=True)
class Deposit:
    """An output that pays to a static address. `txid` in wire order, `amount` in satoshi."""

    txid: bytes
    output: int
    amount: int


def fee_at(rate: float, amount: int) -> int:
    """Satoshi, at `rate` satoshi a virtual byte. Raises SweepRateError, SweepFeeError."""
    if rate < LEAST_RATE:
        raise SweepRateError(rate=f"{rate:g}")
    fee = -(-int(rate * 1000) * WEIGHT // 4000)
    if fee * _MOST_SHARE > amount:
        raise SweepFeeError(fee=fee, amount=amount)
    return fee


def dust_limit(script: bytes) -> int:
    """Satoshi below which an output to `script` is not relayed: 546 for P2PKH, 294 for P2WPKH."""
    with_witness = 4 <= len(script) <= 42 and script[1] == len(script) - 2 and script[0] in _WITNESS_VERSIONS
    output = 8 + 1 + len(script)
    return _RELAYED_AT * (output + (_SPENDING_WITNESS if with_witness else _SPENDING))


def unsigned(address: StaticAddress, deposit: Deposit, to_script: bytes, fee: int) -> Transaction:
    """Valid in a block once the deposit is as old as the address says; not before. Raises SweepDustError."""
    if deposit.amount - fee < dust_limit(to_script):
        raise SweepDustError(amount=deposit.amount - fee, least=dust_limit(to_script))
    spent = TxInput(deposit.txid, deposit.output, b"", address.expiry)
    return Transaction(2, (spent,), (TxOutput(deposit.amount - fee, to_script),), 0)


def digest(address: StaticAddress, deposit: Deposit, transaction: Transaction) -> bytes:
    """What the client's key signs, 32 bytes."""
    spent = [TxOutput(deposit.amount, address.script)]
    return sighash.taproot(transaction, 0, spent, taproot.leaf_hash(address.timeout_script))


def signed(address: StaticAddress, deposit: Deposit, transaction: Transaction, key: Secret) -> Transaction:
    """With the witness: signature, script, control block. `key`: the client's, 32 bytes."""
    signature = PrivateKey(key.reveal()).sign_schnorr(digest(address, deposit, transaction), bytes(32))
    witness = (signature, address.timeout_script, address.control_block)
    return replace(transaction, inputs=(replace(transaction.inputs[0], witness=witness),))
