"""Macaroons, L402 tokens and their files: byte for byte those of other programs, and no other is read."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.loop import l402, macaroon, token_file
from pillarbox.loop.l402 import ChallengeError, Identifier, L402Error, read_challenge
from pillarbox.loop.macaroon import Caveat, Flaw, Macaroon, MacaroonError
from pillarbox.loop.token_file import Oddity, TokenFileError

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "loop.json").read_text())
TRUTH = VECTORS["go_ground_truth"]
MINTED = TRUTH["minted"]
FIXTURE = TRUTH["pr1121_fixture"]
INVOICE = "lntb5u1p0pskpmpp5jzw9"


def packets(*fields: tuple[bytes, bytes]) -> bytes:
    """The older form of a macaroon's parts."""
    return b"".join(b"%04x%s %s\n" % (len(name) + len(value) + 6, name, value) for name, value in fields)


def older(made: Macaroon) -> bytes:
    parts = [(b"location", made.location), (b"identifier", made.identifier)]
    for caveat in made.caveats:
        parts.append((b"cid", caveat.identifier))
        parts += [(b"vid", caveat.verification)] if caveat.verification else []
        parts += [(b"cl", caveat.location)] if caveat.location else []
    return packets(*parts, (b"signature", made.signature))


def minted() -> Macaroon:
    caveats = [caveat.encode() for caveat in MINTED["caveats"]]
    root, identifier = bytes.fromhex(MINTED["root_key"]), bytes.fromhex(MINTED["identifier"])
    return macaroon.mint(root, identifier, MINTED["location"].encode(), caveats)


def test_a_minted_token_is_byte_for_byte_the_servers() -> None:
    made = minted()
    assert made.serialise().hex() == MINTED["mac_binary_v2"]
    assert made.signature.hex() == MINTED["mac_sig"]
    assert (
        l402.paid(made, bytes.fromhex(MINTED["preimage"])).serialise().hex() == MINTED["paid_mac_binary_v2"]
    )


@pytest.mark.parametrize(
    "data",
    [TRUTH["aperture_makeMac"]["binary_v2"], TRUTH["aperture_makeMac"]["paid_binary_v2"], TRUTH["empty_mac"]],
)
def test_what_is_read_is_written_the_same(data: str) -> None:
    assert macaroon.parse(bytes.fromhex(data)).serialise().hex() == data


def test_the_older_form_is_read() -> None:
    read = macaroon.parse(bytes.fromhex(TRUTH["v1_mac_with_services"]))
    assert (read.location, read.identifier) == (b"LSAT", b"AA==")
    assert l402.caveats_of(read) == {"services": "loop:0"}


def test_what_a_token_allows_is_read_and_the_last_word_counts() -> None:
    token = minted().narrowed(b"loop_capabilities=out").narrowed(b"no condition")
    assert l402.caveats_of(token) == {"services": "loop:0", "loop_capabilities": "out"}


parts = st.binary(max_size=200)
caveats = st.builds(Caveat, parts) | st.builds(Caveat, parts, parts.filter(bool), parts)
macaroons = st.builds(
    Macaroon, parts, parts, st.lists(caveats, max_size=5).map(tuple), st.binary(min_size=32, max_size=32)
)


@given(macaroons)
def test_whatever_is_written_is_read_in_either_form(made: Macaroon) -> None:
    assert macaroon.parse(made.serialise()) == made
    assert macaroon.parse(older(made)) == made


@given(st.data())
def test_a_macaroon_cut_off_or_drawn_out_is_refused(data: st.DataObject) -> None:
    whole = bytes.fromhex(MINTED["mac_binary_v2"])
    cut = data.draw(st.integers(0, len(whole) - 1))
    for wrong in (whole[:cut], whole + b"\0"):
        with pytest.raises(MacaroonError):
            macaroon.parse(wrong)


@given(st.binary(max_size=200), st.sampled_from([b"", b"\x02", b"\x02\x02", b"0012location "]))
def test_noise_is_refused_or_read_to_itself(noise: bytes, start: bytes) -> None:
    try:
        read = macaroon.parse(start + noise)
    except MacaroonError:
        return
    if start[:1] == b"\x02":
        assert read.serialise() == start + noise


