import pytest

from pillarbox.accounts.foreign import ForeignAddressError, PrivateKeyNotAddressError
from pillarbox.accounts.reader import read, spellings, without_link
from pillarbox.accounts.secret_texts import holds_private_key
from pillarbox.bitcoin.script import AddressNetworkError, AddressUnknownError, AddressUnreadableError
from pillarbox.errors import InvalidInputError
from pillarbox.model.network import BITCOIN, BITCOIN_CASH, Network

NAMED = [
    ("1LqBGSKuX5yYUonjxT5qGfpUsXKYYWeabA", "bitcoin-p2pkh", "mainnet"),
    ("37VucYSaXLCAsxYyAPfbSi9eh4iEcbShgf", "bitcoin-p2sh-p2wpkh", "mainnet"),
    ("bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu", "bitcoin-p2wpkh", "mainnet"),
    ("bc1p5cyxnuxmeuwuvkwfem96lqzszd02n6xdcjrs20cac6yqjjwudpxqkedrcr", "bitcoin-p2tr", "mainnet"),
    ("mrCDrCybB6J1vRfbwM5hemdJz73FwDBC8r", "bitcoin-p2pkh", "testnet"),
    ("2Mww8dCYPUpKHofjgcXcBCEGmniw9CoaiD2", "bitcoin-p2sh-p2wpkh", "testnet"),
    ("tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sl5k7", "bitcoin-p2wsh", "testnet"),
    ("XoJA8qE3N2Y3jMLEtZ3vcN42qseZ8LvFf5", "dash-p2pkh", "mainnet"),
    ("yRd4FhXfVGHXpsuZXPNkMrfD9GVj46pnjt", "dash-p2pkh", "testnet"),
    ("ltc1qjmxnz78nmc8nq77wuxh25n2es7rzm5c2rkk4wh", "litecoin-p2wpkh", "mainnet"),
    ("DBus3bamQjgJULBJtYXpEzDWQRwF5iwxgC", "dogecoin-p2pkh", "mainnet"),
    ("BC1SW50QGDZ25J", "bitcoin-witness", "mainnet"),
]

PRIVATE_KEYS = [
    *(f"{letters}{'9' * 107}" for letters in ("xprv", "yprv", "zprv", "tprv", "vprv", "Ltpv", "dgpv")),
    *("5" + "J" * 50, "K" + "w" * 51, "L" + "w" * 51, "9" + "2" * 50, "c" + "N" * 51),
    *(f"{prefix}1{'q' * 100}" for prefix in ("acct_xsk", "root_xsk", "addr_sk", "stake_xsk")),
    "nsec1" + "q" * 58,
]


@pytest.mark.parametrize(("text", "kind", "network"), NAMED)
def test_an_address_is_named_for_what_it_is(text: str, kind: str, network: str) -> None:
    parts = read(f" {text}\n")
    assert (parts.kind, parts.network) == (kind, network)


def test_an_address_tells_what_its_encoding_holds() -> None:
    assert read(NAMED[2][0]).holds == {
        "program": "c0cebcd6c3d3ca8c75dc5ec62ebe55330ef910e2",
        "script": "0014c0cebcd6c3d3ca8c75dc5ec62ebe55330ef910e2",
        "witness_version": 0,
    }
    assert "witness_version" not in read(NAMED[0][0]).holds


def test_an_address_of_several_networks_names_them_all_or_the_one_in_use() -> None:
    parts = read(NAMED[4][0])
    assert parts.holds["networks"] == "testnet signet regtest"
    assert read(NAMED[4][0], Network.REGTEST).network == "regtest"


@pytest.mark.parametrize("text", [NAMED[2][0], NAMED[6][0]])
def test_an_address_of_another_network_is_refused(text: str) -> None:
    with pytest.raises(AddressNetworkError):
        read(text, Network.REGTEST)


