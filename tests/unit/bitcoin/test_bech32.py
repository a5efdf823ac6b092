import pytest
from bip_utils import SegwitBech32Encoder
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.bitcoin import bech32
from pillarbox.bitcoin.bech32 import ALPHABET, Bech32Error, Refusal, Variant, WitnessEncoder

LONG = "an83characterlonghumanreadablepartthatcontainsthe"

VALID_BECH32 = [
    "A12UEL5L",
    "a12uel5l",
    LONG + "number1andtheexcludedcharactersbio1tt5tgs",
    "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw",
    "1" + "1" + "q" * 82 + "c8247j",
    "split1checkupstagehandshakeupstreamerranterredcaperred2y9e3w",
    "?1ezyfcl",
]
VALID_BECH32M = [
    "A1LQFN3A",
    "a1lqfn3a",
    LONG + "theexcludedcharactersbioandnumber11sg7hg6",
    "abcdef1l7aum6echk45nj3s0wdvt2fg8x9yrzpqzd3ryx",
    "1" + "1" + "l" * 82 + "ludsr8",
    "split1checkupstagehandshakeupstreamerranterredcaperredlc445v",
    "?1v759aa",
]
LONGER = "an84characterslonghumanreadablepartthatcontainsthe"

INVALID = [
    (" 1nwldj5", Refusal.PREFIX_CHARACTER),
    ("\x7f1axkwrx", Refusal.PREFIX_CHARACTER),
    ("\x801eym55h", Refusal.NOT_ASCII),
    (LONGER + "number1andtheexcludedcharactersbio1569pvx", Refusal.TOO_LONG),
    ("pzry9x0s0muk", Refusal.NO_SEPARATOR),
    ("1pzry9x0s0muk", Refusal.EMPTY_PREFIX),
    ("x1b4n0q5v", Refusal.DATA_CHARACTER),
    ("li1dgmt3", Refusal.TOO_SHORT),
    ("de1lg7wt\xff", Refusal.NOT_ASCII),
    ("A1G7SGD8", Refusal.CHECKSUM),
    ("10a06t8", Refusal.EMPTY_PREFIX),
    ("1qzzfhee", Refusal.EMPTY_PREFIX),
    (" 1xj0phk", Refusal.PREFIX_CHARACTER),
    ("\x7f1g6xzxy", Refusal.PREFIX_CHARACTER),
    ("\x801vctc34", Refusal.NOT_ASCII),
    (LONGER + "theexcludedcharactersbioandnumber11d6pts4", Refusal.TOO_LONG),
    ("qyrz8wqd2c9m", Refusal.NO_SEPARATOR),
    ("1qyrz8wqd2c9m", Refusal.EMPTY_PREFIX),
    ("y1b0jsk6g", Refusal.DATA_CHARACTER),
    ("lt1igcx5c0", Refusal.DATA_CHARACTER),
    ("in1muywd", Refusal.TOO_SHORT),
    ("mm1crxm3i", Refusal.DATA_CHARACTER),
    ("au1s5cgom", Refusal.DATA_CHARACTER),
    ("M1VUXWEZ", Refusal.CHECKSUM),
    ("16plkw9", Refusal.EMPTY_PREFIX),
    ("1p2gdwpf", Refusal.EMPTY_PREFIX),
    ("A12uEL5L", Refusal.MIXED_CASE),
]

X = "0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v"

INVALID_WITNESS = [
    (f"tc1p{X}q5zuyut", Refusal.PREFIX),
    (f"bc1p{X}qh2y7hd", Refusal.VARIANT),
    (f"tb1z{X}qglt7rf", Refusal.VARIANT),
    (f"BC1S{X.upper()}Q54WELL", Refusal.VARIANT),
    ("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kemeawh", Refusal.VARIANT),
    (f"tb1q{X}q24jc47", Refusal.VARIANT),
    ("bc1p38j9r5y49hruaue7wxjce0updqjuyyx0kh56v8s25huc6995vvpql3jow4", Refusal.DATA_CHARACTER),
    (f"BC13{X.upper()}Q7ZWS8R", Refusal.VERSION),
    ("bc1pw5dgrnzv", Refusal.PROGRAM_LENGTH),
    (f"bc1p{X}8n0nx0muaewav253zgeav", Refusal.PROGRAM_LENGTH),
    ("BC1QR508D6QEJXTDG4Y5R3ZARVARYV98GJ9P", Refusal.PROGRAM_LENGTH),
    (f"tb1p{X}q47Zagq", Refusal.MIXED_CASE),
    (f"bc1p{X}07qwwzcrf", Refusal.PADDING),
    (f"tb1p{X}pggkg4j", Refusal.PADDING),
    ("bc1gmk9yu", Refusal.NO_VERSION),
]

