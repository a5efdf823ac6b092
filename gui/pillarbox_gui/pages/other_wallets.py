"""The other wallets, each to be opened instead of the one that is shown."""

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QMenu

from pillarbox.app.wallet_summary import WalletSummary
from pillarbox_gui.pages.controls import Button, plain, tip
from pillarbox_gui.theme.theme import Theme
from pillarbox_gui.wording.errors import window_words

translate = QCoreApplication.translate

Open = Callable[[str], None]
"""Given a wallet's name."""


def offer_wallets(menu: QMenu, wallets: Sequence[WalletSummary], open_it: Open) -> None:
    """An entry for each; one whose folder cannot be read says why."""
    menu.setToolTipsVisible(True)
    for wallet in wallets:
        action = menu.addAction(plain(wallet.name))
        if wallet.trouble is not None:
            action.setDisabled(True)
            said = window_words(wallet.trouble)
            action.setToolTip(tip(f"{said.title}. {said.message} {said.hint}"))
        action.triggered.connect(partial(open_it, wallet.name))


class OtherWallets(Button):
    """A menu of them; hidden where there are none."""

    def __init__(self, theme: Theme, wallets: Sequence[WalletSummary], open_it: Open) -> None:
        super().__init__(theme, translate("wallets", "Open another wallet"), "quiet")
        menu = QMenu(self)
        offer_wallets(menu, wallets, open_it)
        self.setMenu(menu)
        if not wallets:
            self.hide()
