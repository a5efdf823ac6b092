"""Cardano addresses a second beside bip-utils: Shelley base from the account's public key, and Byron.

Both engines keep the account's node, and first prove themselves equal. Rates are of CPU time, as in
bench_derivation.
"""

import json
import sys
from collections.abc import Mapping
from operator import truediv
from statistics import median

from bench_derivation import CHECKED, Engine, rates
from bip_utils import (
    AdaByronLegacyAddrEncoder,
    Bip44Changes,
    CardanoByronLegacy,
    CardanoByronLegacySeedGenerator,
    CardanoIcarusSeedGenerator,
    CardanoShelley,
    Cip1852,
    Cip1852Coins,
)

from pillarbox.accounts.cardano_byron import CARDANO_BYRON
from pillarbox.accounts.cardano_shelley import CARDANO_SHELLEY
from pillarbox.accounts.kind import AccountKind, Enrolment
from pillarbox.keys import mnemonic
from pillarbox.keys.bip32 import hardened
from pillarbox.keys.root import Root
from pillarbox.model.network import Network
from pillarbox.secret import Secret

WORDS = "test walk nut penalty hip pave soap entry language right filter choice"
TARGETS = {"Shelley base": 6.0, "Byron": None}


def pillarbox_engine(kind: AccountKind, root: Root) -> Engine:
    """Shelley's deriver does not look at the root; Byron's makes its account node once a call."""
    params = kind.enrol(Enrolment(Network.MAINNET, 0, root))
    deriver = kind.deriver(params.data, Network.MAINNET, root)
    return lambda count: [row.text for row in deriver.derive(0, 0, count)]


def shelley_peer() -> Engine:
    seed = CardanoIcarusSeedGenerator(WORDS).Generate()
    account = Cip1852.FromSeed(seed, Cip1852Coins.CARDANO_ICARUS).Purpose().Coin().Account(0)
    public = Cip1852.FromExtendedKey(account.PublicKey().ToExtended(), Cip1852Coins.CARDANO_ICARUS)
    chain = CardanoShelley.FromCip1852Object(public).Change(Bip44Changes.CHAIN_EXT)
    return lambda count: [chain.AddressIndex(index).PublicKeys().ToAddress() for index in range(count)]


def byron_peer() -> Engine:
    wallet = CardanoByronLegacy.FromSeed(CardanoByronLegacySeedGenerator(WORDS).Generate())
    account = wallet.Bip32Object().ChildKey(hardened(0))
    passphrase = wallet.HdPathKey()

    def make(index: int) -> str:
        key = account.ChildKey(hardened(index))
        return AdaByronLegacyAddrEncoder.EncodeKey(
            key.PublicKey().KeyObject(),
            chain_code=key.ChainCode(),
            hd_path=f"{hardened(0)}/{hardened(index)}",
            hd_path_key=passphrase,
        )

    return lambda count: [make(index) for index in range(count)]


def check(name: str, engines: Mapping[str, Engine]) -> None:
    """Raises RuntimeError unless both make the same addresses; warms each up on the way."""
    mine, theirs = (list(engine(CHECKED)) for engine in engines.values())
    if mine != theirs:
        raise RuntimeError(f"bip-utils makes other {name} addresses")


def run() -> dict[str, dict[str, object]]:
    """The entries of build/bench.json."""
    entries: dict[str, dict[str, object]] = {}
    with Secret.from_text(WORDS) as text, mnemonic.read(text) as words, Root.of(words) as root:
        courses = {
            "Shelley base": (pillarbox_engine(CARDANO_SHELLEY, root), shelley_peer()),
            "Byron": (pillarbox_engine(CARDANO_BYRON, root), byron_peer()),
        }
        for name, (mine, theirs) in courses.items():
            engines = {"pillarbox": mine, "bip-utils": theirs}
            check(name, engines)
            measured = rates(engines)
            ours, peers = measured["pillarbox"], measured["bip-utils"]
            entries[f"derive {name}, beside bip-utils"] = {
                "value": round(median(ours)),
                "unit": "addresses/s",
                "peer": "bip-utils",
                "peer_value": round(median(peers)),
                "ratio": round(median(map(truediv, ours, peers)), 3),
            } | ({"target": TARGETS[name]} if TARGETS[name] else {})
    return entries


if __name__ == "__main__":
    sys.stdout.write(json.dumps(run(), indent=2) + "\n")
