"""The order of a table's rows as a menu: headings cannot be reached by the keyboard."""

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu

from pillarbox_gui.models.address_order import SortBy
from pillarbox_gui.models.address_table import AddressTableModel
from pillarbox_gui.widgets.address_table import AddressTableView

translate = QCoreApplication.translate


def fill_sort_menu(menu: QMenu, table: AddressTableView, model: AddressTableModel) -> None:
    """Add each column and both directions, those in force checked."""

    def sort(column: int, order: Qt.SortOrder) -> Callable[[], None]:
        return lambda: table.sortByColumn(column, order)

    header = table.horizontalHeader()
    chosen, order = header.sortIndicatorSection(), header.sortIndicatorOrder()
    columns, directions = QActionGroup(menu), QActionGroup(menu)
    for column in SortBy:
        name = str(model.headerData(column, Qt.Orientation.Horizontal))
        if column is SortBy.INDEX:
            name = translate("receive", "Number")
        action = columns.addAction(name)
        action.setCheckable(True)
        action.setChecked(column == chosen)
        action.triggered.connect(sort(column, order))
    for direction, name in (
        (Qt.SortOrder.AscendingOrder, translate("receive", "Ascending")),
        (Qt.SortOrder.DescendingOrder, translate("receive", "Descending")),
    ):
        action = directions.addAction(name)
        action.setCheckable(True)
        action.setChecked(direction is order)
        action.triggered.connect(sort(chosen, direction))
    menu.addActions(columns.actions())
    menu.addSeparator()
    menu.addActions(directions.actions())
