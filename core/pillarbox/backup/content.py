"""What is sealed in a backup: lines of JSON, compressed (zlib, RFC 1950), section after section.

A section is a line that names it, its version, its fields and how many records follow; then a line a
record, an array of the fields' values. The last line says how many records there were in all. Reading goes in
steps, so that a caller can do other things between. docs/backup-format.md is the reference.
"""

import hashlib
import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from pillarbox.backup.envelope import DamagedBackupError

Value = str | int | None
Row = Sequence[Value]

STEP = 500
"""Records read between two chances to do something else."""
MOST_RECORDS = 5_000_000
"""Of all sections together: each takes some hundred bytes while it is read."""
LARGEST = 1 << 28
"""Bytes of content, unpacked: 25 times what 100,000 labelled addresses take."""
_LONGEST_LINE = 1 << 20
_MOST_FIELDS = 64
_PIECE = 1 << 16
_PLAIN = frozenset({str, int, type(None)})
_LEVEL = 3
"""Of zlib: twice the speed of its usual level, for a tenth more bytes."""


@dataclass(frozen=True, slots=True)
class SectionLines:
    """What one feature writes into a backup: `lines` has `count` records, each an array and a newline."""

    name: str
    version: int
    fields: tuple[str, ...]
    count: int
    lines: bytes

    @property
    def digest(self) -> bytes:
        """SHA-256 of the records as they are written."""
        return hashlib.sha256(self.lines).digest()

    @classmethod
    def of_rows(cls, name: str, version: int, fields: tuple[str, ...], rows: Sequence[Row]) -> "SectionLines":
        """For some few records: many are written by the database itself."""
        return cls(name, version, fields, len(rows), b"".join(_line(list(row)) for row in rows))


@dataclass(frozen=True, slots=True)
class SectionData:
    """What one feature has in a backup. `version` is the section's own."""

    name: str
    version: int
    fields: tuple[str, ...]
    rows: list[Row]
    """Tuples, as they are read: those of plain values are nothing that the garbage collector goes through."""
    digest: bytes = b""
    """As that of `SectionLines`."""


def write(sections: Iterable[SectionLines]) -> bytes:
    """The compressed content."""
    packer = zlib.compressobj(_LEVEL)
    total = 0
    packed: list[bytes] = []
    for section in sections:
        head = {
            "section": section.name,
            "version": section.version,
            "fields": section.fields,
            "records": section.count,
        }
        packed += (packer.compress(_line(head)), packer.compress(section.lines))
        total += section.count
    packed += (packer.compress(_line({"end": total})), packer.flush())
    return b"".join(packed)


def read(packed: bytes) -> Iterator[SectionData | None]:
    """Each section when it is whole; None in between, every STEP records. Raises DamagedBackupError."""
    total = 0
    lines = _lines(packed)
    for line in lines:
        found = _object(line)
        if "end" in found:
            if type(found["end"]) is not int or found["end"] != total:
                raise DamagedBackupError(why="Its content says that there is more of it")
            if next(lines, None) is not None:
                raise DamagedBackupError(why="Its content goes on after its end")
            return
        section, count = _head(found)
        if total + count > MOST_RECORDS:
            raise DamagedBackupError(why="Its content is far larger than backups are")
        digest = hashlib.sha256()
        while len(section.rows) < count:
            records = list(islice(lines, min(STEP, count - len(section.rows))))
            if not records:
                raise DamagedBackupError(why="Its content ends too early")
            section.rows.extend(_rows(records, section))
            digest.update(b"\n".join(records) + b"\n")
            if len(section.rows) % STEP == 0:
                yield None
        total += count
        yield replace(section, digest=digest.digest())
    raise DamagedBackupError(why="Its content ends too early")


def _line(found: object) -> bytes:
    return json.dumps(found, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def _lines(packed: bytes) -> Iterator[bytes]:
    """Of bounded length, each and together, whatever they unpack to. Raises DamagedBackupError."""
    unpacker = zlib.decompressobj()
    fed, size, rest = 0, 0, b""
    while not unpacker.eof:
        left = unpacker.unconsumed_tail  # copied each time, so little is fed at once
        if not left:
            left = packed[fed : fed + _PIECE]
            fed += len(left)
        try:
            piece = unpacker.decompress(left, _PIECE)
        except zlib.error as error:
            raise DamagedBackupError(why="Its content cannot be unpacked") from error
        size += len(piece)
        if size > LARGEST or len(rest) > _LONGEST_LINE:
            raise DamagedBackupError(why="Its content is far larger than backups are")
        if not piece and not left and not unpacker.eof:
            raise DamagedBackupError(why="Its content ends too early")
        *lines, rest = (rest + piece).split(b"\n")
        yield from lines
    if rest or unpacker.unused_data or fed < len(packed):
        raise DamagedBackupError(why="Something follows its content")


def _object(line: bytes) -> dict[str, Any]:
    found = _parsed(line)
    if not isinstance(found, dict):
        raise DamagedBackupError(why="Its content makes no sense")
    return found


def _parsed(line: bytes) -> object:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        raise DamagedBackupError(why="Its content makes no sense") from error


def _head(found: dict[str, Any]) -> tuple[SectionData, int]:
    name, fields = found.get("section"), found.get("fields")
    version, count = found.get("version"), found.get("records")
    if (
        not isinstance(name, str)
        or not isinstance(fields, list)
        or not 1 <= len(fields) <= _MOST_FIELDS
        or not all(isinstance(field, str) for field in fields)
        or len(set(fields)) != len(fields)
        or not _is_text(name)
        or not (type(version) is int and version >= 1)
        or not (type(count) is int and count >= 0)
    ):
        raise DamagedBackupError(why="Its content makes no sense")
    return SectionData(name, version, tuple(fields), []), count


def _is_text(value: object) -> bool:
    """Half a character (a lone surrogate) is none."""
    return isinstance(value, str) and (value.isascii() or not any("\ud800" <= c <= "\udfff" for c in value))


def _rows(lines: Sequence[bytes], section: SectionData) -> list[Row]:
    """All at once: one by one, parsing takes twice as long.

    A line that begins and ends with a bracket cannot hide in its neighbours: a text has no line's end in it,
    and a record no record.
    """
    text = b",\n".join(lines)
    try:
        rows = json.loads(b"[" + text + b"]")
    except (ValueError, RecursionError) as error:
        raise DamagedBackupError(why="Its content makes no sense") from error
    has_escapes = not text.isascii() or b"\\" in text
    if (
        not all(line.startswith(b"[") and line.endswith(b"]") for line in lines)
        or len(rows) != len(lines)
        or not all(_is_row(row, len(section.fields)) for row in rows)
        or (has_escapes and not all(_is_text(each) for row in rows for each in row if isinstance(each, str)))
    ):
        raise DamagedBackupError(why=f"A record of {section.name[:40]} makes no sense")
    return [tuple(row) for row in rows]


def _is_row(found: object, width: int) -> bool:
    return isinstance(found, list) and len(found) == width and _PLAIN.issuperset(map(type, found))
