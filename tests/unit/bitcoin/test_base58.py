import pytest
from bip_utils import Base58Encoder
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.bitcoin import base58
from pillarbox.bitcoin.base58 import ALPHABET, Base58Error


@given(st.binary(max_size=120))
def test_what_is_encoded_decodes_to_itself(data: bytes) -> None:
    assert base58.decode(base58.encode(data)) == data
    assert base58.decode_check(base58.encode_check(data)) == data


@given(st.binary(min_size=1, max_size=120))
def test_it_equals_another_implementation(data: bytes) -> None:
    assert base58.encode(data) == Base58Encoder.Encode(data)
    assert base58.encode_check(data) == Base58Encoder.CheckEncode(data)


@pytest.mark.parametrize(("data", "text"), [("", ""), ("00", "1"), ("000001", "112"), ("61", "2g")])
def test_leading_zero_bytes_are_ones(data: str, text: str) -> None:
    assert base58.encode(bytes.fromhex(data)) == text
    assert base58.decode(text) == bytes.fromhex(data)


@given(st.binary(min_size=21, max_size=21), st.data())
def test_one_changed_character_is_refused(payload: bytes, data: st.DataObject) -> None:
    text = base58.encode_check(payload)
    place = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.sampled_from([character for character in ALPHABET if character != text[place]]))
    with pytest.raises(Base58Error):
        base58.decode_check(text[:place] + other + text[place + 1 :])


@pytest.mark.parametrize("text", ["0", "O", "I", "l", "1BvBMSEYst Wetq", "é"])
def test_characters_outside_the_alphabet_are_refused(text: str) -> None:
    with pytest.raises(Base58Error, match="alphabet"):
        base58.decode(text)


def test_a_text_too_short_for_a_checksum_is_refused() -> None:
    with pytest.raises(Base58Error, match="too short"):
        base58.decode_check("11")


def test_a_huge_text_is_refused_before_any_work() -> None:
    with pytest.raises(Base58Error, match="too long"):
        base58.decode("2" * 1_000_000)
