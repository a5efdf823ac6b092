"""The middle of the desk: heading, filters, gap meter, table."""

from PySide6.QtCore import QCoreApplication, Qt, Signal
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
MOST_NAMES = 180
"""Of title and origin beside the buttons, at least: as wide as the title, within these."""
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
        self._payable = True
        # In the middle: the number at its end tells an account from its neighbour.
        self.title = Elided("title", Qt.TextElideMode.ElideMiddle)
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
        whole = self._whole = column(theme, Space.M)
        self._names = QWidget()
        self._top = self._heading()
        whole.addWidget(self._top)
        whole.addWidget(self.banner)
        whole.addWidget(self.notice)
        whole.addWidget(self.filter)
        whole.addWidget(self._table_card(), 1)
        self.setLayout(whole)
        self._connect()
        self._count()

    def tell_account(self, account: Account, unpaid_run: int, *, watched: bool, payable: bool) -> None:
        """Heading and gap meter. `watched`: a server can tell of this account."""
        self.title.say(account.label)
        self._payable = payable
        self._top.withhold(self.request, not payable)
        self._name_buttons()
        parts = [translate("receive", "watch-only")] if account.watch_only else []
        if account.path:
            parts.append(account.path)
        briefly = " · ".join(parts)
        if watched:
            ahead = translate("receive", "{n} addresses watched beyond the last one shown")
            parts.append(ahead.format(n=group_digits(account.gap_limit)))
        self.origin.say(" · ".join(parts), briefly)
        self.filter.tell_gap(unpaid_run, account.gap_limit)

    def tell_most_received(self, figures: str) -> None:
        """The largest amount that the table may have to show whole."""
        self.table.make_room(SortBy.RECEIVED, figures)

    def tell_scan(
        self, state: ScanState, running: bool, progress: Progress | None, *, lacks_rows: bool
    ) -> None:
        self.banner.tell(state, running, progress, lacks_rows=lacks_rows)

    def tell_usage(self, notice: UsageNotice | None) -> None:
        """Why nobody tells what was paid; after `tell_scan`, which may ask for a server already."""
        asked_already = not self.banner.isHidden() and notice is not None and notice.tone is Tone.QUIET
        if notice is None or (notice.server_helps and asked_already):
            self.notice.hide()
            return
        if not notice.server_helps or (notice.tone is not Tone.QUIET and self.banner.waits):
            self.banner.hide()  # no scan could find anything, or not until what is said here is over
        settings = translate("receive", "Open settings") if notice.server_helps else ""
        self.notice.tell(notice.tone, notice.icon, notice.title, notice.words, settings)
        self.notice.dismiss.hide()

    def show_all(self) -> None:
        """Take the filter away."""
        self.filter.take_away()

    def edit_label(self) -> None:
        """Open the editor of the chosen row's label."""
        self.table.edit(self._model.index(self.table.currentIndex().row(), SortBy.LABEL))

    def put_below_heading(self, strip: QWidget) -> None:
        """What there is to say of the account shown beyond its addresses."""
        self._whole.insertWidget(1, strip)

    def fill_sort_menu(self, menu: QMenu) -> None:
        """What a click on a heading does, for the keyboard."""
        fill_sort_menu(menu, self.table, self._model)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._name_buttons()

    def _name_buttons(self) -> None:
        brief = self.width() < self._theme.px(BRIEF_BELOW)
        self.request.say((actions.REQUEST_BRIEFLY if brief else actions.REQUEST).text())
        new = actions.NEW_ADDRESS_BRIEFLY if brief else actions.NEW_ADDRESS
        self.new_address.say((new if self._payable else actions.NEXT_NODE).text())
        self.title.ensurePolished()
        wanted = self.title.fontMetrics().horizontalAdvance(self.title.accessibleName())
        px = self._theme.px
        self._names.setMinimumWidth(max(px(NAMES_WIDTH), min(px(MOST_NAMES), wanted)))

    def _heading(self) -> Reflow:
        names = self._names
        inside = column(self._theme, 2)
        inside.addWidget(self.title)
        inside.addWidget(self.origin)
        names.setLayout(inside)
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
