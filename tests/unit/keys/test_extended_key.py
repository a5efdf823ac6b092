import json
from pathlib import Path

import pytest
from bip_utils import Base58Encoder
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.bitcoin import base58
from pillarbox.keys.bip32 import PrivateNode, PublicNode, hardened
from pillarbox.keys.extended_key import (
    MAINNETS,
    TESTNETS,
    ExtendedKeyError,
    KeyNetworkError,
    KeyOrigin,
    PrivateKeyGivenError,
    ScriptType,
    format_extended_key,
    parse_extended_key,
)
from pillarbox.model.network import Network
from pillarbox.secret import Secret

KEYS = json.loads(Path(__file__).parents[2].joinpath("vectors/extended_keys.json").read_text())["keys"]
ZPUB = KEYS["zpub_84"]
XPUB = KEYS["xpub_84"]
UPUB = KEYS["upub_49"]
XPRV = KEYS["xprv_master"]

forms = st.sampled_from([None, ScriptType.P2WPKH, ScriptType.P2SH_P2WPKH])


def test_slip132_forms_hold_the_same_key_and_name_the_script() -> None:
    plain, segwit = parse_extended_key(XPUB), parse_extended_key(ZPUB)
    assert plain.node == segwit.node
    assert (plain.script, segwit.script) == (None, ScriptType.P2WPKH)
    assert plain.networks == segwit.networks == MAINNETS


def test_test_network_forms_fit_every_test_network() -> None:
    key = parse_extended_key(UPUB)
    assert (key.script, key.networks) == (ScriptType.P2SH_P2WPKH, TESTNETS)
    key.require_network(Network.REGTEST)
    with pytest.raises(KeyNetworkError) as caught:
        key.require_network(Network.MAINNET)
    assert caught.value.parameters == {"found": "testnet", "wanted": "mainnet"}


@given(st.sampled_from(Network), forms)
def test_a_key_reads_as_it_is_written(network: Network, script: ScriptType | None) -> None:
    node = parse_extended_key(XPUB).node
    read = parse_extended_key(format_extended_key(node, network, script))
    assert (read.node, read.script) == (node, script)
    assert network in read.networks


def test_a_script_without_a_form_of_its_own_is_written_plainly() -> None:
    node = parse_extended_key(XPUB).node
    for script in (ScriptType.P2PKH, ScriptType.P2TR):
        assert format_extended_key(node, Network.MAINNET, script) == XPUB


@pytest.mark.parametrize("marker", ["'", "h", "H"])
def test_an_origin_is_read_with_any_hardened_marker(marker: str) -> None:
    key = parse_extended_key(f"  [73C5DA0A/84{marker}/0{marker}/0{marker}]{XPUB}\n")
    assert key.origin == KeyOrigin(bytes.fromhex("73c5da0a"), (84 | 1 << 31, 1 << 31, 1 << 31))
    assert str(key.origin) == "73c5da0a/84h/0h/0h"


def test_an_origin_may_be_the_master_key_itself() -> None:
    key = parse_extended_key(f"[73c5da0a]{XPUB}")
    assert key.origin == KeyOrigin(bytes.fromhex("73c5da0a"), ())
    assert str(key.origin) == "73c5da0a"


@pytest.mark.parametrize(
    "origin",
    [
        "[]",
        "[73c5da0]",
        "[73c5da0a",
        "[73c5da0a/]",
        "[73c5da0a/x]",
        "[73c5da0a/1//2]",
        "[73c5da0a/84h/0h/0h][",
    ],
)
def test_a_broken_origin_is_refused(origin: str) -> None:
    with pytest.raises(ExtendedKeyError):
        parse_extended_key(origin + XPUB)


@pytest.mark.parametrize(
    "version",
    [
        *("0488ade4", "049d7878", "04b2430c", "04358394", "044a4e28", "045f18bc"),
        *("0295b005", "02aa7a99", "024285b5", "02575048"),
    ],
)
def test_every_private_form_is_refused_as_private(version: str) -> None:
    text = base58.encode_check(bytes.fromhex(version) + base58.decode_check(XPRV)[4:])
    with pytest.raises(PrivateKeyGivenError):
        parse_extended_key(text)
    with pytest.raises(PrivateKeyGivenError):
        parse_extended_key(f"[73c5da0a/84h]{text}")