MAINNET_AND_TESTNET = ("bc", "tb")

witness_programs = st.one_of(
    st.tuples(
        st.just(0), st.one_of(st.binary(min_size=20, max_size=20), st.binary(min_size=32, max_size=32))
    ),
    st.tuples(st.integers(1, 16), st.binary(min_size=2, max_size=40)),
)


@pytest.mark.parametrize(
    ("text", "variant"),
    [(text, Variant.BECH32) for text in VALID_BECH32] + [(text, Variant.BECH32M) for text in VALID_BECH32M],
)
def test_the_published_texts_are_read_and_written_again(text: str, variant: Variant) -> None:
    decoded = bech32.decode(text)
    assert decoded.variant is variant
    assert bech32.encode(decoded.prefix, decoded.values, variant) == text.lower()


@pytest.mark.parametrize(("text", "refusal"), INVALID)
def test_the_published_bad_texts_are_refused_by_name(text: str, refusal: Refusal) -> None:
    with pytest.raises(Bech32Error) as caught:
        bech32.decode(text)
    assert caught.value.refusal is refusal


@pytest.mark.parametrize(("text", "refusal"), INVALID_WITNESS)
def test_the_published_bad_addresses_are_refused_by_name(text: str, refusal: Refusal) -> None:
    with pytest.raises(Bech32Error) as caught:
        bech32.decode_witness(MAINNET_AND_TESTNET, text)
    assert caught.value.refusal is refusal


def test_a_letter_that_only_looks_like_ascii_in_small_is_refused() -> None:
    kelvin = "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7\N{KELVIN SIGN}V8F3T4"
    assert kelvin.lower() == "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"
    with pytest.raises(Bech32Error):
        bech32.decode(kelvin)


def test_a_longer_limit_reads_what_other_standards_write() -> None:
    values = bytes(range(32)) * 5
    text = bech32.encode("addr", values, Variant.BECH32)
    assert bech32.decode(text, limit=1023).values == values
    with pytest.raises(Bech32Error):
        bech32.decode(text)


def test_a_value_of_more_than_five_bits_is_not_written() -> None:
    with pytest.raises(ValueError, match="5 bits"):
        bech32.encode("bc", b"\x20", Variant.BECH32)


@given(st.binary(max_size=200))
def test_bytes_become_five_bit_values_and_back(data: bytes) -> None:
    values = bech32.to_values(data)
    bits = "".join(f"{byte:08b}" for byte in data)
    assert "".join(f"{value:05b}" for value in values)[: len(bits)] == bits
    assert bech32.from_values(values) == data


@given(st.sampled_from(["bc", "tb", "bcrt"]), witness_programs)
def test_the_table_writes_what_the_plain_way_and_another_implementation_write(
    prefix: str, witness: tuple[int, bytes]
) -> None:
    version, program = witness
    text = WitnessEncoder(prefix, version, len(program)).encode(program)
    plain = bech32.encode(prefix, bytes([version]) + bech32.to_values(program), bech32.variant_of(version))
    assert text == plain == SegwitBech32Encoder.Encode(prefix, version, program)
    assert bech32.decode_witness([prefix], text) == (prefix, witness)
    assert bech32.decode_witness([prefix], text.upper()) == (prefix, witness)


def test_the_table_refuses_a_program_of_another_size() -> None:
    with pytest.raises(ValueError, match="argument 2 is longer"):
        WitnessEncoder("bc", 0, 20).encode(bytes(32))


@given(witness_programs, st.data())
def test_one_changed_character_is_refused(witness: tuple[int, bytes], data: st.DataObject) -> None:
    version, program = witness
    text = WitnessEncoder("bc", version, len(program)).encode(program)
    place = data.draw(st.integers(3, len(text) - 1))
    other = data.draw(st.sampled_from([character for character in ALPHABET if character != text[place]]))
    with pytest.raises(Bech32Error):
        bech32.decode_witness(["bc"], text[:place] + other + text[place + 1 :])


@given(witness_programs, st.data())
def test_two_swapped_neighbours_are_refused(witness: tuple[int, bytes], data: st.DataObject) -> None:
    version, program = witness
    text = WitnessEncoder("bc", version, len(program)).encode(program)
    place = data.draw(st.integers(3, len(text) - 2))
    swapped = text[:place] + text[place + 1] + text[place] + text[place + 2 :]
    if swapped != text:
        with pytest.raises(Bech32Error):
            bech32.decode_witness(["bc"], swapped)


@given(st.text(max_size=100))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        decoded = bech32.decode(text)
    except Bech32Error:
        return
    assert bech32.encode(decoded.prefix, decoded.values, decoded.variant) == text.lower()
