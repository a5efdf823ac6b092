"""Shelley addresses of every CIP-19 kind are read strictly."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.bitcoin import bech32
from pillarbox.bitcoin.script import AddressUnreadableError
from pillarbox.cardano.shelley_address import Pointer, ShelleyAddress, decode, encode, to_bytes

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "addresses.json").read_text())
CIP19 = VECTORS["cip19_published"]
TEXTS = [
    *CIP19["mainnet"].values(),
    *CIP19["testnet"].values(),
    *(text for row in VECTORS["cip1852_shelley"]["rows"] for name, text in row.items() if "_" in name),
    VECTORS["cip1852_shelley"]["stake_mainnet"],
    VECTORS["cip1852_shelley"]["stake_testnet"],
    VECTORS["cip11_published"]["reward_mainnet"],
]
HASHES = st.binary(min_size=28, max_size=28)
NUMBERS = st.integers(0, 2**64 - 1)
NETWORKS = st.integers(0, 1)
STAKES = st.builds(ShelleyAddress, NETWORKS, st.none(), HASHES, st.just(False), st.booleans())
BASES = st.builds(ShelleyAddress, NETWORKS, HASHES, HASHES, st.booleans(), st.booleans())
POINTERS = st.builds(Pointer, NUMBERS, NUMBERS, NUMBERS)
OTHERS = st.builds(ShelleyAddress, NETWORKS, HASHES, st.none() | POINTERS, st.booleans())


def _text(prefix: str, raw: bytes, variant: bech32.Variant = bech32.Variant.BECH32) -> str:
    return bech32.encode(prefix, bech32.to_values(raw), variant)


@pytest.mark.parametrize("text", TEXTS)
def test_an_address_is_read_and_written_back(text: str) -> None:
    assert encode(decode(text)) == text
    assert decode(text.upper()) == decode(text)


def test_the_kind_is_the_headers() -> None:
    for network, tag in (("mainnet", 1), ("testnet", 0)):
        for kind, text in CIP19[network].items():
            assert to_bytes(decode(text))[0] == int(kind) << 4 | tag


def test_a_pointer_is_read() -> None:
    assert decode(CIP19["mainnet"]["4"]).stake == Pointer(*CIP19["pointer"])


def test_mixed_case_is_refused() -> None:
    with pytest.raises(AddressUnreadableError):
        decode("A" + TEXTS[0][1:])


@pytest.mark.parametrize("prefix", ["addr_test", "stake", "stake_test", "bc"])
def test_a_prefix_that_the_header_denies_is_refused(prefix: str) -> None:
    with pytest.raises(AddressUnreadableError, match="beginning"):
        decode(_text(prefix, to_bytes(decode(CIP19["mainnet"]["0"]))))


def test_the_newer_checksum_is_refused() -> None:
    with pytest.raises(AddressUnreadableError, match="another kind"):
        decode(_text("addr", to_bytes(decode(TEXTS[0])), bech32.Variant.BECH32M))


@pytest.mark.parametrize("tail", ["808198bd431b03", "8198bd431b", "8198bd431b0301", "8198bd431b83", ""])
def test_a_pointer_written_otherwise_is_refused(tail: str) -> None:
    head = to_bytes(decode(CIP19["mainnet"]["4"]))[:29]
    with pytest.raises(AddressUnreadableError):
        decode(_text("addr", head + bytes.fromhex(tail)))


@pytest.mark.parametrize("text", TEXTS)
def test_a_byte_too_many_or_too_few_is_refused(text: str) -> None:
    raw = to_bytes(decode(text))
    for changed in (raw + b"\0", raw[:-1], raw[:1], b""):
        with pytest.raises(AddressUnreadableError):
            decode(_text(text.partition("1")[0], changed))


@pytest.mark.parametrize("header", [0x02, 0x81, 0x91, 0xD1])
def test_an_unknown_kind_or_network_is_refused(header: int) -> None:
    with pytest.raises(AddressUnreadableError, match="unknown"):
        decode(_text("addr", bytes([header]) + bytes(56)))


@given(STAKES | BASES | OTHERS)
def test_every_address_is_read_as_it_was_written(address: ShelleyAddress) -> None:
    assert decode(encode(address)) == address


@given(st.sampled_from(TEXTS), st.data())
def test_a_changed_or_cut_text_is_refused(text: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.sampled_from(bech32.ALPHABET).filter(lambda character: character != text[at]))
    for changed in (text[:at] + other + text[at + 1 :], text[:at]):
        with pytest.raises(AddressUnreadableError):
            decode(changed)
