import pytest
import segno
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.bitcoin.payment_link import (
    PaymentLink,
    PaymentLinkError,
    build_link,
    format_amount,
    parse_amount,
    parse_link,
    qr_text,
)
from pillarbox.model.network import BITCOIN, DASH, DOGECOIN, LITECOIN, Coin

SEGWIT = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"
LEGACY = "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2"

BITCOIN_CASH = Coin("bitcoin-cash", "Bitcoin Cash", "BCH", "sat", 8, "bitcoincash", 145)
NO_LINKS = Coin("toycoin", "Toycoin", "TOY", "bead", 6, "", 999)
CASH_ADDRESS = "bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a"
TEST_CASH_ADDRESS = "bchtest:pr6m7j9njldwwzlg9v7v53unlr4jkmx6eyvwc0uz5t"

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


def test_links_as_bip21_shows_them_are_read() -> None:
    assert parse_link(f"bitcoin:{LEGACY}") == PaymentLink(LEGACY)
    assert parse_link(f"bitcoin:{LEGACY}?label=Luke-Jr") == PaymentLink(LEGACY, label="Luke-Jr")
    assert parse_link(f"bitcoin:{LEGACY}?amount=20.3&label=Luke-Jr") == PaymentLink(
        LEGACY, 2_030_000_000, "Luke-Jr"
    )
    assert parse_link(
        f"bitcoin:{LEGACY}?amount=50&label=Luke-Jr&message=Donation%20for%20project%20xyz"
    ) == PaymentLink(LEGACY, 5_000_000_000, "Luke-Jr", "Donation for project xyz")
    assert parse_link(f"bitcoin:{LEGACY}?somethingyoudontunderstand=50&somethingelse=999") == PaymentLink(
        LEGACY
    )


@given(st.sampled_from([SEGWIT, LEGACY]), st.none() | st.integers(1, 21_000_000 * 10**8), texts, texts)
def test_a_link_reads_as_it_was_built(address: str, amount: int | None, label: str, message: str) -> None:
    link = PaymentLink(address, amount, label, message)
    assert parse_link(build_link(link)) == link


def test_a_link_holds_no_character_that_a_browser_would_change() -> None:
    text = build_link(PaymentLink(SEGWIT, 150_000, "Café & Bar #1", "50% + tip?"))
    assert text == (
        f"bitcoin:{SEGWIT}?amount=0.0015&label=Caf%C3%A9%20%26%20Bar%20%231&message=50%25%20%2B%20tip%3F"
    )


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("req-somethingyoudontunderstand=50", "requires"),
        ("REQ-other=1", "requires"),
        ("amount=1&amount=1", "twice"),
        ("label=a&label=b", "twice"),
        ("amount=", "decimal number"),
        ("amount=.5", "decimal number"),
        ("amount=1.", "decimal number"),
        ("amount=1,5", "decimal number"),
        ("amount=-1", "decimal number"),
        ("amount=+1", "decimal number"),
        ("amount=1e3", "decimal number"),
        ("amount=0x1", "decimal number"),
        ("amount=1.2.3", "decimal number"),
        ("amount=\N{ARABIC-INDIC DIGIT ONE}", "decimal number"),
        ("amount=0.123456789", "8 decimals"),
        ("amount=" + "9" * 30, "more than there is"),
        ("label=%ff", "damaged"),
    ],
)
def test_what_is_unclear_is_refused(query: str, why: str) -> None:
    with pytest.raises(PaymentLinkError, match=why):
        parse_link(f"bitcoin:{SEGWIT}?{query}")


@pytest.mark.parametrize(
    "text",
    [
        "",
        SEGWIT,
        f"litecoin:{SEGWIT}",
        "bitcoin:",
        "bitcoin:?amount=1",
        f"bitcoin://{SEGWIT}",
        f"bitcoin:{SEGWIT[:-1]}5",
        f"bitcoin:{SEGWIT}?message={'x' * 5000}",
    ],
)
def test_what_is_no_payment_link_is_refused(text: str) -> None:
    with pytest.raises(PaymentLinkError):
        parse_link(text)


