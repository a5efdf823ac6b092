"""What people enter for an indexer."""

import pytest

from pillarbox.chain.cardano_address import IndexerAddress, read_project_key
from pillarbox.errors import InvalidInputError


@pytest.mark.parametrize(
    ("text", "url"),
    [
        (" https://cardano-mainnet.blockfrost.io/api/v0/ ", "https://cardano-mainnet.blockfrost.io/api/v0"),
        ("https://Indexer.Example:3000", "https://indexer.example:3000"),
        ("http://127.0.0.1:3000/api/v0", "http://127.0.0.1:3000/api/v0"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("http://192.168.1.5:3000", "http://192.168.1.5:3000"),
        ("http://[::1]:3000", "http://[::1]:3000"),
        (f"http://{'a' * 56}.onion/api/v0", f"http://{'a' * 56}.onion/api/v0"),
    ],
)
def test_an_indexer_is_named_by_the_root_of_its_interface(text: str, url: str) -> None:
    assert str(IndexerAddress.parse(text)) == url


@pytest.mark.parametrize(
    "text",
    [
        "",
        "cardano-mainnet.blockfrost.io",
        "ftp://indexer.example",
        "http://indexer.example/api/v0",
        "http://8.8.8.8",
        "https://",
        "https://:443",
        "https://host:99999",
        "https://host:",
        "https://1.2.3.999/api/v0",
        "https://user:word@host",
        "https://host/?project_id=1",
        "https://host/#top",
        "https://host/a b",
        "https://ho st",
        "https://[::1",
        "https://host/\r\nproject_id: x",
    ],
)
def test_what_names_no_safe_indexer_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError):
        IndexerAddress.parse(text)


@pytest.mark.parametrize("text", ["", "two words", "line\nbreak", "ключ", "k" * 201])
def test_a_project_key_that_could_not_be_sent_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        read_project_key(text)
    assert not text or text not in str(refusal.value)


def test_a_project_key_is_read_without_the_space_around_it() -> None:
    assert read_project_key(" mainnetAbc\n").text() == "mainnetAbc"
