"""Single-key accounts of the coins that share Bitcoin's keys and scripts: Dash, Litecoin and others."""

from pillarbox.accounts.bitcoin import BitcoinKind
from pillarbox.bitcoin.script import OutputForm
from pillarbox.keys.extended_key import ScriptType
from pillarbox.model.network import BITCOIN_CASH, DASH, DOGECOIN, LITECOIN, Network

NETWORKS = frozenset({Network.MAINNET, Network.TESTNET})

DASH_P2PKH = BitcoinKind(
    "dash-p2pkh",
    "Dash",
    "Receives Dash; every Dash wallet and exchange can pay to it.",
    ScriptType.P2PKH,
    44,
    OutputForm.P2PKH,
    DASH,
    NETWORKS | {Network.REGTEST},
)
LITECOIN_P2WPKH = BitcoinKind(
    "litecoin-p2wpkh",
    "Litecoin · SegWit",
    "The usual choice: low fees, and nearly everybody can pay to it.",
    ScriptType.P2WPKH,
    84,
    OutputForm.P2WPKH,
    LITECOIN,
    NETWORKS,
)
LITECOIN_P2SH_P2WPKH = BitcoinKind(
    "litecoin-p2sh-p2wpkh",
    "Litecoin · Nested SegWit",
    "SegWit for payers who cannot pay to ltc1 addresses.",
    ScriptType.P2SH_P2WPKH,
    49,
    OutputForm.P2SH,
    LITECOIN,
    NETWORKS,
)
LITECOIN_P2PKH = BitcoinKind(
    "litecoin-p2pkh",
    "Litecoin · Legacy",
    "For payers who know only the oldest addresses; spending costs most.",
    ScriptType.P2PKH,
    44,
    OutputForm.P2PKH,
    LITECOIN,
    NETWORKS,
)
DOGECOIN_P2PKH = BitcoinKind(
    "dogecoin-p2pkh",
    "Dogecoin",
    "Receives Dogecoin; every Dogecoin wallet and exchange can pay to it.",
    ScriptType.P2PKH,
    44,
    OutputForm.P2PKH,
    DOGECOIN,
    NETWORKS,
)

BITCOIN_CASH_P2PKH = BitcoinKind(
    "bitcoin-cash-p2pkh",
    "Bitcoin Cash",
    "Receives Bitcoin Cash, which is another coin than Bitcoin.",
    ScriptType.P2PKH,
    44,
    OutputForm.P2PKH,
    BITCOIN_CASH,
    NETWORKS | {Network.REGTEST},
)

COIN_KINDS = (
    LITECOIN_P2WPKH,
    LITECOIN_P2SH_P2WPKH,
    LITECOIN_P2PKH,
    DOGECOIN_P2PKH,
    BITCOIN_CASH_P2PKH,
    DASH_P2PKH,
)
"""Dash's last: its other kinds follow."""
