"""Roots, derivation and sealed paths, against what was published and against another library."""

import json
from pathlib import Path

import pytest
from bip_utils import Bip32KeyData, CardanoByronLegacyBip32, CardanoIcarusBip32
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.cardano import byron_address, byron_path
from pillarbox.cardano.private_keys import PrivateKey
from pillarbox.cardano.roots import byron_root, icarus_root
from pillarbox.cardano.soft_keys import HARDENED, SoftKey, children
from pillarbox.keys import mnemonic
from pillarbox.secret import Secret

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "addresses.json").read_text())
COMPUTED = VECTORS["cardano_byron_addresses_computed"]
ENTROPY = Secret(bytes.fromhex("34aff24cb8f3bf20a95dab20cf0d0be9007e2617"))
indices = st.integers(0, 2 * HARDENED - 1)


def entropy(words: str) -> Secret:
    with Secret.from_text(words) as text, mnemonic.read(text) as read:
        return read.entropy.copy()


def raw(key: PrivateKey) -> str:
    return (key._key.reveal() + key._chain_code.reveal()).hex()


def peer(kind: type, key: PrivateKey):  # type: ignore[no-untyped-def]  # bip-utils brings no types
    return kind.FromPrivateKey(key._key.reveal(), Bip32KeyData(chain_code=key._chain_code.reveal()))


@pytest.mark.parametrize("row", VECTORS["cardano_byron_master"], ids=lambda row: row["entropy"][:8])
def test_byron_roots_are_as_published(row: dict[str, str]) -> None:
    assert raw(byron_root(Secret(bytes.fromhex(row["entropy"])))) == row["master_key"]


@pytest.mark.parametrize("row", VECTORS["cardano_icarus_master_published"], ids=lambda row: row["passphrase"])
def test_icarus_roots_are_as_published(row: dict[str, str]) -> None:
    made = icarus_root(entropy(row["mnemonic"]), Secret.from_text(row["passphrase"]))
    assert raw(made) == row["master_key"]


@given(st.lists(indices, min_size=1, max_size=4))
def test_children_are_those_of_another_library(path: list[int]) -> None:
    made = (
        (byron_root(ENTROPY), CardanoByronLegacyBip32),
        (icarus_root(ENTROPY, Secret(b"")), CardanoIcarusBip32),
    )
    for root, kind in made:
        other = peer(kind, root)
        for number in path:
            other = other.ChildKey(number)
        mine = root.descendant(path)
        assert mine._key.reveal() == other.PrivateKey().Raw().ToBytes()
        assert mine.public().to_bytes() == other.PublicKey().RawCompressed().ToBytes()[1:] + bytes(
            other.ChainCode()
        )


@given(st.integers(0, HARDENED - 1))
def test_a_public_key_gives_the_same_normal_children_as_the_private_one(index: int) -> None:
    root = icarus_root(ENTROPY, Secret(b""))
    child = root.public().child(index)
    assert child == root.child(index).public()
    assert list(children(root.public(), index, 1)) == [(index, child.key)]


def test_indices_outside_the_range_are_refused() -> None:
    root = icarus_root(ENTROPY, Secret(b""))
    for index in (-1, HARDENED):
        with pytest.raises(IndexError):
            root.public().child(index)
    with pytest.raises(IndexError):
        list(children(root.public(), HARDENED - 1, 2))
    with pytest.raises(IndexError):
        root.child(2 * HARDENED)


@pytest.mark.parametrize("data", [bytes(63), bytes(65), b"\2" + bytes(63)], ids=["short", "long", "no point"])
def test_what_is_no_extended_public_key_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"extended public key|point"):
        SoftKey.from_bytes(data)


@pytest.mark.parametrize(
    "row", COMPUTED["rows"], ids=lambda row: f"{row['account_index']}/{row['address_index']}"
)
def test_byron_paths_are_sealed_as_their_addresses_hold_them(row: dict[str, str | int]) -> None:
    root = byron_root(entropy(COMPUTED["mnemonic"]))
    passphrase = byron_path.path_passphrase(root.public())
    path = (int(row["account_index"]), int(row["address_index"]))
    assert passphrase.hex() == COMPUTED["hd_passphrase"]
    assert root.descendant(path).public().to_bytes().hex() == row["xpub"]
    address = byron_address.decode(str(row["address"]))
    assert byron_path.seal_path(passphrase, path) == address.path
    assert byron_path.open_path(passphrase, address) == path


@given(st.lists(indices, max_size=4).map(tuple))
def test_a_path_comes_back_for_its_own_passphrase_alone(path: tuple[int, ...]) -> None:
    mine, other = bytes(32), bytes([1]) * 32
    address = byron_address.ByronAddress(bytes(28), byron_path.seal_path(mine, path))
    assert byron_path.open_path(mine, address) == path
    assert byron_path.open_path(other, address) is None


@given(st.binary(max_size=60))
def test_a_path_that_nobody_sealed_opens_for_nobody(sealed: bytes) -> None:
    assert byron_path.open_path(bytes(32), byron_address.ByronAddress(bytes(28), sealed)) is None


def test_an_address_without_a_path_is_nobodys() -> None:
    assert byron_path.open_path(bytes(32), byron_address.ByronAddress(bytes(28))) is None


def test_only_two_hardened_steps_are_a_place() -> None:
    assert byron_path.hardened_place((HARDENED, HARDENED + 7)) == (0, 7)
    for path in (None, (), (HARDENED,), (HARDENED, 7), (HARDENED, HARDENED, HARDENED)):
        assert byron_path.hardened_place(path) is None


def test_no_key_is_printed() -> None:
    assert repr(byron_root(ENTROPY)) == "<private key>"
