"""The address table's model: a million rows without a proxy.

Data comes as snapshots and partial snapshots (`AddressColumns`); the model owns a vector of rows in view
order. After any sequence of partial ones it equals a model made from a fresh snapshot.
"""

import threading
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any, Protocol, TypeVar

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)

from pillarbox.model.address import AddressColumns, AddressRef, AddressState
from pillarbox.model.network import BITCOIN, Coin, Network
from pillarbox_gui.models.address_order import Order, Query, SortBy, compute_order, matches
from pillarbox_gui.models.address_rows import AddressRows
from pillarbox_gui.models.address_words import ADDRESS_COLUMNS, AddressWords
from pillarbox_gui.models.column import STATE_ROLE
from pillarbox_gui.tasks import Present, TaskScope
from pillarbox_gui.wording.times import Calendar

INLINE_ROWS = 10_000
"""Up to so many rows, filter and sort take less than a frame and are done at once."""
MOVED_ONE_BY_ONE = 64
MOST_RANGES = 64

REF_ROLE = int(Qt.ItemDataRole.UserRole) + 2
"""The AddressRef: the key by which a row is known whatever the order."""

Index = QModelIndex | QPersistentModelIndex
Role = Qt.ItemDataRole
T = TypeVar("T")


class Offload(Protocol):
    """Runs a function in a worker thread."""

    def __call__(self, work: Callable[[], T], /) -> Awaitable[T]: ...


