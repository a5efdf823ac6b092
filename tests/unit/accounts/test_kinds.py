"""A new kind drops in: the toy kinds go through the same code as Bitcoin's, and nothing knows their names."""

import json
from itertools import groupby

import pytest
from tests.unit.accounts.toy_kind import HARDENED_TOY, TOY, ToyKind

from pillarbox.accounts import KINDS, Kinds, UnknownKindError
from pillarbox.accounts.dash import DASH_KINDS, DashPoolKind, PlatformNodeKind
from pillarbox.accounts.kind import AccountKind, Deriver, Enrolment, KeyNeed, Requirement, Served
from pillarbox.accounts.reader import read
from pillarbox.bitcoin.script import AddressUnknownError
from pillarbox.commands.inspect_addresses import inspect_address, inspect_derive
from pillarbox.errors import WordsNeededError
from pillarbox.keys import mnemonic
from pillarbox.keys.root import Root
from pillarbox.model.network import Network
from pillarbox.secret import Secret

ALL = KINDS.with_kind(TOY).with_kind(HARDENED_TOY)
WORDS = "abandon " * 11 + "about"


def _numbered(kind: AccountKind) -> bool:
    return isinstance(kind, DashPoolKind) and kind.numbered


def _root() -> Root:
    with Secret.from_text(WORDS) as text, mnemonic.read(text) as words:
        return Root.of(words)


ROOT = _root()


SHARED = {"litecoin-p2pkh": "bitcoin"}
"""Kinds whose addresses on test networks are Bitcoin's too, and are read as that."""
ALONE = frozenset(
    kind.name
    for kind in DASH_KINDS
    if isinstance(kind, PlatformNodeKind | DashPoolKind) and not _numbered(kind)
)
"""Kinds with one account."""


def _test_network(kind: AccountKind) -> Network:
    return Network.REGTEST if Network.REGTEST in kind.networks else Network.TESTNET


def _need(kind: AccountKind, network: Network, number: int = 0) -> Enrolment:
    """What an account is made from; with an answer where the kind needs a server."""
    server = bytes.fromhex("03d528ecd9b696b54c907a9ed045447a79bb408ec39b68df504bb51f459bc3ffc9")
    served = Served("https://loop.example", server, 144) if Requirement.SERVER in kind.requires else None
    return Enrolment(network, number, ROOT, served=served)


def _enrolled(kind: AccountKind, number: int = 0) -> tuple[Deriver, str]:
    network = _test_network(kind)
    params = kind.enrol(_need(kind, network, number))
    return kind.deriver(params.data, network, ROOT), params.data


def test_the_list_begins_with_the_default_and_has_every_kind_of_the_contract() -> None:
    assert KINDS.names[:4] == ("bitcoin-p2wpkh", "bitcoin-p2tr", "bitcoin-p2sh-p2wpkh", "bitcoin-p2pkh")
    assert {"dash-p2pkh", "dash-platform"} <= set(KINDS.names)
    assert {"cardano-byron", "cardano-icarus", "cardano-shelley"} <= set(KINDS.names)


def test_kinds_of_one_coin_stand_together() -> None:
    coins = [kind.coin for kind in KINDS]
    assert [coin for coin, _ in groupby(coins)] == list(dict.fromkeys(coins))


def test_adding_a_kind_leaves_the_list_as_it_was() -> None:
    assert "toy" in ALL
    assert "toy" not in KINDS
    assert len(ALL) == len(KINDS) + 2


def test_a_kind_is_found_by_its_name() -> None:
    assert all(ALL.get(kind.name) is kind for kind in ALL)


def test_each_kind_says_what_it_is_for_in_one_short_line() -> None:
    assert {kind.name: kind.sentence for kind in KINDS if len(kind.sentence) > 75} == {}


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("litecoin-p2wkh", "litecoin-p2wpkh"), ("Dash-Platform", "dash-platform"), ("dash", "dash-p2pkh")],
)
def test_of_a_mistyped_kind_those_that_are_near_are_named(typed: str, meant: str) -> None:
    with pytest.raises(UnknownKindError) as caught:
        KINDS.typed(typed)
    assert f"Did you mean {meant}" in caught.value.text.hint
    assert "pillarbox account kinds" in caught.value.text.hint


def test_of_a_kind_like_no_other_only_the_list_is_named() -> None:
    with pytest.raises(UnknownKindError) as caught:
        KINDS.typed("nonsense")
    assert caught.value.text.hint == "All of them: pillarbox account kinds"


def test_an_unknown_kind_is_named_with_the_known_ones() -> None:
    with pytest.raises(UnknownKindError) as caught:
        Kinds([TOY]).get("bitcoin-p2ms")
    assert caught.value.parameters == {"kind": "bitcoin-p2ms", "known": "toy"}


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.name)
def test_every_kind_keeps_the_contract(kind: AccountKind) -> None:
    deriver, data = _enrolled(kind)
    assert json.loads(data)["version"] == 1
    assert kind.gap_limit > 0
    assert any(branch.receives for branch in kind.branches)
    texts = set()
    for branch in kind.branches:
        rows = deriver.derive(branch.number, 3, 10)
        assert [row.index for row in rows] == list(range(3, 13))
        assert list(deriver.derive(branch.number, 7, 1)) == [rows[4]]
        assert deriver.derive(branch.number, 5, 0) == []
        assert len(deriver.derive(branch.number, kind.last_index, 1)) == 1
        with pytest.raises(IndexError):
            deriver.derive(branch.number, kind.last_index, 2)
        assert deriver.path(branch.number, 7).startswith("m/")
        for row in rows:
            network = _test_network(kind)
            parts = read(row.text, network, ALL)
            assert ALL.get(parts.kind).coin.name in {kind.coin.name, SHARED.get(kind.name)}
            assert parts.network == network
        texts |= {row.text for row in rows}
    assert len(texts) == 10 * len(kind.branches)


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.name)
def test_accounts_are_the_same_exactly_when_they_hand_out_the_same(kind: AccountKind) -> None:
    def same_key(network: Network, number: int) -> str:
        return kind.enrol(_need(kind, network, number)).same_key

    assert same_key(_test_network(kind), 0) == same_key(_test_network(kind), 0)
    numbers = range(1 if kind.name in ALONE else 3)
    keys = [same_key(network, number) for network in kind.networks for number in numbers]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.name)
def test_no_secret_stays_in_what_a_kind_keeps(kind: AccountKind) -> None:
    params = kind.enrol(_need(kind, Network.MAINNET))
    for secret in (ROOT.seed, ROOT.entropy):
        assert secret is not None
        assert secret.reveal().hex() not in repr(params)
    assert "prv" not in params.data


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.name)
def test_the_key_is_needed_when_the_kind_says_so(kind: AccountKind) -> None:
    params = kind.enrol(_need(kind, Network.MAINNET))
    without_words = kind.deriver(params.data, Network.MAINNET)
    if kind.key_need is KeyNeed.EACH_ADDRESS:
        with pytest.raises(WordsNeededError):
            without_words.derive(0, 0, 1)
    else:
        with_words = kind.deriver(params.data, Network.MAINNET, ROOT)
        assert without_words.derive(0, 0, 5) == with_words.derive(0, 0, 5)


@pytest.mark.parametrize("kind", [k for k in ALL if not k.requires], ids=lambda kind: kind.name)
def test_the_command_line_inspects_every_kind_alike(kind: AccountKind) -> None:
    derived = inspect_derive(
        {"mnemonic": WORDS, "kind": kind.name, "network": "mainnet", "start": 4, "count": 2}, ALL
    )
    expected = kind.deriver(kind.enrol(Enrolment(Network.MAINNET, 0, ROOT)).data, Network.MAINNET, ROOT)
    assert derived["addresses"] == [row.text for row in expected.derive(0, 4, 2)]
    assert derived["paths"] == [expected.path(0, 4), expected.path(0, 5)]
    named = inspect_address(expected.derive(0, 4, 1)[0].text, ALL)["kind"]
    assert ALL.get(str(named)).coin == kind.coin


def test_an_index_without_an_address_is_missing_and_shifts_nothing() -> None:
    kinds = Kinds([ToyKind(holes=frozenset({1, 2}))])
    derived = inspect_derive({"xpub": "toykey:5", "kind": "toy", "network": "mainnet", "count": 4}, kinds)
    assert derived == {
        "addresses": ["toy:5:0:0", "toy:5:0:3"],
        "paths": ["m/999'/5'/0/0", "m/999'/5'/0/3"],
    }


def test_only_a_known_kind_reads_its_addresses() -> None:
    assert read("toy:0:0:9", kinds=ALL).holds == {"index": 9}
    with pytest.raises(AddressUnknownError):
        read("toy:0:0:9")
