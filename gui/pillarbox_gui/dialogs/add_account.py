"""A further account: its kind, its name, and what it is made from, with its first address beforehand."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QComboBox, QFormLayout, QLayout, QLineEdit, QSpinBox, QWidget

from pillarbox.errors import PillarboxError
from pillarbox.model.account import Account
from pillarbox.wallet.kind_facts import KindChoice
from pillarbox.wallet.loop_desk import USUAL_MOST
from pillarbox.wallet.new_account import Preview
from pillarbox_gui.dialogs.account_plan import AccountPlan, Adding, Halted, asks_first
from pillarbox_gui.dialogs.account_preview import AccountPreview
from pillarbox_gui.dialogs.kind_list import KindList, KindRow
from pillarbox_gui.dialogs.question import Question
from pillarbox_gui.pages.controls import (
    Button,
    column,
    field_name,
    number_entry,
    row,
    scroll_area,
    take_role,
    words,
)
from pillarbox_gui.pages.look import Look
from pillarbox_gui.tasks import Again, TaskScope
from pillarbox_gui.theme.tokens import Space
from pillarbox_gui.wording.amounts import UNIT_SPACE
from pillarbox_gui.wording.errors import error_words

NOT_KEPT = frozenset({"private-key-given", "descriptor-has-private-key"})
"""What these errors are about is nowhere to stay."""
WIDTH = 640
LIST_HEIGHT = 164
LIST_LEAST = 76
"""Where the window is low, the list gives way first; then all of it scrolls, and the buttons stay."""
LONG_LIST = 6
"""From so many kinds on there is a field to search them."""
LAST_NUMBER = 2**31 - 1
DEAREST = 10_000_000
"""Satoshi that anybody would let a server want."""

translate = QCoreApplication.translate


class AddAccountQuestion(Question[Account | Halted]):
    """Adds the account while it is open, so that a wrong passphrase loses nothing that was typed."""

    wallet_asked = Signal()
    """The person would rather make another wallet."""

    def __init__(
        self, look: Look, parent: QWidget, kinds: Sequence[KindChoice], has_words: bool, adding: Adding
    ) -> None:
        super().__init__(look.theme, parent, translate("account", "Add an account"))
        self.setFixedWidth(min(look.theme.px(WIDTH), parent.window().width()))
        self._kinds = {kind.name: kind for kind in kinds}
        self._has_words = has_words
        self._adding = adding
        self._proven = False
        """The passphrase as it stands made a preview: the next one needs no click."""
        self._tasks = TaskScope(self, look.present)
        self.search = QLineEdit()
        self.search.setPlaceholderText(translate("account", "Search coin, ticker or kind"))
        self.search.setAccessibleName(self.search.placeholderText())
        self.search.setClearButtonEnabled(True)
        self.search.setVisible(len(kinds) >= LONG_LIST)
        self.kind = KindList(look.theme, [_row(kind) for kind in kinds])
        self.kind.setAccessibleName(translate("account", "Kind"))
        self.label = QLineEdit(maxLength=60)
        self.label.setPlaceholderText(translate("account", "A name for it"))
        self.number = self._entry(-1, LAST_NUMBER, -1)
        self.source = QComboBox()
        self.source.addItems(
            [translate("account", "The recovery words"), translate("account", "A public key or descriptor")]
        )
        self.server = QLineEdit()
        self.server.setPlaceholderText("https://")
        self.most = self._entry(1, DEAREST, USUAL_MOST)
        self.most.setSuffix(f"{UNIT_SPACE}sat")
        self.proof = QLineEdit()
        self.note = words("", "muted", wrap=True)
        self.preview = AccountPreview(look)
        self.extras: dict[str, QSpinBox] = {}
        self._lay_out()
        self._connect()
        self.kind.setCurrentRow(1)

    @property
    def chosen(self) -> KindChoice | None:
        """None where the search leaves no kind."""
        return self._kinds.get(self.kind.kind)

    def _lay_out(self) -> None:
        inside = QWidget()
        take_role(inside, "clear")
        self._inside = column(self.theme, Space.S)
        inside.setLayout(self._inside)
        self._area = scroll_area(inside)
        self.body.addWidget(self._area)
        self._inside.addWidget(self.search)
        self._inside.addWidget(self.kind)
        self._form = QFormLayout()
        self._form.setVerticalSpacing(self.theme.px(Space.S))
        self._form.setHorizontalSpacing(self.theme.px(Space.L))
        named = row(self.theme, Space.L)
        named.addWidget(self.label, 1)
        self._number_label = field_name(translate("account", "N&umber"), self.number)
        named.addWidget(self._number_label)
        named.addWidget(self.number)
        self._form.addRow(field_name(translate("account", "&Name"), self.label), named)
        self._source_label = field_name(translate("account", "Made &from"), self.source)
        self._form.addRow(self._source_label, self.source)
        self._form.addRow(field_name(translate("account", "&Server"), self.server), self.server)
        self._form.addRow(field_name(translate("account", "Pay at &most"), self.most), self.most)
        self._proof_label = field_name(translate("account", "&Passphrase"), self.proof)
        self._form.addRow(self._proof_label, self.proof)
        self._inside.addLayout(self._form)
        self._inside.addWidget(self.note)
        self._inside.addWidget(self.preview)
        self.another = Button(
            self.theme,
            translate("account", "Want an address that cannot be linked to this wallet? Make a new wallet."),
            "quiet",
        )
        self._inside.addWidget(self.another)
        self.add_cancel()
        self.go_on = self.add_button(translate("account", "Add account"), primary=True)

    def _connect(self) -> None:
        self.search.textChanged.connect(self.kind.filter)
        self.kind.kind_chosen.connect(self._take_kind)
        self.source.currentIndexChanged.connect(self._take_source)
        self.number.valueChanged.connect(self._look_again)
        self.server.textChanged.connect(self._look_again)
        self.most.valueChanged.connect(self._look_again)
        self.proof.textChanged.connect(self._take_proof)
        self.preview.show_it.clicked.connect(self._look)
        self.preview.changed.connect(self._fit)
        self.another.clicked.connect(self._ask_for_wallet)
        self.go_on.clicked.connect(self._submit)

    def _take_kind(self) -> None:
        """Another kind is chosen: its own numbers, its next account, and what it can be made from."""
        for name, entry in list(self.extras.items()):
            self._form.removeRow(entry)
            del self.extras[name]
        kind = self.chosen
        for place, extra in enumerate(kind.extras if kind else (), 1):
            entry = self.extras[extra.name] = self._entry(0, extra.last, extra.default)
            entry.valueChanged.connect(self._look_again)
            label = field_name(extra.title, entry)
            self._form.insertRow(place, label, entry)
            for part in (label, entry):
                part.show()  # what is added to a window in sight has no size until then
        self.number.setValue(-1)
        self.number.setSpecialValueText(translate("account", "Next"))
        if kind is not None and kind.needs_server:
            self._tasks.start("number", self._tell_pending)
        elif kind is not None:
            self._tasks.start("number", partial(self._tell_next_number, kind.name))
        self._take_source()

    async def _tell_next_number(self, kind: str) -> None:
        number = await self._adding.next_number(kind)
        self.number.setSpecialValueText(translate("account", "Next: {n}").format(n=number))

    async def _tell_pending(self) -> None:
        """A server that waits for its payment is the one to go on with."""
        if not self.server.text():
            self.server.setText(await self._adding.pending_server())

    def _take_source(self) -> None:
        kind = self.chosen
        by_words, may_be_public = self._by_words, kind is not None and not _only_words(kind)
        self._take_server(kind)
        choice = self._has_words and may_be_public
        self.source.setVisible(choice)
        self._source_label.setVisible(choice)
        self.number.setEnabled(by_words)
        for entry in self.extras.values():
            entry.setEnabled(by_words)
        text = translate("account", "&Passphrase") if by_words else translate("account", "&Public key")
        self._proof_label.setText(text)
        self.proof.setAccessibleName(text.replace("&", ""))
        mode = QLineEdit.EchoMode.Password if by_words else QLineEdit.EchoMode.Normal
        if self.proof.echoMode() is not mode:  # no passphrase is shown, and no key passes for one
            self.proof.clear()
            self.proof.setEchoMode(mode)
        self.note.setText(self._note(kind))
        self.note.setVisible(bool(self.note.text()))
        possible = kind is not None and (self._has_words or not _only_words(kind))
        self.go_on.setEnabled(possible)
        self.proof.setEnabled(possible)
        self._look_again()
        self._fit()

    def _take_server(self, kind: KindChoice | None) -> None:
        """Of what a server makes nothing is known before, and its number is the next one."""
        by_server = kind is not None and kind.needs_server
        for entry in (self.server, self.most):
            self._form.setRowVisible(entry, by_server)
        for part in (self._number_label, self.number, self.preview):
            part.setVisible(not by_server)
        self.go_on.say(translate("account", "Continue") if by_server else translate("account", "Add account"))

    @property
    def _by_words(self) -> bool:
        kind = self.chosen
        if kind is not None and _only_words(kind):
            return True
        return self._has_words and self.source.currentIndex() == 0

    def _note(self, kind: KindChoice | None) -> str:
        if kind is None:
            return _nothing_matches()
        if kind.needs_server:
            return _server_note(self._has_words)
        if kind.needs_words and not self._has_words:
            return translate(
                "account",
                "Each address of this kind is made with recovery words, and this wallet has none: it cannot "
                "have such an account.",
            )
        if kind.needs_words:
            return translate(
                "account",
                "Each address of this kind needs the recovery words. A row of addresses is made ahead now; "
                "when they are handed out, the passphrase is asked for again.",
            )
        if not self._has_words:
            return translate(
                "account", "This wallet has no words: give the account's public key or descriptor."
            )
        return ""

    def _plan(self) -> AccountPlan:
        number, kind = self.number.value(), self.chosen
        return AccountPlan(
            self.kind.kind,
            self.label.text().strip(),
            self.proof.text(),
            public=not self._by_words,
            number=None if number < 0 or not self._by_words else number,
            extras={name: entry.value() for name, entry in self.extras.items()},
            server=self.server.text().strip() if kind is not None and kind.needs_server else "",
            most=self.most.value(),
        )

    def _take_proof(self) -> None:
        self._proven = False
        self._look_again()

    def _look_again(self) -> None:
        """What a preview is made from changed. A passphrase that was never right waits for a click."""
        if not self.trouble.isHidden():
            self.say_trouble("")  # it was about what stood here before
        possible = self.proof.isEnabled() and bool(self.proof.text().strip())
        if not possible and self.preview.show_it.hasFocus():
            self.proof.setFocus()  # not to the next in line, which leads out of here
        self.preview.show_it.setEnabled(possible)
        kind = self.chosen
        if kind is not None and kind.needs_server:
            return
        if possible and (self._proven or not self._by_words):
            self.preview.ask(self._derive, at_once=False)
        else:
            self.preview.say("")

    def _look(self) -> None:
        self.preview.ask(self._derive, at_once=True)

    async def _derive(self) -> Preview:
        seen = await self._adding.preview(self._plan())
        self._proven = True
        return seen

    def _entry(self, first: int, last: int, value: int) -> QSpinBox:
        return number_entry(self.theme, first, last, value)

    def _fit(self) -> None:
        """As high as it needs to be, and no higher than the window."""
        parent = self.parentWidget()
        room = parent.window().height() if parent else self.screen().availableGeometry().height()
        list_height = self.theme.px(LIST_HEIGHT)
        margins = self._whole.contentsMargins()
        width = self.width() - margins.left() - margins.right()
        self.kind.setFixedHeight(list_height)
        anew(self._inside)
        wanted = max(self._inside.totalHeightForWidth(width), self._inside.totalSizeHint().height())
        self._area.setFixedHeight(wanted)
        anew(self._whole)
        over = self._whole.totalHeightForWidth(self.width()) - room
        if over > 0:
            given = min(over, list_height - self.theme.px(LIST_LEAST))
            self.kind.setFixedHeight(list_height - given)
            self._area.setFixedHeight(max(self.theme.px(LIST_LEAST), wanted - over))
            anew(self._whole)
            self.kind.scrollToItem(self.kind.currentItem())
        super()._fit()

    def _ask_for_wallet(self) -> None:
        self.reject()
        self.wallet_asked.emit()

    def _submit(self) -> None:
        self._tasks.start("add", self._add_it, Again.REJECT)

    async def _add_it(self) -> None:
        self.go_on.setDisabled(True)
        try:
            added = await self._adding.add(self._plan())
        except PillarboxError as error:
            if asks_first(error):
                self.answer(Halted(self._plan(), error))
                return
            self.go_on.setEnabled(True)
            said = error_words(error)
            if said.code in NOT_KEPT:
                self.proof.clear()
            self.preview.say("")  # which may say the same
            self.say_trouble(f"{said.message} {said.hint}")
            self.proof.selectAll()
            self.proof.setFocus()
            return
        self.answer(added)


def anew(layout: QLayout) -> None:
    """Measure all that is in a layout again: the layouts within it remember what they last asked for."""
    layout.invalidate()
    layout.activate()


def _only_words(kind: KindChoice) -> bool:
    """No public key makes an account of this kind."""
    return kind.needs_words or kind.needs_server


def _nothing_matches() -> str:
    return translate(
        "account", "Nothing matches. Search for a coin (Bitcoin), its ticker (BTC) or a kind (Taproot)."
    )


def _server_note(has_words: bool) -> str:
    if not has_words:
        return translate(
            "account",
            "This kind is made with recovery words, and this wallet has none: it cannot have such an "
            "account.",
        )
    return translate(
        "account",
        "The server is asked to make it with you. It wants to be paid once, over Lightning: you see what it "
        "costs before anything is paid, and a demand for more than you allow is refused.",
    )


def _row(kind: KindChoice) -> KindRow:
    return KindRow(kind.name, kind.coin.title, kind.coin.ticker, kind.title, kind.sentence)
