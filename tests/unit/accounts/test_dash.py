"""Dash's accounts beside BIP44's: paths by DIP-9, keys and addresses as another library makes them."""

import hashlib
import json

import pytest
from bip_utils import Bip32Slip10Ed25519, Bip32Slip10Secp256k1, P2PKHAddrEncoder

from pillarbox.accounts.coins import DASH_P2PKH
from pillarbox.accounts.dash import (
    DASH_BIP32,
    DASH_COINJOIN,
    DASH_IDENTITY_INVITATION,
    DASH_IDENTITY_REGISTRATION,
    DASH_IDENTITY_TOPUP,
    DASH_IDENTITY_TOPUP_UNBOUND,
    DASH_KINDS,
    DASH_PLATFORM_NODE,
    DASH_PROVIDER_OWNER,
    DASH_PROVIDER_VOTING,
    DashPoolKind,
)
from pillarbox.accounts.kind import AccountKind, Enrolment, Params
from pillarbox.accounts.other_kind import KeyKindError
from pillarbox.bitcoin import base58
from pillarbox.errors import InvalidInputError, WordsNeededError
from pillarbox.keys import mnemonic, slip10
from pillarbox.keys.extended_key import KeyNetworkError, PrivateKeyGivenError
from pillarbox.keys.root import Root
from pillarbox.model.network import Network
from pillarbox.secret import Secret

PATHS = {
    DASH_BIP32: "m/3'/0/7",
    DASH_COINJOIN: "m/9'/5'/4'/3'/0/7",
    DASH_IDENTITY_REGISTRATION: "m/9'/5'/5'/1'/7",
    DASH_IDENTITY_TOPUP: "m/9'/5'/5'/2'/3'/7",
    DASH_IDENTITY_TOPUP_UNBOUND: "m/9'/5'/5'/2'/7",
    DASH_IDENTITY_INVITATION: "m/9'/5'/5'/3'/7",
    DASH_PROVIDER_VOTING: "m/9'/5'/3'/1'/7",
    DASH_PROVIDER_OWNER: "m/9'/5'/3'/2'/7",
}
POOLS = tuple(kind for kind in DASH_KINDS if isinstance(kind, DashPoolKind))
VERSIONS = {Network.MAINNET: b"\x4c", Network.TESTNET: b"\x8c"}


def _root() -> Root:
    with Secret.from_text("abandon " * 11 + "about") as text, mnemonic.read(text) as words:
        return Root.of(words)


ROOT = _root()


def number_of(kind: AccountKind) -> int:
    return 0 if isinstance(kind, DashPoolKind) and not kind.numbered else 3


def enrolled(kind: AccountKind, network: Network = Network.MAINNET) -> Params:
    return kind.enrol(Enrolment(network, number_of(kind), ROOT))


@pytest.mark.parametrize("network", VERSIONS)
@pytest.mark.parametrize("kind", PATHS, ids=lambda kind: kind.name)
def test_addresses_lie_where_dip_9_puts_them(kind: AccountKind, network: Network) -> None:
    deriver = kind.deriver(enrolled(kind, network).data, network)
    coin = "/5'/" if network is Network.MAINNET else "/1'/"
    path = PATHS[kind].replace("m/9'/5'/", f"m/9'{coin}")
    assert deriver.path(0, 7) == path
    key = Bip32Slip10Secp256k1.FromSeed(ROOT.seed.reveal()).DerivePath(path).PublicKey().RawCompressed()
    expected = P2PKHAddrEncoder.EncodeKey(key.ToBytes(), net_ver=VERSIONS[network])
    (row,) = deriver.derive(0, 7, 1)
    assert row.text == expected
    assert row.watch_key.hex() == f"76a914{base58.decode_check(expected)[1:].hex()}88ac"


def test_node_ids_are_those_of_hardened_ed25519_keys() -> None:
    deriver = DASH_PLATFORM_NODE.deriver(enrolled_node().data, Network.MAINNET, ROOT)
    assert deriver.path(0, 7) == "m/9'/5'/3'/4'/7'"
    key = Bip32Slip10Ed25519.FromSeed(ROOT.seed.reveal()).DerivePath("m/9'/5'/3'/4'/7'").PublicKey()
    node_id = hashlib.sha256(key.RawCompressed().ToBytes()[1:]).digest()[:20]
    assert deriver.derive(0, 7, 1)[0].text == base58.encode_check(b"\x4c" + node_id)


def enrolled_node() -> Params:
    return DASH_PLATFORM_NODE.enrol(Enrolment(Network.MAINNET, 0, ROOT))


def test_the_first_vector_of_slip_10_comes_out() -> None:
    seed = Secret(bytes.fromhex("000102030405060708090a0b0c0d0e0f"))
    with slip10.Ed25519Node.from_seed(seed) as master, master.descendant([1 << 31]) as child:
        assert master.public_key().hex() == "a4b2856bfec510abab89753fac1ac0e1112364e7d250545963f135f2a33188ed"
        assert child.public_key().hex() == "8c8a13df77a28f3445213a0f432fde644acaa215fc72dcdf300d5efaa85d350c"
        with pytest.raises(IndexError, match="hardened"):
            master.child(0)


