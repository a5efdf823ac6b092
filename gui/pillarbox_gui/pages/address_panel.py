"""The right side: the one address in hand."""

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QLineEdit, QMenu, QScrollArea, QVBoxLayout, QWidget

from pillarbox.model.address import AddressFlag, AddressState
from pillarbox.model.receiving import Hold
from pillarbox_gui import actions
from pillarbox_gui.dialogs.payment_request import LONGEST_LABEL, hold_choices
from pillarbox_gui.pages.address_detail import AddressDetail
from pillarbox_gui.pages.address_past import AddressPast, yielding
from pillarbox_gui.pages.controls import Button, Card, column, row, take_role, words
from pillarbox_gui.pages.look import Look
from pillarbox_gui.theme.tokens import Space
from pillarbox_gui.widgets.chip import Chip
from pillarbox_gui.widgets.chunked_address import ChunkedAddress
from pillarbox_gui.widgets.empty_state import EmptyState
from pillarbox_gui.widgets.qr_code import QrCode
from pillarbox_gui.widgets.state_chip import StateChip
from pillarbox_gui.wording.amounts import UNIT_SPACE, amount_words
from pillarbox_gui.wording.states import flag_sentence, hold_sentence, hold_words, unshown_sentence
from pillarbox_gui.wording.usage import unpayable_notice

WIDTH = 312
NARROW = 304
BAR = 10
"""How wide the style sheet makes a scroll bar."""
AMOUNTS = ("asked", "received", "missing", "extra")
"""Names of facts."""

translate = QCoreApplication.translate


