"""A table as a section of a backup: SQLite writes the records, compares them and puts them back."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pillarbox.backup.content import Row, SectionLines
from pillarbox.backup.sections import AccountMap, Described, Field, Tally
from pillarbox.errors import PillarboxError
from pillarbox.storage import bulk
from pillarbox.storage.database import Bindings, Tx


class RecordDiffersError(PillarboxError):
    """Parameters: what, which."""

    code = "backup-conflict"
    title = "The backup says something else"
    message = "{what} {which} is another one in the backup. What was here stays."
    hint = "If the backup's is the right one, restore it as a wallet of its own and look there."


class RecordSkippedError(PillarboxError):
    """Parameters: what."""

    code = "backup-skipped"
    title = "Part of the backup has no account to go to"
    message = "{what} belongs to an account that could not be restored. It is still in the backup file."
    hint = "See why the account could not be restored, then restore the file again."


@dataclass(frozen=True, slots=True)
class TableSection:
    """A table whose rows stand for themselves: a row here of the same `key` wins over the backup's.

    Where the first of `fields` is "account", rows belong to accounts. `what`: what a person calls a row.
    """

    name: str
    what: str
    table: str
    fields: tuple[Field, ...]
    key: tuple[str, ...]
    version: int = 1

    def export(self, tx: Tx) -> SectionLines:
        order = ", ".join(self.key)
        return exported(tx, self, f"SELECT {self._columns} FROM {self.table} ORDER BY {order}")  # noqa: S608  # constants

    def merge(self, tx: Tx, rows: Sequence[Row], accounts: AccountMap) -> Tally:
        tally = Tally()
        for chunk in self._placed(rows, accounts, tally):
            packed = json.dumps(chunk)
            new = tx.execute(
                f"INSERT INTO {self.table} ({self._columns}) SELECT {', '.join(self._values)} "  # noqa: S608  # constants
                "FROM json_each(?) WHERE true ON CONFLICT DO NOTHING",
                (packed,),
            )
            tally.restored += new
            if new == len(chunk):
                continue
            differing = tx.rows(
                f"SELECT {self._keys} FROM {self._met} WHERE NOT ({self._same})",  # noqa: S608  # as above
                (packed,),
            )
            same = tx.value(f"SELECT count(*) FROM {self._met} WHERE {self._same}", (packed,))  # noqa: S608  # as above
            tally.unchanged += same - new
            refused = len(chunk) - same - len(differing)  # by a rule of the table beside its key
            names = [*(_named(row) for row in differing), *[""] * refused]
            tally.conflicts += [RecordDiffersError(what=self.what, which=name).text for name in names]
        return tally

    def _placed(self, rows: Sequence[Row], accounts: AccountMap, tally: Tally) -> Iterator[Sequence[Row]]:
        if self.fields[0].name == "account":
            return placed_chunks(rows, accounts, self.what, tally)
        return bulk.chunks(rows)

    @property
    def _columns(self) -> str:
        return ", ".join(field.name for field in self.fields)

    @property
    def _keys(self) -> str:
        return ", ".join(f"t.{name}" for name in self.key)

    @property
    def _values(self) -> list[str]:
        return [value_sql(field, number) for number, field in enumerate(self.fields)]

    @property
    def _met(self) -> str:
        """The records joined with the rows of the same key."""
        values = dict(zip((field.name for field in self.fields), self._values, strict=True))
        on = " AND ".join(f"t.{name} = {values[name]}" for name in self.key)
        return f"json_each(?) CROSS JOIN {self.table} AS t ON {on}"

    @property
    def _same(self) -> str:
        pairs = zip(self.fields, self._values, strict=True)
        return " AND ".join(f"t.{field.name} IS {value}" for field, value in pairs)


def exported(tx: Tx, section: Described, query: str, bindings: Bindings = ()) -> SectionLines:
    """The records of `query`, whose columns are the section's fields, in its order."""
    columns = ", ".join(_written(field) for field in section.fields)
    row = tx.row(
        f"SELECT count(*), group_concat(json_array({columns}), char(10)) FROM ({query})",  # noqa: S608  # constants
        bindings,
    )
    count, lines = row or (0, None)
    text = "" if lines is None else lines + "\n"
    names = tuple(field.name for field in section.fields)
    return SectionLines(section.name, section.version, names, count, text.encode())


def value_sql(field: Field, number: int) -> str:
    """A field of a record that `json_each` gives, as SQL."""
    return f"unhex(value ->> {number})" if field.kind is bytes else f"value ->> {number}"


def placed(rows: Sequence[Row], accounts: AccountMap, what: str, tally: Tally) -> list[Row]:
    """Rows whose first field is an account, under its id here; those of one that is not are skipped."""
    found: list[Row] = [
        (accounts[account], *row[1:])
        for row in rows
        if isinstance(account := row[0], int) and account in accounts
    ]
    tally.skipped += [RecordSkippedError(what=what).text] * (len(rows) - len(found))
    return found


def placed_chunks(
    rows: Sequence[Row], accounts: AccountMap, what: str, tally: Tally
) -> Iterator[Sequence[Row]]:
    """`placed` of some thousands at a time: never a second copy of them all."""
    for chunk in bulk.chunks(rows):
        if kept := placed(chunk, accounts, what, tally):
            yield kept


def _written(field: Field) -> str:
    if field.kind is not bytes:
        return field.name
    written = f"lower(hex({field.name}))"
    return f"iif({field.name} IS NULL, NULL, {written})" if field.optional else written


def _named(row: Sequence[object]) -> str:
    return "/".join(part.hex() if isinstance(part, bytes) else str(part) for part in row)
