"""`inspect`: one object an item, whatever the item is; secrets are not taken from the command line."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.commands.arguments import ArgumentsError
from pillarbox.commands.inspect import KINDS, holds_secrets, inspect_text, inspector

ADDRESS = "bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu"
WORDS = f"{'abandon ' * 11}about"


def test_an_item_is_a_bare_text_or_an_object() -> None:
    inspect = inspector("address")
    bare = inspect_text(inspect, ADDRESS)
    assert bare["ok"] is True
    assert bare["kind"] == "bitcoin-p2wpkh"
    assert inspect_text(inspect, json.dumps({"address": ADDRESS})) == bare


@pytest.mark.parametrize(
    "text", ["", "nonsense", "{", '{"address": 7}', "{" * 100_000, "x" * 2_000_000, "\ufffd", "null", "[]"]
)
def test_an_unreadable_item_is_an_object_that_says_why(text: str) -> None:
    found = inspect_text(inspector("address"), text)
    assert found["ok"] is False
    assert isinstance(found["error"], dict)
    assert found["error"]["code"]
    assert found["error"]["message"]


@pytest.mark.parametrize(
    "text",
    [
        "\ud800",
        r'{"mnemonic": "\ud800"}',
        r'{"passphrase": "\ud800"}',
        r'{"kind": "\ud800"}',
        r'{"\ud800": 1}',
    ],
)
def test_half_a_character_is_no_text(text: str) -> None:
    found = inspect_text(inspector("derive"), text)
    assert found["error"]["code"] == "invalid-input"  # type: ignore[index]
    assert "half a character" in found["error"]["message"]  # type: ignore[index]


def test_the_words_of_an_item_are_in_no_error() -> None:
    item = json.dumps(
        {"mnemonic": WORDS.replace("about", "abaut"), "kind": "bitcoin-p2tr", "network": "mainnet"}
    )
    found = inspect_text(inspector("derive"), item)
    assert found["ok"] is False
    assert "abaut" not in json.dumps(found)


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ArgumentsError):
        inspector("entrails")


@pytest.mark.parametrize("key", ["mnemonic", "entropy", "seed", "passphrase", "key"])
def test_an_item_with_a_secret_is_known_as_one(key: str) -> None:
    assert holds_secrets(json.dumps({key: "x", "kind": "bitcoin-p2tr"}))
    assert holds_secrets(f'{{"{key}": "x", mistyped')


def test_bare_recovery_words_are_known_as_a_secret() -> None:
    assert holds_secrets(WORDS)


@pytest.mark.parametrize("key", ["zprv" + "9" * 107, "tprv8" + "9" * 106, "L" + "w" * 51, "nsec1" + "q" * 58])
def test_a_private_key_is_known_as_a_secret_wherever_it_stands(key: str) -> None:
    assert holds_secrets(key)
    assert holds_secrets(json.dumps({"address": key}))
    assert holds_secrets(f"{{mistyped {key}")


@pytest.mark.parametrize("kind", KINDS)
def test_where_nothing_was_given_that_is_said(kind: str) -> None:
    assert inspect_text(inspector(kind), "  ")["error"]["message"] == "Nothing was given."  # type: ignore[index]


def test_a_text_of_another_coin_is_named_in_the_message() -> None:
    found = inspect_text(inspector("address"), "0x52908400098527886E0F7030069857D2E4169EE7")
    assert "This is an Ethereum address" in found["error"]["message"]  # type: ignore[index]


def test_a_private_key_is_told_as_one_and_not_repeated() -> None:
    key = "5" + "J" * 50
    found = inspect_text(inspector("address"), key)
    assert "private key" in found["error"]["message"]  # type: ignore[index]
    assert key not in json.dumps(found)


def test_what_is_public_may_be_on_the_command_line() -> None:
    assert not holds_secrets(ADDRESS)
    assert not holds_secrets(json.dumps({"xpub": "xpub...", "kind": "bitcoin-p2tr"}))
    assert not holds_secrets('{"client_pubkey": "02", mistyped')


@given(st.sampled_from(KINDS), st.text())
def test_any_text_gets_an_object(kind: str, text: str) -> None:
    found = inspect_text(inspector(kind), text)
    assert json.loads(json.dumps(found)) == found
    assert isinstance(found["ok"], bool)


json_items = st.dictionaries(
    st.sampled_from(
        [
            "mnemonic",
            "entropy",
            "seed",
            "xpub",
            "kind",
            "network",
            "start",
            "count",
            "role",
            "account",
            "address",
            *("client_pubkey", "server_pubkey", "expiry", "coin_type", "family", "index"),
            *("hex", "path", "name", "key", "dir"),
        ]
    ),
    st.none()
    | st.booleans()
    | st.integers(-2, 2)
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from([WORDS, "00" * 16, "bitcoin-p2tr", "mainnet", "external"]),
)


@given(st.sampled_from(KINDS), json_items)
def test_any_object_gets_an_object(kind: str, item: dict[str, object]) -> None:
    found = inspect_text(inspector(kind), json.dumps(item))
    assert isinstance(found["ok"], bool)
    if not found["ok"]:
        assert found["error"]["code"] != "internal"  # type: ignore[index]
