"""Dash's own JavaScript library as the second opinion: the same words give the same addresses there."""

import random
from itertools import product

import pytest
from peers.oracle import Oracle

from pillarbox.accounts import Kinds
from pillarbox.accounts.coins import DASH_P2PKH
from pillarbox.accounts.dash import DASH_KINDS
from pillarbox.accounts.dash_platform import DASH_PLATFORM
from pillarbox.commands.inspect_addresses import inspect_address, inspect_derive
from pillarbox.errors import PillarboxError
from pillarbox.keys import mnemonic
from pillarbox.secret import Secret

pytestmark = pytest.mark.e2e

KINDS = Kinds((DASH_P2PKH, DASH_PLATFORM, *DASH_KINDS))
NETWORKS = {"mainnet": ("livenet", 5, "dash"), "testnet": ("testnet", 1, "tdash")}
"""By our name: the library's name, the coin's number in paths, the prefix of DIP-18."""
ACCOUNTS = (0, 3)
COUNT = 5


def random_roots(count: int) -> list[tuple[str, str]]:
    """Words and passphrases, the same in every run."""
    chance = random.Random("dash")
    roots = []
    for number in range(count):
        entropy = Secret(chance.randbytes(chance.choice((16, 20, 24, 28, 32))))
        with entropy, mnemonic.from_entropy(entropy) as words:
            roots.append((words.words.text(), "" if number % 2 else "ein Pässwort ⚡"))
    return roots


ROOTS = random_roots(10)


@pytest.mark.parametrize("network", NETWORKS)
def test_accounts_have_the_librarys_addresses(dash_oracle: Oracle, network: str) -> None:
    theirs, coin, _ = NETWORKS[network]
    ours, questions = [], []
    for (words, passphrase), account, role in product(ROOTS, ACCOUNTS, (0, 1)):
        root = {"passphrase": passphrase, "start": 0, "count": COUNT}
        item = {"mnemonic": words, "kind": "dash-p2pkh", "network": network, "account": account}
        ours.append(inspect_derive({**item, **root, "role": role}, KINDS)["addresses"])
        path = f"m/44'/{coin}'/{account}'/{role}"
        questions.append({"words": words, "network": theirs, "path": path, **root})

    assert ours == dash_oracle.ask_all("p2pkh", questions)


POOLS = {
    "dash-bip32": "m/{account}'/0",
    "dash-coinjoin": "m/9'/{coin}'/4'/{account}'/0",
    "dash-identity-registration": "m/9'/{coin}'/5'/1'",
    "dash-identity-topup": "m/9'/{coin}'/5'/2'/{account}'",
    "dash-identity-topup-unbound": "m/9'/{coin}'/5'/2'",
    "dash-identity-invitation": "m/9'/{coin}'/5'/3'",
    "dash-provider-voting": "m/9'/{coin}'/3'/1'",
    "dash-provider-owner": "m/9'/{coin}'/3'/2'",
}
"""Where each kind's addresses lie."""


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("kind", POOLS)
def test_every_other_account_has_the_librarys_addresses(dash_oracle: Oracle, kind: str, network: str) -> None:
    theirs, coin, _ = NETWORKS[network]
    ours, questions = [], []
    for words, passphrase in ROOTS:
        for account in ACCOUNTS if "{account}" in POOLS[kind] else (0,):
            root = {"passphrase": passphrase, "start": 0, "count": COUNT}
            item = {"mnemonic": words, "kind": kind, "network": network, "account": account}
            ours.append(inspect_derive({**item, **root}, KINDS)["addresses"])
            path = POOLS[kind].format(coin=coin, account=account)
            questions.append({"words": words, "network": theirs, "path": path, **root})
    assert ours == dash_oracle.ask_all("p2pkh", questions)


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("key_class", [0, 1])
def test_platform_accounts_have_the_librarys_keys(dash_oracle: Oracle, network: str, key_class: int) -> None:
    theirs, coin, prefix = NETWORKS[network]
    ours, questions = [], []
    for (words, passphrase), account in product(ROOTS, ACCOUNTS):
        root = {"passphrase": passphrase, "start": 0, "count": COUNT}
        item = {"mnemonic": words, "kind": "dash-platform", "network": network, "account": account}
        ours.append(inspect_derive({**item, **root, "key_class": key_class}, KINDS)["addresses"])
        path = f"m/9'/{coin}'/17'/{account}'/{key_class}'"
        questions.append({"words": words, "network": theirs, "path": path, "prefix": prefix, **root})

    assert ours == dash_oracle.ask_all("platform", questions)


@pytest.mark.parametrize(
    "address",
    [
        "XoJA8qE3N2Y3jMLEtZ3vcN42qseZ8LvFf5",
        "yRd4FhXfVGHXpsuZXPNkMrfD9GVj46pnjt",
    ],
)
def test_an_address_is_read_alike(dash_oracle: Oracle, address: str) -> None:
    ours, theirs = inspect_address(address, KINDS), dash_oracle.ask("read", text=address)

    assert NETWORKS[str(ours["network"])][0] == theirs["network"]
    assert theirs["hash"] in ours.values()


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("XoJA8qE3N2Y3jMLEtZ3vcN42qseZ8LvFf", id="truncated"),
        pytest.param("XoJA8qE3N2Y3jMLEtZ3vcN42qseZ8LvFf55", id="over-long"),
        pytest.param("XoJA8qE3N2Y3jMLEtZ3vcN42qseZ8LvFf6", id="checksum"),
    ],
)
def test_an_address_is_refused_alike(dash_oracle: Oracle, address: str) -> None:
    with pytest.raises(PillarboxError):
        inspect_address(address, KINDS)
    assert dash_oracle.read_all("read", [address]) == [None]


def test_an_address_of_bitcoin_is_not_dashs(dash_oracle: Oracle) -> None:
    address = "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2"

    assert DASH_P2PKH.read(address) is None
    assert dash_oracle.read_all("read", [address]) == [None]


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("dash1krma5z3ttj75la4m93xcndna9ullamq9y5e9n5r", id="truncated"),
        pytest.param("dash1krma5z3ttj75la4m93xcndna9ullamq9y5e9n5rsq", id="over-long"),
        pytest.param("dash1krma5z3ttj75la4m93xcndna9ullamq9y5e9n5rq", id="checksum"),
        pytest.param("dash1Krma5z3ttj75la4m93xcndna9ullamq9y5e9n5rs", id="mixed case"),
    ],
)
def test_a_platform_address_is_refused_alike(dash_oracle: Oracle, address: str) -> None:
    with pytest.raises(PillarboxError):
        inspect_address(address, KINDS)
    assert dash_oracle.read_all("readPlatform", [address]) == [None]
