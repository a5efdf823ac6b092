"""Loop's recovery backups: byte for byte, and every refusal that stands before anything local is touched."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from coincurve import PublicKey
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.loop import backup_file, token_file
from pillarbox.loop.backup_file import (
    AddressParameters,
    BackupFileError,
    Name,
    NotABackupError,
    Payload,
    PayloadError,
    SealedOtherwiseError,
    TokenFile,
)
from pillarbox.loop.generations import Generation, latest, open_file, survey, validate
from pillarbox.loop.token_file import Token
from pillarbox.secret import Secret

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "loop.json").read_text())
TRUTH = VECTORS["go_ground_truth"]
FIXTURE, WHOLE = TRUTH["pr1121_fixture"], VECTORS["end_to_end"]
KEY = Secret(bytes.fromhex(WHOLE["backup_key"]))
OTHER_KEY = Secret(bytes(32))
FILE = bytes.fromhex(WHOLE["file_hex"])
PAYLOAD = backup_file.read(WHOLE["payload_json"].encode())
NAME = Name(PAYLOAD.l402_token_created_at, PAYLOAD.l402_token_id)


def _address() -> AddressParameters:
    assert PAYLOAD.static_address is not None
    return PAYLOAD.static_address


ADDRESS = _address()


@pytest.mark.parametrize("case", [FIXTURE, {**WHOLE, "key": WHOLE["backup_key"]}], ids=["fixture", "whole"])
def test_a_published_file_is_read_and_written_byte_for_byte(case: dict[str, Any]) -> None:
    key, data = Secret(bytes.fromhex(case["key"])), bytes.fromhex(case["file_hex"])
    text = backup_file.unseal(data, key)
    assert text.decode() == case["payload_json"]
    payload = backup_file.read(text)
    assert backup_file.write(payload) == text
    assert backup_file.seal(text, key, bytes.fromhex(case["nonce"])) == data
    name = Name.parse(case["filename"])
    assert name is not None
    assert str(name) == case["filename"]
    assert validate(name, payload, payload.network).address == payload.static_address


def test_the_published_file_has_its_digest() -> None:
    assert hashlib.sha256(FILE).hexdigest() == WHOLE["file_sha256"]


@pytest.mark.parametrize("name", ["secretbox_basic", "secretbox_empty"])
def test_a_published_seal_opens(name: str) -> None:
    case = TRUTH[name]
    opened = backup_file.unseal(bytes.fromhex(case["file_hex"]), Secret(bytes.fromhex(case["key"])))
    assert opened.decode() == case.get("plaintext", "")


def test_pillarbox_writes_the_index_of_the_key_after_all_that_loop_knows() -> None:
    own = replace(PAYLOAD, static_address=replace(ADDRESS, legacy_client_key_index=7))
    written = backup_file.write(own)
    assert b'"multi_address_first_height":945123,"legacy_client_key_index":7}' in written
    assert backup_file.read(written) == own


@pytest.mark.parametrize("case", VECTORS["name_parse"], ids=lambda case: case["name"][:24])
def test_names_are_read_as_loop_reads_them(case: dict[str, Any]) -> None:
    name = Name.parse(case["name"])
    assert (name is not None) is case["ok"]
    if name is not None and "ts" in case:
        assert name.created_at == case["ts"]


@pytest.mark.parametrize("text", TRUTH["names"])
def test_names_are_written_as_loop_writes_them(text: str) -> None:
    assert str(Name.parse(text)) == text


@given(st.text(max_size=120))
def test_any_other_name_is_something_else(text: str) -> None:
    assert Name.parse(text) is None
    assert Name.parse(f"{WHOLE['filename']}{text}") == (None if text else NAME)


@pytest.mark.parametrize(
    ("data", "refusal", "why"),
    [
        (bytes.fromhex(VECTORS["negative"]["too_short_31"]), NotABackupError, "too short"),
        (bytes.fromhex(VECTORS["negative"]["bad_magic"]), NotABackupError, "unknown format"),
        (bytes.fromhex(VECTORS["negative"]["header_only_32"]), SealedOtherwiseError, "does not open"),
        (FILE[:40] + bytes([FILE[40] ^ 1]) + FILE[41:], SealedOtherwiseError, "does not open"),
        (FILE[:-1], SealedOtherwiseError, "does not open"),
        (FILE + bytes(backup_file.LARGEST), NotABackupError, "larger"),
    ],
    ids=["short", "magic", "header", "flipped", "cut", "huge"],
)
def test_what_is_no_file_of_this_wallet_is_refused(
    data: bytes, refusal: type[BackupFileError], why: str
) -> None:
    with pytest.raises(refusal, match=why):
        backup_file.unseal(data, KEY)


def test_the_key_that_opens_it_is_found_among_several() -> None:
    assert open_file(FILE, [OTHER_KEY, KEY]) == PAYLOAD
    with pytest.raises(SealedOtherwiseError):
        open_file(FILE, [OTHER_KEY])


@given(st.binary(max_size=300))
def test_noise_is_refused_in_words(noise: bytes) -> None:
    with pytest.raises(BackupFileError):
        open_file(noise, [KEY])
    with pytest.raises(PayloadError):
        validate(NAME, backup_file.read(noise), "mainnet")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from([*json.loads(WHOLE["payload_json"])]), json_values)
def test_any_value_in_any_place_is_read_or_refused_in_words(name: str, value: object) -> None:
    body = json.loads(WHOLE["payload_json"]) | {name: value}
    with pytest.raises(PayloadError):  # noqa: PT012  # either of both may refuse it
        validate(NAME, backup_file.read(json.dumps(body).encode()), "mainnet")
        raise PayloadError(why="it was the value that it had before")


places = st.sampled_from(
    [("static_address", name) for name in json.loads(WHOLE["payload_json"])["static_address"]]
)


@given(places | st.sampled_from([("token_files", 0, "name"), ("token_files", 0, "data")]), json_values)
def test_any_value_deeper_down_is_read_or_refused_in_words(place: tuple[Any, ...], value: object) -> None:
    body = json.loads(WHOLE["payload_json"])
    *way, last = place
    inner = body
    for step in way:
        inner = inner[step]
    inner[last] = value
    try:
        payload = backup_file.read(json.dumps(body).encode())
        generation = validate(NAME, payload, "mainnet")
    except PayloadError:
        return
    assert generation.payload == payload
    assert backup_file.read(backup_file.write(payload)) == payload


@pytest.mark.parametrize("name", ["network", "l402_token_id"])
def test_half_a_character_is_a_mark_as_loop_reads_it(name: str) -> None:
    payload = backup_file.read(json.dumps({name: "a\ud800b"}).encode())
    assert (payload.network or payload.l402_token_id) == "a\ufffdb"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-8-sig"])
def test_a_payload_in_another_encoding_is_none(encoding: str) -> None:
    with pytest.raises(PayloadError, match="no JSON"):
        backup_file.read(WHOLE["payload_json"].encode(encoding))


def test_a_payload_of_very_many_files_is_refused_unread() -> None:
    with pytest.raises(PayloadError, match="17 token files"):
        backup_file.read(backup_file.write(with_files(*PAYLOAD.token_files * 17)))


def test_letters_where_base64_stands_are_refused_in_words() -> None:
    with pytest.raises(PayloadError, match="data of its token file"):
        backup_file.read(
            '{"token_files": [{"name": "l402.token", "data": "\u00e4\u00e4\u00e4\u00e4"}]}'.encode()
        )


def with_token(**changes: Any) -> Payload:
    token = replace(token_file.parse(PAYLOAD.token_files[0].data), **changes)
    return with_files(TokenFile("l402.token", token_file.serialise(token)))


def with_files(*files: TokenFile) -> Payload:
    return replace(PAYLOAD, token_files=files)


def with_address(**changes: Any) -> Payload:
    return replace(PAYLOAD, static_address=replace(ADDRESS, **changes))


WRONG: dict[str, Payload] = {
    "of version 2": replace(PAYLOAD, version=2),
    "names no network": replace(PAYLOAD, network=""),
    "names no L402 token": replace(PAYLOAD, l402_token_id=""),
    "network testnet": replace(PAYLOAD, network="testnet"),
    "another token id": replace(PAYLOAD, l402_token_id="00" * 32),
    "another time than its payload": replace(PAYLOAD, l402_token_created_at=1),
    "no paid L402 token": with_files(),
    "no static address": replace(PAYLOAD, static_address=None),
    "belongs into no backup": with_files(TokenFile("l402.token.pending", b"")),
    "token twice": with_files(*PAYLOAD.token_files, *PAYLOAD.token_files),
    "cannot be read": with_files(TokenFile("l402.token", b"\0\0\0\1")),
    "is not paid": with_token(preimage=bytes(32)),
    "made at another time": with_token(created_at=5),
    "unknown version": with_address(protocol_version=1),
    "lacks the client's key": with_address(client_pubkey=b""),
    "client's key of its static address is none": with_address(client_pubkey=b"\x02" + b"\xff" * 32),
    "server's key of its static address is none": with_address(server_pubkey=b"\x05"),
    "server's key of its static address": with_address(
        server_pubkey=PublicKey(ADDRESS.server_pubkey).format(compressed=False)
    ),
    "waits 0 blocks": with_address(expiry=0),
    "waits 65536 blocks": with_address(expiry=65_536),
    "lacks the family": with_address(legacy_client_key_family=0),
    "below zero": with_address(legacy_first_height=-1),
}


@pytest.mark.parametrize("why", WRONG)
def test_a_payload_that_lacks_something_is_refused_for_that(why: str) -> None:
    with pytest.raises(PayloadError, match=why):
        validate(NAME, WRONG[why], "mainnet")


def test_another_token_than_it_names_is_refused() -> None:
    other = Name(NAME.created_at, "ab" * 32)
    with pytest.raises(PayloadError, match="another one than it names"):
        validate(other, replace(PAYLOAD, l402_token_id="ab" * 32), "mainnet")


def generation_at(created_at: int, key: Secret = KEY, network: str = "mainnet") -> tuple[str, bytes]:
    """A file of another time, valid but for what is asked."""
    token: Token = replace(token_file.parse(PAYLOAD.token_files[0].data), created_at=created_at)
    payload = replace(
        PAYLOAD,
        network=network,
        l402_token_created_at=created_at,
        token_files=(TokenFile("l402.token", token_file.serialise(token)),),
    )
    name = str(Name(created_at, PAYLOAD.l402_token_id))
    return name, backup_file.seal(backup_file.write(payload), key, bytes(24))


def folder(*files: tuple[str, bytes]) -> dict[str, Callable[[], bytes]]:
    return {name: partial(bytes, data) for name, data in files}


def test_the_latest_valid_one_is_found_whatever_lies_beside_it() -> None:
    broken_name, broken = generation_at(900)
    files = folder(
        generation_at(100),
        generation_at(300),
        generation_at(-5),
        generation_at(700, OTHER_KEY),
        generation_at(800, network="testnet"),
        (broken_name, broken[:60]),
        (str(Name(950, PAYLOAD.l402_token_id)), generation_at(100)[1]),
        ("L402_backup_990_ABAB.enc", b""),
        ("L402_backup_0000000000000000999_00.enc.tmp", b""),
        ("notes.txt", b""),
    )

    def unreadable() -> bytes:
        raise PermissionError(13, "Permission denied")

    files[str(Name(960, PAYLOAD.l402_token_id))] = unreadable
    found = survey(files, [KEY], "mainnet")
    best = latest(found)
    assert best is not None
    assert best.name.created_at == 300
    assert [each.file_name for each in found if isinstance(each.found, Generation)] == [
        generation_at(at)[0] for at in (300, 100, -5)
    ]
    assert sum(isinstance(each.found, BackupFileError) for each in found) == 5


def test_files_of_one_time_are_told_by_their_token() -> None:
    low, high = Name(5, "aa" * 32), Name(5, "ab" * 32)
    assert max(low, high) == high


def test_where_none_is_valid_there_is_no_latest() -> None:
    assert latest(survey(folder(generation_at(1, OTHER_KEY)), [KEY], "mainnet")) is None
    assert survey({}, [KEY], "mainnet") == []


def test_an_address_without_heights_is_written_without_them() -> None:
    bare = AddressParameters(0, ADDRESS.client_pubkey, ADDRESS.server_pubkey, 144)
    written = backup_file.write(replace(PAYLOAD, static_address=bare))
    assert b"height" not in written
    assert backup_file.read(written).static_address == bare
