"""Every entrance through which Loop's things and backups come from outside, with whole ones to begin at."""

import hashlib
import json
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from mutation import Parser

from pillarbox.backup import content, envelope
from pillarbox.backup.content import SectionLines
from pillarbox.backup.envelope import Cost, Envelope, Facts, Lock
from pillarbox.bitcoin import base58, bech32, bolt11
from pillarbox.bitcoin.bech32 import Variant
from pillarbox.commands.inspect import Inspect, inspect_text, inspector
from pillarbox.keys import aezeed, lnd
from pillarbox.loop import backup_file, generations, l402, macaroon, token_file
from pillarbox.loop.backup_file import Name, Payload
from pillarbox.loop.macaroon import Macaroon, MacaroonError
from pillarbox.loop.token_file import Token
from pillarbox.secret import Secret

_FOLDER = Path(__file__).parents[2] / "vectors"
LOOP = json.loads((_FOLDER / "loop.json").read_text())
TRUTH, WHOLE = LOOP["go_ground_truth"], LOOP["end_to_end"]
MINTED, FIXTURE = TRUTH["minted"], TRUTH["pr1121_fixture"]
INVOICES = [case["invoice"] for case in json.loads((_FOLDER / "bolt11.json").read_text())["valid"]]
AEZEED = json.loads((_FOLDER / "aezeed.json").read_text())["lnd"][0]["words"]
KEY = Secret(bytes.fromhex(WHOLE["backup_key"]))
OWN_KEY = Secret(bytes(range(32)))
NAME = cast(Name, Name.parse(WHOLE["filename"]))
ROOT = base58.decode_check(
    "xprv9s21ZrQH143K3QTDL4LXw2F7HEK3wJUD2nW2nRk4stbPy6cq3jPPqjiChkVvvNKmPGJxWUtg6LnF5kejMRNNU3TGtRBeJgk33yuGBxrMPHi"
)

MACAROONS = [
    bytes.fromhex(text)
    for text in (
        *(TRUTH["aperture_makeMac"][form] for form in ("binary_v2", "paid_binary_v2")),
        TRUTH["empty_mac"],
        TRUTH["v1_mac_with_services"],
        MINTED["mac_binary_v2"],
        MINTED["paid_mac_binary_v2"],
    )
]
TOKENS = [bytes.fromhex(MINTED[name]) for name in ("token_file_paid", "token_file_pending")]
PAYLOADS = [WHOLE["payload_json"].encode(), FIXTURE["payload_json"].encode()]
CHALLENGES = [
    f'{name} macaroon="{MINTED["mac_base64"]}", invoice="{INVOICES[0]}"'.encode() for name in ("L402", "LSAT")
]
FACTS = (
    Facts("0" * 32, "73c5da0a", "mainnet", 1_700_000_000, 7, Lock.WORDS),
    Facts("0" * 32, "", "regtest", 1, 0, Lock.PASSPHRASE, salt=bytes(16), cost=Cost(65_536, 3, 4)),
)
BACKUPS = [envelope.seal(facts, b"content", OWN_KEY, bytes(24)) for facts in FACTS]
CONTENT = content.write(
    [
        SectionLines.of_rows("labels", 1, ("key", "text"), [["a", "b"], ["c", None]]),
        SectionLines.of_rows("numbers", 2, ("number",), [[number] for number in range(50)]),
    ]
)


def as_text(read: Callable[[str], object]) -> Callable[[bytes], object]:
    return lambda data: read(data.decode("utf-8", "replace"))


def restored(data: bytes) -> object:
    return generations.validate(NAME, backup_file.read(data), "mainnet")


def sealed(data: bytes) -> object:
    """What stands in a file that this wallet's key opens."""
    return generations.open_file(backup_file.seal(data, KEY, bytes(24)), [KEY])


def caveats(data: bytes) -> object:
    return json.dumps(dict(l402.caveats_of(macaroon.parse(data))))


def invoice_of_values(data: bytes) -> object:
    """5-bit values under a checksum that matches, so that what lies behind it is reached."""
    values = bytes(value & 31 for value in data)
    return bolt11.parse(bech32.encode("lnbc20m", values, Variant.BECH32))


def root_under_its_checksum(data: bytes) -> object:
    return lnd.public_key(
        lnd.root_of_key(Secret.from_text(base58.encode_check(data[:130]))), 0, 6, 0, strict=False
    )


def whole_under_its_digest(data: bytes) -> Envelope:
    """A backup whose digest was made anew by whoever changed it."""
    return envelope.read(data + hashlib.sha256(data).digest())


def opened(data: bytes) -> object:
    return envelope.unseal(envelope.read(data), OWN_KEY)


def all_content(data: bytes) -> object:
    return list(content.read(data))


def content_of_lines(data: bytes) -> object:
    return list(content.read(zlib.compress(data)))


def inspected(kind: str) -> Callable[[bytes], object]:
    inspect: Inspect = inspector(kind)

    def look(data: bytes) -> object:
        found: dict[str, Any] = inspect_text(inspect, data.decode("utf-8", "replace"))
        assert found["ok"] or found["error"]["code"] != "internal"
        return json.dumps(found, allow_nan=False)

    return look


def items(*objects: dict[str, object]) -> list[bytes]:
    return [json.dumps(each).encode() for each in objects]


ADDRESS_ITEM = {
    "client_pubkey": WHOLE["legacy_address"]["client_pubkey"],
    "server_pubkey": WHOLE["legacy_address"]["server_pubkey"],
    "expiry": 14_400,
    "network": "mainnet",
}
BACKUP_ITEM = {"hex": WHOLE["file_hex"], "key": WHOLE["backup_key"], "network": "mainnet"}

