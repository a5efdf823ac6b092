"""A wallet that cannot be opened: what happened, and what still works."""

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QWidget

from pillarbox.errors import ErrorText
from pillarbox_gui import actions
from pillarbox_gui.pages.controls import Button, Card, column, row, take_role, words
from pillarbox_gui.pages.other_wallets import OtherWallets
from pillarbox_gui.theme.theme import Theme
from pillarbox_gui.theme.tokens import Space

WIDTH = 480

translate = QCoreApplication.translate


class TroublePage(QWidget):
    """An error's words in the middle of the window, and ways on."""

    def __init__(
        self,
        theme: Theme,
        said: ErrorText,
        try_again: Callable[[], None],
        others: OtherWallets,
        add_wallet: Callable[[], None],
    ) -> None:
        super().__init__()
        take_role(self, "page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName(said.title)
        self.try_again = Button(theme, translate("window", "Try again"), "primary")
        self.try_again.clicked.connect(try_again)
        self.others = others
        self.add = Button(theme, actions.ADD_WALLET.text(), "quiet")
        self.add.clicked.connect(add_wallet)
        card = Card(theme, Space.M, Space.XL)
        card.setFixedWidth(theme.px(WIDTH))
        for text, role in ((said.title, "title"), (said.message, ""), (said.hint, "strong")):
            card.body.addWidget(words(text, role, wrap=True))
        for button in (self.try_again, self.others, self.add):
            card.body.addWidget(button)
        # Stretches and no alignment: aligned, the card would not grow with the lines of what is said.
        middle = row(theme, 0)
        middle.addStretch(1)
        middle.addWidget(card)
        middle.addStretch(1)
        whole = column(theme, 0)
        whole.addStretch(1)
        whole.addLayout(middle)
        whole.addStretch(2)
        self.setLayout(whole)
