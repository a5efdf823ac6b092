"""What a taproot spender signs (BIP341, BIP342): SIGHASH_DEFAULT, without annexes."""

from collections.abc import Sequence

from pillarbox.bitcoin.hashes import sha256, tagged_hash
from pillarbox.bitcoin.serialization import sized
from pillarbox.bitcoin.transaction import Transaction, TxOutput

_SCRIPT_PATH = 1
_NO_CODE_SEPARATOR = bytes.fromhex("ffffffff")


def taproot(
    transaction: Transaction, index: int, spent: Sequence[TxOutput], leaf: bytes | None = None
) -> bytes:
    """The digest (32 bytes) that the key signs for input `index`.

    `spent`: the outputs that the inputs spend, in their order. `leaf`: the hash of the tapscript that is
    shown; None for a spend by key. Raises ValueError where outputs and inputs do not match.
    """
    if len(spent) != len(transaction.inputs):
        raise ValueError("each input spends one output")
    inputs = transaction.inputs
    parts = [
        b"\x00",  # the epoch
        b"\x00",  # SIGHASH_DEFAULT
        transaction.version.to_bytes(4, "little", signed=True),
        transaction.locktime.to_bytes(4, "little"),
        sha256(b"".join(each.txid + each.output.to_bytes(4, "little") for each in inputs)),
        sha256(b"".join(each.amount.to_bytes(8, "little") for each in spent)),
        sha256(b"".join(sized(each.script) for each in spent)),
        sha256(b"".join(each.sequence.to_bytes(4, "little") for each in inputs)),
        sha256(
            b"".join(each.amount.to_bytes(8, "little") + sized(each.script) for each in transaction.outputs)
        ),
        bytes((0 if leaf is None else 2 * _SCRIPT_PATH,)),
        index.to_bytes(4, "little"),
    ]
    if leaf is not None:
        parts += [leaf, b"\x00", _NO_CODE_SEPARATOR]
    return tagged_hash("TapSighash", b"".join(parts))