class AddressTableModel(QAbstractTableModel):
    """Addresses of one branch. Belongs to the window's thread."""

    label_edited = Signal(object, str)
    """(AddressRef, text): the user's wish. The row changes when the core says so."""
    ordering = Signal(bool)
    """True while a worker sorts; the table goes on showing the order before."""
    counts_changed = Signal()

    def __init__(
        self,
        now: Callable[[], int],
        calendar: Calendar,
        offload: Offload,
        present: Present,
        parent: QObject | None = None,
    ) -> None:
        """`now` gives Unix seconds. `present` is told of a sort that failed."""
        super().__init__(parent)
        self._words = AddressWords(AddressRows.empty(), BITCOIN, Network.MAINNET, now, calendar)
        self._tasks = TaskScope(self, present)
        self._offload = offload
        self._query = Query()
        self._order = Order(self._query, range(0))
        self._version = 0
        self._settled = True
        self._ordering = False
        self._answers: dict[int, Callable[[int, int], Any]] = {
            int(Role.DisplayRole): self._text,
            int(Role.EditRole): self._text,
            int(Role.ToolTipRole): self._tooltip,
            int(Role.TextAlignmentRole): _alignment,
            int(Role.AccessibleTextRole): self._sentence,
            STATE_ROLE: self._state,
            REF_ROLE: self._ref,
        }

    @property
    def query(self) -> Query:
        return self._query

    @property
    def settled(self) -> bool:
        """Whether the rows shown are the ones that the query selects, in its order."""
        return self._settled

    @property
    def _rows(self) -> AddressRows:
        return self._words.rows

    def show(self, columns: AddressColumns, coin: Coin, network: Network) -> None:
        """Take a full snapshot, perhaps of another account. The query stays."""
        self.beginResetModel()
        self._words = replace(self._words, rows=AddressRows(columns), coin=coin, network=network)
        self._version += 1
        # Every row by index, until the order is made: something true is shown at once.
        self._order = Order(Query(), range(self._rows.count))
        self.endResetModel()
        self._reorder()
        self.counts_changed.emit()

    def apply(self, part: AddressColumns) -> bool:
        """Take changed and new addresses. Parts come in the order they were read.

        False, and nothing changed, where the part is of another branch or older than the snapshot: a late
        answer to a question that nobody asks any more.
        """
        rows = self._rows
        if not rows.accepts(part):
            return False
        self._version += 1
        if self._settled and isinstance(self._order.filled, range):
            self._apply_in_place(rows, part)
        elif self._settled and len(part.indices) <= MOVED_ONE_BY_ONE:
            for offset in range(len(part.indices)):
                self._apply_one(rows, part, offset)
        else:
            for offset in range(len(part.indices)):
                rows.update(part, offset)
            if self._settled:
                self._reorder()
            elif self._order:
                self._emit_changed(0, len(self._order) - 1)
        self.counts_changed.emit()
        return True

    def set_filter(self, states: frozenset[AddressState], text: str) -> None:
        """Show only rows in these states whose address, label or number matches the text."""
        self._ask(replace(self._query, states=states, text=text))

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Called by the view's header."""
        descending = order is Qt.SortOrder.DescendingOrder
        if 0 <= column < len(ADDRESS_COLUMNS):
            self._ask(replace(self._query, sort_by=SortBy(column), descending=descending))

    def refresh_times(self) -> None:
        """Say anew what depends on the time of day. Costs what is visible."""
        if self._order:
            self._emit_changed(0, len(self._order) - 1, SortBy.NOTE, SortBy.NOTE)

    def in_state(self, state: AddressState) -> int:
        """How many addresses are in a state, shown or not."""
        return self._rows.in_state(state)

    def ref_at(self, position: int) -> AddressRef | None:
        """Which address a table row shows."""
        if not 0 <= position < len(self._order):
            return None
        return self._rows.ref(self._order.row_at(position))

    def position_of(self, ref: AddressRef) -> int | None:
        """The table row that shows an address, or None where the filter hides it."""
        rows = self._rows
        if (ref.account, ref.branch) != (rows.account, rows.branch):
            return None
        if (row := rows.find(ref.index)) is None:
            return None
        return self._order.position(rows, row) if self._settled else self._order.scan(row)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  # Qt's own default
        return 0 if parent.isValid() else len(self._order)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  # Qt's own default
        return 0 if parent.isValid() else len(ADDRESS_COLUMNS)

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:
        answer = self._answers.get(role)
        if answer is None or not index.isValid():
            return None
        return answer(self._order.row_at(index.row()), index.column())

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole
    ) -> str | Qt.AlignmentFlag | None:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Role.DisplayRole:
            return ADDRESS_COLUMNS[section].title(self._words)
        if role == Role.TextAlignmentRole:
            return _alignment(0, section)
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        known = super().flags(index)
        if index.isValid() and ADDRESS_COLUMNS[index.column()].editable:
            return known | Qt.ItemFlag.ItemIsEditable
        return known

    def setData(self, index: Index, value: Any, role: int = Role.EditRole) -> bool:
        """An edited label is a wish, told by `label_edited`."""
        if index.isValid() and role == Role.EditRole and ADDRESS_COLUMNS[index.column()].editable:
            text = str(value).strip()
            if text != self.data(index, role):
                self.label_edited.emit(self.ref_at(index.row()), text)
        return False

    def _ask(self, query: Query) -> None:
        before, self._query = self._query, query
        if query == before:
            return
        if self._settled and query == replace(before, descending=query.descending):
            self.beginResetModel()
            self._order.descending = query.descending
            self.endResetModel()
            return
        self._reorder()

    def _reorder(self) -> None:
        if self._rows.count <= INLINE_ROWS or self._query.is_plain:
            self._tasks.cancel("order")
            self._install(compute_order(self._rows, self._query), self._version)
            self._tell_ordering(False)
            return
        self._settled = False
        self._tasks.start("order", self._reorder_in_worker)

    async def _reorder_in_worker(self) -> None:
        self._tell_ordering(True)
        stopped = threading.Event()
        try:
            while not self._settled:
                version = self._version
                work = partial(compute_order, self._rows.freeze(), self._query, stopped.is_set)
                self._install(await self._offload(work), version)
        finally:
            stopped.set()
        self._tell_ordering(False)

    def _tell_ordering(self, ordering: bool) -> None:
        if ordering != self._ordering:
            self._ordering = ordering
            self.ordering.emit(ordering)

    def _install(self, order: Order, version: int) -> None:
        self.beginResetModel()
        self._order = order
        self._settled = version == self._version
        self.endResetModel()

    def _apply_in_place(self, rows: AddressRows, part: AddressColumns) -> None:
        before = rows.count
        touched = sorted({rows.update(part, offset) for offset in range(len(part.indices))})
        runs = list(_runs(row for row in touched if row < before))
        if len(runs) > MOST_RANGES:
            runs = [(runs[0][0], runs[-1][1])]
        for first, last in runs:
            if self._order.descending:
                self._emit_changed(before - 1 - last, before - 1 - first)
            else:
                self._emit_changed(first, last)
        if (added := rows.count - before) > 0:
            top = 0 if self._order.descending else before
            self.beginInsertRows(QModelIndex(), top, top + added - 1)
            self._order.filled = range(rows.count)
            self.endInsertRows()

    def _apply_one(self, rows: AddressRows, part: AddressColumns, offset: int) -> None:
        order, nowhere = self._order, QModelIndex()
        known = rows.find(part.indices[offset])
        before = None if known is None else order.position(rows, known)
        row = rows.update(part, offset)
        if not matches(rows, row, self._query):
            if before is not None:
                self.beginRemoveRows(nowhere, before, before)
                order.remove(before)
                self.endRemoveRows()
            return
        after = order.target(rows, row, before)
        if before is None:
            self.beginInsertRows(nowhere, after, after)
            order.insert(rows, row)
            self.endInsertRows()
            return
        moved = after != before
        if moved:
            self.beginMoveRows(nowhere, before, before, nowhere, after + 1 if after > before else after)
        # Also where it stays: it may have gone from the filled rows to the rest, or come from there.
        order.remove(before)
        order.insert(rows, row)
        if moved:
            self.endMoveRows()
        self._emit_changed(after, after)

    def _emit_changed(self, first: int, last: int, left: int = 0, right: int | None = None) -> None:
        right = len(ADDRESS_COLUMNS) - 1 if right is None else right
        self.dataChanged.emit(self.index(first, left), self.index(last, right))

    def _text(self, row: int, column: int) -> str:
        return ADDRESS_COLUMNS[column].text(self._words, row)

    def _tooltip(self, row: int, column: int) -> str:
        if column == SortBy.NOTE:
            return self._words.flag_sentences(row) or self._text(row, column)
        if column == SortBy.STATE:
            # The column of notes is not there in a narrow window.
            return "\n".join(filter(None, (self._text(row, column), self._text(row, SortBy.NOTE))))
        return self._text(row, column)

    def _sentence(self, row: int, _column: int) -> str:
        return self._words.sentence(row)

    def _state(self, row: int, _column: int) -> AddressState:
        return AddressState(self._rows.states[row])

    def _ref(self, row: int, _column: int) -> AddressRef:
        return self._rows.ref(row)


def _alignment(_row: int, column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if ADDRESS_COLUMNS[column].right else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter


def _runs(rows: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Ascending numbers as contiguous (first, last) ranges."""
    first = last = -2
    for row in rows:
        if row != last + 1:
            if last >= 0:
                yield first, last
            first = row
        last = row
    if last >= 0:
        yield first, last