PARSERS = (
    Parser(
        "a macaroon",
        macaroon.parse,
        MACAROONS,
        (MacaroonError,),
        lambda made: cast(Macaroon, made).serialise(),
    ),
    Parser("a macaroon's caveats", caveats, MACAROONS, (MacaroonError,)),
    Parser(
        "a token file", token_file.parse, TOKENS, write=lambda made: token_file.serialise(cast(Token, made))
    ),
    Parser("a demand for payment", as_text(lambda text: l402.read_challenge([text])), CHALLENGES),
    Parser("an invoice", as_text(bolt11.parse), [text.encode() for text in INVOICES]),
    Parser("an invoice's fields", invoice_of_values, [bech32.decode(INVOICES[1], 7_089).values], memory=100),
    Parser(
        "a file's name",
        as_text(Name.parse),
        [name.encode() for name in TRUTH["names"]],
        write=lambda made: str(made).encode(),
    ),
    Parser(
        "a Loop backup", lambda data: generations.open_file(data, [KEY]), [bytes.fromhex(WHOLE["file_hex"])]
    ),
    Parser(
        "a Loop backup's payload",
        backup_file.read,
        PAYLOADS,
        write=lambda made: backup_file.write(cast(Payload, made)),
        memory=48,
    ),
    Parser("a payload in its seal", sealed, PAYLOADS, memory=48),
    Parser("a generation", restored, PAYLOADS[:1], memory=48),
    Parser("lnd's words", as_text(lambda text: aezeed.read(Secret.from_text(text))), [AEZEED.encode()]),
    Parser(
        "a root key",
        as_text(lambda text: lnd.root_of_key(Secret.from_text(text))),
        [base58.encode_check(ROOT).encode()],
    ),
    Parser("a root key under its checksum", root_under_its_checksum, [ROOT]),
    Parser("a backup's envelope", opened, BACKUPS),
    Parser("a backup under its digest", whole_under_its_digest, [data[:-32] for data in BACKUPS]),
    Parser("a backup's content", all_content, [CONTENT], memory=20_000),
    Parser("a backup's lines", content_of_lines, [zlib.decompress(CONTENT)], memory=48),
    Parser("an item: static-address", inspected("static-address"), items(ADDRESS_ITEM)),
    Parser(
        "an item: lnd-key",
        inspected("lnd-key"),
        items({"seed": WHOLE["seed"], "coin_type": 0, "family": 42_060, "index": 1}),
    ),
    Parser(
        "an item: loop-backup",
        inspected("loop-backup"),
        items(BACKUP_ITEM, {**BACKUP_ITEM, "name": WHOLE["filename"]}),
    ),
    Parser("an item: l402-token", inspected("l402-token"), items({"hex": MINTED["token_file_paid"]})),
)

_MUCH = backup_file.LARGEST

STRAINS = {
    "a macaroon": [
        b"\x02\x02\x00\x00" + b"\x02\x00\x00" * 100_000,
        b"\x02\x02" + b"\xff" * 100_000,
        b"\x02\x02\xff\xff\x03" + bytes(100_000),
        b"000alocation \n0010identifier x\n" + b"0008cid \n" * 100_000,
        b"0006 \n" * 100_000,
    ],
    "a token file": [b"\xff" * 100_000, b"\xff\xff\xff\xff"],
    "a demand for payment": [
        (piece * 16_384)[:16_384]
        for piece in (b'L402 macaroon="', b'L402 macaroon="", invoice=', b'", invoice="', b"L402 ", b'"')
    ],
    "an invoice": [b" " * _MUCH, b"lnbc1" + b"q" * 7_000, b"LNBC1" * 1_400, b"1" * 7_000],
    "an invoice's fields": [bytes(6_900), b"\x0d\x1f\x1f" * 2_300, b"\x05\x1f\x1f" + b"\x1f" * 1_400],
    "a file's name": [b"L402_backup_" + b"9" * _MUCH, b"L402_backup_" * 80_000],
    "a Loop backup": [bytes(_MUCH), backup_file.MAGIC + bytes(_MUCH)],
    "a payload in its seal": [b"[" * 1_000_000],
    "a Loop backup's payload": [
        b"[" * _MUCH,
        b'{"a":' * 200_000,
        b"9" * _MUCH,
        b'"' + b"\\ud800" * 150_000 + b'"',
        b'{"token_files":[' + b"{}," * 300_000 + b"{}]}",
        b'{"token_files":[' + b'{"":0},' * 140_000 + b"0]}",
        b'{"network":"' + "\U0001f600".encode() * 250_000 + b'"}',
        b"\xff" * _MUCH,
    ],
    "lnd's words": [b"abandon " * 100_000, b"\n" * _MUCH],
    "a root key": [b"1" * _MUCH, b"z" * 200],
    "a backup's envelope": [
        envelope.MAGIC + b"\0\1\0\0\x10\0" + b"[" * 4_096,
        envelope.MAGIC + b"\0\1\0\0\x10\0" + b"9" * 100_000,
        envelope.MAGIC + b"\0\1\xff\xff\xff\xff",
    ],
    "a backup's content": [zlib.compress(piece * (1 << 24)) for piece in (b"x", b"\n", b"[")],
    "a backup's lines": [
        b'{"section":"a","version":1,"fields":["a"],"records":1000000000000000000}\n' + b"[1]\n" * 100_000,
        b'{"section":"a","version":1,"fields":["a"],"records":1}\n' + b"[" * 500_000 + b"\n",
    ],
}
"""What is made to take long or to take much, for some."""
