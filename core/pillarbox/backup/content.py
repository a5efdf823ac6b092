"""What is sealed in a backup: lines of JSON, compressed (zlib, RFC 1950), section after section.

A section is a line that names it, with its version and how many records follow, then a line a record. The
last line says how many records there were in all. Both ways in steps, so that a caller can do other things.
"""

import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from pillarbox.backup.envelope import DamagedBackupError

Record = Mapping[str, Any]
"""A JSON object."""

STEP = 500
"""Records written or read between two chances to do something else."""
LARGEST = 1 << 30
"""Bytes of content, unpacked."""
_PIECE = 1 << 16


@dataclass(frozen=True, slots=True)
class SectionData:
    """What one feature has in a backup. `version` is the section's own."""

    name: str
    version: int
    records: Sequence[Record]


def write(sections: Iterable[SectionData]) -> Iterator[bytes]:
    """The compressed content, a piece for every STEP records."""
    packer = zlib.compressobj(6)
    total = 0
    for section in sections:
        head = {"section": section.name, "version": section.version, "records": len(section.records)}
        yield packer.compress(_line(head))
        for start in range(0, len(section.records), STEP):
            lines = (_line(record) for record in section.records[start : start + STEP])
            yield packer.compress(b"".join(lines))
        total += len(section.records)
    yield packer.compress(_line({"end": total})) + packer.flush()


def read(packed: bytes) -> Iterator[SectionData | None]:
    """Each section when it is whole; None in between, every STEP records. Raises DamagedBackupError."""
    total = 0
    head: dict[str, Any] | None = None
    records: list[Record] = []
    for number, line in enumerate(_lines(packed)):
        found = _object(line)
        if head is None and "end" in found:
            if found["end"] != total:
                raise DamagedBackupError(why="Its content says that there is more of it")
            total = -1
            continue
        if total < 0:
            raise DamagedBackupError(why="Its content goes on after its end")
        if head is None:
            head, records = _checked_head(found), []
        else:
            records.append(MappingProxyType(found))
        if len(records) == head["records"]:
            total += len(records)
            yield SectionData(head["section"], head["version"], records)
            head = None
        elif number % STEP == STEP - 1:
            yield None
    if total >= 0:
        raise DamagedBackupError(why="Its content ends too early")


def _line(found: Mapping[str, Any]) -> bytes:
    return json.dumps(dict(found), separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def _lines(packed: bytes) -> Iterator[bytes]:
    """Of bounded length together, whatever they unpack to. Raises DamagedBackupError."""
    unpacker = zlib.decompressobj()
    left, size, rest = packed, 0, b""
    while not unpacker.eof:
        try:
            piece = unpacker.decompress(left, _PIECE)
        except zlib.error as error:
            raise DamagedBackupError(why="Its content cannot be unpacked") from error
        size += len(piece)
        if size > LARGEST:
            raise DamagedBackupError(why="Its content is far larger than backups are")
        if not piece and not unpacker.eof:
            raise DamagedBackupError(why="Its content ends too early")
        left = unpacker.unconsumed_tail
        *lines, rest = (rest + piece).split(b"\n")
        yield from lines
    if rest or unpacker.unused_data:
        raise DamagedBackupError(why="Something follows its content")


def _object(line: bytes) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise DamagedBackupError(why="Its content makes no sense") from error
    if not isinstance(found, dict):
        raise DamagedBackupError(why="Its content makes no sense")
    return found


def _checked_head(found: dict[str, Any]) -> dict[str, Any]:
    numbers = (found.get("version"), found.get("records"))
    if not isinstance(found.get("section"), str) or not all(type(n) is int and n >= 0 for n in numbers):
        raise DamagedBackupError(why="Its content makes no sense")
    return found
