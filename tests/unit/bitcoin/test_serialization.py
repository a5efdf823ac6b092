"""CompactSize and the strict reader."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.bitcoin.serialization import (
    MAX_SIZE,
    Reader,
    Refusal,
    SerializationError,
    compact_size,
    sized,
)


@pytest.mark.parametrize(
    ("number", "encoded"),
    [
        (0, "00"),
        (0xFC, "fc"),
        (0xFD, "fdfd00"),
        (0xFFFF, "fdffff"),
        (0x1_0000, "fe00000100"),
        (0xFFFF_FFFF, "feffffffff"),
        (0x1_0000_0000, "ff0000000001000000"),
    ],
)
def test_a_compact_size_is_written_in_its_shortest_form(number: int, encoded: str) -> None:
    assert compact_size(number).hex() == encoded


@pytest.mark.parametrize("number", [-1, 1 << 64])
def test_a_compact_size_out_of_range_is_not_written(number: int) -> None:
    with pytest.raises(ValueError, match="holds 0 to"):
        compact_size(number)


@given(st.integers(0, MAX_SIZE))
def test_what_is_written_is_read_back(number: int) -> None:
    reader = Reader(compact_size(number))
    assert reader.compact_size() == number
    reader.finish()


@pytest.mark.parametrize("encoded", ["fdfc00", "feff000000", "feffff0000", "ffffffffff00000000"])
def test_a_longer_form_than_needed_or_a_size_beyond_all_is_refused(encoded: str) -> None:
    with pytest.raises(SerializationError) as caught:
        Reader(bytes.fromhex(encoded)).compact_size()
    assert caught.value.refusal in {Refusal.NOT_CANONICAL, Refusal.TOO_LARGE}


@given(st.binary(max_size=300), st.data())
def test_cut_off_data_is_refused(content: bytes, data: st.DataObject) -> None:
    whole = sized(content)
    cut = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(SerializationError) as caught:
        Reader(whole[:cut]).sized()
    assert caught.value.refusal is Refusal.TRUNCATED


def test_integers_are_little_endian() -> None:
    reader = Reader(bytes.fromhex("01000000feffffff0100000000000080"))
    assert reader.uint32() == 1
    assert reader.int32() == -2
    assert reader.int64() == -(1 << 63) + 1
    assert reader.remaining == 0


def test_data_left_over_is_refused() -> None:
    reader = Reader(b"\x00\x00")
    reader.compact_size()
    with pytest.raises(SerializationError) as caught:
        reader.finish()
    assert caught.value.refusal is Refusal.TRAILING
