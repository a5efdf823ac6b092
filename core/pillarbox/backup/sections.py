"""What a feature contributes to a backup: how it is written, and how it is put back beside what is there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from pillarbox.backup.content import Row, SectionData, SectionLines, Value
from pillarbox.backup.envelope import DamagedBackupError
from pillarbox.errors import ErrorText

TxT_contra = TypeVar("TxT_contra", contravariant=True)

AccountMap = Mapping[int, int]
"""From an account's id in the backup to its id here; one that could not be restored is not in it."""

_AT_ONCE = 2_000
"""Records whose values are looked at together."""
_INT64 = range(-(1 << 63), 1 << 63)


@dataclass(frozen=True, slots=True)
class Field:
    """One value of a record. `blob`: bytes, written as hex. `optional`: None may stand there."""

    name: str
    kind: type[str] | type[int] | type[bytes]
    optional: bool = False


@dataclass(slots=True)
class Tally:
    """What became of a section's records. What is here already wins over the backup in a conflict."""

    restored: int = 0
    unchanged: int = 0
    conflicts: list[ErrorText] = field(default_factory=list)
    skipped: list[ErrorText] = field(default_factory=list)


class Described(Protocol):
    """What a section is called, and what its records are made of."""

    @property
    def name(self) -> str: ...
    @property
    def version(self) -> int:
        """Raised when an older program would misread the records; new fields alone do not need it."""
        ...

    @property
    def fields(self) -> tuple[Field, ...]: ...


class BackupSection(Described, Protocol[TxT_contra]):
    """One feature's part. `TxT` is the storage's transaction, which this room does not know."""

    def export(self, tx: TxT_contra) -> SectionLines: ...

    def merge(self, tx: TxT_contra, rows: Sequence[Row], accounts: AccountMap) -> Tally:
        """Add what is not there. Running it twice changes nothing the second time.

        `rows`: as `rows_of` gives them. A preview is this very function, undone.
        """
        ...


def rows_of(data: SectionData, fields: Sequence[Field]) -> list[Row]:
    """The records in the order of `fields`, checked; unknown fields are passed over. A field that an older
    program did not write is None. Raises DamagedBackupError.
    """
    places = {name: place for place, name in enumerate(data.fields)}
    wanted = [(each, places.get(each.name)) for each in fields]
    for each, place in wanted:
        if place is None and not each.optional:
            raise DamagedBackupError(why=f"Its section {data.name[:40]} lacks {each.name}")
    found = data.rows
    if data.fields != tuple(each.name for each in fields):  # another version wrote it
        found = [tuple([None if place is None else row[place] for _, place in wanted]) for row in data.rows]
    for start in range(0, len(found), _AT_ONCE):
        columns = zip(*found[start : start + _AT_ONCE], strict=True)
        for each, column in zip(fields, columns, strict=True):
            if not _all_fit(each, column):
                raise DamagedBackupError(why=f"{each.name} in its section {data.name[:40]} makes no sense")
    return found


def _all_fit(wanted: Field, column: Sequence[Value]) -> bool:
    there = [value for value in column if value is not None]
    if len(there) < len(column) and not wanted.optional:
        return False
    if wanted.kind is int:
        return set(map(type, there)) <= {int} and all(value in _INT64 for value in set(there))
    return set(map(type, there)) <= {str} and (wanted.kind is str or all(map(_is_hex, map(str, there))))


def _is_hex(text: str) -> bool:
    return len(text) % 2 == 0 and not text.strip("0123456789abcdef")
