"""Cardano's account kinds: published addresses, another library's, and every refusal."""

import json
from pathlib import Path
from typing import Any

import pytest
from bip_utils import (
    Bip44,
    Bip44Changes,
    Bip44Coins,
    CardanoByronLegacy,
    CardanoByronLegacySeedGenerator,
    CardanoIcarusSeedGenerator,
    CardanoShelley,
    Cip1852,
    Cip1852Coins,
)
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.accounts.cardano_byron import CARDANO_BYRON
from pillarbox.accounts.cardano_icarus import CARDANO_ICARUS
from pillarbox.accounts.cardano_shelley import CARDANO_ENTERPRISE, CARDANO_SHELLEY
from pillarbox.accounts.kind import AccountKind, AddressParts, Enrolment
from pillarbox.bitcoin.script import AddressNetworkError, AddressUnreadableError
from pillarbox.cardano import account_key, byron_address
from pillarbox.cardano.byron_address import ByronAddress
from pillarbox.cardano.soft_keys import SoftKey
from pillarbox.errors import InvalidInputError, WordsNeededError
from pillarbox.keys import mnemonic
from pillarbox.keys.extended_key import ExtendedKeyError, PrivateKeyGivenError
from pillarbox.keys.root import Root
from pillarbox.model.network import Network
from pillarbox.pool.sequence import FIRST_HARDENED, LAST_SEQUENTIAL
from pillarbox.secret import Secret

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "addresses.json").read_text())
BYRON = VECTORS["cardano_byron_addresses_computed"]
SHELLEY = VECTORS["cip1852_shelley"]
KINDS = (CARDANO_BYRON, CARDANO_ICARUS, CARDANO_SHELLEY, CARDANO_ENTERPRISE)
SOFT = KINDS[1:]
PEER_COINS = {
    Network.MAINNET: Cip1852Coins.CARDANO_ICARUS,
    Network.TESTNET: Cip1852Coins.CARDANO_ICARUS_TESTNET,
}


def root_of(words: str, passphrase: str = "") -> Root:
    with Secret.from_text(words) as text, mnemonic.read(text) as read:
        return Root.of(read, Secret.from_text(passphrase))


def root_of_seed_field(seed: str) -> Root:
    if not seed.startswith("entropy "):
        return root_of(seed)
    with mnemonic.from_entropy(Secret(bytes.fromhex(seed.removeprefix("entropy ")))) as read:
        return Root.of(read)


ROOT = root_of(SHELLEY["mnemonic"])


def addresses(
    kind: AccountKind, network: Network, number: int, branch: int, start: int, count: int, root: Root = ROOT
) -> list[str]:
    params = kind.enrol(Enrolment(network, number, root))
    return [row.text for row in kind.deriver(params.data, network, root).derive(branch, start, count)]


def parts_of(text: str, network: Network | None = None) -> AddressParts:
    (parts,) = [parts for kind in KINDS if (parts := kind.read(text, network)) is not None]
    return parts


@pytest.mark.parametrize("row", VECTORS["cardano_byron_addresses_published"], ids=lambda row: row["path"])
def test_published_byron_addresses_come_out(row: dict[str, str]) -> None:
    number, index = (int(step.strip("'")) for step in row["path"].split("/"))
    root = root_of(row["mnemonic"])
    assert addresses(CARDANO_BYRON, Network.MAINNET, number, 0, index, 1, root) == [row["address"]]


@pytest.mark.parametrize(
    "row", BYRON["rows"], ids=lambda row: f"{row['account_index']}/{row['address_index']}"
)
def test_byron_addresses_of_both_networks_come_out(row: dict[str, Any]) -> None:
    number, index = row["account_index"] - FIRST_HARDENED, row["address_index"] - FIRST_HARDENED
    root = root_of(BYRON["mnemonic"])
    if index > LAST_SEQUENTIAL:
        with pytest.raises(IndexError, match="indices are 0 to 2147483646"):
            addresses(CARDANO_BYRON, Network.MAINNET, number, 0, index, 1, root)
        return
    for network, name in ((Network.MAINNET, "address"), (Network.TESTNET, "testnet_magic_1097911063")):
        assert addresses(CARDANO_BYRON, network, number, 0, index, 1, root) == [row[name]]
        parts = parts_of(row[name], network)
        assert (parts.kind, parts.network) == ("cardano-byron", network)


@pytest.mark.parametrize(
    "row", VECTORS["cardano_icarus_addresses_published"], ids=lambda row: f"{row['path']} {row['seed'][:8]}"
)
def test_published_icarus_addresses_come_out(row: dict[str, str]) -> None:
    number, role, index = (int(step.strip("'")) for step in row["path"].split("/")[3:])
    root = root_of_seed_field(row["seed"])
    assert addresses(CARDANO_ICARUS, Network.MAINNET, number, role, index, 1, root) == [row["address"]]
    assert parts_of(row["address"]).kind == "cardano-icarus"