def test_node_ids_take_the_words() -> None:
    with pytest.raises(WordsNeededError):
        DASH_PLATFORM_NODE.deriver(enrolled_node().data, Network.MAINNET).derive(0, 0, 1)
    with pytest.raises(InvalidInputError, match="recovery words"):
        DASH_PLATFORM_NODE.enrol(Enrolment(Network.MAINNET, 0, public="xpub"))
    with pytest.raises(IndexError):
        DASH_PLATFORM_NODE.deriver(enrolled_node().data, Network.MAINNET, ROOT).derive(0, 2**31 - 1, 2)


@pytest.mark.parametrize("kind", DASH_KINDS, ids=lambda kind: kind.name)
def test_no_two_kinds_hand_out_the_same(kind: AccountKind) -> None:
    mine = kind.enrol(Enrolment(Network.MAINNET, 0, ROOT)).same_key
    others = [
        other.enrol(Enrolment(Network.MAINNET, 0, ROOT)).same_key for other in DASH_KINDS if other != kind
    ]
    assert mine not in [*others, DASH_P2PKH.enrol(Enrolment(Network.MAINNET, 0, ROOT)).same_key]


@pytest.mark.parametrize(
    "kind", [kind for kind in DASH_KINDS if number_of(kind) == 0], ids=lambda kind: kind.name
)
def test_a_kind_with_one_account_has_no_second(kind: AccountKind) -> None:
    with pytest.raises(InvalidInputError, match="its number is 0"):
        kind.enrol(Enrolment(Network.MAINNET, 1, ROOT))


@pytest.mark.parametrize("kind", DASH_KINDS, ids=lambda kind: kind.name)
def test_an_account_number_outside_the_range_is_refused(kind: AccountKind) -> None:
    with pytest.raises(InvalidInputError, match="0 to 2147483647"):
        kind.enrol(Enrolment(Network.MAINNET, 2**31, ROOT))


def test_a_pool_is_watched_by_its_public_key_alone() -> None:
    params = enrolled(DASH_IDENTITY_TOPUP)
    key = json.loads(params.data)["key"]
    watched = DASH_IDENTITY_TOPUP.enrol(Enrolment(Network.MAINNET, 0, public=key))
    assert watched.same_key == params.same_key
    deriver = DASH_IDENTITY_TOPUP.deriver(watched.data, Network.MAINNET)
    assert deriver.path(0, 7) == "7"
    assert deriver.derive(0, 0, 3) == DASH_IDENTITY_TOPUP.deriver(params.data, Network.MAINNET).derive(
        0, 0, 3
    )
    with pytest.raises(KeyNetworkError):
        DASH_IDENTITY_TOPUP.enrol(Enrolment(Network.TESTNET, 0, public=key))
    private = Bip32Slip10Secp256k1.FromSeed(ROOT.seed.reveal()).PrivateKey().ToExtended()
    with pytest.raises(PrivateKeyGivenError):
        DASH_IDENTITY_TOPUP.enrol(Enrolment(Network.MAINNET, 0, public=private))


def test_one_public_key_is_one_account_whatever_kind_it_is_called() -> None:
    key = json.loads(enrolled(DASH_IDENTITY_TOPUP).data)["key"]
    need = Enrolment(Network.MAINNET, 0, public=key)
    assert len({kind.enrol(need).same_key for kind in POOLS}) == 1


def test_the_number_of_the_wallet_says_nothing_of_a_watched_pool() -> None:
    key = json.loads(enrolled(DASH_PROVIDER_OWNER).data)["key"]
    watched = DASH_PROVIDER_OWNER.enrol(Enrolment(Network.MAINNET, 4, public=key))
    assert watched.same_key == enrolled(DASH_PROVIDER_OWNER).same_key


def test_the_key_of_another_coin_or_script_makes_no_pool() -> None:
    node = Bip32Slip10Secp256k1.FromSeed(ROOT.seed.reveal()).DerivePath("m/84'/2'/0'")
    for version in (bytes.fromhex("04b24746"), bytes.fromhex("019da462")):
        key = base58.encode_check(version + base58.decode_check(node.PublicKey().ToExtended())[4:])
        with pytest.raises(KeyKindError):
            DASH_PROVIDER_OWNER.enrol(Enrolment(Network.MAINNET, 0, public=key))


def test_only_node_ids_are_not_paid_to() -> None:
    assert [kind for kind in DASH_KINDS if not kind.payable] == [DASH_PLATFORM_NODE]


def test_the_gaps_are_those_of_key_wallet() -> None:
    assert DASH_COINJOIN.gap_limit == 100
    assert {kind.gap_limit for kind in DASH_KINDS if kind not in (DASH_COINJOIN, DASH_BIP32)} == {5}
    assert DASH_BIP32.gap_limit == 20
