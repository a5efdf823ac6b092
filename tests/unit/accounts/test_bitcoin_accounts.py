import hashlib
import json
from pathlib import Path

import pytest
from bip_utils import Bip44, Bip44Changes, Bip44Coins, Bip49, Bip49Coins, Bip84, Bip84Coins, Bip86, Bip86Coins

from pillarbox.accounts import KINDS
from pillarbox.accounts.bitcoin import NewerAccountError
from pillarbox.accounts.descriptor import (
    DescriptorNotAnAccountError,
    DescriptorPrivateKeyError,
    named_kind,
)
from pillarbox.accounts.kind import Enrolment, Params
from pillarbox.accounts.other_kind import KeyKindError
from pillarbox.bitcoin.script import address_to_script
from pillarbox.errors import InvalidInputError
from pillarbox.keys import mnemonic
from pillarbox.keys.extended_key import KeyNetworkError, PrivateKeyGivenError
from pillarbox.keys.root import Root
from pillarbox.model.address import DerivedAddress
from pillarbox.model.network import Network
from pillarbox.secret import Secret

KEYS = json.loads(Path(__file__).parents[2].joinpath("vectors/extended_keys.json").read_text())["keys"]
VECTORS = json.loads(Path(__file__).parents[2].joinpath("vectors/addresses.json").read_text())["bip84_bip86"]
SEED = mnemonic.read(Secret.from_text("abandon " * 11 + "about")).seed()
ROOT = Root.of_seed(SEED)
ZPUB, XPUB_86 = VECTORS["zpub84"], VECTORS["xpub86"]

PEERS = {
    "bitcoin-p2pkh": (Bip44, Bip44Coins),
    "bitcoin-p2sh-p2wpkh": (Bip49, Bip49Coins),
    "bitcoin-p2wpkh": (Bip84, Bip84Coins),
    "bitcoin-p2tr": (Bip86, Bip86Coins),
}
PEER_COINS = {
    Network.MAINNET: "BITCOIN",
    Network.TESTNET: "BITCOIN_TESTNET",
    Network.SIGNET: "BITCOIN_TESTNET",
    Network.REGTEST: "BITCOIN_REGTEST",
}


def enrol(kind: str, network: Network, number: int = 0) -> Params:
    return KINDS.get(kind).enrol(Enrolment(network, number, ROOT))


def watch(kind: str, public: str, network: Network = Network.MAINNET) -> Params:
    return KINDS.get(kind).enrol(Enrolment(network, 0, public=public))


def derive(
    kind: str, params: Params, network: Network, branch: int, start: int, count: int
) -> list[DerivedAddress]:
    return list(KINDS.get(kind).deriver(params.data, network).derive(branch, start, count))


def digest(rows: list[DerivedAddress]) -> str:
    return hashlib.sha256("\n".join(row.text for row in rows).encode()).hexdigest()


def peer_texts(kind: str, network: Network, number: int, branch: int, count: int) -> list[str]:
    bip, coins = PEERS[kind]
    account = bip.FromSeed(SEED.reveal(), coins[PEER_COINS[network]]).Purpose().Coin().Account(number)
    chain = account.Change(Bip44Changes(branch))
    return [chain.AddressIndex(index).PublicKey().ToAddress() for index in range(count)]


@pytest.mark.parametrize("kind", PEERS)
def test_two_thousand_addresses_equal_another_implementation(kind: str) -> None:
    ours = derive(kind, enrol(kind, Network.MAINNET), Network.MAINNET, 0, 0, 2000)
    assert [row.text for row in ours] == peer_texts(kind, Network.MAINNET, 0, 0, 2000)
    assert [row.index for row in ours] == list(range(2000))


@pytest.mark.parametrize("kind", PEERS)
@pytest.mark.parametrize("network", Network)
@pytest.mark.parametrize(("number", "branch"), [(0, 1), (7, 0), (2**31 - 1, 1)])
def test_other_accounts_branches_and_networks_equal_it_too(
    kind: str, network: Network, number: int, branch: int
) -> None:
    ours = derive(kind, enrol(kind, network, number), network, branch, 0, 40)
    assert [row.text for row in ours] == peer_texts(kind, network, number, branch, 40)


@pytest.mark.parametrize("kind", PEERS)
@pytest.mark.parametrize("network", Network)
def test_the_watch_key_is_the_script_that_the_address_names(kind: str, network: Network) -> None:
    for row in derive(kind, enrol(kind, network), network, 0, 0, 40):
        assert row.watch_key == address_to_script(row.text, network)


