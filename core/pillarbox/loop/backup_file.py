"""Loop's recovery backup, format 1: its file name, its sealed bytes, its payload.

A file holds one *generation*: a paid L402 token and the static address that its server bound to it. It is
written once and never changed. Bytes: "loopbak1", a nonce (24 bytes), NaCl's secretbox of compact JSON.
"""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nacl import bindings
from nacl.exceptions import CryptoError

from pillarbox.errors import PillarboxError
from pillarbox.secret import Secret

VERSION = 1
MAGIC = b"loopbak1"
NONCE_SIZE = 24
KEY_SIZE = 32
LARGEST = 1 << 20
"""Bytes of a file. A real one has about a thousand."""
_MOST_FILES = 16
LEGACY_FAMILY, MAIN_FAMILY, CHANGE_FAMILY = 42060, 42061, 42062
_NAME = re.compile(r"L402_backup_([+-]?[0-9]+)_([0-9A-Fa-f]{64})\.enc", re.ASCII)
_INT64 = range(-(1 << 63), 1 << 63)
_UINT32 = range(1 << 32)
_INT32 = range(-(1 << 31), 1 << 31)


class BackupFileError(PillarboxError):
    """Base of all that is wrong with one backup file. Parameters: why, and what each class adds."""

    code = "loop-backup"
    title = "This Loop backup cannot be used"
    message = "{why}. It was left as it is."
    hint = "Choose another file: every earlier generation has its own."


class NotABackupError(BackupFileError):
    """Parameters: why."""

    code = "loop-backup-unknown"
    title = "This is no Loop backup"


class SealedOtherwiseError(BackupFileError):
    """Parameters: why."""

    code = "loop-backup-sealed"
    title = "This wallet cannot open the Loop backup"
    message = "{why}: another wallet wrote it, or it is damaged. It was left as it is."
    hint = "Open the wallet that wrote it, or choose another file."


class PayloadError(BackupFileError):
    """Parameters: why."""

    code = "loop-backup-invalid"
    title = "This Loop backup is incomplete"


@dataclass(frozen=True, slots=True, order=True)
class Name:
    """What a file's name says. Files sort by it: the latest last. `created_at` in Unix nanoseconds."""

    created_at: int
    token_id: str

    def __str__(self) -> str:
        return f"L402_backup_{self.created_at:019d}_{self.token_id}.enc"

    @classmethod
    def parse(cls, text: str) -> "Name | None":
        """None for a file that is something else."""
        found = _NAME.fullmatch(text)
        if found is None or len(found[1]) > 20 or int(found[1]) not in _INT64:
            return None
        return cls(int(found[1]), found[2])


@dataclass(frozen=True, slots=True)
class AddressParameters:
    """Of a static address. Keys are compressed, 33 bytes; heights are those of blocks, 0 where not known.

    `legacy_client_key_index` and `server`, its URL, are Pillarbox's own: None and "" where another program
    wrote the file.
    """

    protocol_version: int
    client_pubkey: bytes
    server_pubkey: bytes
    expiry: int
    legacy_client_key_family: int = LEGACY_FAMILY
    main_key_family: int = MAIN_FAMILY
    change_key_family: int = CHANGE_FAMILY
    legacy_first_height: int = 0
    multi_address_first_height: int = 0
    legacy_client_key_index: int | None = None
    server: str = ""


@dataclass(frozen=True, slots=True)
class TokenFile:
    """A token file's raw bytes, never written anew."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Payload:
    """What a backup holds. `l402_token_created_at` in Unix nanoseconds."""

    version: int
    network: str
    l402_token_id: str
    l402_token_created_at: int
    static_address: AddressParameters | None
    token_files: tuple[TokenFile, ...]


def seal(payload: bytes, key: Secret, nonce: bytes) -> bytes:
    """A file's bytes. `key`: 32 bytes; `nonce`: NONCE_SIZE random bytes, never used before with this key."""
    return MAGIC + nonce + bindings.crypto_secretbox(payload, nonce, key.reveal())


def unseal(data: bytes, key: Secret) -> bytes:
    """The payload's bytes. Raises NotABackupError, SealedOtherwiseError."""
    start = len(MAGIC) + NONCE_SIZE
    if len(data) > LARGEST:
        raise NotABackupError(why="It is far larger than these backups are")
    if len(data) < start:
        raise NotABackupError(why="It is too short")
    if not data.startswith(MAGIC):
        raise NotABackupError(why="Its beginning is of an unknown format")
    try:
        return bindings.crypto_secretbox_open(data[start:], data[len(MAGIC) : start], key.reveal())
    except (CryptoError, ValueError) as error:
        raise SealedOtherwiseError(why="Its seal does not open with this wallet's key") from error


