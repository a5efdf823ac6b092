"""A reader written from docs/formats/loop-backup.md alone opens what Loop and Pillarbox write."""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from coincurve import PublicKey
from nacl.secret import SecretBox

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "loop.json").read_text())
WHOLE, FIXTURE = VECTORS["end_to_end"], VECTORS["go_ground_truth"]["pr1121_fixture"]
POINT = "0215b5a3e0ef58b101431e1e513dd017d1018b420bd2e89dcd71f45c031f00469e"


def opened(data: bytes, key: bytes) -> dict[str, Any]:
    assert data[:8] == b"loopbak1"
    payload: dict[str, Any] = json.loads(SecretBox(key).decrypt(data[32:], data[8:32]))
    return payload


def token_parts(data: bytes) -> dict[str, Any]:
    size = int.from_bytes(data[:4], "big")
    macaroon, rest = data[4 : 4 + size], data[4 + size :]
    assert len(rest) == 88
    return {
        "macaroon": macaroon,
        "preimage": rest[32:64],
        "made": int.from_bytes(rest[80:], "big", signed=True),
    }


@pytest.mark.parametrize("case", [{**WHOLE, "key": WHOLE["backup_key"]}, FIXTURE], ids=["whole", "fixture"])
def test_a_backup_is_what_its_page_says(case: dict[str, Any]) -> None:
    payload = opened(bytes.fromhex(case["file_hex"]), bytes.fromhex(case["key"]))
    time, token_id = payload["l402_token_created_at"], payload["l402_token_id"]
    assert case["filename"] == f"L402_backup_{time:019d}_{token_id}.enc"
    (file,) = payload["token_files"]
    token = token_parts(base64.b64decode(file["data"]))
    assert file["name"] == "l402.token"
    assert token["made"] == time
    assert any(token["preimage"])
    assert bytes.fromhex(token_id) in token["macaroon"]


def test_the_key_is_what_its_page_says() -> None:
    for case in VECTORS["ecdh"]:
        point = PublicKey(bytes.fromhex(POINT)).multiply(bytes.fromhex(case["priv"]))
        assert hashlib.sha256(point.format()).hexdigest() == case["shared_key"]
