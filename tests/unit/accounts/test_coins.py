"""Accounts of Dash, Litecoin, Dogecoin and Bitcoin Cash, judged by bip-utils."""

import pytest
from bip_utils import (
    Bip32Slip10Secp256k1,
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

from pillarbox.accounts import KINDS
from pillarbox.accounts.bitcoin import P2PKH, BitcoinKind
from pillarbox.accounts.coins import (
    BITCOIN_CASH_P2PKH,
    COIN_KINDS,
    DASH_P2PKH,
    DOGECOIN_P2PKH,
    LITECOIN_P2PKH,
    LITECOIN_P2SH_P2WPKH,
    LITECOIN_P2WPKH,
)
from pillarbox.accounts.descriptor import named_kind
from pillarbox.accounts.kind import Enrolment
from pillarbox.accounts.other_kind import KeyKindError
from pillarbox.bitcoin import base58
from pillarbox.bitcoin.script import AddressUnknownError, AddressUnreadableError, OutputForm, parse_address
from pillarbox.keys.extended_key import PrivateKeyGivenError
from pillarbox.keys.root import Root
from pillarbox.model.network import BITCOIN_CASH, Network
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
    (BITCOIN_CASH_P2PKH, MAIN, Bip44.FromSeed(SEED, Bip44Coins.BITCOIN_CASH)),
    (BITCOIN_CASH_P2PKH, TEST, Bip44.FromSeed(SEED, Bip44Coins.BITCOIN_CASH_TESTNET)),
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


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6aa", "too short or too long"),
        ("bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6", "too short or too long"),
        ("bitcoincash:Qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a", "mixes"),
        ("bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6b", "character"),
        ("bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx7a", "checksum"),
    ],
)
def test_a_damaged_cash_address_is_told_from_an_unknown_one(text: str, why: str) -> None:
    with pytest.raises(AddressUnreadableError, match=why) as refused:
        parse_address(text, BITCOIN_CASH)
    assert not isinstance(refused.value, AddressUnknownError)


def test_a_cash_address_is_read_in_all_its_forms() -> None:
    published = "bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a"
    expected = parse_address(published, BITCOIN_CASH)
    for text in (published.upper(), published.partition(":")[2], "1BpEi6DfDAUFd7GtittLSdBeYJvcoaVggu"):
        assert parse_address(text, BITCOIN_CASH).output == expected.output
    script = parse_address("bitcoincash:ppm2qsznhks23z7629mms6s4cwef74vcwvn0h829pq", BITCOIN_CASH).output
    assert (script.form, script.program) == (OutputForm.P2SH, expected.output.program)


def test_a_cash_address_without_prefix_keeps_its_network() -> None:
    text = _first_five(BITCOIN_CASH_P2PKH, TEST)[0].partition(":")[2]
    assert BITCOIN_CASH_P2PKH.read(text, TEST) is not None
    assert BITCOIN_CASH_P2PKH.read(text, MAIN) is None


@pytest.mark.parametrize(
    ("coin", "kind"),
    [
        (Bip44Coins.DOGECOIN, DOGECOIN_P2PKH),
        (Bip44Coins.DOGECOIN_TESTNET, DOGECOIN_P2PKH),
        (Bip44Coins.LITECOIN_TESTNET, LITECOIN_P2PKH),
    ],
)
def test_a_coins_own_extended_keys_make_its_accounts_and_no_others(
    coin: Bip44Coins, kind: BitcoinKind
) -> None:
    network = MAIN if coin is Bip44Coins.DOGECOIN else TEST
    account = Bip44.FromSeed(SEED, coin).Purpose().Coin().Account(0)
    public = account.PublicKey().ToExtended()
    params = kind.enrol(Enrolment(network, 0, public=public))
    assert [row.text for row in kind.deriver(params.data, network).derive(0, 0, 5)] == _first_five(
        kind, network
    )
    assert named_kind(public) == kind.name
    with pytest.raises(KeyKindError, match=kind.coin.title):
        P2PKH.enrol(Enrolment(network, 0, public=public))
    with pytest.raises(PrivateKeyGivenError):
        kind.enrol(Enrolment(network, 0, public=account.PrivateKey().ToExtended()))


def _public(purpose: int, version: str) -> str:
    """The public key of the first Litecoin account of a purpose, written with a version's letters."""
    node = Bip32Slip10Secp256k1.FromSeed(SEED).DerivePath(f"m/{purpose}'/2'/0'").PublicKey()
    return base58.encode_check(bytes.fromhex(version) + base58.decode_check(node.ToExtended())[4:])


@pytest.mark.parametrize(
    ("kind", "key", "kinds"),
    [
        (P2PKH, _public(44, "019da462"), {"litecoin-p2pkh", "litecoin-p2wpkh", "litecoin-p2sh-p2wpkh"}),
        (P2PKH, _public(49, "01b26ef6"), {"litecoin-p2sh-p2wpkh"}),
        (DASH_P2PKH, _public(84, "04b24746"), {"bitcoin-p2wpkh"}),
        (LITECOIN_P2PKH, _public(84, "04b24746"), {"litecoin-p2wpkh"}),
    ],
)
def test_for_a_key_of_another_kind_only_kinds_that_exist_are_advised(
    kind: BitcoinKind, key: str, kinds: set[str]
) -> None:
    with pytest.raises(KeyKindError) as caught:
        kind.enrol(Enrolment(MAIN, 0, public=key))
    advised = set(caught.value.text.hint.partition(", or export")[0].split()) - {"Add", "an", "account"}
    assert advised - {"of", "kind", "or"} == kinds <= set(KINDS.names)


def test_a_public_key_alone_says_no_path_of_another_coin() -> None:
    key = _public(84, "0488b21e")
    alone = LITECOIN_P2WPKH.enrol(Enrolment(MAIN, 0, public=key))
    assert alone.path == ""
    assert LITECOIN_P2WPKH.deriver(alone.data, MAIN).path(0, 7) == "0/7"
    told = LITECOIN_P2WPKH.enrol(Enrolment(MAIN, 0, public=f"[73c5da0a/84h/2h/0h]{key}"))
    assert (told.path, told.same_key) == ("m/84'/2'/0'", alone.same_key)


def test_accounts_of_two_coins_are_never_the_same() -> None:
    with Secret(SEED) as seed, Root.of_seed(seed) as root:
        keys = {kind.enrol(Enrolment(TEST, 0, root)).same_key for kind in COIN_KINDS}
    assert len(keys) == len(COIN_KINDS)