@pytest.mark.parametrize(
    ("data", "flaw"),
    [
        (b"", Flaw.ENCODING),
        (b"\x03", Flaw.ENCODING),
        (b"\x02\x00\x00", Flaw.FIELD),
        (b"\x02\x02\x80\x00", Flaw.LENGTH),
        (b"\x02\x02\xff\xff\xff\xff\x7f", Flaw.LENGTH),
        (b"\x02\x02\x00\x02\x00\x00", Flaw.FIELD),
        (b"\x02\x02\x00\x00\x00\x06\x01a", Flaw.SIGNATURE),
        (b"zz", Flaw.ENCODING),
        (b"00", Flaw.TRUNCATED),
        (b"\x02\x01\x00\x02\x00\x00\x00\x06\x20" + bytes(32), Flaw.FIELD),
        (b"\x02\x02\x00\x00\x02\x00\x04\x00\x00\x00\x06\x20" + bytes(32), Flaw.FIELD),
        (b"0x10location a\n", Flaw.LENGTH),
        (b"0_10location a\n", Flaw.LENGTH),
        (packets((b"location", b""), (b"identifier", b""), (b"cid", b"a"), (b"vid", b"")), Flaw.FIELD),
        (packets((b"location", b""), (b"identifier", b""), (b"cid", b"a"), (b"cl", b"a")), Flaw.FIELD),
    ],
)
def test_what_is_no_macaroon_is_refused_by_name(data: bytes, flaw: Flaw) -> None:
    with pytest.raises(MacaroonError) as refused:
        macaroon.parse(data)
    assert refused.value.flaw is flaw


def test_a_token_is_shown_without_what_gives_its_rights() -> None:
    token = token_file.parse(bytes.fromhex(MINTED["token_file_paid"]))
    assert MINTED["mac_sig"] not in repr(token)
    assert "\\xa0\\xa1" not in repr(token)


@pytest.mark.parametrize("data", [MINTED["token_file_paid"], MINTED["token_file_pending"]])
def test_a_token_file_is_read_and_written_byte_for_byte(data: str) -> None:
    token = token_file.parse(bytes.fromhex(data))
    assert token_file.serialise(token).hex() == data
    assert token.identifier.token_id.hex() == MINTED["token_id"]
    assert token.payment_hash.hex() == MINTED["payment_hash"]
    assert token.created_at == MINTED["created_at_ns"]
    assert token.paid is (data == MINTED["token_file_paid"])
    cost = (MINTED["amount_paid_msat"], MINTED["routing_fee_msat"])
    assert (token.amount_msat, token.fee_msat) == (cost if token.paid else (0, 0))
    assert token.oddities == ()


def test_a_preimage_that_does_not_pay_is_odd_and_read_all_the_same() -> None:
    token = token_file.parse(bytes.fromhex(FIXTURE["token_file_paid"]))
    assert Oddity.PREIMAGE in token.oddities


@pytest.mark.parametrize("case", VECTORS["token_negative"], ids=lambda case: case["error"][:24])
def test_published_broken_token_files_are_refused(case: dict[str, Any]) -> None:
    data = bytes.fromhex(case["hex"])
    if "not paid" in case["error"]:
        assert not token_file.parse(data).paid
    else:
        with pytest.raises(TokenFileError):
            token_file.parse(data)


@given(st.data())
def test_a_token_file_cut_off_or_drawn_out_is_refused(data: st.DataObject) -> None:
    whole = bytes.fromhex(MINTED["token_file_paid"])
    cut = data.draw(st.integers(0, len(whole) - 1))
    for wrong in (whole[:cut], whole + b"\0"):
        with pytest.raises(TokenFileError):
            token_file.parse(wrong)


def test_an_identifier_has_its_length_and_its_version() -> None:
    whole = bytes.fromhex(MINTED["identifier"])
    assert l402.read_identifier(whole).serialise() == whole
    for wrong in (whole[:-1], whole + b"\0", b"\0\1" + whole[2:]):
        with pytest.raises(L402Error):
            l402.read_identifier(wrong)


@pytest.mark.parametrize("name", ["LSAT", "L402"])
def test_a_demand_for_payment_is_read_in_both_its_names(name: str) -> None:
    header = f'{name} macaroon="{MINTED["mac_base64"]}", invoice="{INVOICE}"'
    challenge = read_challenge(["Basic realm=x", header, "L402 nonsense"])
    assert challenge is not None
    assert challenge.token == minted()
    assert challenge.invoice == INVOICE
    assert l402.read_identifier(challenge.token.identifier) == Identifier(
        bytes.fromhex(MINTED["payment_hash"]), bytes.fromhex(MINTED["token_id"])
    )


def test_where_nothing_is_demanded_there_is_no_challenge() -> None:
    assert read_challenge([]) is None
    assert read_challenge(["Bearer"]) is None


@pytest.mark.parametrize("token", ["%%%", "", "\u00e4" * 4, base64.b64encode(b"\x03").decode(), "A" * 20_000])
def test_a_demand_that_makes_no_sense_is_refused(token: str) -> None:
    with pytest.raises(ChallengeError):
        read_challenge([f'L402 macaroon="{token}", invoice="{INVOICE}"'])
