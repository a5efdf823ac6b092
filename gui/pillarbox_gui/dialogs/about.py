"""What this program is, and where its log lies."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QSize, Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QLabel, QWidget

from pillarbox import __version__
from pillarbox_gui.dialogs.question import Question
from pillarbox_gui.pages.controls import column, row, words
from pillarbox_gui.theme.icons import app_icon
from pillarbox_gui.theme.theme import Theme
from pillarbox_gui.theme.tokens import Space

ICON = 48

translate = QCoreApplication.translate

OpenFolder = Callable[[Path], bool]
"""False where this desktop cannot."""


def open_on_desktop(folder: Path) -> bool:
    """In the user's file manager."""
    return QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))


class About(Question[None]):
    """Name, version and licence; a bug report begins here."""

    def __init__(
        self, theme: Theme, parent: QWidget, logs: Path, open_folder: OpenFolder = open_on_desktop
    ) -> None:
        super().__init__(theme, parent, translate("about", "About Pillarbox"))
        self._logs = logs
        self._open_folder = open_folder
        picture = QLabel()
        picture.setPixmap(app_icon().pixmap(QSize(theme.px(ICON), theme.px(ICON))))
        told = column(theme, Space.XS)
        self.version = words(translate("about", "Version {number}").format(number=__version__), "strong")
        told.addWidget(self.version)
        told.addWidget(words(translate("about", "Hands out every receive address exactly once."), wrap=True))
        licence = translate("about", "Free software under the MIT licence, without warranty.")
        told.addWidget(words(licence, "muted", wrap=True))
        line = row(theme, Space.L)
        line.addWidget(picture, 0, Qt.AlignmentFlag.AlignTop)
        line.addLayout(told, 1)
        self.body.addLayout(line)
        self.open_log = self.add_button(translate("about", "Open log folder"))
        self.open_log.clicked.connect(self._open_log)
        self.close_button = self.add_button(translate("dialogs", "Close"), primary=True)
        self.close_button.clicked.connect(self.reject)

    def _open_log(self) -> None:
        failed = translate("about", "This desktop opened no window for it. The log is in {folder}.")
        opened = self._open_folder(self._logs)
        self.say_trouble("" if opened else failed.format(folder=self._logs))
