"""Emurgo's Cardano library as the second opinion: it reads and refuses the addresses that Pillarbox does.

Where the library is laxer, a test says so: Pillarbox refuses what nobody should pay to.
"""

import json
import random
from pathlib import Path

import pytest
from peers.oracle import Oracle

from pillarbox.bitcoin import base58, bech32
from pillarbox.bitcoin.script import AddressUnreadableError
from pillarbox.cardano import byron_address, shelley_address
from pillarbox.cardano.byron_address import ByronAddress
from pillarbox.cardano.shelley_address import Pointer, ShelleyAddress
from pillarbox.keys import mnemonic
from pillarbox.secret import Secret

pytestmark = pytest.mark.e2e

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "addresses.json").read_text())
MAINNET_MAGIC, TESTNET_MAGIC = 764_824_073, 1_097_911_063
FIRST_PATH = bytes.fromhex("9f1a800000001a80000000ff")
"""Account 0', address 0', as CBOR."""
BASE = (
    "addr1qx2fxv2umyhttkxyxp8x0dlpdt3k6cwng5pxj3jhsydzer3n0d3vllmyqwsx5wktcd8cc3sq835lu7drv2xwl2wywfgse35a3x"
)
POINTER = "addr1gx2fxv2umyhttkxyxp8x0dlpdt3k6cwng5pxj3jhsydzer5pnz75xxcrzqf96k"
RAW, RAW_POINTER = (shelley_address.to_bytes(shelley_address.decode(text)) for text in (BASE, POINTER))


@pytest.fixture
def chance() -> random.Random:
    """The same draws in every run."""
    return random.Random("cardano")


def entropy_of(words: str) -> str:
    with Secret.from_text(words) as given, mnemonic.read(given) as known:
        return known.entropy.reveal().hex()


def random_byron(chance: random.Random, count: int) -> list[ByronAddress]:
    """Of both networks, with and without a path."""
    boxes = [None, *(b"\x58\x1c" + chance.randbytes(28) for _ in range(count - 1))]
    magics = (None, TESTNET_MAGIC)
    return [ByronAddress(chance.randbytes(28), box, magic) for box in boxes for magic in magics]


def random_shelley(chance: random.Random, count: int) -> list[ShelleyAddress]:
    """Of both networks and every kind of CIP-19."""
    made = []
    for _ in range(count):
        payment, stake = chance.randbytes(28), chance.randbytes(28)
        pointer = Pointer(chance.randrange(2**32), chance.randrange(1000), chance.randrange(200))
        for network in (0, 1):
            made += [ShelleyAddress(network, payment, tail) for tail in (stake, pointer, None)]
            made += [ShelleyAddress(network, payment, tail, True) for tail in (stake, pointer, None)]
            made += [ShelleyAddress(network, payment, stake, False, True)]
            made += [ShelleyAddress(network, payment, stake, True, True)]
            made += [ShelleyAddress(network, None, stake, False, script) for script in (False, True)]
    return made


def damaged(chance: random.Random, text: str, alphabet: str) -> list[str]:
    """One character changed, one too few, one too many."""
    place = chance.randrange(len(text))
    other = chance.choice(alphabet.replace(text[place], ""))
    return [text[:place] + other + text[place + 1 :], text[:-1], text + chance.choice(alphabet)]


def test_byron_addresses_are_read_alike(cardano_oracle: Oracle, chance: random.Random) -> None:
    published = [row["address"] for row in VECTORS["cardano_byron_addresses_published"]]
    published += [row["address"] for row in VECTORS["cardano_byron_structure_published"]]
    addresses = random_byron(chance, 20) + [byron_address.decode(text) for text in published]
    texts = [byron_address.encode(address) for address in addresses]

    for address, text, theirs in zip(
        addresses, texts, cardano_oracle.read_all("readByron", texts), strict=True
    ):
        assert theirs["again"] == text
        assert theirs["raw"] == byron_address.to_bytes(address).hex()
        assert theirs["magic"] == (address.magic or MAINNET_MAGIC)
        assert (address.path or b"").hex() in theirs["attributes"]


def test_damaged_byron_addresses_are_refused_alike(cardano_oracle: Oracle, chance: random.Random) -> None:
    good = [byron_address.encode(address) for address in random_byron(chance, 20)]
    texts = [text for address in good for text in damaged(chance, address, base58.ALPHABET)]

    for text in texts:
        with pytest.raises(AddressUnreadableError):
            byron_address.decode(text)
    assert cardano_oracle.read_all("readByron", texts) == [None] * len(texts)


def test_a_byron_address_that_something_follows_is_refused_though_the_library_takes_it(
    cardano_oracle: Oracle,
) -> None:
    texts = [row["address"] for row in VECTORS["cardano_byron_must_reject"]]

    for text, theirs in zip(texts, cardano_oracle.read_all("readByron", texts), strict=True):
        with pytest.raises(AddressUnreadableError):
            byron_address.decode(text)
        assert theirs["again"] != text