@pytest.mark.parametrize(("kind", "name"), [("bitcoin-p2wpkh", "wpkh-2000"), ("bitcoin-p2tr", "tr-2000")])
def test_two_thousand_addresses_have_the_known_digest(kind: str, name: str) -> None:
    rows = derive(kind, enrol(kind, Network.MAINNET), Network.MAINNET, 0, 0, 2000)
    assert digest(rows) == VECTORS["sha256_of_2000_newline_joined"][name]


@pytest.mark.parametrize("index", VECTORS["hdwallet_3_6_1_wrong_p2tr_indices"])
def test_keys_with_a_leading_zero_byte_keep_their_length(index: int) -> None:
    (row,) = derive("bitcoin-p2tr", enrol("bitcoin-p2tr", Network.MAINNET), Network.MAINNET, 0, index, 1)
    assert len(row.watch_key) == 34
    chain = Bip86.FromSeed(SEED.reveal(), Bip86Coins.BITCOIN).Purpose().Coin().Account(0)
    assert row.text == chain.Change(Bip44Changes.CHAIN_EXT).AddressIndex(index).PublicKey().ToAddress()


def test_taproot_addresses_39_and_154() -> None:
    params = enrol("bitcoin-p2tr", Network.MAINNET)
    (first,) = derive("bitcoin-p2tr", params, Network.MAINNET, 0, 39, 1)
    assert first.text == VECTORS["example_39"]["correct"]
    (second,) = derive("bitcoin-p2tr", params, Network.MAINNET, 0, 154, 1)
    assert second.text == "bc1pqqz08e78eq424wj5sumtdrxaf6cjxp05vyn8f6ej3gtp88jtfyequny5us"


PUBLISHED = [
    ("bitcoin-p2pkh", Network.MAINNET, 0, 0, "1LqBGSKuX5yYUonjxT5qGfpUsXKYYWeabA"),
    ("bitcoin-p2sh-p2wpkh", Network.TESTNET, 0, 0, "2Mww8dCYPUpKHofjgcXcBCEGmniw9CoaiD2"),
    ("bitcoin-p2wpkh", Network.MAINNET, 0, 0, "bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu"),
    ("bitcoin-p2wpkh", Network.MAINNET, 0, 1, "bc1qnjg0jd8228aq7egyzacy8cys3knf9xvrerkf9g"),
    ("bitcoin-p2wpkh", Network.MAINNET, 1, 0, "bc1q8c6fshw2dlwun7ekn9qwf37cu2rn755upcp6el"),
    ("bitcoin-p2tr", Network.MAINNET, 0, 0, "bc1p5cyxnuxmeuwuvkwfem96lqzszd02n6xdcjrs20cac6yqjjwudpxqkedrcr"),
    ("bitcoin-p2tr", Network.MAINNET, 0, 1, "bc1p4qhjn9zdvkux4e44uhx8tc55attvtyu358kutcqkudyccelu0was9fqzwh"),
    ("bitcoin-p2tr", Network.MAINNET, 1, 0, "bc1p3qkhfews2uk44qtvauqyr2ttdsw7svhkl9nkm9s9c3x4ax5h60wqwruhk7"),
]


@pytest.mark.parametrize(("kind", "network", "branch", "index", "address"), PUBLISHED)
def test_the_published_addresses(kind: str, network: Network, branch: int, index: int, address: str) -> None:
    (row,) = derive(kind, enrol(kind, network), network, branch, index, 1)
    assert row.text == address


@pytest.mark.parametrize(
    ("kind", "network", "path"),
    [
        ("bitcoin-p2pkh", Network.MAINNET, "m/44'/0'/5'"),
        ("bitcoin-p2sh-p2wpkh", Network.TESTNET, "m/49'/1'/5'"),
        ("bitcoin-p2wpkh", Network.SIGNET, "m/84'/1'/5'"),
        ("bitcoin-p2tr", Network.REGTEST, "m/86'/1'/5'"),
    ],
)
def test_paths_are_those_of_the_bips(kind: str, network: Network, path: str) -> None:
    params = enrol(kind, network, 5)
    assert (params.path, params.fingerprint) == (path, "73c5da0a")
    assert KINDS.get(kind).deriver(params.data, network).path(1, 42) == f"{path}/1/42"


@pytest.mark.parametrize("number", [-1, 2**31])
def test_an_account_number_outside_its_range_is_refused(number: int) -> None:
    with pytest.raises(InvalidInputError):
        enrol("bitcoin-p2wpkh", Network.MAINNET, number)


def test_an_account_from_nothing_is_refused() -> None:
    with pytest.raises(InvalidInputError):
        KINDS.get("bitcoin-p2wpkh").enrol(Enrolment(Network.MAINNET, 0))


