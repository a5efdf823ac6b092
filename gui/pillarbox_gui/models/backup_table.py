"""A folder's backups as a table."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QCoreApplication, QModelIndex, QPersistentModelIndex, Qt

from pillarbox.model.backup import BackupFile
from pillarbox_gui.models.column import Column, Face
from pillarbox_gui.wording.amounts import NOTHING
from pillarbox_gui.wording.backups import size_words
from pillarbox_gui.wording.times import Calendar

Index = QModelIndex | QPersistentModelIndex
Role = Qt.ItemDataRole
translate = QCoreApplication.translate


@dataclass(frozen=True, slots=True)
class BackupFileWords:
    """Backups as text. `now` in Unix seconds."""

    files: Sequence[BackupFile]
    now: Callable[[], int]
    calendar: Calendar

    def name(self, row: int) -> str:
        """Without what all of them end in: what tells one from the other fits then."""
        return self.files[row].name.rpartition(".")[0]

    def written(self, row: int) -> str:
        return self._when(self.files[row].written_at)

    def verified(self, row: int) -> str:
        return self._when(self.files[row].verified_at)

    def proven(self, row: int) -> str:
        return self._when(self.files[row].drilled_at)

    def size(self, row: int) -> str:
        return size_words(self.files[row].size, self.calendar.locale)

    def spoken(self, row: int) -> str:
        """A whole row for a screen reader."""
        parts = [self.files[row].name, translate("backups", "written {when}").format(when=self.written(row))]
        for said, at, when in (
            (translate("backups", "verified {when}"), self.files[row].verified_at, self.verified(row)),
            (translate("backups", "proven {when}"), self.files[row].drilled_at, self.proven(row)),
        ):
            if at is not None:
                parts.append(said.format(when=when))
        return ", ".join([*parts, self.size(row)])

    def _when(self, at: int | None) -> str:
        return NOTHING if at is None else self.calendar.ago(at, self.now())


COLUMNS: tuple[Column[BackupFileWords], ...] = (
    Column(
        "name",
        lambda _: translate("backups", "File"),
        BackupFileWords.name,
        Face.MONO,
        width=260,
        least=130,
        stretch=True,
    ),
    Column(
        "written",
        lambda _: translate("backups", "Written"),
        BackupFileWords.written,
        width=130,
        least=110,
    ),
    Column(
        "verified",
        lambda _: translate("backups", "Verified"),
        BackupFileWords.verified,
        Face.MUTED,
        width=130,
        least=110,
        gives_way=2,
    ),
    Column(
        "proven",
        lambda _: translate("backups", "Proven"),
        BackupFileWords.proven,
        Face.MUTED,
        width=130,
        least=110,
        gives_way=1,
    ),
    Column(
        "size",
        lambda _: translate("backups", "Size"),
        BackupFileWords.size,
        Face.MUTED,
        right=True,
        width=84,
        least=76,
        gives_way=3,
    ),
)


VERIFIED, PROVEN = 2, 3
"""Column numbers."""


class BackupTableModel(QAbstractTableModel):
    """A list that is replaced whole."""

    def __init__(self, now: Callable[[], int], calendar: Calendar) -> None:
        super().__init__()
        self._words = BackupFileWords((), now, calendar)

    def show(self, files: Sequence[BackupFile]) -> None:
        """Where the same files are shown already only what became of them is told."""
        before = self._words.files
        self._words = BackupFileWords(files, self._words.now, self._words.calendar)
        if [file.name for file in before] != [file.name for file in files]:
            self.beginResetModel()
            self.endResetModel()
            return
        for row, (was, file) in enumerate(zip(before, files, strict=True)):
            if was != file:
                self.dataChanged.emit(self.index(row, 0), self.index(row, len(COLUMNS) - 1))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  # Qt's own default
        return 0 if parent.isValid() else len(self._words.files)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  # Qt's own default
        return 0 if parent.isValid() else len(COLUMNS)

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:
        if not index.isValid():
            return None
        if role == Role.ToolTipRole:
            return self._words.files[index.row()].name
        if role == Role.DisplayRole:
            return COLUMNS[index.column()].text(self._words, index.row())
        if role == Role.AccessibleTextRole:
            return self._words.spoken(index.row())
        return _side(index.column()) if role == Role.TextAlignmentRole else None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Role.DisplayRole:
            return COLUMNS[section].title(self._words)
        return _side(section) if role == Role.TextAlignmentRole else None


def _side(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if COLUMNS[column].right else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter
