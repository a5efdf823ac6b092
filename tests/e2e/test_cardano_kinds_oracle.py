"""Emurgo's Cardano library as the second opinion: the same words give the same addresses there."""

import random
from dataclasses import replace
from itertools import product

import pytest
from peers.oracle import Oracle

from pillarbox.cardano import byron_address, shelley_address
from pillarbox.commands.inspect_addresses import inspect_derive

pytestmark = pytest.mark.e2e

NETWORKS = {"mainnet": (1, 764_824_073), "testnet": (0, 1_097_911_063)}
"""By name: what Shelley and Byron addresses carry."""
ACCOUNTS = (0, 3)
COUNT = 5
HARDENED = 2**31


def random_roots(count: int) -> list[dict[str, str]]:
    """Entropy and passphrases, the same in every run."""
    chance = random.Random("cardano")
    sizes = [chance.choice((16, 20, 24, 28, 32)) for _ in range(count)]
    passphrases = ["" if number % 2 else f"passphrase {number}" for number in range(count)]
    entropies = [chance.randbytes(size).hex() for size in sizes]
    return [
        {"entropy": entropy, "passphrase": passphrase}
        for entropy, passphrase in zip(entropies, passphrases, strict=True)
    ]


ROOTS = random_roots(10)


def addresses(**item: object) -> list[str]:
    found = inspect_derive({"start": 0, "count": COUNT, **item})["addresses"]
    assert isinstance(found, list)
    return found


def without_stake(text: str) -> str:
    """The enterprise address of the same payment key."""
    return shelley_address.encode(replace(shelley_address.decode(text), stake=None))


@pytest.mark.parametrize("network", NETWORKS)
def test_icarus_accounts_have_the_librarys_addresses(cardano_oracle: Oracle, network: str) -> None:
    _, magic = NETWORKS[network]
    places = [
        {**root, "account": account, "role": role} for root, account, role in product(ROOTS, ACCOUNTS, (0, 1))
    ]
    questions = [{**place, "start": 0, "count": COUNT, "magic": magic} for place in places]

    ours = [addresses(kind="cardano-icarus", network=network, **place) for place in places]
    assert ours == cardano_oracle.ask_all("icarus", questions)


@pytest.mark.parametrize("network", NETWORKS)
def test_shelley_accounts_have_the_librarys_addresses(cardano_oracle: Oracle, network: str) -> None:
    network_id, _ = NETWORKS[network]
    places = [
        {**root, "account": account, "role": role} for root, account, role in product(ROOTS, ACCOUNTS, (0, 1))
    ]
    questions = [{**place, "start": 0, "count": COUNT, "networkId": network_id} for place in places]

    ours = [addresses(kind="cardano-shelley", network=network, **place) for place in places]
    theirs = cardano_oracle.ask_all("shelley", questions)
    assert ours == [answer["base"] for answer in theirs]
    assert [[*map(without_stake, texts)] for texts in ours] == [answer["enterprise"] for answer in theirs]


@pytest.mark.parametrize("network", NETWORKS)
def test_shelley_accounts_have_the_librarys_stake_address(cardano_oracle: Oracle, network: str) -> None:
    network_id, _ = NETWORKS[network]
    places = [
        {**root, "account": account, "role": 2, "start": 0, "count": 1}
        for root, account in product(ROOTS, ACCOUNTS)
    ]
    questions = [{**place, "networkId": network_id} for place in places]

    ours = [addresses(kind="cardano-shelley", network=network, **place) for place in places]
    assert ours == [answer["reward"] for answer in cardano_oracle.ask_all("shelley", questions)]


@pytest.mark.parametrize("network", NETWORKS)
def test_the_paths_in_byron_addresses_are_read_from_the_same_words(
    cardano_oracle: Oracle, network: str
) -> None:
    """The scheme takes no passphrase. The library has not its key tree; the path needs the root key only."""
    _, magic = NETWORKS[network]
    questions, paths, texts = [], [], []
    for root, account in product(ROOTS, ACCOUNTS):
        entropy = root["entropy"]
        found = addresses(kind="cardano-byron", network=network, entropy=entropy, account=account)
        for index, text in enumerate(found):
            sealed = byron_address.decode(text).path
            assert sealed is not None
            questions.append({"entropy": entropy, "sealed": sealed[2:].hex()})
            numbers = (HARDENED + account, HARDENED + index)
            paths.append("9f" + "".join(f"1a{number:08x}" for number in numbers) + "ff")
            texts.append(text)

    assert cardano_oracle.ask_all("byronPath", questions) == paths
    theirs = cardano_oracle.read_all("readByron", texts)
    assert [(answer["again"], answer["magic"]) for answer in theirs] == [(text, magic) for text in texts]
