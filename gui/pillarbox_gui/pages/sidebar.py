"""The left side: the wallet, its accounts, its pages."""

from collections.abc import Callable, Iterable, Sequence

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QFrame, QMenu, QScrollArea, QVBoxLayout, QWidget

from pillarbox.app.connections import Connections
from pillarbox.model.account import AccountId
from pillarbox.model.network import Network
from pillarbox.wallet.wallet import Wallet
from pillarbox_gui.pages.account_card import AccountCard, AccountFacts
from pillarbox_gui.pages.controls import Button, column, take_role, tip, words
from pillarbox_gui.pages.telling import received_is_known
from pillarbox_gui.theme.theme import Theme
from pillarbox_gui.theme.tokens import Space
from pillarbox_gui.wording.networks import network_words
from pillarbox_gui.wording.usage import received_words, spoken_received

WIDTH = 232
NARROW = 196
CHEVRON_ROOM = 28
MANY = 6
"""Of more accounts than this the cards are smaller."""

translate = QCoreApplication.translate


class WalletButton(Button):
    """The wallet's name, and its menu. A name too long is cut at its end, and stands in the tooltip.

    It writes the name itself: the style would begin it at the border, and paint over the chevron.
    """

    def __init__(self, theme: Theme, name: str, menu: QMenu) -> None:
        super().__init__(theme, "", "nav")
        self._theme = theme
        self.name = name
        self.setMenu(menu)
        self.setFont(theme.fonts.strong)
        self.setToolTip(tip(name))
        self.setAccessibleName(translate("sidebar", "Wallet {name}").format(name=name))
        self.setAccessibleDescription(translate("sidebar", "Other wallets, lock, quit"))

    @property
    def name_shown(self) -> str:
        room = self.width() - self._theme.px(Space.S + CHEVRON_ROOM)
        return self.fontMetrics().elidedText(self.name, Qt.TextElideMode.ElideRight, room)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        inset = self._theme.px(Space.S)
        painter.setPen(self._theme.colour(self._theme.palette.text))
        place = self.rect().adjusted(inset, 0, -inset, 0)
        align = Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(place, align, self.name_shown)
        painter.end()


