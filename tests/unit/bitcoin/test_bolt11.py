"""Lightning invoices, by the examples of BOLT 11."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from coincurve import PublicKey
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.bitcoin import bech32, bolt11
from pillarbox.bitcoin.bech32 import Variant
from pillarbox.bitcoin.bolt11 import Flaw, Invoice, InvoiceError
from pillarbox.model.network import Network
from pillarbox.secret import Secret

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "bolt11.json").read_text())
VALID = {case["title"]: case["invoice"] for case in VECTORS["valid"]}
KEY = Secret(bytes(31) + b"\x07")
COFFEE = next(text for title, text in VALID.items() if "cup of coffee" in title)
HASH = bytes.fromhex("0001020304050607080900010203040506070809000102030405060708090102")
ARTEFACT = (
    "lntb5u1p0pskpmpp5jzw9xvdast2g5lm5tswq6n64t2epe3f4xav43dyd239qr8h3yllqdqqcqzpgsp5m8sfjqgugthk66q3tr4gsqr5rh740"
    "jrq9x4l0kvj5e77nmwqvpnq9qy9qsq72afzu7sfuppzqg3q2pn49hlh66rv7w60h2ruahx857g94s066yzxcjn4yccqc79779sd232v9ewluvu0"
    "tmusvht6r99rld8xsk287cpyac79r"
)
"""The invoice that aperture's own tests use."""


@pytest.mark.parametrize("title", VALID)
def test_the_published_examples_are_read(title: str) -> None:
    invoice = bolt11.parse(VALID[title])
    assert invoice.payment_secret.hex() == "11" * 32
    assert not invoice.unknown_requirements
    if "high-S" not in title:
        assert invoice.payee.hex() == VECTORS["payee"]


def test_what_an_invoice_says_is_read() -> None:
    coffee = bolt11.parse(COFFEE)
    assert (coffee.network, coffee.amount_msat) == (Network.MAINNET, 250_000_000)
    assert (coffee.description, coffee.made_at, coffee.ends_at) == ("1 cup coffee", 1496314658, 1496314718)
    assert coffee.payment_hash == HASH
    pico = next(text for title, text in VALID.items() if "amount in pic" in title)
    assert bolt11.parse(pico).amount_msat == 967_878_534


def test_a_demand_of_the_gateway_that_loop_uses_is_read() -> None:
    invoice = bolt11.parse(ARTEFACT)
    assert (invoice.network, invoice.amount_msat) == (Network.TESTNET, 500_000)
    assert invoice.payment_hash.hex() == "909c5331bd82d48a7f745c1c0d4f555ab21cc535375958b48d544a019ef127fe"


@pytest.mark.parametrize("case", VECTORS["invalid"], ids=lambda case: case["title"][:30])
def test_the_published_wrong_ones_are_refused_or_known_not_to_be_payable(case: dict[str, str]) -> None:
    try:
        invoice = bolt11.parse(case["invoice"])
    except InvoiceError:
        assert "feature" not in case["title"]
        return
    if "feature 100" in case["title"]:
        assert invoice.unknown_requirements == {100}
    else:
        assert "`s`" in case["title"]
        assert invoice.payment_secret == b""


invoices = st.builds(
    Invoice,
    network=st.sampled_from(list(Network)),
    amount_msat=st.none() | st.integers(1, 10**15),
    made_at=st.integers(0, 2**35 - 1),
    payment_hash=st.binary(min_size=32, max_size=32),
    payment_secret=st.binary(min_size=32, max_size=32),
    description=st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
    expiry=st.integers(0, 2**30),
    features=st.frozensets(st.integers(0, 90), max_size=4),
    payee=st.just(PublicKey.from_secret(KEY.reveal()).format()),
)


@given(invoices)
def test_what_is_signed_is_read_back(invoice: Invoice) -> None:
    text = bolt11.sign(invoice, KEY)
    assert bolt11.parse(text) == invoice
    assert bolt11.parse(text.upper()) == invoice


def test_an_invoice_that_never_ends_is_refused() -> None:
    long = replace(bolt11.parse(COFFEE), expiry=1 << 62)
    assert bolt11.parse(bolt11.sign(long, KEY)).expiry == 1 << 62
    with pytest.raises(InvoiceError, match=Flaw.EXPIRY.value):
        bolt11.parse(bolt11.sign(replace(long, expiry=1 << 2_000), KEY))


@given(st.data())
def test_any_one_changed_character_is_refused(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(COFFEE) - 1))
    other = data.draw(st.sampled_from(sorted(set("qpzry9x8gf2tvdw0s3jn54khce6mua7l") - {COFFEE[at]})))
    with pytest.raises(InvoiceError):
        bolt11.parse(COFFEE[:at] + other + COFFEE[at + 1 :])


@given(st.binary(max_size=200).map(lambda data: bytes(byte & 31 for byte in data)))
def test_noise_with_a_good_checksum_is_refused_in_words(values: bytes) -> None:
    for prefix in ("lnbc", "lnbc1u", "lntbs", "xx"):
        with pytest.raises(InvoiceError):
            bolt11.parse(bech32.encode(prefix, values, Variant.BECH32))


@pytest.mark.parametrize(
    ("prefix", "flaw"),
    [("lnbc0u", Flaw.PREFIX), ("lnbc01u", Flaw.PREFIX), ("lnxy", Flaw.PREFIX), ("lnbc1p", Flaw.AMOUNT)],
)
def test_an_amount_or_a_network_that_cannot_be_is_named(prefix: str, flaw: Flaw) -> None:
    _, values, _ = bech32.decode(COFFEE, bolt11.LONGEST)
    with pytest.raises(InvoiceError, match=flaw.value):
        bolt11.parse(bech32.encode(prefix, values, Variant.BECH32))
