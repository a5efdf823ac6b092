"""How far the search for an account's past has come."""

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QFrame, QProgressBar

from pillarbox.model.account import ScanState
from pillarbox.model.progress import Progress
from pillarbox_gui.pages.controls import Button, column, row, take_role, words
from pillarbox_gui.theme.theme import Theme
from pillarbox_gui.theme.tokens import Space

translate = QCoreApplication.translate


class ScanBanner(QFrame):
    """Shown while an account's past is unknown, or being looked at again."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        take_role(self, "banner")
        self._text = words("", wrap=True)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName(translate("scan", "Scan"))
        self.scan = Button(theme, translate("scan", "Scan now"))
        self.make_more = Button(theme, translate("gap", "Make more addresses"))
        self.cancel = Button(theme, translate("scan", "Stop the scan"))
        line = row(theme, Space.M, Space.M)
        told = column(theme, Space.S)
        told.addWidget(self._text)
        told.addWidget(self._bar)
        line.addLayout(told, 1)
        line.addWidget(self.scan)
        line.addWidget(self.make_more)
        line.addWidget(self.cancel)
        self.setLayout(line)
        self.hide()

    @property
    def waits(self) -> bool:
        """It looks for nothing until a server answers."""
        return not self.isHidden() and not self.cancel.isHidden() and self._bar.isHidden()

    def tell(self, state: ScanState, running: bool, progress: Progress | None, *, lacks_rows: bool) -> None:
        """`lacks_rows`: the last scan came to the end of the addresses that were made."""
        unknown = state in (ScanState.UNSCANNED, ScanState.SCANNING)
        self.setVisible(unknown or running)
        self.cancel.setVisible(running)
        self.scan.setVisible(not running and not lacks_rows)
        self.make_more.setVisible(not running and lacks_rows)
        self._bar.setVisible(running and progress is not None)
        if progress is not None:
            self._bar.setMaximum(progress.total or 0)
            self._bar.setValue(progress.done)
        self._text.setText(_words(running, progress, lacks_rows))


def _words(running: bool, progress: Progress | None, lacks_rows: bool) -> str:
    if not running and lacks_rows:
        return translate(
            "scan",
            "Every address made so far was looked at, and used ones may follow. The recovery words are "
            "needed to make more and look further.",
        )
    if not running:
        return translate(
            "scan", "Pillarbox does not know yet which of these addresses were used before. Scan to find out."
        )
    if progress is None:
        return translate(
            "scan", "Looking for addresses that were used before, as soon as a server answers (see Settings)."
        )
    return translate(
        "scan", "Looking for addresses that were used before: {done} checked, {found} used."
    ).format(done=progress.done, found=progress.found)
