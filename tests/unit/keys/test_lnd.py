"""lnd's keys, where it follows BIP32 and where it does not."""

import json
from pathlib import Path
from typing import Any

import pytest

from pillarbox.bitcoin import base58
from pillarbox.errors import InvalidInputError
from pillarbox.keys import lnd
from pillarbox.keys.bip32 import PrivateNode
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


SEED = Secret(bytes.fromhex("000102030405060708090a0b0c0d0e0f"))
ROOT = (  # BIP32, test vector 1
    "xprv9s21ZrQH143K3QTDL4LXw2F7HEK3wJUD2nW2nRk4stbPy6cq3jPPqjiChkVvvNKmPGJxWUtg6LnF5kejMRNNU3TGtRBeJgk33yuGBxrMPHi"
)
TEST_ROOT = base58.encode_check(bytes.fromhex("04358394") + base58.decode_check(ROOT)[4:])


def key_of(root: Secret | PrivateNode) -> str:
    return lnd.public_key(root, 0, STATIC_ADDRESS, 0, strict=False).hex()


@pytest.mark.parametrize("text", [ROOT, TEST_ROOT, f"  {ROOT}\n"])
def test_a_root_written_as_text_is_the_root_of_its_seed(text: str) -> None:
    with lnd.root_of_key(Secret.from_text(text)) as root:
        assert key_of(root) == key_of(SEED)
        assert key_of(root) == key_of(SEED), "it stays the caller's, and is not wiped"
    with lnd.root_of_entropy(SEED) as root:
        assert key_of(root) == key_of(SEED)


def changed(at: int, data: bytes) -> str:
    whole = base58.decode_check(ROOT)
    return base58.encode_check(whole[:at] + data + whole[at + len(data) :])


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "checksum"),
        (ROOT[:-1], "checksum"),
        (f"{ROOT[:-1]}j", "checksum"),
        (base58.encode_check(base58.decode_check(ROOT)[:-1]), "no extended private key"),
        (changed(0, bytes.fromhex("0488b21e")), "no extended private key"),
        (changed(0, bytes.fromhex("04b2430c")), "no extended private key"),
        (changed(4, b"\1"), "below the root"),
        (changed(5, b"\1"), "below the root"),
        (changed(12, b"\1"), "below the root"),
        (changed(45, b"\2"), "no private key"),
        (changed(46, bytes(32)), "no private key"),
        (changed(46, b"\xff" * 32), "no private key"),
    ],
)
def test_what_is_no_root_is_refused_and_not_repeated(text: str, why: str) -> None:
    with pytest.raises(InvalidInputError, match=why) as refused:
        lnd.root_of_key(Secret.from_text(text))
    assert not text or text not in str(refused.value)


@pytest.mark.parametrize("size", [0, 15, 17, 32])
def test_entropy_of_another_size_is_not_lnds(size: int) -> None:
    with pytest.raises(InvalidInputError):
        lnd.root_of_entropy(Secret(bytes(size)))
