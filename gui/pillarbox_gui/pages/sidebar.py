"""The left side: the wallet, its accounts, its pages."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QFrame, QMenu, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from pillarbox.model.account import AccountId
from pillarbox.model.network import Network
from pillarbox.wallet.wallet import Wallet
from pillarbox_gui.pages.account_card import AccountCard, AccountFacts
from pillarbox_gui.pages.controls import Button, column, row, take_role, words
from pillarbox_gui.theme.theme import Theme
from pillarbox_gui.theme.tokens import Space
from pillarbox_gui.wording.amounts import amount_words, spoken_amount
from pillarbox_gui.wording.networks import network_words

WIDTH = 232
NARROW = 196

translate = QCoreApplication.translate


class Sidebar(QFrame):
    """Shows where one is, and leads elsewhere."""

    account_chosen = Signal(object)
    page_chosen = Signal(str)

    def __init__(self, theme: Theme, wallet: Wallet, pages: Sequence[tuple[str, str, str]]) -> None:
        """`pages`: name, title, icon."""
        super().__init__()
        take_role(self, "sidebar")
        self._theme = theme
        self._wallet = wallet
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

    def show_account(self, account: AccountId) -> None:
        self._cards[account].setChecked(True)

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
            QWidget.setTabOrder(self._last_stop, card)
            self._last_stop = card

    def _chooser(self, account: AccountId) -> Callable[[], None]:
        return lambda: self.account_chosen.emit(account)

    def _facts(self, account: AccountId) -> AccountFacts:
        accounts = self._wallet.accounts
        coin, counts = accounts.kind(account).coin, accounts.counts(account)
        network = self._wallet.network
        return AccountFacts(
            account,
            accounts.get(account).label,
            accounts.kind(account).title,
            amount_words(counts.received, coin, network),
            spoken_amount(counts.received, coin, network),
            counts.used,
            counts.reserved,
            counts.unused,
        )

    def _heading(self) -> "QVBoxLayout":
        heading = column(self._theme, 0)
        line = row(self._theme, Space.XS)
        self.wallet_button = Button(self._theme, self._wallet.name, "nav")
        self.wallet_button.setAccessibleName(
            translate("sidebar", "Wallet {name}").format(name=self._wallet.name)
        )
        self.wallet_button.setMenu(self.wallet_menu)
        self.wallet_button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.wallet_button.setFont(self._theme.fonts.strong)
        line.addWidget(self.wallet_button, 1)
        if self._wallet.fingerprint:
            print_ = f"{self._wallet.fingerprint[:4]} {self._wallet.fingerprint[4:]}"
            fingerprint = words(print_, "muted")
            fingerprint.setToolTip(translate("sidebar", "Fingerprint of this wallet's master key"))
            line.addWidget(fingerprint)
        heading.addLayout(line)
        if self._wallet.network is not Network.MAINNET:
            self.network = words(network_words(self._wallet.network), "muted", wrap=True)
            self.network.setContentsMargins(self._theme.px(Space.S), 0, 0, 0)
            heading.addWidget(self.network)
        return heading

    def _accounts(self) -> QScrollArea:
        area = QScrollArea()
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
        return area

    def _page_button(self, name: str, title: str, icon: str) -> Button:
        button = self.nav[name] = Button(self._theme, title, "nav", icon)
        button.setCheckable(True)
        self._pages.addButton(button)
        button.clicked.connect(lambda: self.page_chosen.emit(name))
        return button


def _section(theme: Theme, text: str) -> QWidget:
    label = words(text.upper(), "section")
    label.setAccessibleName(text)
    label.setContentsMargins(theme.px(Space.S), theme.px(Space.S), 0, theme.px(Space.XS))
    return label
