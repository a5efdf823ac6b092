"""An address in a block explorer: whoever runs one learns that somebody asked for it."""

from urllib.parse import urlsplit

from PySide6.QtCore import QCoreApplication, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QCheckBox, QWidget

from pillarbox.model.network import Coin, Network
from pillarbox_gui.dialogs.message import Confirmation
from pillarbox_gui.theme.theme import Theme

translate = QCoreApplication.translate


def explorer_link(coin: Coin, network: Network, address: str) -> str:
    """Where people look this address up, or "" where the coin has no explorer for the network."""
    link = coin.explorers.get(network, "")
    return link.format(address=address) if link else ""


def open_in_browser(link: str) -> bool:
    """False where this desktop cannot."""
    return QDesktopServices.openUrl(QUrl(link))


class ExplorerQuestion(Confirmation):
    """Asks before anybody learns anything."""

    def __init__(self, theme: Theme, parent: QWidget, link: str) -> None:
        explanation = translate(
            "explorer",
            "Your browser opens {site}. Whoever runs it learns this address and where you ask from, and may "
            "keep both. Pillarbox itself asks only the server that you chose.",
        )
        super().__init__(
            theme,
            parent,
            translate("explorer", "Show this address to a block explorer?"),
            explanation.format(site=urlsplit(link).hostname),
            translate("explorer", "Open the browser"),
        )
        self.never_again = QCheckBox(translate("explorer", "Do not ask again"))
        self.body.addWidget(self.never_again)