class AddressPanel(Card):
    """Tells of an address, and asks for what may be done with it; does nothing itself."""

    copy_asked = Signal()
    link_asked = Signal()
    explorer_asked = Signal()
    label_entered = Signal(object, str)
    """The AddressRef that the label was typed for, and the label."""
    hold_asked = Signal(object)
    """A Hold."""
    release_asked = Signal()
    mark_used_asked = Signal()
    undo_asked = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__(look.theme, Space.M, Space.L)
        self._look = look
        theme = look.theme
        self.detail: AddressDetail | None = None
        self.setAccessibleName(translate("panel", "Address in hand"))
        self.chip = StateChip(theme)
        self.difference = Chip(theme)
        self.qr = QrCode(theme)
        self.chunks = ChunkedAddress(theme)
        self.chunks.copy_asked.connect(self.copy_asked)
        self.copy = Button(theme, actions.COPY_ADDRESS.text())
        self.copy.clicked.connect(self.copy_asked)
        self.link = Button(theme, actions.COPY_LINK.text())
        self.link.clicked.connect(self.link_asked)
        self.explorer = Button(theme, actions.SHOW_IN_EXPLORER.text())
        self.explorer.clicked.connect(self.explorer_asked)
        self.label = QLineEdit(maxLength=LONGEST_LABEL)
        self.label.setPlaceholderText(translate("panel", "Add a label"))
        self.label.setAccessibleName(translate("panel", "Label"))
        self.label.editingFinished.connect(self._enter_label)
        self.keep = Button(theme, actions.KEEP.text())
        self.keep.setMenu(self._hold_menu())
        self.release = Button(theme, actions.RELEASE_BRIEFLY.text())
        self.release.setAccessibleName(actions.RELEASE.text())
        self.release.setToolTip(actions.RELEASE.text())
        self.release.clicked.connect(self.release_asked)
        self.mark_used = Button(theme, actions.MARK_USED.text())
        self.mark_used.clicked.connect(self.mark_used_asked)
        self.undo = Button(theme, actions.UNDO_MARK_USED.text())
        self.undo.clicked.connect(self.undo_asked)
        self.nothing = EmptyState(theme, "receive", "", "")
        self.body.addWidget(self.nothing, 1)
        self._content = self._lay_out()
        self.body.addWidget(self._content, 1)
        self.be_narrow(False)
        self.show_nothing(first=True)

    def be_narrow(self, narrow: bool) -> None:
        self.setFixedWidth(self._look.theme.px(NARROW if narrow else WIDTH))

    @property
    def teaches(self) -> bool:
        """Whether it shows the first step, to somebody who has handed out nothing yet."""
        return self.detail is None and self._first

    def show_nothing(self, *, first: bool, payable: bool = True) -> None:
        """No address is in hand. `first`: none was handed out yet."""
        self._enter_label()
        self.detail, self._first = None, first
        if not payable:
            self.nothing.say(
                translate("panel", "No node id in hand"),
                translate("panel", "Choose one to see it here, or take the next one."),
            )
        elif first:
            self.nothing.say(
                translate("panel", "Your first payer"),
                translate(
                    "panel",
                    "Take a new receive address for each payer. Its QR code shows here, and you see when it "
                    "is paid.",
                ),
            )
        else:
            self.nothing.say(
                translate("panel", "No address in hand"),
                translate("panel", "Choose one to see it here, or take a new one."),
            )
        self._content.hide()
        self.nothing.show()

    def show_detail(self, detail: AddressDetail) -> None:
        """Show an address, or the one shown anew. A label being typed is left alone, or entered before."""
        same = self.detail is not None and self.detail.address.ref == detail.address.ref
        if not same:
            self._enter_label()
            self._area.verticalScrollBar().setValue(0)
        self.detail = detail
        focused = self.window().focusWidget()
        address = detail.address
        state = address.state
        now, calendar = self._look.now(), self._look.calendar
        said = hold_words(address.held_until, address.held_until_used, now, calendar)
        self.chip.set_state(state, said if state is AddressState.RESERVED else None)
        self.qr.setVisible(detail.link is not None)
        if detail.link is not None:
            has_links = bool(detail.coin.uri_scheme)
            name = (
                translate("panel", "QR code of the payment link")
                if has_links
                else translate("panel", "QR code of the address")
            )
            self.qr.set_text(detail.link.qr, name)
        self.chunks.set_address(address.text, copyable=state is not AddressState.UNUSED)
        self.copy.setVisible(state is not AddressState.UNUSED)
        self.link.setVisible(detail.link is not None and bool(detail.coin.uri_scheme))
        self.explorer.setVisible(bool(detail.explorer))
        if not (same and self.label.isModified()):
            self.label.setText(address.label)
            self.label.setCursorPosition(0)
        self._tell_difference(detail.missing)
        self._fill_facts(detail)
        self._fill_sentences(detail)
        self._past.tell(detail)
        self._offer(address.state, address.flags)
        self.nothing.hide()
        self._content.show()
        if focused is not None and self.isAncestorOf(focused) and focused.isHidden():
            # Not to the next in line, the label: what is typed on would change it.
            self._area.verticalScrollBar().setValue(0)
            (self.copy if not self.copy.isHidden() else self.mark_used).setFocus()

    def _offer(self, state: AddressState, flags: AddressFlag) -> None:
        by_hand = AddressFlag.MARKED_BY_HAND in flags
        self.keep.setVisible(state is AddressState.RESERVED)
        self.release.setVisible(state is AddressState.RESERVED)
        self.mark_used.setVisible(state is not AddressState.USED)
        self.undo.setVisible(state is AddressState.USED and by_hand)

    def _enter_label(self) -> None:
        if self.detail is not None and self.label.isModified():
            self.label.setModified(False)
            self.label_entered.emit(self.detail.address.ref, self.label.text())

    def _hold_menu(self) -> QMenu:
        menu = QMenu(self)
        menu.setAccessibleName(actions.KEEP.text())

        def choose(hold: Hold) -> Callable[[], None]:
            return lambda: self.hold_asked.emit(hold)

        for text, hold in hold_choices():
            menu.addAction(text).triggered.connect(choose(hold))
        return menu

    def _lay_out(self) -> QWidget:
        theme = self._look.theme
        content = QWidget()
        take_role(content, "clear")
        whole = column(theme, Space.M)
        area = self._area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        inside = QWidget()
        take_role(inside, "clear")
        upper = self._upper_part()
        inside.setLayout(upper)
        area.setWidget(inside)
        above = column(theme, 0)
        above.addWidget(area, 1)
        # What is scrolled ends at a line: a row cut there is seen to go on.
        edge, line = QFrame(), row(theme)
        take_role(edge, "hairline")
        edge.hide()
        line.setContentsMargins(0, 0, BAR, 0)
        line.addWidget(edge)
        above.addLayout(line)
        whole.addLayout(above, 1)
        holds = row(theme)
        bar = area.verticalScrollBar()
        # It lies in the card's margin: what is above it and below it ends where the buttons do.
        self.body.setContentsMargins(*(theme.px(Space.L),) * 2, theme.px(Space.L) - BAR, theme.px(Space.L))
        holds.setContentsMargins(0, 0, BAR, 0)
        upper.setContentsMargins(0, 0, BAR, 0)

        def make_room(_least: int, most: int) -> None:
            upper.setContentsMargins(0, 0, 0 if most else BAR, 0)
            edge.setVisible(bool(most))

        bar.rangeChanged.connect(make_room)
        holds.addWidget(self.keep, 1)
        holds.addWidget(self.release, 1)
        whole.addLayout(holds)
        content.setLayout(whole)
        return content

    def _upper_part(self) -> QVBoxLayout:
        theme = self._look.theme
        upper = column(theme, Space.M)
        chips = row(theme)
        chips.addWidget(self.chip)
        chips.addWidget(self.difference)
        chips.addStretch()
        upper.addLayout(chips)
        upper.addWidget(self.qr, 0, Qt.AlignmentFlag.AlignHCenter)
        upper.addWidget(self.chunks)
        buttons = row(theme)
        buttons.addWidget(self.copy, 1)
        buttons.addWidget(self.link, 1)
        upper.addLayout(buttons)
        self._facts = QGridLayout()
        self._facts.setVerticalSpacing(theme.px(Space.S))
        self._facts.setHorizontalSpacing(theme.px(Space.M))
        self._facts.setColumnStretch(1, 1)
        key = words(translate("panel", "Label"), "muted")
        key.setBuddy(self.label)
        self._facts.addWidget(key, 0, 0)
        self._facts.addWidget(self.label, 0, 1)
        self._values: dict[str, tuple[QLabel, QLabel]] = {}
        for number, (name, text) in enumerate(_fact_names(), 1):
            role = "mono" if name in AMOUNTS else ""
            key, value = words(text, "muted"), yielding(words("", role, wrap=True))
            value.setAlignment(Qt.AlignmentFlag.AlignTrailing | Qt.AlignmentFlag.AlignVCenter)
            self._facts.addWidget(key, number, 0)
            self._facts.addWidget(value, number, 1)
            self._values[name] = key, value
        self._keep_columns()
        theme.changed.connect(self._keep_columns)
        upper.addLayout(self._facts)
        self._sentences = yielding(words("", "muted", wrap=True))
        upper.addWidget(self._sentences)
        self._past = AddressPast(self._look)
        upper.addWidget(self._past)
        upper.addStretch()
        upper.addWidget(self.explorer)
        upper.addWidget(self.mark_used)
        upper.addWidget(self.undo)
        return upper

    def _keep_columns(self) -> None:
        """The label's field stays as wide as it is, whichever facts are known."""
        keys = [key for key, _ in self._values.values()]
        for key in keys:
            key.ensurePolished()
        self._facts.setColumnMinimumWidth(0, max(key.sizeHint().width() for key in keys))

    def _tell_difference(self, missing: int) -> None:
        """Whether what came is what was asked for: how much is missing, which may be less than nothing."""
        self.difference.setVisible(missing != 0)
        if missing > 0:
            said = translate("panel", "Less than asked")
            self.difference.set_chip(lambda palette: palette.reserved, "warning", said)
        elif missing < 0:
            said = translate("panel", "More than asked")
            self.difference.set_chip(lambda palette: palette.used, "info", said)

    def _fill_facts(self, detail: AddressDetail) -> None:
        address, now, calendar = detail.address, self._look.now(), self._look.calendar
        texts = {
            "asked": _fact_amount(detail.asked, detail),
            "received": _fact_amount(address.received, detail),
            "missing": _fact_amount(max(0, detail.missing), detail),
            "extra": _fact_amount(max(0, -detail.missing), detail),
            "path": address.path,
            "shown": calendar.ago(detail.history[0].shown_at, now) if detail.history else "",
        }
        for name, (key, value) in self._values.items():
            value.setText(texts[name])
            key.setVisible(bool(texts[name]))
            value.setVisible(bool(texts[name]))

    def _fill_sentences(self, detail: AddressDetail) -> None:
        address = detail.address
        sentences = [flag_sentence(flag) for flag in AddressFlag if flag in address.flags]
        if not detail.payable:
            said = unpayable_notice()
            sentences = [f"{said.title}. {said.words}"]
        elif address.state is AddressState.RESERVED:
            now, calendar = self._look.now(), self._look.calendar
            sentences.insert(0, hold_sentence(address.held_until, address.held_until_used, now, calendar))
        elif address.state is AddressState.UNUSED and not detail.history:
            sentences.insert(0, unshown_sentence(payable=True))
        elif address.state is AddressState.USED:
            sentences.insert(0, translate("panel", "Ask for a new address for the next payment."))
        self._sentences.setText("\n\n".join(sentences))
        self._sentences.setVisible(bool(sentences))


def _fact_amount(amount: int, detail: AddressDetail) -> str:
    """With a space before the unit where a line may end: the figures are never cut."""
    return amount_words(amount, detail.coin, detail.network).replace(UNIT_SPACE, " ") if amount else ""


def _fact_names() -> tuple[tuple[str, str], ...]:
    return (
        ("asked", translate("panel", "Asked")),
        ("received", translate("panel", "Received")),
        ("missing", translate("panel", "Missing")),
        ("extra", translate("panel", "Extra")),
        ("path", translate("panel", "Path")),
        ("shown", translate("panel", "First shown")),
    )
