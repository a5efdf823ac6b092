import json
from pathlib import Path

import pytest

from pillarbox.accounts import UnknownKindError
from pillarbox.bitcoin.script import AddressNetworkError, AddressUnreadableError
from pillarbox.commands.inspect_addresses import MAX_COUNT, inspect_address, inspect_derive
from pillarbox.errors import InvalidInputError, PillarboxError
from pillarbox.keys.extended_key import KeyNetworkError
from pillarbox.keys.mnemonic import MnemonicChecksumError

VECTORS = json.loads(Path(__file__).parents[2].joinpath("vectors/addresses.json").read_text())["bip84_bip86"]
WORDS = "abandon " * 11 + "about"
SEED = (
    "5eb00bbddcf069084889a8ab9155568165f5c453ccb85e70811aaed6f6da5fc1"
    "9a5ac40b389cd370d086206dec8aa6c43daea6690f20ad3d8d48b2d2ce9e38e4"
)
ITEM = {"kind": "bitcoin-p2wpkh", "network": "mainnet", "start": 0, "count": 5}


@pytest.mark.parametrize(
    "source", [{"mnemonic": WORDS}, {"entropy": "00" * 16}, {"seed": SEED}, {"xpub": VECTORS["zpub84"]}]
)
def test_every_key_source_gives_the_same_addresses_and_paths(source: dict[str, str]) -> None:
    assert inspect_derive(ITEM | source) == {
        "addresses": VECTORS["first_wpkh"],
        "paths": [f"m/84'/0'/0'/0/{index}" for index in range(5)],
    }


@pytest.mark.parametrize(
    "public",
    [VECTORS["xpub86"], f"tr({VECTORS['xpub86']}/<0;1>/*)", f"[73c5da0a/86h/0h/0h]{VECTORS['xpub86']}"],
)
def test_taproot_from_any_form_of_the_public_key(public: str) -> None:
    derived = inspect_derive(ITEM | {"xpub": public, "kind": "bitcoin-p2tr"})
    assert derived["addresses"] == VECTORS["first_tr"]


def test_a_passphrase_opens_another_wallet() -> None:
    plain = inspect_derive(ITEM | {"mnemonic": WORDS})
    assert inspect_derive(ITEM | {"mnemonic": WORDS, "passphrase": ""}) == plain
    assert inspect_derive(ITEM | {"mnemonic": WORDS, "passphrase": "TREZOR"}) != plain
    assert inspect_derive(ITEM | {"entropy": "00" * 16, "passphrase": "TREZOR"}) == inspect_derive(
        ITEM | {"mnemonic": WORDS, "passphrase": "TREZOR"}
    )


@pytest.mark.parametrize("role", [1, "1", "internal"])
def test_a_role_is_a_number_or_a_name(role: object) -> None:
    derived = inspect_derive(ITEM | {"mnemonic": WORDS, "role": role, "count": 1})
    assert derived == {
        "addresses": ["bc1q8c6fshw2dlwun7ekn9qwf37cu2rn755upcp6el"],
        "paths": ["m/84'/0'/0'/1/0"],
    }


def test_account_start_and_network_choose_the_path() -> None:
    derived = inspect_derive(
        {"mnemonic": WORDS, "kind": "bitcoin-p2pkh", "network": "regtest", "account": 3, "start": 9}
    )
    assert derived["paths"] == ["m/44'/1'/3'/0/9"]


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"kind": "bitcoin-p2ms"}, UnknownKindError),
        ({"kind": 5}, InvalidInputError),
        ({"network": "mars"}, InvalidInputError),
        ({"network": None}, InvalidInputError),
        ({"role": 2}, InvalidInputError),
        ({"role": True}, InvalidInputError),
        ({"role": 0.0}, InvalidInputError),
        ({"role": "change"}, InvalidInputError),
        ({"role": []}, InvalidInputError),
        ({"start": -1}, InvalidInputError),
        ({"start": "0"}, InvalidInputError),
        ({"start": 2**31 - 4}, InvalidInputError),
        ({"count": True}, InvalidInputError),
        ({"count": MAX_COUNT + 1}, InvalidInputError),
        ({"account": 2**31}, InvalidInputError),
        ({"passphrase": 7}, InvalidInputError),
        ({"seed": SEED}, InvalidInputError),
        ({"mnemonic": "abandon " * 12}, MnemonicChecksumError),
        ({"mnemonic": None}, InvalidInputError),
    ],
)
def test_a_bad_item_is_refused(change: dict[str, object], error: type[PillarboxError]) -> None:
    with pytest.raises(error):
        inspect_derive(ITEM | {"mnemonic": WORDS} | change)