def write(payload: Payload) -> bytes:
    """The JSON as Loop writes it: compact, in this order; what Loop does not know stands last."""
    body: dict[str, Any] = {
        "version": payload.version,
        "network": payload.network,
        "l402_token_id": payload.l402_token_id,
        "l402_token_created_at": payload.l402_token_created_at,
    }
    if payload.static_address is not None:
        body["static_address"] = _address_object(payload.static_address)
    if payload.token_files:
        body["token_files"] = [
            {"name": file.name, "data": base64.b64encode(file.data).decode()} for file in payload.token_files
        ]
    return json.dumps(body, separators=(",", ":")).encode()


def read(data: bytes) -> Payload:
    """The inverse of `write`, as lenient as Loop: unknown keys are passed over. Raises PayloadError."""
    try:
        body = json.loads(data.decode("utf-8", "replace"))  # as Go; bytes alone may pass for UTF-16
    except (ValueError, RecursionError) as error:
        raise PayloadError(why="Its content is no JSON") from error
    fields = _Fields(body, "backup")
    address = fields.optional("static_address")
    files = fields.optional("token_files") or []
    if not isinstance(files, list):
        raise PayloadError(why="Its token files are no list")
    if len(files) > _MOST_FILES:
        raise PayloadError(why=f"It holds {len(files)} token files, and there is one to a backup")
    return Payload(
        version=fields.number("version", _UINT32),
        network=fields.text("network"),
        l402_token_id=fields.text("l402_token_id"),
        l402_token_created_at=fields.number("l402_token_created_at", _INT64),
        static_address=None if address is None else _address(address),
        token_files=tuple(_token_file(file) for file in files),
    )


def _address_object(address: AddressParameters) -> dict[str, Any]:
    """Go's `omitempty` leaves empty values of some keys out."""
    written: dict[str, Any] = {"protocol_version": address.protocol_version}
    if address.client_pubkey:
        written["client_pubkey"] = base64.b64encode(address.client_pubkey).decode()
    written["server_pubkey"] = base64.b64encode(address.server_pubkey).decode()
    written["expiry"] = address.expiry
    if address.legacy_client_key_family:
        written["legacy_client_key_family"] = address.legacy_client_key_family
    written["main_key_family"] = address.main_key_family
    written["change_key_family"] = address.change_key_family
    if address.legacy_first_height:
        written["legacy_first_height"] = address.legacy_first_height
    if address.multi_address_first_height:
        written["multi_address_first_height"] = address.multi_address_first_height
    if address.legacy_client_key_index is not None:
        written["legacy_client_key_index"] = address.legacy_client_key_index
    if address.server:
        written["server"] = address.server
    return written


def _address(given: object) -> AddressParameters:
    fields = _Fields(given, "static address")
    index = fields.optional("legacy_client_key_index")
    return AddressParameters(
        protocol_version=fields.number("protocol_version", _UINT32),
        client_pubkey=fields.data("client_pubkey"),
        server_pubkey=fields.data("server_pubkey"),
        expiry=fields.number("expiry", _UINT32),
        legacy_client_key_family=fields.number("legacy_client_key_family", _INT32),
        main_key_family=fields.number("main_key_family", _INT32),
        change_key_family=fields.number("change_key_family", _INT32),
        legacy_first_height=fields.number("legacy_first_height", _INT32),
        multi_address_first_height=fields.number("multi_address_first_height", _INT32),
        legacy_client_key_index=None if index is None else fields.number("legacy_client_key_index", _INT32),
        server=fields.text("server"),
    )


def _token_file(given: object) -> TokenFile:
    fields = _Fields(given, "token file")
    return TokenFile(fields.text("name"), fields.data("data"))


class _Fields:
    """The keys of a JSON object, as Go reads them: any case, and null or nothing is the empty value."""

    def __init__(self, given: object, what: str) -> None:
        if not isinstance(given, dict):
            raise PayloadError(why=f"Its {what} is no object")
        self._what = what
        self._given: Mapping[str, object] = {str(name).lower(): value for name, value in given.items()}

    def optional(self, name: str) -> object:
        return self._given.get(name)

    def text(self, name: str) -> str:
        value = self._given.get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise self._wrong(name)
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")  # half a character: as Go

    def number(self, name: str, allowed: range) -> int:
        value = self._given.get(name)
        if value is None:
            return 0
        if type(value) is not int or value not in allowed:
            raise self._wrong(name)
        return value

    def data(self, name: str) -> bytes:
        try:
            return base64.b64decode(self.text(name), validate=True)
        except ValueError as error:  # a plain one for letters of another alphabet
            raise self._wrong(name) from error

    def _wrong(self, name: str) -> PayloadError:
        return PayloadError(why=f"{name} of its {self._what} makes no sense")
