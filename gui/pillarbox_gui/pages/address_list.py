"""The middle of the desk: heading, filters, gap meter, table."""

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLineEdit,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from pillarbox.model.account import Account, ScanState
from pillarbox.model.address import AddressState
from pillarbox.model.progress import Progress
from pillarbox_gui import actions
from pillarbox_gui.models.address_order import ALL_STATES, SortBy
from pillarbox_gui.models.address_table import AddressTableModel
from pillarbox_gui.pages.controls import Button, Card, Elided, column, row, words
from pillarbox_gui.pages.scan_banner import ScanBanner
from pillarbox_gui.theme.theme import Theme
from pillarbox_gui.theme.tokens import Space
from pillarbox_gui.widgets.address_table import AddressTableView
from pillarbox_gui.widgets.gap_meter import GapMeter
from pillarbox_gui.wording.states import state_word

MORE_WIDTH = 54
NOTE_FROM = 700
RECEIVED_FROM = 540
"""From so many logical pixels on the table has room for a column."""

translate = QCoreApplication.translate


class AddressList(QWidget):
    """Shows an account's addresses through a filter. What it is asked for it only tells on."""

    scan_asked = Signal()
    scan_cancelled = Signal()

    def __init__(self, theme: Theme, model: AddressTableModel) -> None:
        super().__init__()
        self._theme = theme
        self._model = model
        self.title = Elided("title")
        self.origin = Elided("muted")
        self.request = Button(theme, actions.REQUEST.text())
        self.new_address = Button(theme, actions.NEW_ADDRESS.text(), "primary")
        self.new_address.setToolTip(actions.NEW_ADDRESS.shortcut)
        self.more = Button(theme, "", "", "more")
        self.more.setAccessibleName(translate("receive", "More for this account"))
        self.more.setFixedWidth(theme.px(MORE_WIDTH))
        self.more.setToolTip(self.more.accessibleName())
        self.search = QLineEdit()
        self.search.setClearButtonEnabled(True)
        self.search.setPlaceholderText(translate("receive", "Search address or label"))
        self.search.setAccessibleName(translate("receive", "Search address or label"))
        self.search.textChanged.connect(self._filter)
        self.meter = GapMeter(theme)
        self.table = AddressTableView(theme, model)
        self.none = words(translate("receive", "No address matches this filter."), "muted")
        self.none.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.banner = ScanBanner(theme)
        self.banner.scan.clicked.connect(self.scan_asked)
        self.banner.cancel.clicked.connect(self.scan_cancelled)
        self.filters: dict[AddressState | None, Button] = {}
        whole = column(theme, Space.M)
        whole.addLayout(self._heading())
        whole.addWidget(self.banner)
        whole.addLayout(self._filter_row())
        whole.addWidget(self._table_card(), 1)
        self.setLayout(whole)
        model.counts_changed.connect(self._count)
        for signal in (model.modelReset, model.rowsInserted, model.rowsRemoved):
            signal.connect(self._show_rows_or_none)
        self._count()

    def tell_account(self, account: Account, unused_run: int) -> None:
        """Heading and gap meter."""
        self.title.say(account.label)
        parts = [account.path] if account.path else []
        if account.watch_only:
            parts.append(translate("receive", "watch-only"))
        parts.append(
            translate("receive", "{n} addresses watched beyond the last one shown").format(
                n=account.gap_limit
            )
        )
        self.origin.say(" · ".join(parts))
        self.meter.set_gap(unused_run, account.gap_limit)

    def tell_scan(self, state: ScanState, running: bool, progress: Progress | None) -> None:
        self.banner.tell(state, running, progress)

    def set_busy(self, busy: bool) -> None:
        """While an address is being handed out another cannot be asked for."""
        self.new_address.setDisabled(busy)
        self.request.setDisabled(busy)

    def show_all(self) -> None:
        """Take the filter away."""
        self.search.clear()
        self.filters[None].setChecked(True)
        self._filter()

    def edit_label(self) -> None:
        """Open the editor of the chosen row's label."""
        self.table.edit(self._model.index(self.table.currentIndex().row(), SortBy.LABEL))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        px = self._theme.px
        self.table.setColumnHidden(SortBy.NOTE, self.width() < px(NOTE_FROM))
        self.table.setColumnHidden(SortBy.RECEIVED, self.width() < px(RECEIVED_FROM))
        narrow = self.width() < px(NOTE_FROM)
        self.meter.setVisible(not narrow)
        self.request.say(actions.REQUEST_BRIEFLY.text() if narrow else actions.REQUEST.text())

    def _heading(self) -> QHBoxLayout:
        heading = row(self._theme)
        names = column(self._theme, 2)
        names.addWidget(self.title)
        names.addWidget(self.origin)
        heading.addLayout(names, 1)
        heading.addWidget(self.more)
        heading.addWidget(self.request)
        heading.addWidget(self.new_address)
        return heading

    def _filter_row(self) -> QVBoxLayout:
        line = row(self._theme)
        line.addWidget(self.search, 1)
        group = QButtonGroup(self)
        for state in (None, *AddressState):
            button = self.filters[state] = Button(self._theme, "", "chip")
            button.setCheckable(True)
            group.addButton(button)
            line.addWidget(button)
        self.filters[None].setChecked(True)
        group.buttonClicked.connect(self._filter)
        line.addWidget(self.meter)
        whole = column(self._theme, Space.S)
        whole.addLayout(line)
        return whole

    def _table_card(self) -> Card:
        card = Card(self._theme, 0, 1)
        self._stack = QStackedLayout()
        self._stack.addWidget(self.table)
        self._stack.addWidget(self.none)
        card.body.addLayout(self._stack)
        return card

    def _filter(self) -> None:
        chosen = next(state for state, button in self.filters.items() if button.isChecked())
        states = ALL_STATES if chosen is None else frozenset({chosen})
        self._model.set_filter(states, self.search.text())

    def _show_rows_or_none(self) -> None:
        self._stack.setCurrentWidget(self.table if self._model.rowCount() else self.none)

    def _count(self) -> None:
        counts = {state: self._model.in_state(state) for state in AddressState}
        self.filters[None].say(translate("receive", "All {n}").format(n=sum(counts.values())))
        for state, count in counts.items():
            self.filters[state].say(f"{state_word(state)} {count}")
