"""Where the backups lie: a table of files for each folder, and the further folders' comings and goings."""

import asyncio
from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, QModelIndex, Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QFrame, QLabel, QWidget

from pillarbox_gui.models.backup_table import COLUMNS, PROVEN, VERIFIED, BackupTableModel
from pillarbox_gui.pages.controls import Button, Card, Elided, column, row, take_role, words
from pillarbox_gui.pages.look import Look
from pillarbox_gui.theme.tokens import Height, Space, Tone
from pillarbox_gui.widgets.chip import Chip
from pillarbox_gui.widgets.row_table import RowTableView
from pillarbox_gui.wording.backups import Place, Shelf, shelf_detail, shelf_title

NEWEST = 3
"""So many files of each folder are shown at first."""
ICON = 20

translate = QCoreApplication.translate


class ShelfPart(QWidget):
    """One folder: what it is for, its newest files, and all of them where that is asked for."""

    def __init__(self, look: Look, shelf: Shelf) -> None:
        super().__init__()
        self._look = look
        self._shelf = shelf
        self._all = False
        theme = look.theme
        self._icon = QLabel()
        self.title = Elided("strong", Qt.TextElideMode.ElideMiddle)
        self.detail = Elided("muted", Qt.TextElideMode.ElideMiddle)
        self.missing = Chip(theme)
        self.missing.set_chip(
            lambda palette: palette.tone(Tone.WAITING), "warning", translate("backups", "Not there")
        )
        self.remove = Button(theme, translate("backups", "Remove"))
        self.none = words(translate("backups", "No backup is here yet."), "muted")
        self.model = BackupTableModel(look.now, look.calendar)
        self.model.setParent(self)
        self.table = RowTableView(theme, COLUMNS, self.model)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        for bar in (self.table.setVerticalScrollBarPolicy, self.table.setHorizontalScrollBarPolicy):
            bar(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.more = Button(theme, "", "quiet")
        self.more.clicked.connect(self._turn)
        self._lay_out()
        self._restyle()
        theme.changed.connect(self._restyle)
        self.show_shelf(shelf)

    def show_shelf(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self.title.say(shelf_title(shelf))
        self.detail.say(shelf_detail(shelf))
        self.missing.setVisible(shelf.missing)
        self.remove.setVisible(shelf.place is Place.FURTHER)
        self.remove.setAccessibleName(
            translate("backups", "Put no more backups into {folder}").format(folder=shelf.folder)
        )
        self.table.setAccessibleName(
            translate("backups", "Backups in {folder}").format(folder=shelf_title(shelf))
        )
        self._show_files()

    def tell_times(self) -> None:
        """Time has passed."""
        self.table.viewport().update()

    def _turn(self) -> None:
        self._all = not self._all
        self._show_files()

    def _show_files(self) -> None:
        files = self._shelf.files
        self.model.show(files if self._all else files[:NEWEST])
        # The copies in further folders are the same to the byte, and not read again one by one.
        home = self._shelf.place is Place.HOME
        self.table.want_column(VERIFIED, home or any(file.verified_at for file in files))
        self.table.want_column(PROVEN, home or any(file.drilled_at for file in files))
        self.none.setVisible(not files)
        self.table.setVisible(bool(files))
        self.more.setVisible(len(files) > NEWEST)
        self.more.say(
            translate("backups", "Show the newest only")
            if self._all
            else translate("backups", "Show all {n}").format(n=len(files))
        )
        self._fit()

    def _fit(self) -> None:
        """The page scrolls, the table does not."""
        heading = self.table.header.sizeHint().height()
        self.table.setFixedHeight(heading + self.model.rowCount() * self._look.theme.px(Height.ROW))

    def _lay_out(self) -> None:
        theme = self._look.theme
        heading = row(theme, Space.M)
        heading.addWidget(self._icon)
        told = column(theme, 2)
        told.addWidget(self.title)
        told.addWidget(self.detail)
        heading.addLayout(told, 1)
        heading.addWidget(self.missing)
        heading.addWidget(self.remove)
        whole = column(theme, Space.S)
        whole.addLayout(heading)
        whole.addWidget(self.none)
        whole.addWidget(self.table)
        whole.addWidget(self.more, 0, Qt.AlignmentFlag.AlignLeading)
        self.setLayout(whole)

    def _restyle(self) -> None:
        theme, ratio = self._look.theme, self.devicePixelRatioF()
        self._icon.setPixmap(theme.icons.pixmap("folder", theme.px(ICON), ratio, theme.palette.muted))
        self._fit()


class BackupFolders(Card):
    """All folders, one below the other."""

    add_asked = Signal()
    remove_asked = Signal(str)
    """The folder that is to get no more backups."""
    row_reached = Signal(object, object)
    """By the keyboard: the table, and where in it the row is."""

    def __init__(self, look: Look, before: QWidget) -> None:
        """`before`: what the Tab key reaches before the folders, which come and go."""
        super().__init__(look.theme, Space.L, Space.L)
        self._look = look
        self._before = before
        self.parts: dict[str, ShelfPart] = {}
        self._lines: dict[str, QFrame] = {}
        self._place = column(look.theme, Space.L)
        self.body.addLayout(self._place)
        self.add = Button(look.theme, translate("backups", "Add a folder…"), icon="plus")
        self.add.clicked.connect(self.add_asked)
        self.body.addWidget(_hairline())
        line = row(look.theme, Space.L)
        line.addWidget(self.add)
        line.addWidget(
            words(
                translate(
                    "backups",
                    "Every backup is put there too: a stick, another disk, or a folder that a cloud copies.",
                ),
                "muted",
                wrap=True,
            ),
            1,
        )
        self.body.addLayout(line)

    async def show_shelves(self, shelves: Sequence[Shelf]) -> None:
        """A new folder takes a good part of a frame to show: a turn of the loop for each."""
        wanted = [shelf.folder for shelf in shelves]
        for folder in [folder for folder in self.parts if folder not in wanted]:
            self._drop(folder)
        for place, shelf in enumerate(shelves):
            if (part := self.parts.get(shelf.folder)) is not None:
                part.show_shelf(shelf)
                continue
            self._add(place, shelf)
            await asyncio.sleep(0)
        self._order_stops(wanted)

    def _order_stops(self, folders: Sequence[str]) -> None:
        last = self._before
        for part in (self.parts[folder] for folder in folders):
            for stop in (part.remove, part.table, part.more):
                QWidget.setTabOrder(last, stop)
                last = stop
        QWidget.setTabOrder(last, self.add)

    def tell_times(self) -> None:
        for part in self.parts.values():
            part.tell_times()

    def _add(self, place: int, shelf: Shelf) -> None:
        part = self.parts[shelf.folder] = ShelfPart(self._look, shelf)
        line = self._lines[shelf.folder] = _hairline()
        line.setVisible(place > 0)
        part.remove.clicked.connect(lambda: self.remove_asked.emit(shelf.folder))

        def reach(index: QModelIndex) -> None:
            if part.table.hasFocus():
                self.row_reached.emit(part.table, part.table.visualRect(index))

        part.table.selectionModel().currentChanged.connect(reach)
        self._place.insertWidget(2 * place, line)
        self._place.insertWidget(2 * place + 1, part)

    def _drop(self, folder: str) -> None:
        for widget in (self.parts.pop(folder), self._lines.pop(folder)):
            self._place.removeWidget(widget)
            widget.hide()
            widget.deleteLater()


def _hairline() -> QFrame:
    line = QFrame()
    take_role(line, "hairline")
    return line