class Sidebar(QFrame):
    """Shows where one is, and leads elsewhere."""

    account_chosen = Signal(object)
    page_chosen = Signal(str)

    def __init__(
        self,
        theme: Theme,
        wallet: Wallet,
        connections: Connections,
        pages: Sequence[tuple[str, str, str]],
    ) -> None:
        """`pages`: name, title, icon."""
        super().__init__()
        take_role(self, "sidebar")
        self._theme = theme
        self._wallet = wallet
        self._connections = connections
        self._cards: dict[AccountId, AccountCard] = {}
        self.wallet_menu = QMenu(self)
        self.add_account = Button(theme, translate("sidebar", "Add account…"), "nav", "plus")
        self._pages = QButtonGroup(self)
        self.nav: dict[str, Button] = {}
        whole = column(theme, Space.XS, Space.M)
        whole.addLayout(self._heading())
        whole.addWidget(_section(theme, translate("sidebar", "Accounts")))
        whole.addWidget(self._accounts(), 1)
        whole.addWidget(_section(theme, translate("sidebar", "Wallet")))
        for name, title, icon in pages:
            whole.addWidget(self._page_button(name, title, icon))
        self.setLayout(whole)
        self._last_stop: QWidget = self.wallet_button
        self.be_narrow(False)
        self.refresh()

    def be_narrow(self, narrow: bool) -> None:
        self.setFixedWidth(self._theme.px(NARROW if narrow else WIDTH))

    def show_page(self, name: str) -> None:
        self.nav[name].setChecked(True)
        _stop_at(self.nav[name], self.nav.values())

    def show_account(self, account: AccountId) -> None:
        if account not in self._cards:  # its event may be on the way
            self.refresh()
        self._cards[account].setChecked(True)
        self._bring_into_view()
        _stop_at(self._cards[account], self._cards.values())

    def open_wallet_menu(self) -> None:
        """Offer the other wallets."""
        self.wallet_menu.popup(self.wallet_button.mapToGlobal(self.wallet_button.rect().bottomLeft()))

    def refresh(self) -> None:
        """Read the accounts again: new ones, names, amounts and counts."""
        for account in self._wallet.accounts.all():
            facts = self._facts(account.id)
            if (card := self._cards.get(account.id)) is not None:
                card.tell(facts)
                continue
            card = self._cards[account.id] = AccountCard(self._theme, facts)
            card.clicked.connect(self._chooser(account.id))
            self._list.insertWidget(self._list.count() - 2, card)
            card.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
            QWidget.setTabOrder(self._last_stop, card)
            self._last_stop = card
        for card in self._cards.values():
            card.be_compact(len(self._cards) > MANY)

    def _bring_into_view(self) -> None:
        """The chosen account, whole."""
        for card in self._cards.values():
            if card.isChecked():
                self._area.ensureWidgetVisible(card, 0, self._theme.px(Space.XS))

    def _chooser(self, account: AccountId) -> Callable[[], None]:
        return lambda: self.account_chosen.emit(account)

    def _facts(self, account: AccountId) -> AccountFacts:
        accounts = self._wallet.accounts
        coin, counts = accounts.kind(account).coin, accounts.counts(account)
        network, known = self._wallet.network, received_is_known(self._wallet, self._connections, account)
        return AccountFacts(
            account,
            accounts.get(account).label,
            accounts.kind(account).title,
            received_words(counts.received, coin, network, known=known),
            spoken_received(counts.received, coin, network, known=known),
            counts.used,
            counts.reserved,
            counts.unused,
        )

    def _heading(self) -> QVBoxLayout:
        heading = column(self._theme, 0)
        self.wallet_button = WalletButton(self._theme, self._wallet.name, self.wallet_menu)
        heading.addWidget(self.wallet_button)
        heading.addSpacing(self._theme.px(Space.XS))
        below = []
        if self._wallet.fingerprint:
            fingerprint = words(f"{self._wallet.fingerprint[:4]} {self._wallet.fingerprint[4:]}", "muted")
            fingerprint.setToolTip(translate("sidebar", "Fingerprint of this wallet's master key"))
            below.append(fingerprint)
        if self._wallet.network is not Network.MAINNET:
            below.append(words(network_words(self._wallet.network), "muted", wrap=True))
        for label in below:
            label.setContentsMargins(self._theme.px(Space.S), 0, 0, 0)
            heading.addWidget(label)
        return heading

    def _accounts(self) -> QScrollArea:
        area = self._area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        inside = QWidget()
        take_role(inside, "clear")
        self._list = column(self._theme, Space.XS)
        self._list.addWidget(self.add_account)
        self._list.addStretch()
        inside.setLayout(self._list)
        area.setWidget(inside)
        # Where it lies is known only once all are laid out, and is another in a lower window.
        area.verticalScrollBar().rangeChanged.connect(self._bring_into_view)
        return area

    def _page_button(self, name: str, title: str, icon: str) -> Button:
        button = self.nav[name] = Button(self._theme, title, "nav", icon)
        button.setCheckable(True)
        self._pages.addButton(button)
        button.clicked.connect(lambda: self.page_chosen.emit(name))
        return button


def _stop_at(current: QAbstractButton, buttons: Iterable[QAbstractButton]) -> None:
    """Of buttons among which one is chosen Tab reaches that one, and the arrow keys the others."""
    for button in buttons:
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus if button is current else Qt.FocusPolicy.ClickFocus)


def _section(theme: Theme, text: str) -> QWidget:
    label = words(text.upper(), "section")
    label.setAccessibleName(text)
    label.setContentsMargins(theme.px(Space.S), theme.px(Space.S), 0, theme.px(Space.XS))
    return label
