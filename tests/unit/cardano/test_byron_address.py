"""Byron addresses are read strictly, and written in one way only."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.bitcoin import base58
from pillarbox.bitcoin.script import AddressUnreadableError
from pillarbox.cardano.byron_address import ByronAddress, decode, encode, to_bytes

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "addresses.json").read_text())
COMPUTED = VECTORS["cardano_byron_addresses_computed"]["rows"]
TEXTS = [
    *(row["address"] for row in COMPUTED),
    *(row["testnet_magic_1097911063"] for row in COMPUTED),
    *(row["address"] for row in VECTORS["cardano_byron_addresses_published"]),
    *(row["address"] for row in VECTORS["cardano_icarus_addresses_published"]),
    *(row["address"] for row in VECTORS["cardano_byron_structure_published"]),
    *(row["base58"] for row in VECTORS["cardano_sl_golden_published"]),
]
ADDRESSES = st.builds(
    ByronAddress,
    root=st.binary(min_size=28, max_size=28),
    path=st.none() | st.binary(max_size=40),
    magic=st.none() | st.integers(0, 2**32 - 1),
    kind=st.integers(0, 2),
)


@pytest.mark.parametrize("text", TEXTS)
def test_an_address_is_read_and_written_back(text: str) -> None:
    assert encode(decode(text)) == text


@pytest.mark.parametrize("row", VECTORS["cardano_byron_structure_published"])
def test_the_bytes_are_the_published_ones(row: dict[str, str]) -> None:
    assert to_bytes(decode(row["address"])).hex() == row["raw"]


@pytest.mark.parametrize("row", COMPUTED)
def test_the_network_is_told_by_the_magic(row: dict[str, str]) -> None:
    assert decode(row["address"]).magic is None
    assert decode(row["testnet_magic_1097911063"]).magic == 1097911063


@pytest.mark.parametrize("row", VECTORS["cardano_byron_must_reject"])
def test_a_published_bad_address_is_refused(row: dict[str, str]) -> None:
    with pytest.raises(AddressUnreadableError):
        decode(row["address"])


def test_a_wrong_checksum_is_refused() -> None:
    with pytest.raises(AddressUnreadableError, match="checksum"):
        decode("Ae2tdPwUPEZ5QJkfzoJgarugsX3rUVbTjg8nqTYmuy2c2msy5augpnm91ZR")


@pytest.mark.parametrize("text", TEXTS)
def test_a_byte_too_many_or_too_few_is_refused(text: str) -> None:
    raw = base58.decode(text)
    for changed in (raw + b"\0", raw[:-1]):
        with pytest.raises(AddressUnreadableError):
            decode(base58.encode(changed))


@given(ADDRESSES)
def test_every_address_is_read_as_it_was_written(address: ByronAddress) -> None:
    assert decode(encode(address)) == address


@given(st.sampled_from(TEXTS), st.data())
def test_a_changed_or_cut_text_is_refused(text: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.sampled_from(base58.ALPHABET).filter(lambda character: character != text[at]))
    for changed in (text[:at] + other + text[at + 1 :], text[:at]):
        with pytest.raises(AddressUnreadableError):
            decode(changed)
