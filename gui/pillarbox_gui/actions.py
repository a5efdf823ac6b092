"""Every verb of the window once: its words, its shortcut, its icon."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QAction, QGuiApplication, QIcon, QKeySequence
from PySide6.QtWidgets import QWidget

from pillarbox_gui.theme.theme import Theme

ICON = 16

translate = QCoreApplication.translate


@dataclass(frozen=True, slots=True)
class Verb:
    """What can be done. `text` is called each time, since the language may change."""

    text: Callable[[], str]
    icon: str
    shortcut: str = ""


NEW_ADDRESS = Verb(lambda: translate("actions", "New receive address"), "plus", "Ctrl+N")
NEW_ADDRESS_BRIEFLY = Verb(lambda: translate("actions", "New address"), "plus")
NEXT_NODE = Verb(lambda: translate("actions", "Next node id"), "plus", "Ctrl+N")
REQUEST = Verb(lambda: translate("actions", "Request a payment…"), "receive", "Ctrl+Shift+N")
REQUEST_BRIEFLY = Verb(lambda: translate("actions", "Request…"), "receive")
COPY_ADDRESS = Verb(lambda: translate("actions", "Copy address"), "copy")
COPY_LINK = Verb(lambda: translate("actions", "Payment link"), "link")
RENAME = Verb(lambda: translate("actions", "Edit label"), "edit")
KEEP = Verb(lambda: translate("actions", "Keep for…"), "hold")
RELEASE = Verb(lambda: translate("actions", "Make available again"), "undo")
RELEASE_BRIEFLY = Verb(lambda: translate("actions", "Make available"), "undo")
MARK_USED = Verb(lambda: translate("actions", "Mark as used"), "check")
UNDO_MARK_USED = Verb(lambda: translate("actions", "Not used after all"), "undo")
SCAN_MORE = Verb(lambda: translate("actions", "Scan more addresses"), "scan")
RENAME_ACCOUNT = Verb(lambda: translate("actions", "Rename account…"), "edit")
ACCOUNT_SETTINGS = Verb(lambda: translate("actions", "Account settings…"), "settings")
UNLINKABLE = Verb(lambda: translate("actions", "An address nobody can link to this wallet…"), "wallet")
SHOW_IN_EXPLORER = Verb(lambda: translate("actions", "Show in a block explorer"), "search")
SEARCH = Verb(lambda: translate("actions", "Search"), "search", "Ctrl+F")
ADD_ACCOUNT = Verb(lambda: translate("actions", "Add account…"), "plus", "Ctrl+Shift+A")
ADD_WALLET = Verb(lambda: translate("actions", "Add wallet…"), "plus")
RESTORE = Verb(lambda: translate("actions", "Restore a backup…"), "restore")
SCAN_WIDER = Verb(lambda: translate("actions", "Scan wider…"), "scan")
LOCK = Verb(lambda: translate("actions", "Lock the screen"), "locked", "Ctrl+L")
ABOUT = Verb(lambda: translate("actions", "About Pillarbox"), "info", "F1")
QUIT = Verb(lambda: translate("actions", "Quit"), "close", "Ctrl+Q")


def small_icon(theme: Theme, name: str, colour: str | None = None) -> QIcon:
    """An icon as buttons and menus show it; drawn in that one size, so that a windowful costs little."""
    side, ratio = theme.px(ICON), QGuiApplication.primaryScreen().devicePixelRatio()
    icon = QIcon(theme.icons.pixmap(name, side, ratio, colour))
    icon.addPixmap(theme.icons.pixmap(name, side, ratio, theme.palette.disabled), QIcon.Mode.Disabled)
    return icon


class Act(QAction):
    """A verb whose icon follows the theme and whose shortcut works within its owner.

    A menu that shows it too takes this same object: Qt runs neither of two actions with one shortcut.
    """

    def __init__(self, verb: Verb, theme: Theme, owner: QWidget, do: Callable[[], object]) -> None:
        super().__init__(verb.text(), owner)
        self._verb = verb
        self._theme = theme
        self._do = do
        if verb.shortcut:
            self.setShortcut(QKeySequence(verb.shortcut))
        self._tint()
        theme.changed.connect(self._tint)
        self.triggered.connect(self._run)

    def _run(self) -> None:
        self._do()

    def _tint(self) -> None:
        self.setIcon(small_icon(self._theme, self._verb.icon))
