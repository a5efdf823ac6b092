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
    if data.fields == tuple(each.name for each in fields):  # as always, unless another version wrote it
        for row in data.rows:
            for (each, _), value in zip(wanted, row, strict=True):
                if not _fits(each, value):
                    raise _refusal(data, each)
        return data.rows
    return [tuple([_checked(data, each, place, row) for each, place in wanted]) for row in data.rows]


def _checked(data: SectionData, wanted: Field, place: int | None, row: Sequence[Value]) -> Value:
    value = None if place is None else row[place]
    if not _fits(wanted, value):
        raise _refusal(data, wanted)
    return value


def _fits(wanted: Field, value: Value) -> bool:
    if value is None:
        return wanted.optional
    if wanted.kind is int:
        return type(value) is int and value in _INT64
    return isinstance(value, str) and (wanted.kind is str or _is_hex(value))


def _refusal(data: SectionData, wanted: Field) -> DamagedBackupError:
    return DamagedBackupError(why=f"{wanted.name} in its section {data.name[:40]} makes no sense")


def _is_hex(text: str) -> bool:
    return len(text) % 2 == 0 and not text.strip("0123456789abcdef")
