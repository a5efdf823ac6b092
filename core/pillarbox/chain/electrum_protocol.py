"""The Electrum protocol, versions 1.4 to 1.6: what is asked, and what an answer has to look like.

Answers become nouns here; a shape that the protocol does not allow raises ReplyError and goes no further.
Hashes are in wire order outside this module; the protocol writes them the other way round.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from pillarbox.bitcoin.hashes import sha256
from pillarbox.bitcoin.headers import HEADER_SIZE, split

CLIENT_NAME = "Pillarbox"
OLDEST, NEWEST = (1, 4), (1, 6)
MAX_HEADERS = 2016
"""Headers that every server gives at once."""

HEADERS_NOTE = "blockchain.headers.subscribe"
SCRIPT_NOTE = "blockchain.scripthash.subscribe"

_MAX_HEIGHT = 0x7FFF_FFFF
_STATUS = re.compile(r"[0-9A-Fa-f]{64}", re.ASCII)
_VERSION = re.compile(r"(\d{1,4})\.(\d{1,4})(?:\.\d{1,4})*", re.ASCII)


class ReplyError(ValueError):
    """An answer of a shape that the protocol does not allow."""


Answer_co = TypeVar("Answer_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Call(Generic[Answer_co]):
    """A question, and how to read its answer: `read` raises ReplyError."""

    method: str
    parameters: Sequence[object]
    read: Callable[[object], Answer_co]


@dataclass(frozen=True, slots=True)
class Version:
    """What both sides will speak, and the server's software by its own account."""

    software: str
    number: tuple[int, int]


@dataclass(frozen=True, slots=True)
class AnnouncedTip:
    """The block that a server holds for the last."""

    height: int
    header: bytes


@dataclass(frozen=True, slots=True)
class HistoryItem:
    """A transaction that pays or spends a script. `height` is 0 or less while no block holds it."""

    txid: str
    height: int


@dataclass(frozen=True, slots=True)
class MerkleBranch:
    """Hashes from the leaf up, and the leaf's place in the block."""

    branch: tuple[bytes, ...]
    position: int


def script_hash(script: bytes) -> str:
    """How the protocol names an output script."""
    return sha256(script)[::-1].hex()


def version() -> Call[Version]:
    """Has to be the first question on a connection."""
    spoken = [f"{major}.{minor}" for major, minor in (OLDEST, NEWEST)]
    return Call("server.version", (CLIENT_NAME, spoken), _read_version)


def ping() -> Call[None]:
    return Call("server.ping", (), lambda _: None)


ReadHeader = Callable[[object], bytes]
"""From what a server shows as a block's header to its 80 bytes. Raises ReplyError."""


def whole_header(value: object) -> bytes:
    return _bytes(value, HEADER_SIZE)


def leading_header(value: object) -> bytes:
    """Of a block mined together with another chain's (AuxPoW): the proof that follows is left out."""
    found = _bytes(value)
    if len(found) < HEADER_SIZE:
        raise ReplyError(f"it has {len(found)} bytes, not {HEADER_SIZE} or more")
    return found[:HEADER_SIZE]


def header(height: int, read: ReadHeader = whole_header) -> Call[bytes]:
    return Call("blockchain.block.header", (height,), read)


def headers(start: int, count: int) -> Call[list[bytes]]:
    """Up to `count` headers; fewer where the server has or gives no more."""
    return Call("blockchain.block.headers", (start, count), lambda reply: _read_headers(reply, count))


def follow_headers(read: ReadHeader = whole_header) -> Call[AnnouncedTip]:
    """The server's tip; from now on it sends HEADERS_NOTE."""
    return Call(HEADERS_NOTE, (), lambda reply: read_tip(reply, read))


def follow_script(script_hash: str) -> Call[str | None]:
    """The script's status, None without history; from now on the server sends SCRIPT_NOTE."""
    return Call(SCRIPT_NOTE, (script_hash,), _read_status)


def history(script_hash: str) -> Call[tuple[HistoryItem, ...]]:
    return Call("blockchain.scripthash.get_history", (script_hash,), _read_history)


def transaction(txid: str) -> Call[bytes]:
    """The raw transaction, unverified."""
    return Call("blockchain.transaction.get", (txid,), _bytes)


def merkle_branch(txid: str, height: int) -> Call[MerkleBranch]:
    return Call("blockchain.transaction.get_merkle", (txid, height), _read_branch)


def read_tip(value: object, read: ReadHeader = whole_header) -> AnnouncedTip:
    """Also for HEADERS_NOTE, whose parameters are a list of one."""
    tip = _members(value)
    return AnnouncedTip(_integer(tip.get("height"), 0, _MAX_HEIGHT), read(tip.get("hex")))


def read_script_note(parameters: object) -> tuple[str, str | None]:
    """A script hash and its new status."""
    match parameters:
        case [str(name), status]:
            return name, _read_status(status)
    raise ReplyError("it names no script")


def read_headers_note(parameters: object, read: ReadHeader = whole_header) -> AnnouncedTip:
    match parameters:
        case [tip]:
            return read_tip(tip, read)
    raise ReplyError("it holds no header")


def _read_version(value: object) -> Version:
    match value:
        case [str(software), str(number)] if match := _VERSION.fullmatch(number):
            return Version(software, (int(match[1]), int(match[2])))
    raise ReplyError("it names no version")


def _read_headers(value: object, most: int) -> list[bytes]:
    """Version 1.6 gives a list, earlier ones a single text; some servers give either whatever they speak."""
    reply = _members(value)
    if "headers" in reply:
        found = [whole_header(each) for each in _list(reply["headers"])]
    else:
        joined = _bytes(reply.get("hex"))
        if len(joined) % HEADER_SIZE:
            raise ReplyError("a header is cut off")
        found = list(split(joined))
    if len(found) > most:
        raise ReplyError("it holds more headers than were asked for")
    return found


def _read_status(value: object) -> str | None:
    if value is None or (isinstance(value, str) and _STATUS.fullmatch(value)):
        return value
    raise ReplyError("a status is neither a hash nor nothing")


def _read_history(value: object) -> tuple[HistoryItem, ...]:
    return tuple(_history_item(each) for each in _list(value))


def _history_item(value: object) -> HistoryItem:
    item = _members(value)
    return HistoryItem(_bytes(item.get("tx_hash"), 32).hex(), _integer(item.get("height"), -1, _MAX_HEIGHT))


def _read_branch(value: object) -> MerkleBranch:
    reply = _members(value)
    branch = tuple(_bytes(each, 32)[::-1] for each in _list(reply.get("merkle")))
    return MerkleBranch(branch, _integer(reply.get("pos"), 0, _MAX_HEIGHT))


def _bytes(value: object, length: int | None = None) -> bytes:
    if not isinstance(value, str):
        raise ReplyError("it holds no text where there should be some")
    try:
        found = bytes.fromhex(value)
    except ValueError:
        raise ReplyError("it is not hexadecimal") from None
    if length is not None and len(found) != length:
        raise ReplyError(f"it has {len(found)} bytes, not {length}")
    return found


def _integer(value: object, least: int, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise ReplyError("a number is missing or out of bounds")
    return value


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise ReplyError("it holds no list where there should be one")
    return value


def _members(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise ReplyError("it has no members")
    return value
