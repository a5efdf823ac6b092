"""Networks, coins and what a chain is known by."""

from dataclasses import dataclass
from enum import StrEnum


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
    slip44: int

    def ticker_on(self, network: Network) -> str:
        """What an amount is labelled with: test coins are marked as worth nothing."""
        return self.ticker if network is Network.MAINNET else f"t{self.ticker}"


BITCOIN = Coin("bitcoin", "Bitcoin", "BTC", "sat", 8, "bitcoin", 0)
