import pytest
from bip_utils import P2TRAddrEncoder
from coincurve import PrivateKey, PublicKey
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.bitcoin import taproot
from pillarbox.bitcoin.bech32 import decode_witness
from pillarbox.bitcoin.taproot import GROUP_ORDER, lift_x, output_key

secrets = st.integers(1, GROUP_ORDER - 1).map(lambda number: number.to_bytes(32, "big"))


def test_the_first_wallet_vector_of_bip341() -> None:
    internal = bytes.fromhex("d6889cb081036e0faefa3a35157ad71086b123b2b144b649798b494c300a961d")
    expected = "53a1f6e454df1aa2776a2814a721372d6258050de330b3c6d10ee8f4e0dda343"
    assert output_key(lift_x(internal)).hex() == expected


def test_a_script_tree_changes_the_output_key() -> None:
    internal = bytes.fromhex("187791b6f712a8ea41c8ecdd0ee77fab3e85263b37e1ec18a3651926b3a6cf27")
    root = bytes.fromhex("5b75adecf53548f3ec6ad7d78383bf84cc57b55a3127c72b9a2481752dd88b21")
    expected = "147c9c57132f6e7ecddba9800bb0c4449251c92a1e60371ee77557b6620f3ea3"
    assert output_key(lift_x(internal), root).hex() == expected


@given(secrets)
def test_it_equals_another_implementation_for_even_and_odd_keys(secret: bytes) -> None:
    key = PublicKey.from_secret(secret)
    _, witness = decode_witness(["bc"], P2TRAddrEncoder.EncodeKey(key.format(), hrp="bc"))
    assert output_key(key) == witness.program
    assert output_key(key) == output_key(PublicKey.from_secret(_negated(secret)))


@given(secrets)
def test_the_tweaked_private_key_spends_the_output(secret: bytes) -> None:
    key = PrivateKey(secret)
    even = key if key.public_key.format()[0] == 2 else PrivateKey(_negated(secret))
    tweak = taproot.tagged_hash("TapTweak", even.public_key.format()[1:])
    assert even.add(tweak).public_key.format()[1:] == output_key(key.public_key)


@pytest.mark.parametrize("prefix", [2, 3])
def test_a_tweak_outside_the_group_gives_no_key(prefix: int, monkeypatch: pytest.MonkeyPatch) -> None:
    key = PublicKey(
        bytes([prefix]) + bytes.fromhex("79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798")
    )
    monkeypatch.setattr(taproot, "tagged_hash", lambda _tag, _data: b"\xff" * 32)
    with pytest.raises(ValueError, match="tweak"):
        output_key(key)


def test_an_x_without_a_point_is_refused() -> None:
    with pytest.raises(ValueError, match="public key"):
        lift_x(b"\xff" * 32)


def _negated(secret: bytes) -> bytes:
    return (GROUP_ORDER - int.from_bytes(secret, "big")).to_bytes(32, "big")
