"""The middle of the desk: heading, filters, gap meter, table."""

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QMenu, QSizePolicy, QStackedLayout, QWidget

from pillarbox.model.account import Account, ScanState
from pillarbox.model.address import AddressState
from pillarbox.model.progress import Progress
from pillarbox_gui import actions
from pillarbox_gui.models.address_order import SortBy
from pillarbox_gui.models.address_table import AddressTableModel
from pillarbox_gui.pages.address_filter import AddressFilter
from pillarbox_gui.pages.controls import Button, Card, Elided, column
from pillarbox_gui.pages.scan_banner import ScanBanner
from pillarbox_gui.pages.sort_menu import fill_sort_menu
from pillarbox_gui.theme.theme import Theme
from pillarbox_gui.theme.tokens import Space, Tone
from pillarbox_gui.widgets.address_table import AddressTableView
from pillarbox_gui.widgets.banner import Banner
from pillarbox_gui.widgets.empty_state import EmptyState
from pillarbox_gui.widgets.reflow import Reflow
from pillarbox_gui.wording.amounts import group_digits
from pillarbox_gui.wording.usage import UsageNotice

MORE_WIDTH = 54
NAMES_WIDTH = 110
"""Of title and origin beside the buttons, at least."""
BRIEF_BELOW = 700
"""Logical pixels below which buttons say less."""

translate = QCoreApplication.translate


class AddressList(QWidget):
    """Shows an account's addresses through a filter. What it is asked for it only tells on."""

    scan_asked = Signal()
    scan_cancelled = Signal()
    rows_asked = Signal()
    """The person would make more addresses, for the scan to go on."""
    server_asked = Signal()
    """The person would choose a server."""

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
        self.filter = AddressFilter(theme)
        self.search, self.filters, self.meter = self.filter.search, self.filter.states, self.filter.meter
        self.table = AddressTableView(theme, model)
        self.none = EmptyState(
            theme,
            "search",
            translate("receive", "No address matches this filter"),
            translate("receive", "The others are still there."),
            translate("receive", "Show all"),
            primary=False,
        )
        self.banner = ScanBanner(theme)
        self.notice = Banner(theme)
        whole = column(theme, Space.M)
        whole.addWidget(self._heading())
        whole.addWidget(self.banner)
        whole.addWidget(self.notice)
        whole.addWidget(self.filter)
        whole.addWidget(self._table_card(), 1)
        self.setLayout(whole)
        self._connect()
        self._count()

    def tell_account(self, account: Account, unused_run: int, *, watched: bool) -> None:
        """Heading and gap meter. `watched`: a server can tell of this account."""
        self.title.say(account.label)
        parts = [translate("receive", "watch-only")] if account.watch_only else []
        if account.path:
            parts.append(account.path)
        if watched:
            ahead = translate("receive", "{n} addresses watched beyond the last one shown")
            parts.append(ahead.format(n=group_digits(account.gap_limit)))
        self.origin.say(" · ".join(parts))
        self.filter.tell_gap(unused_run, account.gap_limit)

    def tell_most_received(self, figures: str) -> None:
        """The largest amount that the table may have to show whole."""
        self.table.make_room(SortBy.RECEIVED, figures)

    def tell_scan(
        self, state: ScanState, running: bool, progress: Progress | None, *, lacks_rows: bool
    ) -> None:
        self.banner.tell(state, running, progress, lacks_rows=lacks_rows)

    def tell_usage(self, notice: UsageNotice | None) -> None:
        """Who tells what was paid, where it is not a server; after `tell_scan`, which may say so already."""
        if notice is None or (notice.server_helps and not self.banner.isHidden()):
            self.notice.hide()
            return
        if not notice.server_helps:
            self.banner.hide()  # no scan could find anything
        settings = translate("receive", "Open settings") if notice.server_helps else ""
        self.notice.tell(Tone.QUIET, "info", notice.title, notice.words, settings)
        self.notice.dismiss.hide()

    def show_all(self) -> None:
        """Take the filter away."""
        self.filter.take_away()

    def edit_label(self) -> None:
        """Open the editor of the chosen row's label."""
        self.table.edit(self._model.index(self.table.currentIndex().row(), SortBy.LABEL))

    def fill_sort_menu(self, menu: QMenu) -> None:
        """What a click on a heading does, for the keyboard."""
        fill_sort_menu(menu, self.table, self._model)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        brief = self.width() < self._theme.px(BRIEF_BELOW)
        self.request.say((actions.REQUEST_BRIEFLY if brief else actions.REQUEST).text())

    def _heading(self) -> Reflow:
        names = QWidget()
        inside = column(self._theme, 2)
        inside.addWidget(self.title)
        inside.addWidget(self.origin)
        names.setLayout(inside)
        names.setMinimumWidth(self._theme.px(NAMES_WIDTH))
        names.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        for button in (self.more, self.request, self.new_address):
            button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        return Reflow(
            self._theme,
            [[names, self.more, self.request, self.new_address]],
            [[names], [self.more, self.request, self.new_address]],
            [[names], [self.more, self.new_address]],
        )

    def _table_card(self) -> Card:
        card = Card(self._theme, 0, 1)
        self._stack = QStackedLayout()
        card.body.addLayout(self._stack)
        self._stack.addWidget(self.table)
        self._stack.addWidget(self.none)
        return card

    def _connect(self) -> None:
        self.banner.scan.clicked.connect(self.scan_asked)
        self.banner.make_more.clicked.connect(self.rows_asked)
        self.banner.cancel.clicked.connect(self.scan_cancelled)
        self.notice.acted.connect(self.server_asked)
        self.filter.changed.connect(self._filter)
        self.none.acted.connect(self.show_all)
        self._model.counts_changed.connect(self._count)
        for signal in (self._model.modelReset, self._model.rowsInserted, self._model.rowsRemoved):
            signal.connect(self._show_rows_or_none)

    def _filter(self) -> None:
        self._model.set_filter(self.filter.chosen, self.search.text())

    def _show_rows_or_none(self) -> None:
        self._stack.setCurrentWidget(self.table if self._model.rowCount() else self.none)

    def _count(self) -> None:
        counts = {state: self._model.in_state(state) for state in AddressState}
        self.filter.tell_counts(counts)
        self.table.make_room(SortBy.INDEX, str(sum(counts.values())))
