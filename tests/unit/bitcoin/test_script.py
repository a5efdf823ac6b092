import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.bitcoin import base58
from pillarbox.bitcoin.script import (
    AddressNetworkError,
    AddressUnknownError,
    AddressUnreadableError,
    OutputForm,
    address_to_script,
    p2pkh_script,
    p2sh_script,
    parse_address,
    parse_script,
    script_to_address,
    witness_script,
)
from pillarbox.model.network import Network

KEY_HASH = "751e76e8199196d454941c45d1b3a323f1433bd6"

PUBLISHED = [
    ("BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4", Network.MAINNET, f"0014{KEY_HASH}", OutputForm.P2WPKH),
    (
        "tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sl5k7",
        Network.TESTNET,
        "00201863143c14c5166804bd19203356da136c985678cd4d27a1b8c6329604903262",
        OutputForm.P2WSH,
    ),
    (
        "bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kt5nd6y",
        Network.MAINNET,
        f"5128{KEY_HASH}{KEY_HASH}",
        OutputForm.WITNESS,
    ),
    ("BC1SW50QGDZ25J", Network.MAINNET, "6002751e", OutputForm.WITNESS),
    (
        "bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs",
        Network.MAINNET,
        "5210751e76e8199196d454941c45d1b3a323",
        OutputForm.WITNESS,
    ),
    (
        "tb1qqqqqp399et2xygdj5xreqhjjvcmzhxw4aywxecjdzew6hylgvsesrxh6hy",
        Network.SIGNET,
        "0020000000c4a5cad46221b2a187905e5266362b99d5e91c6ce24d165dab93e86433",
        OutputForm.P2WSH,
    ),
    (
        "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
        Network.MAINNET,
        "512079be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
        OutputForm.P2TR,
    ),
    ("1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH", Network.MAINNET, f"76a914{KEY_HASH}88ac", OutputForm.P2PKH),
    ("mrCDrCybB6J1vRfbwM5hemdJz73FwDBC8r", Network.REGTEST, f"76a914{KEY_HASH}88ac", OutputForm.P2PKH),
    (
        "3JvL6Ymt8MVWiCNHC7oWU6nLeHNJKLZGLN",
        Network.MAINNET,
        "a914bcfeb728b584253d5f3f70bcb780e9ef218a68f487",
        OutputForm.P2SH,
    ),
]

outputs = st.one_of(
    st.builds(p2pkh_script, st.binary(min_size=20, max_size=20)),
    st.builds(p2sh_script, st.binary(min_size=20, max_size=20)),
    st.builds(witness_script, st.just(0), st.sampled_from([bytes(20), bytes(range(32))])),
    st.builds(witness_script, st.integers(1, 16), st.binary(min_size=2, max_size=40)),
)


@pytest.mark.parametrize(("address", "network", "script", "form"), PUBLISHED)
def test_published_addresses_name_their_scripts(
    address: str, network: Network, script: str, form: OutputForm
) -> None:
    assert address_to_script(address, network).hex() == script
    assert parse_address(address).output.form is form
    expected = address if address[0] in "13mn" else address.lower()
    assert script_to_address(bytes.fromhex(script), network) == expected


@given(outputs, st.sampled_from(Network))
def test_a_script_has_one_address_and_the_address_that_script(script: bytes, network: Network) -> None:
    address = script_to_address(script, network)
    assert address is not None
    assert address_to_script(address, network) == script
    parsed = parse_script(script)
    assert parsed is not None
    assert parsed.script == script


@given(st.binary(max_size=50))
def test_any_bytes_are_a_known_script_or_none(script: bytes) -> None:
    parsed = parse_script(script)
    assert parsed is None or parsed.script == script


@pytest.mark.parametrize(
    "script",
    [
        "",
        "6a",
        "6a0461626364",
        "0015" + "00" * 21,
        "0014" + "00" * 19,
        "76a914" + "00" * 20 + "88ad",
        "6102751e",
    ],
)
def test_a_script_without_an_address_has_none(script: str) -> None:
    assert script_to_address(bytes.fromhex(script), Network.MAINNET) is None


def test_an_address_of_another_network_is_refused_by_its_name() -> None:
    with pytest.raises(AddressNetworkError) as caught:
        address_to_script("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", Network.REGTEST)
    assert caught.value.parameters == {"found": "mainnet", "wanted": "regtest"}


def test_test_networks_share_encodings() -> None:
    assert parse_address("mrCDrCybB6J1vRfbwM5hemdJz73FwDBC8r").networks == (
        Network.TESTNET,
        Network.SIGNET,
        Network.REGTEST,
    )
    assert parse_address(PUBLISHED[1][0]).networks == (Network.TESTNET, Network.SIGNET)


@pytest.mark.parametrize(
    "damaged",
    [
        "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5",
        "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3",
        "Bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
        "1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMJ",
        "3JvL6Ymt8MVWiCNHC7oWU6nLeHNJKLZGLn",
    ],
)
def test_a_damaged_address_is_told_from_an_unknown_one(damaged: str) -> None:
    with pytest.raises(AddressUnreadableError) as caught:
        parse_address(damaged)
    assert not isinstance(caught.value, AddressUnknownError)


@pytest.mark.parametrize(
    "foreign",
    [
        "",
        "hello",
        "ltc1qw508d6qejxtdg4y5r3zarvary0c5xw7kgmn4n9",
        "XoJA8qE3N2Y3jMLEtZ3vcN42qseZ8LvFf5",
        "0x52908400098527886E0F7030069857D2E4169EE7",
        base58.encode_check(b"\x00" * 20),
        base58.encode_check(b"\x00" * 22),
    ],
)
def test_a_text_of_no_known_coin_is_said_to_be_unknown(foreign: str) -> None:
    with pytest.raises(AddressUnknownError):
        parse_address(foreign)
