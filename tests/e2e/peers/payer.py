"""A wallet with coins to spend: it pays any script, in transactions it signs itself."""

import hashlib
import struct
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from bip_utils import (  # type: ignore[import-untyped]  # no stubs
    Base58ChecksumError,
    Base58Decoder,
    Bech32ChecksumError,
    Hash160,
    SegwitBech32Decoder,
)
from coincurve import PrivateKey

from peers.bitcoin_node import BitcoinNode

COINBASE_MATURITY = 100
SATOSHIS_A_COIN = 100_000_000
SATOSHIS_A_VBYTE = 2
REPLACEABLE = 0xFFFFFFFD
SIGHASH_ALL = 1


@dataclass(frozen=True, slots=True)
class Output:
    """`amount` in satoshis."""

    script: bytes
    amount: int


@dataclass(frozen=True, slots=True)
class Coin:
    """An unspent output to the payer's own script."""

    txid: str
    position: int
    amount: int


class Payer:
    """Mines to a key of its own and spends the rewards, one a transaction; change is left where it is.

    So no payment depends on another: a reorganisation that drops one drops no other.
    """

    def __init__(self, node: BitcoinNode, secret: bytes) -> None:
        self._node = node
        self._key = PrivateKey(hashlib.sha256(secret).digest())
        self._public_key = self._key.public_key.format()
        self._key_hash: bytes = Hash160.QuickDigest(self._public_key)
        self.script = b"\x00\x14" + self._key_hash
        self._rewards: deque[str] = deque()

    def mine(self, count: int = 1) -> list[str]:
        """`count` blocks whose rewards are the payer's. Returns their hashes."""
        blocks = self._node.mine(count, self.script)
        self._rewards += blocks
        return blocks

    def pay(self, script: bytes, amount: int) -> str:
        """The id of a transaction, now in the node's mempool, that pays `amount` satoshis to `script`."""
        return self.pay_all([Output(script, amount)])

    def pay_all(self, outputs: Sequence[Output], coin: Coin | None = None) -> str:
        """One transaction that pays all `outputs`, in their order, and change last."""
        return self._node.broadcast(self.signed(outputs, coin))

    def signed(self, outputs: Sequence[Output], coin: Coin | None = None) -> bytes:
        """The transaction, not yet broadcast. It spends `coin`, or the oldest reward."""
        coin = coin or self._oldest_reward()
        size = 150 + sum(9 + len(output.script) for output in outputs)
        change = coin.amount - sum(output.amount for output in outputs) - SATOSHIS_A_VBYTE * size
        if change <= 0:
            raise ValueError(f"a coin of {coin.amount} satoshis is too small for this payment")
        return self._sign(coin, [*outputs, Output(self.script, change)])

    def split(self, count: int, amount: int) -> list[Coin]:
        """Coins for `count` payments that do not hang together, confirmed by one block."""
        txid = self.pay_all([Output(self.script, amount)] * count)
        self.mine()
        return [Coin(txid, position, amount) for position in range(count)]

    def _oldest_reward(self) -> Coin:
        while self._rewards:
            block = self._node.call("getblock", self._rewards[0])
            # A block that was reorganised away has -1 confirmations, and its reward is gone.
            if 0 < block["confirmations"] < COINBASE_MATURITY:
                break
            self._rewards.popleft()
            if block["confirmations"] > 0:
                reward = self._node.call("gettxout", block["tx"][0], 0)
                return Coin(block["tx"][0], 0, round(reward["value"] * SATOSHIS_A_COIN))
        raise ValueError("no reward is old enough to be spent: mine more blocks")

    def _sign(self, coin: Coin, outputs: Sequence[Output]) -> bytes:
        """A version 2 transaction that spends one P2WPKH coin; digest as in BIP143."""
        outpoint = bytes.fromhex(coin.txid)[::-1] + struct.pack("<I", coin.position)
        sequence = struct.pack("<I", REPLACEABLE)
        serialised = b"".join(
            struct.pack("<q", output.amount) + compact_size(len(output.script)) + output.script
            for output in outputs
        )
        preimage = (
            struct.pack("<i", 2)
            + double_sha256(outpoint)
            + double_sha256(sequence)
            + outpoint
            + b"\x19\x76\xa9\x14"
            + self._key_hash
            + b"\x88\xac"
            + struct.pack("<q", coin.amount)
            + sequence
            + double_sha256(serialised)
            + struct.pack("<II", 0, SIGHASH_ALL)
        )
        signature = self._key.sign(double_sha256(preimage), hasher=None) + bytes([SIGHASH_ALL])
        return (
            struct.pack("<i", 2)
            + b"\x00\x01\x01"
            + outpoint
            + b"\x00"
            + sequence
            + compact_size(len(outputs))
            + serialised
            + b"\x02"
            + compact_size(len(signature))
            + signature
            + compact_size(len(self._public_key))
            + self._public_key
            + struct.pack("<I", 0)
        )


def double_sha256(data: bytes) -> bytes:
    return hashlib.sha256(hashlib.sha256(data).digest()).digest()


def compact_size(number: int) -> bytes:
    """Bitcoin's variable-length integer, for numbers below 65,536."""
    return bytes([number]) if number < 0xFD else b"\xfd" + struct.pack("<H", number)


def output_script(address: str) -> bytes:
    """The script behind a regtest address, read by bip-utils and not by Pillarbox. Raises ValueError."""
    try:
        if address.startswith("bcrt1"):
            version, program = SegwitBech32Decoder.Decode("bcrt", address)
            return bytes([version + 0x50 if version else 0, len(program), *program])
        payload: bytes = Base58Decoder.CheckDecode(address)
    except (Base58ChecksumError, Bech32ChecksumError) as error:
        raise ValueError(str(error)) from error
    if payload[0] == 0x6F:
        return b"\x76\xa9\x14" + payload[1:] + b"\x88\xac"
    if payload[0] == 0xC4:
        return b"\xa9\x14" + payload[1:] + b"\x87"
    raise ValueError(f"{address} is not an address of regtest")
