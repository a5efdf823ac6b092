"""The table of addresses."""

from PySide6.QtCore import QCoreApplication, QItemSelection, QModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QWidget

from pillarbox.model.address import AddressRef
from pillarbox_gui.models.address_order import SortBy
from pillarbox_gui.models.address_table import AddressTableModel
from pillarbox_gui.models.address_words import ADDRESS_COLUMNS
from pillarbox_gui.theme.theme import Theme
from pillarbox_gui.widgets.row_table import RowTableView

translate = QCoreApplication.translate


class AddressTableView(RowTableView):
    """Shows an AddressTableModel. Enter opens, Ctrl+C copies, F2 edits the label, Menu asks what else.

    The chosen address stays chosen through filters, sorts and updates, even while it is not shown: only the
    user changes it. A payer must never be shown an address because its neighbour left the list.
    """

    chosen = Signal(object)
    """AddressRef of the row that the user moved to."""
    opened = Signal(object)
    copy_asked = Signal(object)
    menu_asked = Signal(object, QPoint)
    """(AddressRef, global position)."""

    def __init__(self, theme: Theme, model: AddressTableModel, parent: QWidget | None = None) -> None:
        self._addresses = model
        self._chosen: AddressRef | None = None
        super().__init__(theme, ADDRESS_COLUMNS, model, parent)
        self.setAccessibleName(translate("addresses", "Addresses"))
        self.setEditTriggers(QAbstractItemView.EditTrigger.DoubleClicked)
        self.horizontalHeader().setSortIndicator(SortBy.INDEX, Qt.SortOrder.AscendingOrder)
        self.setSortingEnabled(True)
        self.header.mark_sorted()
        self.doubleClicked.connect(self._open)
        model.modelReset.connect(self._choose_again)
        model.rowsInserted.connect(self._choose_again)

    def setModel(self, model: AddressTableModel) -> None:  # type: ignore[override]  # its own model only
        # Connected before the selection model, which would move the choice to a neighbour of a row that goes.
        model.rowsAboutToBeRemoved.connect(self._let_go)
        super().setModel(model)

    @property
    def chosen_ref(self) -> AddressRef | None:
        return self._chosen

    def choose(self, ref: AddressRef) -> None:
        """Choose an address, and bring it into view where the filter shows it. Emits nothing."""
        self._chosen = ref
        self._choose_again()
        if (position := self._addresses.position_of(ref)) is not None:
            self.scrollTo(self._addresses.index(position, 0))

    def selectionChanged(self, selected: QItemSelection, deselected: QItemSelection) -> None:
        super().selectionChanged(selected, deselected)
        ref = None if selected.isEmpty() else self._addresses.ref_at(selected.first().top())
        if ref is not None and ref != self._chosen:
            self._chosen = ref
            self.chosen.emit(ref)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        ref = self._addresses.ref_at(self.currentIndex().row())
        if ref is None or self.state() is QAbstractItemView.State.EditingState:
            super().keyPressEvent(event)
        elif event.matches(QKeySequence.StandardKey.Copy):
            self.copy_asked.emit(ref)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.opened.emit(ref)
        elif event.key() == Qt.Key.Key_F2:
            self.edit(self._addresses.index(self.currentIndex().row(), SortBy.LABEL))
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        by_mouse = event.reason() is QContextMenuEvent.Reason.Mouse
        index = self.indexAt(event.pos()) if by_mouse else self.currentIndex()
        if (ref := self._addresses.ref_at(index.row())) is not None:
            below = self.viewport().mapToGlobal(self.visualRect(index).bottomLeft())
            self.menu_asked.emit(ref, event.globalPos() if by_mouse else below)

    def _open(self, index: QModelIndex) -> None:
        if not index.flags() & Qt.ItemFlag.ItemIsEditable:
            self.opened.emit(self._addresses.ref_at(index.row()))

    def _let_go(self, _parent: QModelIndex, first: int, last: int) -> None:
        if first <= self.currentIndex().row() <= last:
            self.selectionModel().clear()

    def _choose_again(self) -> None:
        if self._chosen is not None and (row := self._addresses.position_of(self._chosen)) is not None:
            self.choose_row(row)
