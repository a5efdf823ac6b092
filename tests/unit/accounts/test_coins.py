"""Accounts of Dash, Litecoin and Dogecoin, judged by bip-utils."""

import pytest
from bip_utils import (
    Bip39SeedGenerator,
    Bip44,
    Bip44Changes,
    Bip44Coins,
    Bip49,
    Bip49Coins,
    Bip84,
    Bip84Coins,
)
from bip_utils.bip.bip44_base import Bip44Base
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.accounts.bitcoin import BitcoinKind
from pillarbox.accounts.coins import (
    COIN_KINDS,
    DASH_P2PKH,
    DOGECOIN_P2PKH,
    LITECOIN_P2PKH,
    LITECOIN_P2SH_P2WPKH,
    LITECOIN_P2WPKH,
)
from pillarbox.accounts.kind import Enrolment
from pillarbox.bitcoin import base58
from pillarbox.bitcoin.script import AddressUnknownError, AddressUnreadableError, parse_address
from pillarbox.keys.root import Root
from pillarbox.model.network import Network
from pillarbox.secret import Secret

SEED = Bip39SeedGenerator("abandon " * 11 + "about").Generate()
MAIN, TEST = Network.MAINNET, Network.TESTNET

JUDGED = [
    (DASH_P2PKH, MAIN, Bip44.FromSeed(SEED, Bip44Coins.DASH)),
    (DASH_P2PKH, TEST, Bip44.FromSeed(SEED, Bip44Coins.DASH_TESTNET)),
    (LITECOIN_P2PKH, MAIN, Bip44.FromSeed(SEED, Bip44Coins.LITECOIN)),
    (LITECOIN_P2PKH, TEST, Bip44.FromSeed(SEED, Bip44Coins.LITECOIN_TESTNET)),
    (LITECOIN_P2SH_P2WPKH, MAIN, Bip49.FromSeed(SEED, Bip49Coins.LITECOIN)),
    (LITECOIN_P2SH_P2WPKH, TEST, Bip49.FromSeed(SEED, Bip49Coins.LITECOIN_TESTNET)),
    (LITECOIN_P2WPKH, MAIN, Bip84.FromSeed(SEED, Bip84Coins.LITECOIN)),
    (LITECOIN_P2WPKH, TEST, Bip84.FromSeed(SEED, Bip84Coins.LITECOIN_TESTNET)),
    (DOGECOIN_P2PKH, MAIN, Bip44.FromSeed(SEED, Bip44Coins.DOGECOIN)),
    (DOGECOIN_P2PKH, TEST, Bip44.FromSeed(SEED, Bip44Coins.DOGECOIN_TESTNET)),
]


def _first_five(kind: BitcoinKind, network: Network) -> list[str]:
    with Secret(SEED) as seed, Root.of_seed(seed) as root:
        params = kind.enrol(Enrolment(network, 0, root))
    return [row.text for row in kind.deriver(params.data, network).derive(0, 0, 5)]


@pytest.mark.parametrize(("kind", "network", "master"), JUDGED)
def test_the_first_addresses_are_those_of_bip_utils(
    kind: BitcoinKind, network: Network, master: Bip44Base
) -> None:
    branch = master.Purpose().Coin().Account(0).Change(Bip44Changes.CHAIN_EXT)
    expected = [branch.AddressIndex(index).PublicKey().ToAddress() for index in range(5)]
    assert _first_five(kind, network) == expected


@pytest.mark.parametrize(("kind", "network"), [row[:2] for row in JUDGED])
def test_an_address_is_read_on_its_own_network_only(kind: BitcoinKind, network: Network) -> None:
    text = _first_five(kind, network)[0]
    other = TEST if network is MAIN else MAIN
    parts = kind.read(text)
    assert parts is not None
    assert (parts.kind, parts.network) == (kind.name, network)
    assert kind.read(text, other) is None


@pytest.mark.parametrize("kind", COIN_KINDS, ids=lambda kind: kind.name)
def test_a_truncated_or_over_long_address_is_refused(kind: BitcoinKind) -> None:
    text = _first_five(kind, MAIN)[0]
    for damaged in (text[:-1], text + "q"):
        assert kind.read(damaged) is None
        with pytest.raises(AddressUnreadableError) as caught:
            parse_address(damaged, kind.coin)
        assert not isinstance(caught.value, AddressUnknownError)


def test_a_payload_of_another_length_is_refused_though_its_checksum_holds() -> None:
    assert DASH_P2PKH.read(base58.encode_check(b"\x4c" + bytes(21))) is None
    assert DASH_P2PKH.read(base58.encode_check(b"\x4c" + bytes(19))) is None


def test_mixed_case_is_refused() -> None:
    text = _first_five(LITECOIN_P2WPKH, MAIN)[0]
    assert LITECOIN_P2WPKH.read(text.upper()) is not None
    assert LITECOIN_P2WPKH.read("L" + text[1:]) is None


@given(st.sampled_from(COIN_KINDS), st.data())
def test_any_one_changed_character_is_refused(kind: BitcoinKind, data: st.DataObject) -> None:
    text = _first_five(kind, MAIN)[0]
    place = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.sampled_from(base58.ALPHABET.replace(text[place], "")))
    assert kind.read(text[:place] + other + text[place + 1 :]) is None


def test_accounts_of_two_coins_are_never_the_same() -> None:
    with Secret(SEED) as seed, Root.of_seed(seed) as root:
        keys = {kind.enrol(Enrolment(TEST, 0, root)).same_key for kind in COIN_KINDS}
    assert len(keys) == len(COIN_KINDS)
