"""lnd's keys, where it follows BIP32 and where it does not."""

import json
from pathlib import Path
from typing import Any

import pytest

from pillarbox.keys import lnd
from pillarbox.secret import Secret

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "loop.json").read_text())
STATIC_ADDRESS = 42060


def shared(seed: Secret, coin: int, *, strict: bool) -> str:
    with lnd.family(seed, coin, STATIC_ADDRESS, strict=strict) as node, node.child(0) as child:
        return lnd.shared_key(child.key()).reveal().hex()


@pytest.mark.parametrize(
    "case", VECTORS["lnd_keys"], ids=lambda case: f"{case['seed_name']}-{case['coin_type']}"
)
@pytest.mark.parametrize("strict", [True, False])
def test_the_keys_of_each_family_come_out(case: dict[str, Any], strict: bool) -> None:
    seed = Secret(bytes.fromhex(case["seed"]))
    for family, keys in case["pubkeys"].items():
        for index, key in keys.items():
            made = lnd.public_key(seed, case["coin_type"], int(family), int(index), strict=strict)
            assert made.hex() == key
    assert shared(seed, case["coin_type"], strict=strict) == case["backup_shared_key"]


@pytest.mark.parametrize("case", VECTORS["hd_leading_zero"]["lnd_cases"], ids=lambda case: case["seed"][-3:])
def test_where_lnd_differs_both_keys_come_out(case: dict[str, Any]) -> None:
    seed = Secret(bytes.fromhex(case["seed"]))
    for strict, name in ((False, "lnd_btcwallet"), (True, "standard_bip32")):
        key = lnd.public_key(seed, case["coin_type"], STATIC_ADDRESS, 0, strict=strict)
        assert key.hex() == case[name]["pub_42060_0"]
        assert shared(seed, case["coin_type"], strict=strict) == case[name]["backup_shared_key"]


@pytest.mark.parametrize("case", VECTORS["ecdh"], ids=lambda case: case["priv"][-1])
def test_a_key_is_shared_with_the_point_that_nobody_knows_the_key_of(case: dict[str, Any]) -> None:
    assert case["nums"] == lnd.SHARED_POINT.hex()
    assert lnd.shared_key(Secret(bytes.fromhex(case["priv"]))).reveal().hex() == case["shared_key"]
