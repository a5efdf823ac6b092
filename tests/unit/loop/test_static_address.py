"""Static addresses as Loop makes them, and what is refused of a server."""

import json
from pathlib import Path
from typing import Any

import pytest

from pillarbox.bitcoin.script import script_to_address
from pillarbox.loop.static_address import (
    LONGEST_EXPIRY,
    StaticAddress,
    StaticAddressError,
    require_key,
    require_served,
    script_number,
)
from pillarbox.model.network import Network

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "loop.json").read_text())
CASES = [*VECTORS["static_address"].values(), VECTORS["end_to_end"]["legacy_address"]]
CASES += VECTORS["end_to_end"]["receive"]
SERVER = bytes.fromhex("03d528ecd9b696b54c907a9ed045447a79bb408ec39b68df504bb51f459bc3ffc9")


def of_case(case: dict[str, Any]) -> StaticAddress:
    client, server = (bytes.fromhex(case[name]) for name in ("client_pubkey", "server_pubkey"))
    return StaticAddress(client, server, case["expiry"])


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['client_pubkey'][:6]}-{case['expiry']}")
def test_all_that_a_static_address_is_made_of_comes_out(case: dict[str, Any]) -> None:
    made = of_case(case)
    assert made.timeout_script.hex() == case["timeout_script"]
    assert made.internal_key.format().hex() == case["agg_key_33"]
    assert made.output_key.format().hex() == case["output_key_33"]
    assert made.script.hex() == case["pkscript"]
    assert made.control_block.hex() == case["control_block"]


def test_who_is_client_and_who_server_does_not_change_the_aggregate() -> None:
    made = of_case(CASES[0])
    turned = StaticAddress(made.server_key, made.client_key, made.expiry)
    assert turned.internal_key == made.internal_key
    assert turned.script != made.script


def test_each_network_writes_it_in_its_own_way() -> None:
    case = VECTORS["end_to_end"]["legacy_address"]
    for network, name in (
        (Network.MAINNET, "mainnet"),
        (Network.SIGNET, "testnet_signet"),
        (Network.REGTEST, "regtest"),
    ):
        assert script_to_address(of_case(case).script, network) == case["addresses"][name]


@pytest.mark.parametrize(
    ("number", "push"),
    [(1, "51"), (16, "60"), (17, "0111"), (127, "017f"), (128, "028000"), (32768, "03008000")],
)
def test_numbers_are_pushed_in_their_shortest_form(number: int, push: str) -> None:
    assert script_number(number).hex() == push


def test_the_longest_wait_is_taken_and_no_longer_one() -> None:
    require_served(SERVER, LONGEST_EXPIRY)
    for expiry in (0, LONGEST_EXPIRY + 1, 1 << 22 | 144, 1 << 31 | 144, 1 << 16):
        with pytest.raises(StaticAddressError):
            require_served(SERVER, expiry)


@pytest.mark.parametrize(
    "key", [b"", SERVER[1:], b"\x04" + SERVER[1:], b"\x02" + b"\xff" * 32, SERVER + b"\0"], ids=bytes.hex
)
def test_what_is_no_compressed_key_is_refused(key: bytes) -> None:
    with pytest.raises(StaticAddressError, match="server's key"):
        require_key(key, "server")