@pytest.mark.parametrize("row", VECTORS["cardano_byron_addresses_published"], ids=lambda row: row["path"])
def test_who_has_the_words_reads_the_path_of_a_byron_address(
    cardano_oracle: Oracle, row: dict[str, str]
) -> None:
    address = byron_address.decode(row["address"])
    assert address.path is not None
    number = int(row["path"].rstrip("'").rpartition("/")[2])
    path = FIRST_PATH[:-2] + bytes([number]) + FIRST_PATH[-1:]

    sealed = address.path[2:].hex()
    assert cardano_oracle.ask("byronPath", entropy=entropy_of(row["mnemonic"]), sealed=sealed) == path.hex()


def test_shelley_addresses_are_read_alike(cardano_oracle: Oracle, chance: random.Random) -> None:
    addresses = random_shelley(chance, 10)
    texts = [shelley_address.encode(address) for address in addresses]

    for address, theirs in zip(addresses, cardano_oracle.read_all("readShelley", texts), strict=True):
        assert theirs["raw"] == shelley_address.to_bytes(address).hex()
        assert theirs["networkId"] == address.network
        assert theirs["kind"] == kind_of(address)


def kind_of(address: ShelleyAddress) -> str:
    """The library's name for it."""
    if address.payment is None:
        return "Reward"
    if address.stake is None:
        return "Enterprise"
    return "Pointer" if isinstance(address.stake, Pointer) else "Base"


def test_damaged_shelley_addresses_are_refused_alike(cardano_oracle: Oracle, chance: random.Random) -> None:
    good = [shelley_address.encode(address) for address in random_shelley(chance, 5)]
    texts = [text for address in good for text in damaged(chance, address, bech32.ALPHABET)]

    for text in texts:
        with pytest.raises(AddressUnreadableError):
            shelley_address.decode(text)
    assert cardano_oracle.read_all("readShelley", texts) == [None] * len(texts)


def written(raw: bytes, prefix: str = "addr", variant: bech32.Variant = bech32.Variant.BECH32) -> str:
    """Any bytes with a good checksum."""
    return bech32.encode(prefix, bech32.to_values(raw), variant)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(written(b""), id="empty"),
        pytest.param(written(RAW[:-1]), id="one byte short"),
        pytest.param(written(RAW + b"\0"), id="trailing byte"),
        pytest.param(written(b"\x61" + RAW[1:28]), id="enterprise, one byte short"),
        pytest.param(written(b"\x61" + RAW[1:30]), id="enterprise, trailing byte"),
        pytest.param(written(RAW_POINTER[:-1]), id="pointer cut short"),
        pytest.param(written(RAW_POINTER + b"\0"), id="pointer, trailing byte"),
        pytest.param(written(b"\x91" + RAW[1:]), id="unknown kind"),
        pytest.param(written(b"\x82" + RAW[1:]), id="kind of Byron"),
        pytest.param(written(RAW, variant=bech32.Variant.BECH32M), id="Bech32m"),
        pytest.param(BASE[:-1] + "X", id="mixed case"),
    ],
)
def test_nonsense_with_a_good_checksum_is_refused_alike(cardano_oracle: Oracle, text: str) -> None:
    with pytest.raises(AddressUnreadableError):
        shelley_address.decode(text)
    assert cardano_oracle.read_all("readShelley", [text]) == [None]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(written(b"\x02" + RAW[1:]), id="unknown network"),
        pytest.param(written(RAW, "addr_test"), id="prefix of the test networks"),
        pytest.param(written(RAW, "stake"), id="prefix of a stake address"),
        pytest.param(written(b"\xe1" + RAW[1:29]), id="stake address behind addr1"),
        pytest.param(written(RAW, "bc"), id="foreign prefix"),
        pytest.param(written(RAW_POINTER[:29] + b"\x80" + RAW_POINTER[29:]), id="pointer, leading zero"),
    ],
)
def test_a_contradiction_is_refused_though_the_library_takes_it(cardano_oracle: Oracle, text: str) -> None:
    with pytest.raises(AddressUnreadableError):
        shelley_address.decode(text)
    assert cardano_oracle.read_all("readShelley", [text]) != [None]


@pytest.mark.parametrize("row", VECTORS["cardano_icarus_master_published"], ids=lambda row: row["passphrase"])
def test_the_library_has_the_published_icarus_roots(cardano_oracle: Oracle, row: dict[str, str]) -> None:
    entropy, passphrase = entropy_of(row["mnemonic"]), row["passphrase"]

    root = cardano_oracle.ask("icarusRoot", entropy=entropy, passphrase=passphrase)
    assert root == row["master_key"]


@pytest.mark.parametrize("network_id", [0, 1])
def test_the_library_has_the_published_shelley_addresses(cardano_oracle: Oracle, network_id: int) -> None:
    published = VECTORS["cip1852_shelley"]
    network = ("testnet", "mainnet")[network_id]
    root = {
        "entropy": entropy_of(published["mnemonic"]),
        "passphrase": "",
        "account": 0,
        "networkId": network_id,
    }

    for row in published["rows"]:
        theirs = cardano_oracle.ask("shelley", **root, role=0, start=row["index"], count=1)
        assert theirs["base"] == [row[f"base_{network}"]]
        assert theirs["enterprise"] == [row[f"enterprise_{network}"]]
    stake = cardano_oracle.ask("shelley", **root, role=2, start=0, count=1)["reward"]
    assert stake == [published[f"stake_{network}"]]
