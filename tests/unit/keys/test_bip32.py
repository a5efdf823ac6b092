import hashlib
import json
from pathlib import Path

import pytest
from bip_utils import Bip32Slip10Secp256k1
from coincurve import PublicKey
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.errors import InvalidInputError
from pillarbox.keys import bip32
from pillarbox.keys.bip32 import (
    HARDENED,
    MAX_INDEX,
    ChildKeys,
    InvalidChildError,
    PrivateNode,
    PublicNode,
    format_path,
    hardened,
    parse_path,
)
from pillarbox.keys.extended_key import format_extended_key
from pillarbox.model.network import Network
from pillarbox.secret import Secret

VECTORS = json.loads(Path(__file__).parents[2].joinpath("vectors/extended_keys.json").read_text())

steps = st.integers(0, 2**32 - 1)
seeds = st.binary(min_size=16, max_size=64)


@pytest.mark.parametrize(
    "vector", VECTORS["bip32"], ids=lambda vector: f"{vector['seed'][:4]} {vector['path']}"
)
def test_the_published_vectors(vector: dict[str, str]) -> None:
    with (
        PrivateNode.from_seed(Secret(bytes.fromhex(vector["seed"]))) as master,
        master.descendant(parse_path(vector["path"])) as node,
    ):
        assert format_extended_key(node.public(), Network.MAINNET) == vector["xpub"]


@given(seeds, st.lists(steps, max_size=4))
def test_private_nodes_equal_another_implementation(seed: bytes, path: list[int]) -> None:
    expected = Bip32Slip10Secp256k1.FromSeed(seed)
    for step in path:
        expected = expected.ChildKey(step)
    with PrivateNode.from_seed(Secret(seed)) as master, master.descendant(path) as node:
        assert format_extended_key(node.public(), Network.MAINNET) == expected.PublicKey().ToExtended()
        assert node.key().reveal() == expected.PrivateKey().Raw().ToBytes()


@given(seeds, st.integers(0, MAX_INDEX))
def test_a_normal_child_is_the_same_from_the_private_and_the_public_node(seed: bytes, index: int) -> None:
    with PrivateNode.from_seed(Secret(seed)) as master, master.child(index) as child:
        assert master.public().child(index) == child.public()


@given(st.integers(0, MAX_INDEX - 20), st.integers(0, 20))
def test_a_run_of_children_equals_them_one_by_one(start: int, count: int) -> None:
    node = _node()
    run = [(index, key.format()) for index, key in ChildKeys(node).between(start, count)]
    assert run == [(index, node.child(index).key) for index in range(start, start + count)]


def test_the_last_index_of_a_branch_is_given_and_nothing_beyond() -> None:
    keys = ChildKeys(_node())
    assert [index for index, _ in keys.between(MAX_INDEX, 1)] == [MAX_INDEX]
    for start, count in ((MAX_INDEX, 2), (HARDENED, 1), (-1, 1)):
        with pytest.raises(IndexError):
            list(keys.between(start, count))
    for index in (-1, HARDENED):
        with pytest.raises(IndexError):
            _node().child(index)


def test_an_index_without_a_valid_child_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    class Choosy:
        """Refuses the second of the keys it is asked to add, as the curve does once in 2^127."""

        def __init__(self, key: bytes) -> None:
            self._real, self._calls = PublicKey(key), 0

        def add(self, scalar: bytes) -> PublicKey:
            self._calls += 1
            return self._real.add(b"\xff" * 32 if self._calls == 2 else scalar)

    monkeypatch.setattr(bip32, "PublicKey", Choosy)
    assert [index for index, _ in ChildKeys(_node()).between(7, 4)] == [7, 9, 10]


def test_a_node_without_a_child_there_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    with PrivateNode.from_seed(Secret(bytes(16))) as master:
        public = master.public()
        monkeypatch.setattr(bip32.hmac, "digest", lambda *_: b"\xff" * 64)
        for parent in (public, master):
            with pytest.raises(InvalidChildError):
                parent.child(0)


def test_a_seed_that_gives_no_key_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bip32.hmac, "digest", lambda *_: b"\xff" * 64)
    with pytest.raises(InvalidInputError):
        PrivateNode.from_seed(Secret(bytes(16)))


@pytest.mark.parametrize("size", [0, 15, 65])
def test_a_seed_of_another_size_is_refused(size: int) -> None:
    with pytest.raises(InvalidInputError):
        PrivateNode.from_seed(Secret(bytes(size)))


def test_the_keys_between_are_wiped_and_so_is_the_last_after_use(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Secret] = []

    class Watched(Secret):
        def __init__(self, value: bytes | bytearray | memoryview) -> None:
            super().__init__(value)
            made.append(self)

    monkeypatch.setattr(bip32, "Secret", Watched)
    seed = Secret(bytes(32))
    with PrivateNode.from_seed(seed) as master, master.descendant(parse_path("84h/0h/0h")) as node:
        assert [secret for secret in made if not secret.wiped]
        node.public()
    assert all(secret.wiped for secret in made)
    assert len(made) >= 8
    assert not seed.wiped


def test_a_wiped_node_gives_nothing() -> None:
    node = PrivateNode.from_seed(Secret(bytes(32)))
    node.wipe()
    for ask in (node.public, node.key, lambda: node.child(0)):
        with pytest.raises(ValueError, match="wiped"):
            ask()


def test_a_private_node_shows_nothing_of_itself() -> None:
    with PrivateNode.from_seed(Secret(bytes(32))) as node:
        assert repr(node) == str(node) == "<private node>"


@given(st.lists(steps, max_size=6))
def test_a_path_reads_as_it_is_written(path: list[int]) -> None:
    assert parse_path("m/" + format_path(path) if path else "m") == tuple(path)
    assert parse_path(format_path(path, "h")) == tuple(path)


@pytest.mark.parametrize(
    "text", ["m/", "/", "m//0", "m/x", "m/-1", "m/2147483648", "m/0''", "m/0 ", "m/\u0661", "0/m"]
)
def test_what_is_no_path_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError):
        parse_path(text)


def test_hardened_child_numbers_are_the_upper_half() -> None:
    assert [hardened(0), hardened(MAX_INDEX)] == [0x80000000, 0xFFFFFFFF]


def _node() -> PublicNode:
    key = PublicKey.from_secret(hashlib.sha256(b"node").digest()).format()
    return PublicNode(key, hashlib.sha256(b"chain code").digest())
