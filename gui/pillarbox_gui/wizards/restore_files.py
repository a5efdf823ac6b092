"""Which of several backups: a table of them, the newest chosen."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QCoreApplication, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtWidgets import QWidget

from pillarbox.flows.restore_steps import ChooseFile, FileChosen, FileFacts
from pillarbox_gui.models.column import Column, Face
from pillarbox_gui.pages.controls import Card
from pillarbox_gui.pages.look import Look
from pillarbox_gui.theme.tokens import Height
from pillarbox_gui.widgets.row_table import RowTableView
from pillarbox_gui.wizards.restore_kit import RestoreKit
from pillarbox_gui.wizards.step_page import StepPage
from pillarbox_gui.wording.amounts import NOTHING
from pillarbox_gui.wording.errors import window_words
from pillarbox_gui.wording.restoring import file_stem, opened_by

MOST_ROWS = 8
"""Of more than these the table scrolls."""

Index = QModelIndex | QPersistentModelIndex
Role = Qt.ItemDataRole
translate = QCoreApplication.translate


@dataclass(frozen=True, slots=True)
class FileRows:
    """Files as text."""

    files: Sequence[FileFacts]
    look: Look

    def written(self, row: int) -> str:
        at = self.files[row].created_at
        return self.look.calendar.ago(at, self.look.now()) if at else NOTHING

    def wallet(self, row: int) -> str:
        return self.files[row].fingerprint or NOTHING

    def network(self, row: int) -> str:
        network = self.files[row].network
        return NOTHING if network is None else network.value.capitalize()

    def name(self, row: int) -> str:
        return file_stem(self.files[row].name)

    def opened_by(self, row: int) -> str:
        return opened_by(self.files[row])


COLUMNS: tuple[Column[FileRows], ...] = (
    Column("written", lambda _: translate("restore", "Written"), FileRows.written, width=130, least=110),
    Column("wallet", lambda _: translate("restore", "Wallet"), FileRows.wallet, Face.MONO, width=96),
    Column("network", lambda _: translate("restore", "Network"), FileRows.network, width=96),
    Column(
        "name",
        lambda _: translate("restore", "File"),
        FileRows.name,
        Face.MONO,
        width=240,
        least=120,
        stretch=True,
    ),
    Column(
        "opened-by",
        lambda _: translate("restore", "Opens with"),
        FileRows.opened_by,
        Face.MUTED,
        width=170,
        least=120,
    ),
)
WALLET, NETWORK = 1, 2
"""Columns that tell files apart, where there is anything to tell."""


class FileTableModel(QAbstractTableModel):
    """The files of a folder; it never changes."""

    def __init__(self, files: Sequence[FileFacts], look: Look) -> None:
        super().__init__()
        self.rows = FileRows(files, look)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  # Qt's own default
        return 0 if parent.isValid() else len(self.rows.files)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  # Qt's own default
        return 0 if parent.isValid() else len(COLUMNS)

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:
        if not index.isValid():
            return None
        if role == Role.DisplayRole:
            return COLUMNS[index.column()].text(self.rows, index.row())
        if role == Role.ToolTipRole:
            return self._whole(self.rows.files[index.row()])
        if role == Role.AccessibleTextRole:
            trouble = self.rows.files[index.row()].trouble
            texts = [column.text(self.rows, index.row()) for column in COLUMNS]
            return ", ".join(texts if trouble is None else [*texts, trouble.title])
        return _LEFT if role == Role.TextAlignmentRole else None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Role.DisplayRole:
            return COLUMNS[section].title(self.rows)
        return _LEFT if role == Role.TextAlignmentRole else None

    def _whole(self, file: FileFacts) -> str:
        if file.trouble is None:
            return file.path
        said = window_words(file.trouble)
        return f"{file.path}\n{said.message}\n{said.hint}"


class ChooseFilePage(StepPage):
    """The newest is the usual answer; what cannot be used says why."""

    def __init__(self, kit: RestoreKit, step: ChooseFile) -> None:
        wallets = {file.fingerprint for file in step.files if file.network is not None}
        networks = {file.network for file in step.files if file.network is not None}
        several = len(wallets) > 1 or len(networks) > 1
        said = _of_each() if step.newest_of_each else _explanation(several)
        super().__init__(kit.theme, translate("restore", "Choose a backup"), said)
        self.go_on = translate("restore", "Continue")
        self.model = FileTableModel(step.files, kit.look)
        self.model.setParent(self)
        self.table = RowTableView(kit.theme, COLUMNS, self.model)
        self.table.want_column(WALLET, len(wallets) > 1)
        self.table.want_column(NETWORK, len(networks) > 1)
        self.table.setAccessibleName(translate("restore", "Backups in this folder"))
        self.table.doubleClicked.connect(lambda _: self.answered.emit(self.answer()))
        rows = min(MOST_ROWS, len(step.files))
        self.table.setFixedHeight(self.table.header.sizeHint().height() + rows * kit.theme.px(Height.ROW))
        card = Card(kit.theme, 0, 1)
        card.body.addWidget(self.table)
        self.body.addWidget(card)
        paths = [file.path for file in step.files]
        self.table.choose_row(paths.index(step.chosen) if step.chosen in paths else 0)
        self.say_trouble(step.error)

    def first(self) -> QWidget:
        return self.table

    def answer(self) -> FileChosen:
        return FileChosen(self.model.rows.files[max(0, self.table.currentIndex().row())].path)


def _of_each() -> str:
    return translate(
        "restore",
        "The words open backups of several wallets, networks or copies: these are the newest of each. Choose "
        "one. Another can be restored afterwards, by itself or into the same wallet.",
    )


def _explanation(several: bool) -> str:
    if several:
        return translate(
            "restore",
            "They are of several wallets or networks: choose the one you want back. Each has all of its "
            "wallet as it was then, and the newest of each is the one to take.",
        )
    return translate("restore", "Each has all of its wallet as it was then: the newest is the one to take.")


_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