@pytest.mark.parametrize("row", SHELLEY["rows"], ids=lambda row: str(row["index"]))
def test_published_shelley_addresses_come_out(row: dict[str, Any]) -> None:
    for network, name in ((Network.MAINNET, "mainnet"), (Network.TESTNET, "testnet")):
        for kind, form in ((CARDANO_SHELLEY, "base"), (CARDANO_ENTERPRISE, "enterprise")):
            assert addresses(kind, network, 0, 0, row["index"], 1) == [row[f"{form}_{name}"]]
            assert parts_of(row[f"{form}_{name}"], network).kind == kind.name
        assert addresses(CARDANO_SHELLEY, network, 0, 2, 0, 1) == [SHELLEY[f"stake_{name}"]]


def test_the_reward_address_of_cip_11_comes_out() -> None:
    published = VECTORS["cip11_published"]
    root = root_of(published["mnemonic"])
    assert addresses(CARDANO_SHELLEY, Network.MAINNET, 0, 2, 0, 1, root) == [published["reward_mainnet"]]


def test_a_passphrase_of_the_words_makes_other_icarus_addresses() -> None:
    plain = addresses(CARDANO_ICARUS, Network.MAINNET, 0, 0, 0, 1)
    extra = addresses(CARDANO_ICARUS, Network.MAINNET, 0, 0, 0, 1, root_of(SHELLEY["mnemonic"], "foo"))
    assert plain != extra


def test_the_first_twenty_byron_addresses_are_those_of_another_library() -> None:
    peer = CardanoByronLegacy.FromSeed(CardanoByronLegacySeedGenerator(SHELLEY["mnemonic"]).Generate())
    expected = [peer.GetAddress(1, index) for index in range(20)]
    assert addresses(CARDANO_BYRON, Network.MAINNET, 1, 0, 0, 20) == expected


@pytest.mark.parametrize("role", [0, 1])
def test_the_first_twenty_icarus_addresses_are_those_of_another_library(role: int) -> None:
    seed = CardanoIcarusSeedGenerator(SHELLEY["mnemonic"]).Generate()
    account = Bip44.FromSeed(seed, Bip44Coins.CARDANO_BYRON_ICARUS).Purpose().Coin().Account(3)
    chain = account.Change(Bip44Changes(role))
    expected = [chain.AddressIndex(index).PublicKey().ToAddress() for index in range(20)]
    assert addresses(CARDANO_ICARUS, Network.MAINNET, 3, role, 0, 20) == expected


@pytest.mark.parametrize("network", PEER_COINS)
@pytest.mark.parametrize("role", [0, 1])
def test_the_first_twenty_shelley_addresses_are_those_of_another_library(role: int, network: Network) -> None:
    seed = CardanoIcarusSeedGenerator(SHELLEY["mnemonic"]).Generate()
    account = Cip1852.FromSeed(seed, PEER_COINS[network]).Purpose().Coin().Account(3)
    chain = CardanoShelley.FromCip1852Object(account).Change(Bip44Changes(role))
    expected = [chain.AddressIndex(index).PublicKeys().ToAddress() for index in range(20)]
    assert addresses(CARDANO_SHELLEY, network, 3, role, 0, 20) == expected


@pytest.mark.parametrize("kind", SOFT, ids=lambda kind: kind.name)
@pytest.mark.parametrize(
    "as_text", [account_key.encode, lambda key: key.to_bytes().hex()], ids=["bech32", "hex"]
)
def test_a_public_key_alone_gives_the_same_addresses(kind: AccountKind, as_text: Any) -> None:
    from_words = kind.enrol(Enrolment(Network.MAINNET, 1, ROOT))
    key = account_key.parse(json.loads(from_words.data)["key"])
    watched = kind.enrol(Enrolment(Network.MAINNET, 0, public=as_text(key)))
    assert watched.same_key == from_words.same_key
    deriver = kind.deriver(watched.data, Network.MAINNET)
    assert [row.text for row in deriver.derive(0, 0, 3)] == addresses(kind, Network.MAINNET, 1, 0, 0, 3)
    assert deriver.path(0, 7) == "0/7"


def test_the_published_account_key_is_the_one_that_the_words_give() -> None:
    params = CARDANO_SHELLEY.enrol(Enrolment(Network.MAINNET, 0, ROOT))
    key = account_key.parse(json.loads(params.data)["key"])
    assert key == SoftKey.from_bytes(bytes.fromhex(SHELLEY["account_xpub_bytes"]))


def test_hex_that_could_be_a_private_key_is_refused() -> None:
    looks_private = bytes([0x58, *[1] * 30, 0x5F]) + bytes(32)
    with pytest.raises(ExtendedKeyError, match="could be a private key"):
        CARDANO_SHELLEY.enrol(Enrolment(Network.MAINNET, 0, public=looks_private.hex()))


@pytest.mark.parametrize("private", ["acct_xsk1qqqq", "root_xsk1qqqq", "ab" * 96, "ab" * 128, "xprv9s21"])
@pytest.mark.parametrize("kind", SOFT, ids=lambda kind: kind.name)
def test_a_private_key_is_refused_and_in_no_message(kind: AccountKind, private: str) -> None:
    with pytest.raises(PrivateKeyGivenError) as refused:
        kind.enrol(Enrolment(Network.MAINNET, 0, public=private))
    assert private not in str(refused.value)


@pytest.mark.parametrize("text", ["", "acct_xvk1", "02" * 64, "ab" * 63, "addr1qqqq", "xpub661MyMwAqRbcF"])
def test_what_is_no_account_key_is_refused(text: str) -> None:
    with pytest.raises(ExtendedKeyError):
        CARDANO_SHELLEY.enrol(Enrolment(Network.MAINNET, 0, public=text))


def test_byron_is_made_from_words_alone() -> None:
    with pytest.raises(InvalidInputError, match="recovery words"):
        CARDANO_BYRON.enrol(Enrolment(Network.MAINNET, 0, public="ab" * 64))


@pytest.mark.parametrize("key", ["xpub" + "6" * 107, "[73c5da0a/84h/0h/0h]zpub" + "6" * 107])
def test_a_bitcoin_style_key_is_named_and_the_right_one_asked_for(key: str) -> None:
    with pytest.raises(ExtendedKeyError) as caught:
        CARDANO_SHELLEY.enrol(Enrolment(Network.MAINNET, 0, public=key))
    assert "Bitcoin-style key" in caught.value.text.message
    assert "acct_xvk1" in caught.value.text.hint
    assert "128 hexadecimal digits" in caught.value.text.hint
    params = CARDANO_BYRON.enrol(Enrolment(Network.MAINNET, 0, ROOT))
    with pytest.raises(WordsNeededError):
        CARDANO_BYRON.deriver(params.data, Network.MAINNET).derive(0, 0, 1)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_seed_without_words_is_refused(kind: AccountKind) -> None:
    with pytest.raises(InvalidInputError, match="recovery words"):
        kind.enrol(Enrolment(Network.MAINNET, 0, Root.of_seed(Secret(bytes(64)))))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
@pytest.mark.parametrize("number", [-1, 2**31])
def test_an_account_number_outside_the_range_is_refused(kind: AccountKind, number: int) -> None:
    with pytest.raises(InvalidInputError, match="Account numbers are 0 to 2147483647"):
        kind.enrol(Enrolment(Network.MAINNET, number, ROOT))


def test_byron_addresses_are_known_again_without_the_words() -> None:
    params = CARDANO_BYRON.enrol(Enrolment(Network.MAINNET, 2, ROOT))
    deriver = CARDANO_BYRON.deriver(params.data, Network.MAINNET)
    (mine,) = addresses(CARDANO_BYRON, Network.MAINNET, 2, 0, 1_000_000, 1)
    (other,) = addresses(CARDANO_BYRON, Network.MAINNET, 2, 0, 0, 1, root_of(BYRON["mnemonic"]))
    assert deriver.place_of(mine) == (2, 1_000_000)
    assert deriver.place_of(other) is None


@pytest.mark.parametrize("row", VECTORS["cardano_byron_must_reject"], ids=lambda row: row["address"][:8])
def test_published_damaged_addresses_are_refused(row: dict[str, str]) -> None:
    for kind in KINDS:
        with pytest.raises(AddressUnreadableError):
            kind.read(row["address"])


EXAMPLES = [
    addresses(kind, network, 0, branch, 0, 1)[0]
    for network in (Network.MAINNET, Network.TESTNET)
    for kind, branch in ((CARDANO_BYRON, 0), (CARDANO_ICARUS, 0), (CARDANO_SHELLEY, 0), (CARDANO_SHELLEY, 2))
]


@pytest.mark.parametrize("text", EXAMPLES)
def test_a_cut_or_longer_address_is_refused_for_what_it_is(text: str) -> None:
    for damaged in (text[:-1], f"{text}q", f"{text}{text[-8:]}"):
        with pytest.raises(AddressUnreadableError):
            CARDANO_SHELLEY.read(damaged)


@pytest.mark.parametrize("text", EXAMPLES)
def test_an_address_of_the_other_network_is_named(text: str) -> None:
    here = Network(parts_of(text).network)
    elsewhere = Network.TESTNET if here is Network.MAINNET else Network.MAINNET
    with pytest.raises(AddressNetworkError, match=f"Cardano {here}"):
        CARDANO_SHELLEY.read(text, elsewhere)


def test_mixed_case_is_refused() -> None:
    text = addresses(CARDANO_SHELLEY, Network.MAINNET, 0, 0, 0, 1)[0]
    with pytest.raises(AddressUnreadableError):
        CARDANO_SHELLEY.read(
            text[:-1] + text[-1].upper() if text[-1].isalpha() else text[:6].upper() + text[6:]
        )
    assert parts_of(text.upper()) == parts_of(text)


def test_a_byron_address_with_another_beginning_is_known_by_its_bytes() -> None:
    text = byron_address.encode(ByronAddress(b"\xff" * 28, b"\x41\x05", magic=4294967295))
    assert not text.startswith(("Ddz", "Ae2", "37bt", "2cWKMJemoBa"))
    assert parts_of(text).network == "magic 4294967295"


@given(st.text(max_size=40))
def test_what_is_no_cardano_address_is_nobodys(text: str) -> None:
    if not text.lower().startswith(("addr", "stake")):
        assert CARDANO_SHELLEY.read(text) is None
