"""Accounts of static addresses: published keys and addresses, and what a server may answer."""

import json
from pathlib import Path

import pytest

from pillarbox.accounts.bitcoin import NewerAccountError
from pillarbox.accounts.kind import Enrolment, Served
from pillarbox.accounts.loop_static import (
    LOOP_STATIC,
    REGISTERED,
    OtherClientKeyError,
    StaticAccount,
    find_client_key,
    public_nodes,
)
from pillarbox.errors import InvalidInputError
from pillarbox.keys.root import Root
from pillarbox.loop.static_address import StaticAddressError
from pillarbox.model.network import Network
from pillarbox.secret import Secret

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "loop.json").read_text())
WHOLE = VECTORS["end_to_end"]
ROOT = Root.of_seed(Secret(bytes.fromhex(WHOLE["seed"])))
SERVER_KEY = bytes.fromhex("03d528ecd9b696b54c907a9ed045447a79bb408ec39b68df504bb51f459bc3ffc9")
SERVED = Served("https://loop.example", SERVER_KEY, 14_400, first_height=321, multi_address_first_height=654)
ODD = VECTORS["hd_leading_zero"]["lnd_cases"][0]
"""A seed that lnd derives otherwise than BIP32."""


def account(number: int = 0, served: Served = SERVED, network: Network = Network.MAINNET) -> StaticAccount:
    params = LOOP_STATIC.enrol(Enrolment(network, number, ROOT, served=served))
    return StaticAccount.read(params.data, network)


def test_the_published_address_is_the_registered_one() -> None:
    params = LOOP_STATIC.enrol(Enrolment(Network.MAINNET, 0, ROOT, served=SERVED))
    (row,) = LOOP_STATIC.deriver(params.data, Network.MAINNET).derive(REGISTERED.number, 0, 1)
    assert row.text == "bc1p4q2dw9c7r4mjjl8n8kp7zdgjmkwv3yvf3fj37mrv5chkv0jxz4zq0rgx9m"
    assert row.watch_key == account().registered.script


def test_the_registered_branch_counts_on_from_the_account_s_own_key() -> None:
    first, later = account(0), account(2)
    assert later.registered.client_key == first.address(REGISTERED.number, 2).client_key
    assert later.address(REGISTERED.number, 0) == later.registered
    path = LOOP_STATIC.deriver(later.data, Network.MAINNET).path
    assert path(REGISTERED.number, 0) == "m/1017'/0'/42060'/0/2"
    assert path(0, 7) == "m/1017'/0'/42061'/0/7"
    assert path(1, 7) == "m/1017'/0'/42062'/0/7"


@pytest.mark.parametrize(
    "case", VECTORS["lnd_keys"], ids=lambda case: f"{case['seed_name']}-{case['coin_type']}"
)
def test_client_keys_are_lnd_s(case: dict[str, dict[str, dict[str, str]]]) -> None:
    network = Network.REGTEST if case["coin_type"] else Network.MAINNET
    root = Root.of_seed(Secret(bytes.fromhex(str(case["seed"]))))
    nodes = public_nodes(root, network, strict=False)
    for family, branch in (("42061", 0), ("42062", 1), ("42060", 2)):
        for index, key in case["pubkeys"][family].items():
            assert nodes[branch].child(int(index)).key.hex() == key


def test_both_derivations_are_known_where_they_differ() -> None:
    root = Root.of_seed(Secret(bytes.fromhex(ODD["seed"])))
    found = {
        strict: public_nodes(root, Network.MAINNET, strict=strict)[REGISTERED.number].child(0).key.hex()
        for strict in (False, True)
    }
    assert found == {
        False: ODD["lnd_btcwallet"]["pub_42060_0"],
        True: ODD["standard_bip32"]["pub_42060_0"],
    }


def test_what_is_kept_comes_back_whole() -> None:
    kept = account(3)
    assert StaticAccount.read(kept.data, Network.MAINNET) == kept
    assert (kept.first_height, kept.multi_address_first_height) == (321, 654)


def test_an_account_of_a_later_version_is_left_alone() -> None:
    data = account().data.replace('"version": 1', '"version": 2')
    with pytest.raises(NewerAccountError):
        LOOP_STATIC.deriver(data, Network.MAINNET)


@pytest.mark.parametrize(
    ("served", "why"),
    [
        (Served("u", b"", 144), "0 bytes"),
        (Served("u", b"\x05" + SERVER_KEY[1:], 144), "is none"),
        (Served("u", SERVER_KEY, 0), "no blocks"),
        (Served("u", SERVER_KEY, 28_801), "28800 are the most"),
        (Served("u", SERVER_KEY, 1 << 22 | 5), "no count of blocks"),
    ],
)
def test_a_server_s_answer_is_a_stranger_s(served: Served, why: str) -> None:
    with pytest.raises(StaticAddressError, match=why):
        account(served=served)


def test_a_client_key_that_the_words_do_not_give_is_refused() -> None:
    mine = account(1).client_key
    assert account(1, Served("u", SERVER_KEY, 144, client_key=mine)).client_key == mine
    with pytest.raises(OtherClientKeyError):
        account(2, Served("u", SERVER_KEY, 144, client_key=mine))


def test_neither_words_nor_an_answer_alone_make_an_account() -> None:
    for need in (Enrolment(Network.MAINNET, 0, ROOT), Enrolment(Network.MAINNET, 0, served=SERVED)):
        with pytest.raises(InvalidInputError):
            LOOP_STATIC.enrol(need)


def test_a_client_key_is_found_as_far_as_one_looks() -> None:
    node = public_nodes(ROOT, Network.MAINNET, strict=False)[REGISTERED.number]
    key = node.child(21).key
    assert find_client_key(node, key, range(21)) is None
    assert find_client_key(node, key, range(22)) == 21


def test_of_two_heights_the_known_and_lower_one_stays() -> None:
    other = Served("u", SERVER_KEY, 14_400, first_height=0, multi_address_first_height=600)
    earliest = account().earliest(account(served=other))
    assert (earliest.first_height, earliest.multi_address_first_height) == (321, 600)
