"""Which tokens open the gate."""

import base64
import hashlib
from dataclasses import replace

import pytest

from pillarbox.loop import macaroon
from pillarbox.loop.l402 import Identifier, paid, read_identifier
from pillarbox.loop.macaroon import Caveat, Macaroon
from pillarbox.server.l402_gate import RefusedTokenError, require_paid, shown_token
from pillarbox.server.store import KeptToken

NOW = 1_800_000_000
PREIMAGE = b"\xab" * 32
IDENTIFIER = Identifier(hashlib.sha256(PREIMAGE).digest(), b"\x06" * 32)
KEPT = KeptToken(IDENTIFIER.token_id, IDENTIFIER.payment_hash, b"\x07" * 32, PREIMAGE, 1_000, NOW)
OFFERED = macaroon.mint(KEPT.root_key, IDENTIFIER.serialise(), b"lsat", (b"services=loop:0",))


def judge(token: Macaroon, kept: KeptToken | None = KEPT) -> None:
    require_paid(token, IDENTIFIER, kept, NOW)


def test_a_paid_token_opens_it_also_narrowed_by_its_owner() -> None:
    judge(paid(OFFERED, PREIMAGE))
    judge(paid(OFFERED.narrowed(b"loop_valid_until=%d" % (NOW + 1)), PREIMAGE))
    judge(paid(OFFERED.narrowed(b"other=thing").narrowed(b"words"), PREIMAGE))
    judge(paid(OFFERED.narrowed(b"services=pool:0,loop:1"), PREIMAGE))


@pytest.mark.parametrize(
    ("token", "kept", "why"),
    [
        (OFFERED, KEPT, "not paid"),
        (paid(OFFERED, b"\x01" * 32), KEPT, "not paid"),
        (OFFERED.narrowed(b"preimage=xyz"), KEPT, "not paid"),
        (OFFERED.narrowed(b"preimage=" + PREIMAGE.hex().upper().encode()), KEPT, "not paid"),
        (paid(OFFERED, PREIMAGE).narrowed(b"preimage=" + b"00" * 32), KEPT, "not paid"),
        (paid(OFFERED, PREIMAGE), None, "not made here"),
        (paid(OFFERED, PREIMAGE), replace(KEPT, payment_hash=b"\x08" * 32), "not made here"),
        (paid(OFFERED, PREIMAGE), replace(KEPT, root_key=b"\x09" * 32), "signature is wrong"),
        (replace(paid(OFFERED, PREIMAGE), caveats=()), KEPT, "signature is wrong"),
        (
            replace(paid(OFFERED, PREIMAGE), caveats=(*paid(OFFERED, PREIMAGE).caveats, Caveat(b"more"))),
            KEPT,
            "signature is wrong",
        ),
        (replace(OFFERED, caveats=(Caveat(b"a", b"b", b"c"),)), KEPT, "third party"),
        (paid(OFFERED.narrowed(b"services=pool:0"), PREIMAGE), KEPT, "another service"),
        (paid(OFFERED.narrowed(b"loop_valid_until=%d" % NOW), PREIMAGE), KEPT, "time is over"),
        (paid(OFFERED.narrowed(b"loop_valid_until=soon"), PREIMAGE), KEPT, "time is over"),
        (
            paid(OFFERED.narrowed(b"loop_valid_until=1").narrowed(b"loop_valid_until=9999999999"), PREIMAGE),
            KEPT,
            "time is over",
        ),
    ],
)
def test_no_other_token_opens_it(token: Macaroon, kept: KeptToken | None, why: str) -> None:
    with pytest.raises(RefusedTokenError, match=why):
        judge(token, kept)


def test_a_token_is_shown_in_either_header() -> None:
    whole = paid(OFFERED, PREIMAGE)
    assert shown_token({"macaroon": whole.serialise().hex()}) == whole
    text = base64.b64encode(OFFERED.serialise()).decode()
    for scheme in ("LSAT", "L402"):
        assert shown_token({"authorization": f"{scheme} {text}:{PREIMAGE.hex()}"}) == whole
    assert read_identifier(whole.identifier) == IDENTIFIER


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"macaroon": ""},
        {"macaroon": "zz"},
        {"macaroon": "02"},
        {"macaroon": b"02"},
        {"macaroon": "00" * 9_000},
        {"authorization": "Basic abc"},
        {"authorization": f"L402 !!!!:{'00' * 32}"},
        {"authorization": f"L402 {base64.b64encode(OFFERED.serialise()).decode()}:{'0A' * 32}"},
    ],
)
def test_what_is_no_token_is_refused(metadata: dict[str, str | bytes]) -> None:
    with pytest.raises(RefusedTokenError):
        shown_token(metadata)
