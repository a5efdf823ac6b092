"""Where servers and proxies are, as people write it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.chain.server_address import ProxyAddress, ServerAddress
from pillarbox.errors import InvalidInputError


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("electrum.example:50002", ServerAddress("electrum.example", 50002, tls=True)),
        ("electrum.example:50002:s", ServerAddress("electrum.example", 50002, tls=True)),
        (" Electrum.Example.:50001:t ", ServerAddress("electrum.example", 50001, tls=False)),
        ("127.0.0.1:1:t", ServerAddress("127.0.0.1", 1, tls=False)),
        ("[2001:DB8::1]:50002", ServerAddress("2001:db8::1", 50002, tls=True)),
    ],
)
def test_an_address_is_read_as_people_write_it(text: str, address: ServerAddress) -> None:
    assert ServerAddress.parse(text) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "electrum.example",
        "electrum.example:",
        "electrum.example:0",
        "electrum.example:65536",
        "electrum.example:50002:x",
        "electrum.example:50002:s:t",
        "https://electrum.example:50002",
        "user@electrum.example:50002",
        "elec trum.example:50002",
        "-electrum.example:50002",
        "electrum..example:50002",
        f"{'a' * 64}.example:50002",
        "2001:db8::1:50002",
        "[2001:db8::g]:50002",
    ],
)
def test_what_names_no_server_is_refused_with_words(text: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        ServerAddress.parse(text)
    assert caught.value.text.title == "This server cannot be used"


hosts = st.from_regex(
    r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?(\.[a-z]{2,8}){0,3}", fullmatch=True
) | st.ip_addresses(v=6).map(str)


@given(st.builds(ServerAddress, hosts, st.integers(1, 65535), st.booleans()))
def test_an_address_written_out_is_read_back(address: ServerAddress) -> None:
    assert ServerAddress.parse(str(address)) == address


def test_only_tor_reaches_an_onion() -> None:
    assert ServerAddress.parse(f"{'a' * 56}.onion:50001:t").onion
    assert not ServerAddress.parse("onion.example:50001:t").onion


def test_a_proxy_is_a_host_and_a_port() -> None:
    assert str(ProxyAddress.parse("127.0.0.1:9050")) == "127.0.0.1:9050"
    assert ProxyAddress.parse("[::1]:9050") == ProxyAddress("::1", 9050)
    with pytest.raises(InvalidInputError):
        ProxyAddress.parse("127.0.0.1:9050:t")