@pytest.mark.parametrize(
    "source", [{}, {"entropy": "00" * 15}, {"entropy": "xy"}, {"seed": "00"}, {"seed": "00" * 65}]
)
def test_a_bad_key_source_is_refused(source: dict[str, str]) -> None:
    with pytest.raises(InvalidInputError):
        inspect_derive(ITEM | source)


def test_a_key_of_another_network_is_refused() -> None:
    with pytest.raises(KeyNetworkError):
        inspect_derive(ITEM | {"xpub": VECTORS["zpub84"], "network": "testnet"})


@pytest.mark.parametrize("public", [VECTORS["zpub84"], f"[73c5da0a/84h/0h/0h]{VECTORS['zpub84']}"])
def test_a_public_key_is_of_one_account_and_taken_with_no_other(public: str) -> None:
    assert inspect_derive(ITEM | {"xpub": public, "account": 0}) == inspect_derive(ITEM | {"xpub": public})
    with pytest.raises(InvalidInputError, match="84'/0'/0'"):
        inspect_derive(ITEM | {"xpub": public, "account": 1})


def test_a_bare_text_cannot_be_derived_from() -> None:
    with pytest.raises(InvalidInputError):
        inspect_derive(WORDS)


def test_the_last_index_can_be_derived() -> None:
    derived = inspect_derive(ITEM | {"mnemonic": WORDS, "start": 2**31 - 1, "count": 1})
    assert derived["paths"] == ["m/84'/0'/0'/0/2147483647"]


def test_an_address_is_inspected_as_text_or_as_an_object() -> None:
    text = "bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu"
    expected = {
        "kind": "bitcoin-p2wpkh",
        "network": "mainnet",
        "witness_version": 0,
        "program": "c0cebcd6c3d3ca8c75dc5ec62ebe55330ef910e2",
        "script": "0014c0cebcd6c3d3ca8c75dc5ec62ebe55330ef910e2",
    }
    assert inspect_address(text) == expected
    assert inspect_address({"address": text, "network": "mainnet"}) == expected
    assert json.loads(json.dumps(inspect_address(text))) == expected


@pytest.mark.parametrize(
    ("change", "said"),
    [({"cnt": 3}, "'cnt'"), ({"Mnemonic": WORDS}, "'Mnemonic'"), ({"entropy ": "00"}, "'entropy '")],
)
def test_a_key_that_means_nothing_is_refused_by_its_name(change: dict[str, object], said: str) -> None:
    with pytest.raises(InvalidInputError, match=said):
        inspect_derive(ITEM | {"mnemonic": WORDS} | change)


@pytest.mark.parametrize("missing", ["kind", "network"])
def test_a_missing_key_is_named(missing: str) -> None:
    item = {name: value for name, value in (ITEM | {"mnemonic": WORDS}).items() if name != missing}
    with pytest.raises(InvalidInputError, match=f'lacks "{missing}"'):
        inspect_derive(item)


def test_a_payment_link_is_inspected_by_its_address() -> None:
    text = "bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu"
    assert inspect_address(f"bitcoin:{text}?amount=0.1") == inspect_address(text)


def test_an_address_that_does_not_read_is_refused() -> None:
    with pytest.raises(AddressUnreadableError):
        inspect_address("bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyp")
    with pytest.raises(AddressNetworkError):
        inspect_address({"address": "bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu", "network": "signet"})
    with pytest.raises(InvalidInputError):
        inspect_address({"text": "bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu"})