def test_a_link_in_capitals_is_the_same_link() -> None:
    assert parse_link(f"BITCOIN:{SEGWIT.upper()}") == PaymentLink(SEGWIT)


def test_a_lone_segwit_address_makes_a_smaller_code_in_capitals() -> None:
    link = PaymentLink(SEGWIT)
    assert qr_text(link) == f"BITCOIN:{SEGWIT.upper()}"
    assert parse_link(qr_text(link)) == link
    assert segno.make(qr_text(link)).mode == "alphanumeric"


def test_a_code_keeps_what_capitals_would_change() -> None:
    assert qr_text(PaymentLink(LEGACY)) == f"bitcoin:{LEGACY}"
    labelled = PaymentLink(SEGWIT, label="Rent")
    assert qr_text(labelled) == build_link(labelled)


@given(st.integers(1, 21_000_000 * 10**8))
def test_amounts_read_as_written(amount: int) -> None:
    assert parse_amount(format_amount(amount)) == amount


@pytest.mark.parametrize(
    "text",
    ["0", "0.00000000", "-1", "21000000.00000001", "92233720368.54775808", "9" * 20, "9" * 4000],
)
def test_no_amount_is_nothing_or_more_than_there_is(text: str) -> None:
    with pytest.raises(PaymentLinkError):
        parse_amount(text)
    with pytest.raises(PaymentLinkError):
        parse_link(f"bitcoin:{SEGWIT}?amount={text}")


def test_the_whole_supply_is_an_amount() -> None:
    assert parse_amount("21000000") == 21_000_000 * 10**8


def test_amounts_are_written_without_trailing_zeros() -> None:
    assert [format_amount(amount) for amount in (0, 1, 100_000_000, 150_000)] == [
        "0",
        "0.00000001",
        "1",
        "0.0015",
    ]


def test_an_address_that_begins_with_its_scheme_does_not_get_it_twice() -> None:
    link = PaymentLink(CASH_ADDRESS, 150_000)
    assert build_link(link, BITCOIN_CASH) == f"{CASH_ADDRESS}?amount=0.0015"
    assert qr_text(PaymentLink(CASH_ADDRESS), BITCOIN_CASH) == CASH_ADDRESS


def test_a_cash_address_of_the_test_network_keeps_the_scheme_that_it_has() -> None:
    link = PaymentLink(TEST_CASH_ADDRESS, 150_000)
    assert build_link(link, BITCOIN_CASH) == f"{TEST_CASH_ADDRESS}?amount=0.0015"


def test_a_link_of_another_coin_is_read_with_its_addresses() -> None:
    link = PaymentLink("XoJA8qE3N2Y3jMLEtZ3vcN42qseZ8LvFf5", 150_000, "Rent")
    assert parse_link(build_link(link, DASH), DASH) == link
    with pytest.raises(PaymentLinkError):
        parse_link(build_link(link, DASH).replace("dash:", "bitcoin:"))


def test_a_coin_without_payment_links_has_its_address_alone_in_link_and_code() -> None:
    link = PaymentLink("toy:0:0:3", 150_000, "Rent", "for May")
    assert (build_link(link, NO_LINKS), qr_text(link, NO_LINKS)) == ("toy:0:0:3", "toy:0:0:3")


def test_an_amount_is_held_against_the_supply_of_its_own_coin() -> None:
    assert parse_amount("84000000", LITECOIN) == 84_000_000 * 10**8
    assert parse_amount("5000000000", DOGECOIN) == 5_000_000_000 * 10**8
    for text, coin in (("84000000.00000001", LITECOIN), ("21000001", BITCOIN), ("92233720369", DOGECOIN)):
        with pytest.raises(PaymentLinkError, match="more than there is"):
            parse_amount(text, coin)
