"""Networks, coins and what a chain is known by."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple


class Network(StrEnum):
    """Which of a coin's networks. The value is what the command line and the files say."""

    MAINNET = "mainnet"
    TESTNET = "testnet"
    SIGNET = "signet"
    REGTEST = "regtest"


@dataclass(frozen=True, slots=True)
class Coin:
    """A coin: `decimals` digits lie between the whole coin (`ticker`) and its smallest unit (`unit`)."""

    name: str
    title: str
    ticker: str
    unit: str
    decimals: int
    uri_scheme: str
    """What payment links start with; "" where the coin has none."""
    slip44: int
    explorers: Mapping[Network, str] = field(default_factory=dict, hash=False, compare=False)
    """Where people look an address up: a link with {address} in it."""

    def ticker_on(self, network: Network) -> str:
        """What an amount is labelled with: test coins are marked as worth nothing."""
        return self.ticker if network is Network.MAINNET else f"t{self.ticker}"


BITCOIN = Coin(
    "bitcoin",
    "Bitcoin",
    "BTC",
    "sat",
    8,
    "bitcoin",
    0,
    MappingProxyType(
        {
            Network.MAINNET: "https://mempool.space/address/{address}",
            Network.TESTNET: "https://mempool.space/testnet/address/{address}",
            Network.SIGNET: "https://mempool.space/signet/address/{address}",
        }
    ),
)


DASH = Coin(
    "dash",
    "Dash",
    "DASH",
    "duff",
    8,
    "dash",
    5,
    MappingProxyType(
        {
            Network.MAINNET: "https://insight.dash.org/insight/address/{address}",
            Network.TESTNET: "https://insight.testnet.networks.dash.org/insight/address/{address}",
        }
    ),
)
DASH_CREDITS = Coin("dash-platform", "Dash Platform", "DASH", "credit", 11, "", 5)
"""What Dash Platform counts in: a duff is 1,000 credits. Its addresses have no payment links."""
LITECOIN = Coin(
    "litecoin",
    "Litecoin",
    "LTC",
    "litoshi",
    8,
    "litecoin",
    2,
    MappingProxyType(
        {
            Network.MAINNET: "https://litecoinspace.org/address/{address}",
            Network.TESTNET: "https://litecoinspace.org/testnet/address/{address}",
        }
    ),
)
DOGECOIN = Coin(
    "dogecoin",
    "Dogecoin",
    "DOGE",
    "koinu",
    8,
    "dogecoin",
    3,
    MappingProxyType({Network.MAINNET: "https://blockchair.com/dogecoin/address/{address}"}),
)
BITCOIN_CASH = Coin(
    "bitcoin-cash",
    "Bitcoin Cash",
    "BCH",
    "sat",
    8,
    "bitcoincash",
    145,
    MappingProxyType({Network.MAINNET: "https://blockchair.com/bitcoin-cash/address/{address}"}),
)
CARDANO = Coin(
    "cardano",
    "Cardano",
    "ADA",
    "lovelace",
    6,
    "web+cardano",
    1815,
    MappingProxyType(
        {
            Network.MAINNET: "https://cardanoscan.io/address/{address}",
            Network.TESTNET: "https://preprod.cardanoscan.io/address/{address}",
        }
    ),
)


class Chain(NamedTuple):
    """One ledger: what servers are chosen for, and what a connection is made to."""

    coin: Coin
    network: Network

    @property
    def name(self) -> str:
        """What settings and files call it: the network alone for Bitcoin, such as dash/mainnet for others."""
        return self.network.value if self.coin == BITCOIN else f"{self.coin.name}/{self.network}"