def test_a_damaged_private_key_is_still_refused_as_private() -> None:
    with pytest.raises(PrivateKeyGivenError) as caught:
        parse_extended_key(XPRV[:-1] + "j")
    assert XPRV[4:12] not in str(caught.value)
    assert not caught.value.parameters


@pytest.mark.parametrize("version", ["0295b43f", "02aa7ed3", "024289ef", "02575483"])
def test_multisig_forms_are_refused_by_name(version: str) -> None:
    with pytest.raises(ExtendedKeyError, match="multi-signature"):
        parse_extended_key(base58.encode_check(bytes.fromhex(version) + base58.decode_check(XPUB)[4:]))


MASTER = base58.decode_check(KEYS["xpub_master"])


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (MASTER[:45] + b"\0" + MASTER[46:], "point"),
        (MASTER[:45] + b"\4" + MASTER[46:], "point"),
        (MASTER[:45] + b"\1" + MASTER[46:], "point"),
        (MASTER[:46] + bytes(31) + b"\7", "point"),
        (MASTER[:5] + b"\1\2\3\4" + MASTER[9:], "parent"),
        (MASTER[:9] + b"\0\0\0\1" + MASTER[13:], "parent"),
        (bytes(4) + MASTER[4:], "another coin"),
        (bytes.fromhex("03b8c41c") + MASTER[4:], "another coin"),
        (MASTER[:-1], "length"),
        (MASTER + b"\0", "length"),
        (MASTER[:20], "length"),
    ],
)
def test_the_published_bad_keys_are_refused(data: bytes, why: str) -> None:
    with pytest.raises(ExtendedKeyError, match=why):
        parse_extended_key(Base58Encoder.CheckEncode(data))


@given(st.integers(0, len(XPUB) - 1), st.sampled_from(base58.ALPHABET))
def test_one_changed_character_is_refused(place: int, other: str) -> None:
    changed = XPUB[:place] + other + XPUB[place + 1 :]
    if changed != XPUB:
        with pytest.raises((ExtendedKeyError, PrivateKeyGivenError)):
            parse_extended_key(changed)


@given(st.text(max_size=120))
def test_no_other_text_is_read_as_a_key(text: str) -> None:
    with pytest.raises((ExtendedKeyError, PrivateKeyGivenError)):
        parse_extended_key(text)


@pytest.mark.parametrize(
    ("purpose", "script"),
    [(44, ScriptType.P2PKH), (49, ScriptType.P2SH_P2WPKH), (84, ScriptType.P2WPKH), (86, ScriptType.P2TR)],
)
def test_the_path_of_an_account_says_what_its_keys_are_wrapped_in(purpose: int, script: ScriptType) -> None:
    key = format_extended_key(account(purpose), Network.MAINNET)
    assert parse_extended_key(f"[73c5da0a/{purpose}h/0h/0h]{key}").script is script
    assert parse_extended_key(key).script is None
    assert parse_extended_key(f"[73c5da0a/{purpose}h/0h/1h/0h]{key}").script is None


def test_a_key_whose_letters_and_path_differ_is_refused() -> None:
    key = format_extended_key(account(86), Network.MAINNET, ScriptType.P2WPKH)
    with pytest.raises(ExtendedKeyError, match="p2wpkh, and its path for p2tr"):
        parse_extended_key(f"[73c5da0a/86h/0h/0h]{key}")


def test_a_key_that_lies_elsewhere_than_its_origin_says_is_refused() -> None:
    key = format_extended_key(account(84), Network.MAINNET)
    with pytest.raises(ExtendedKeyError, match="not the key at the path"):
        parse_extended_key(f"[73c5da0a/84h/0h/5h]{key}")


def account(purpose: int) -> PublicNode:
    """Account 0 of a purpose."""
    seed = Secret(bytes(range(64)))
    path = (hardened(purpose), hardened(0), hardened(0))
    with PrivateNode.from_seed(seed) as master, master.descendant(path) as node:
        return node.public()
