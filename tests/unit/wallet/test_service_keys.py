"""Keys that services hold without the words: what they are, and that older wallets get those they lack."""

import json
from pathlib import Path

import pytest
from wallet_bench import ROOT, Bench

from pillarbox.model.network import Network
from pillarbox.secret import Secret
from pillarbox.storage import meta
from pillarbox.wallet import service_keys
from pillarbox.wallet.service_keys import ServiceKey
from pillarbox.wallet.wallet import Wallet

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "loop.json").read_text())
ODD = VECTORS["hd_leading_zero"]["lnd_cases"][0]


@pytest.mark.parametrize(
    "case", VECTORS["lnd_keys"], ids=lambda case: f"{case['seed_name']}-{case['coin_type']}"
)
def test_the_key_of_loop_backups_is_the_published_one(case: dict[str, str]) -> None:
    network = Network.REGTEST if case["coin_type"] else Network.MAINNET
    made = service_keys.derive_all(Secret(bytes.fromhex(case["seed"])), network)
    assert made[ServiceKey.LOOP_BACKUP].reveal().hex() == case["backup_shared_key"]


def test_both_derivations_are_kept_where_they_differ() -> None:
    made = service_keys.derive_all(Secret(bytes.fromhex(ODD["seed"])), Network.MAINNET)
    assert made[ServiceKey.LOOP_BACKUP].reveal().hex() == ODD["lnd_btcwallet"]["backup_shared_key"]
    assert made[ServiceKey.LOOP_BACKUP_STRICT].reveal().hex() == ODD["standard_bip32"]["backup_shared_key"]


async def test_an_older_wallet_gets_what_it_lacks_when_its_words_are_in_hand(
    bench: Bench, wallet: Wallet
) -> None:
    assert bench.db is not None
    kept = service_keys.KEPT_AS + ServiceKey.WALLET_BACKUP
    await bench.db.write(lambda tx: meta.put_blob(tx, kept, b"as it was, and thirty-two bytes!"))
    await wallet.unlocking.keep_service_keys(ROOT)
    made = service_keys.derive_all(ROOT.seed, Network.REGTEST)
    assert (
        await wallet.unlocking.service_key(ServiceKey.WALLET_BACKUP)
    ).reveal() == b"as it was, and thirty-two bytes!"
    for purpose in (ServiceKey.LOOP_BACKUP, ServiceKey.LOOP_BACKUP_STRICT):
        assert await wallet.unlocking.service_key(purpose) == made[purpose]
