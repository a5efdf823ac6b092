"""DIP-17 accounts and DIP-18 addresses, by their published vectors."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.accounts.dash_platform import DASH_PLATFORM
from pillarbox.accounts.kind import Enrolment
from pillarbox.bitcoin import bech32
from pillarbox.bitcoin.bech32 import ALPHABET, Variant
from pillarbox.bitcoin.script import AddressNetworkError, AddressUnreadableError
from pillarbox.errors import InvalidInputError
from pillarbox.keys import mnemonic
from pillarbox.keys.bip32 import PrivateNode, parse_path
from pillarbox.keys.root import Root
from pillarbox.model.network import Network
from pillarbox.secret import Secret

VECTORS = json.loads((Path(__file__).parents[2] / "vectors/addresses.json").read_text())["dash"]["dip17"]
FIRST = VECTORS[0]["dip18_mainnet_current"]


def _root() -> Root:
    with Secret.from_text("abandon " * 11 + "about") as text, mnemonic.read(text) as words:
        return Root.of(words)


ROOT = _root()


@pytest.mark.parametrize("row", VECTORS, ids=lambda row: row["path"])
def test_the_published_private_key_lies_at_the_path(row: dict[str, str]) -> None:
    with (
        PrivateNode.from_seed(ROOT.seed) as master,
        master.descendant(parse_path(row["path"])) as node,
        node.key() as key,
    ):
        assert key.reveal().hex() == row["privkey"]


def test_the_published_addresses_are_made_and_read() -> None:
    params = DASH_PLATFORM.enrol(Enrolment(Network.MAINNET, 0, ROOT))
    deriver = DASH_PLATFORM.deriver(params.data, Network.MAINNET)
    rows = deriver.derive(0, 0, 2)
    assert [row.text for row in rows] == [row["dip18_mainnet_current"] for row in VECTORS]
    assert [deriver.path(0, index) for index in (0, 1)] == [row["path"] for row in VECTORS]
    parts = DASH_PLATFORM.read(FIRST)
    assert parts is not None
    assert parts.holds == {"type": "p2pkh", "program": VECTORS[0]["hash160"]}
    assert rows[0].watch_key.hex() == "b0" + VECTORS[0]["hash160"]


def test_a_key_class_has_addresses_of_its_own() -> None:
    params = DASH_PLATFORM.enrol(Enrolment(Network.MAINNET, 0, ROOT, extras={"key_class": 1}))
    (row,) = DASH_PLATFORM.deriver(params.data, Network.MAINNET).derive(0, 0, 1)
    assert params.path == "m/9'/5'/17'/0'/1'"
    assert row.watch_key.hex() == "b06d92674fd64472a3dfcfc3ebcfed7382bf699d7b"


@pytest.mark.parametrize("key_class", [-1, 2**31])
def test_a_key_class_out_of_range_is_refused(key_class: int) -> None:
    with pytest.raises(InvalidInputError):
        DASH_PLATFORM.enrol(Enrolment(Network.MAINNET, 0, ROOT, extras={"key_class": key_class}))


def test_an_address_of_another_network_is_refused() -> None:
    text = VECTORS[0]["dip18_testnet_current"]
    assert DASH_PLATFORM.read(text, Network.REGTEST) is not None
    with pytest.raises(AddressNetworkError):
        DASH_PLATFORM.read(text, Network.MAINNET)


def _written(payload: bytes, variant: Variant = Variant.BECH32M, prefix: str = "dash") -> str:
    return bech32.encode(prefix, bech32.to_values(payload), variant)


@pytest.mark.parametrize(
    "text",
    [
        FIRST[:-1],
        FIRST + "q",
        FIRST[:-1] + "S",
        _written(b"\xb0" + bytes(20), Variant.BECH32),
        _written(b"\xb0" + bytes(19)),
        _written(b"\xb0" + bytes(21)),
        _written(b"\x00" + bytes(20)),
        _written(b"\xb0" + bytes(20), prefix="dashevo"),
    ],
)
def test_a_damaged_or_outdated_address_is_refused(text: str) -> None:
    with pytest.raises(AddressUnreadableError):
        DASH_PLATFORM.read(text)


@given(st.integers(5, len(FIRST) - 1), st.sampled_from(ALPHABET))
def test_any_one_changed_character_is_refused(place: int, other: str) -> None:
    if other != FIRST[place]:
        with pytest.raises(AddressUnreadableError):
            DASH_PLATFORM.read(FIRST[:place] + other + FIRST[place + 1 :])
