"""What tells one coin's chain from another's, and how its headers and transactions are read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pillarbox.bitcoin.coin_transactions import (
    parse_bitcoin_cash,
    parse_dash,
    parse_dogecoin,
    parse_litecoin,
)
from pillarbox.bitcoin.headers import RULES
from pillarbox.bitcoin.transaction import Transaction
from pillarbox.chain.electrum_protocol import ReadHeader, leading_header, whole_header
from pillarbox.model.network import BITCOIN, BITCOIN_CASH, DASH, DOGECOIN, LITECOIN, Chain, Coin, Network

ReadTransaction = Callable[[bytes], Transaction]
"""Raises SerializationError or TransactionError."""


@dataclass(frozen=True, slots=True)
class CoinForm:
    """How a coin's blocks and transactions differ from Bitcoin's."""

    linked: bool = True
    """Whether each header names the one before it by its double SHA-256."""
    read_header: ReadHeader = whole_header
    read_transaction: ReadTransaction = Transaction.parse


@dataclass(frozen=True, slots=True)
class ChainRules:
    """A chain that Electrum servers follow."""

    chain: Chain
    first: bytes
    """Double SHA-256 of the first block's header, in wire order."""
    form: CoinForm
    side: tuple[int, bytes] | None = None
    """Where chains share their first blocks: a later block's height and hash, which only this one has."""

    @property
    def title(self) -> str:
        return f"{self.chain.coin.title} {self.chain.network}"


def _rules(
    coin: Coin, firsts: Mapping[Network, str], form: CoinForm | None = None
) -> dict[Chain, ChainRules]:
    """`firsts`: as people write block ids."""
    return {
        (chain := Chain(coin, network)): ChainRules(chain, bytes.fromhex(first)[::-1], form or CoinForm())
        for network, first in firsts.items()
    }


_CASH_SIDES: Mapping[Network, tuple[int, bytes] | None] = {
    Network.MAINNET: (
        661_648,
        bytes.fromhex("0000000000000000029e471c41818d24b8b74c911071c4ef0b4a0509f9b5a8ce")[::-1],
    ),
    Network.TESTNET: (
        1_421_482,
        bytes.fromhex("0000000023e0680a8a062b3cc289a4a341124ce7fcb6340ede207e194d73b60a")[::-1],
    ),
    Network.REGTEST: None,
}
"""Bitcoin Cash's first block is Bitcoin's. These came after its last split from any other."""

CHAIN_RULES: Mapping[Chain, ChainRules] = {
    **_rules(BITCOIN, {network: rules.genesis[::-1].hex() for network, rules in RULES.items()}),
    # Dash knows its blocks by X11: these are not the ids that its explorers show.
    **_rules(
        DASH,
        {
            Network.MAINNET: "089fc444b06edd0f70d9fda85f9a3b2e22e549b354a1bdb210ce7804c69eb0a4",
            Network.TESTNET: "12975675a54c72736e7cc2fb27df543bdda9d4e98825dcb6db718f62f9fd457b",
            Network.REGTEST: "352e09fd884cef12f39f91fe08475f15841d29ec006d6f081c74ac78a6ccf367",
        },
        CoinForm(linked=False, read_transaction=parse_dash),
    ),
    **_rules(
        LITECOIN,
        {
            Network.MAINNET: "12a765e31ffd4059bada1e25190f6e98c99d9714d334efa41a195a7e7e04bfe2",
            Network.TESTNET: "4966625a4b2851d9fdee139e56211a0d88575f59ed816ff5e6a63deb4e3e29a0",
            Network.REGTEST: "530827f38f93b43ed12af0b3ad25a288dc02ed74d6d7857862df51fc56c416f9",
        },
        CoinForm(read_transaction=parse_litecoin),
    ),
    **_rules(
        DOGECOIN,
        {
            Network.MAINNET: "1a91e3dace36e2be3bf030a65679fe821aa1d6ef92e7c9902eb318182c355691",
            Network.TESTNET: "bb0a78264637406b6360aad926284d544d7049f45189db5664f3c4d07350559e",
            Network.REGTEST: "3d2160a3b5dc4a9d62e7e66a295f70313ac808440ef7400d6c0772171ce973a5",
        },
        CoinForm(read_header=leading_header, read_transaction=parse_dogecoin),
    ),
    **{
        (chain := Chain(BITCOIN_CASH, network)): ChainRules(
            chain, RULES[network].genesis, CoinForm(read_transaction=parse_bitcoin_cash), side
        )
        for network, side in _CASH_SIDES.items()
    },
}
"""Every chain whose payments Electrum servers tell of."""


def whose_first(first: bytes) -> str | None:
    """The title of the chain that begins with the block of this double SHA-256."""
    return next((rules.title for rules in CHAIN_RULES.values() if rules.first == first), None)