def test_a_damaged_address_is_told_from_one_of_an_unknown_coin() -> None:
    with pytest.raises(AddressUnreadableError) as damaged:
        read(NAMED[2][0][:-1] + "p")
    assert damaged.value.code == "address-unreadable"
    with pytest.raises(AddressUnknownError) as unknown:
        read("nothing of any coin")
    assert unknown.value.code == "address-unknown"


def test_another_coins_address_of_another_network_is_refused_by_its_name() -> None:
    with pytest.raises(AddressNetworkError) as caught:
        read("XoJA8qE3N2Y3jMLEtZ3vcN42qseZ8LvFf5", Network.TESTNET)
    assert caught.value.parameters == {"found": "Dash mainnet", "wanted": "testnet"}


@pytest.mark.parametrize(
    "text", ["XoJA8qE3N2Y3jMLEtZ3vcN42qseZ8LvFf6", "ltc1qjmxnz78nmc8nq77wuxh25n2es7rzm5c2rkk4wq"]
)
def test_a_damaged_address_of_another_coin_is_damaged_and_not_unknown(text: str) -> None:
    with pytest.raises(AddressUnreadableError) as caught:
        read(text)
    assert caught.value.code == "address-unreadable"


def test_a_damaged_cash_address_without_its_prefix_is_told_as_one() -> None:
    with pytest.raises(AddressUnreadableError, match="Bitcoin Cash"):
        read("qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6b"[:-1] + "q")


def test_no_text_is_told_as_such() -> None:
    with pytest.raises(InvalidInputError, match="Nothing was given"):
        read("  ")


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("bitcoin:bc1q?amount=0.1", "bc1q"),
        ("BITCOIN:BC1Q?AMOUNT=0.1", "BC1Q"),
        ("litecoin:ltc1q", "ltc1q"),
        ("web+cardano:addr1q?amount=3", "addr1q"),
        ("bitcoincash:qpm2?amount=1", "bitcoincash:qpm2"),
        (" bc1q ", "bc1q"),
        ("toy:1:2:3", "toy:1:2:3"),
    ],
)
def test_a_payment_link_is_read_by_its_address(text: str, address: str) -> None:
    assert without_link(text) == address


@pytest.mark.parametrize(
    "text", ["qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a", "1BpEi6DfDAUFd7GtittLSdBeYJvcoaVggu"]
)
def test_a_cash_address_is_spelled_as_pillarbox_writes_it(text: str) -> None:
    spelled = "bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a"
    assert list(spellings(text, Network.MAINNET, (BITCOIN, BITCOIN_CASH))) == [spelled]
    assert list(spellings(text.upper(), Network.TESTNET, (BITCOIN_CASH,))) == []


@pytest.mark.parametrize("key", PRIVATE_KEYS)
def test_a_private_key_is_told_as_one_and_not_repeated(key: str) -> None:
    with pytest.raises(PrivateKeyNotAddressError) as caught:
        read(key)
    assert key not in str(caught.value.text)


def test_no_address_and_no_public_key_is_taken_for_a_private_key() -> None:
    public = ("zpub" + "6" * 107, "acct_xvk1" + "q" * 100, "npub1" + "q" * 58)
    assert not any(map(holds_private_key, (*(text for text, _, _ in NAMED), *public)))


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("0x52908400098527886E0F7030069857D2E4169EE7", "an Ethereum address"),
        ("lnbc1" + "q" * 60, "a Lightning invoice"),
        ("LNBC2500U1" + "P" * 60, "a Lightning invoice"),
        ("ark1" + "q" * 60, "an Ark address"),
        ("tark1" + "q" * 60, "an Ark address"),
        ("4" + "A" * 94, "a Monero address"),
        ("rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh", "an address of the XRP Ledger"),
        ("t1Hsc1LR8yKnbbe3twRp88p6vFfC5t7DLbs", "a transparent Zcash address"),
        ("zpub" + "6" * 107, "an extended public key"),
    ],
)
def test_what_is_certain_to_be_something_else_is_named(text: str, what: str) -> None:
    with pytest.raises(ForeignAddressError, match=what):
        read(text)