@pytest.mark.parametrize(
    "public",
    [
        ZPUB,
        f"[73c5da0a/84'/0'/0']{ZPUB}",
        f"[73c5da0a/84h/0h/0h]{KEYS['xpub_84']}",
        f"wpkh([73c5da0a/84h/0h/0h]{KEYS['xpub_84']}/<0;1>/*)",
        f"wpkh({KEYS['xpub_84']}/0/*)",
    ],
)
def test_watch_only_gives_the_same_account_as_the_words(public: str) -> None:
    own, watched = enrol("bitcoin-p2wpkh", Network.MAINNET), watch("bitcoin-p2wpkh", public)
    assert watched.same_key == own.same_key
    assert watched.path == own.path == "m/84'/0'/0'"
    assert watched.fingerprint == ("73c5da0a" if "[" in public else "")
    for branch in (0, 1):
        assert derive("bitcoin-p2wpkh", watched, Network.MAINNET, branch, 0, 20) == derive(
            "bitcoin-p2wpkh", own, Network.MAINNET, branch, 0, 20
        )


def test_the_same_key_under_another_script_or_network_is_another_account() -> None:
    tpub = KEYS["tpub"]
    same = {
        watch(kind, tpub, network).same_key
        for kind in PEERS
        for network in (Network.TESTNET, Network.SIGNET, Network.REGTEST)
    }
    assert len(same) == 12


def test_a_key_of_unknown_place_has_paths_that_count_from_it() -> None:
    branch_key = KEYS["xpub_deep"]
    params = watch("bitcoin-p2wpkh", branch_key)
    assert (params.path, params.fingerprint) == ("", "")
    assert KINDS.get("bitcoin-p2wpkh").deriver(params.data, Network.MAINNET).path(0, 7) == "0/7"


@pytest.mark.parametrize("origin", ["", "[3442193e]"])
def test_a_master_key_has_paths_from_the_master(origin: str) -> None:
    master = KEYS["xpub_master"]
    params = watch("bitcoin-p2wpkh", origin + master)
    assert KINDS.get("bitcoin-p2wpkh").deriver(params.data, Network.MAINNET).path(0, 7) == "m/0/7"


def test_a_key_of_another_network_is_refused() -> None:
    for network in (Network.TESTNET, Network.SIGNET, Network.REGTEST):
        with pytest.raises(KeyNetworkError):
            watch("bitcoin-p2wpkh", ZPUB, network)


def test_a_key_that_names_another_kind_is_refused() -> None:
    with pytest.raises(KeyKindError) as caught:
        watch("bitcoin-p2tr", ZPUB)
    assert "SegWit addresses" in caught.value.text.message
    assert "kind bitcoin-p2wpkh, or export the key again for bitcoin-p2tr" in caught.value.text.hint
    with pytest.raises(KeyKindError):
        watch("bitcoin-p2wpkh", f"tr({XPUB_86}/0/*)")


def test_private_keys_are_refused_whatever_wraps_them() -> None:
    xprv = KEYS["xprv_master"]
    with pytest.raises(PrivateKeyGivenError):
        watch("bitcoin-p2wpkh", xprv)
    with pytest.raises(DescriptorPrivateKeyError):
        watch("bitcoin-p2wpkh", f"wpkh({xprv}/0/*)")


@pytest.mark.parametrize(
    "descriptor",
    [f"tr({XPUB_86}/1/*)", "tr(79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798)"],
)
def test_a_descriptor_without_fresh_receive_addresses_is_no_account(descriptor: str) -> None:
    with pytest.raises(DescriptorNotAnAccountError):
        watch("bitcoin-p2tr", descriptor)


def test_an_account_of_a_newer_version_is_refused() -> None:
    params = json.loads(enrol("bitcoin-p2tr", Network.MAINNET).data)
    newer = json.dumps(params | {"version": 2})
    with pytest.raises(NewerAccountError):
        KINDS.get("bitcoin-p2tr").deriver(newer, Network.MAINNET)


def test_asking_again_and_in_pieces_gives_the_same() -> None:
    deriver = KINDS.get("bitcoin-p2tr").deriver(enrol("bitcoin-p2tr", Network.MAINNET).data, Network.MAINNET)
    whole = list(deriver.derive(0, 0, 60))
    pieces = [row for start in range(0, 60, 7) for row in deriver.derive(0, start, min(7, 60 - start))]
    assert pieces == whole == list(deriver.derive(0, 0, 60))


def test_a_key_whose_origin_is_another_purpose_makes_no_account_of_this_kind() -> None:
    public = json.loads(enrol("bitcoin-p2tr", Network.MAINNET).data)["key"]
    assert named_kind(public) == "bitcoin-p2tr"
    assert watch("bitcoin-p2tr", public).path == "m/86'/0'/0'"
    with pytest.raises(KeyKindError):
        watch("bitcoin-p2wpkh", public)
