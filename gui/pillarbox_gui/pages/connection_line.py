"""How the connection to one chain is, in the settings."""

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QWidget

from pillarbox.model.progress import ConnectionPhase, ConnectionState
from pillarbox_gui.pages.controls import Button, column, row, words
from pillarbox_gui.theme.theme import Theme
from pillarbox_gui.theme.tokens import Space
from pillarbox_gui.widgets.chip import Chip
from pillarbox_gui.wording.states import connection_words

CERTIFICATE_CHANGED = "certificate-changed"

translate = QCoreApplication.translate


class ConnectionLine(QWidget):
    """A chip, what it means, and a button where only a person can go on. `title` names the coin."""

    def __init__(self, theme: Theme, title: str) -> None:
        super().__init__()
        self.chip = Chip(theme)
        self._detail = words("", wrap=True)
        self.trust = Button(theme, translate("settings", "Trust the new certificate"))
        lines = column(theme, Space.S)
        lines.setContentsMargins(0, 0, 0, 0)
        lines.addWidget(words(title, "strong"))
        lines.addWidget(self.chip)
        lines.addWidget(self._detail)
        line = row(theme)
        line.addWidget(self.trust)
        line.addStretch()
        lines.addLayout(line)
        self.setLayout(lines)

    def tell(self, state: ConnectionState) -> None:
        said = connection_words(state)
        self.chip.set_chip(lambda palette: palette.tone(said.tone), said.icon, said.text)
        unset = state.phase is ConnectionPhase.UNSET
        below = translate("settings", "Name a server below, and you see payments as they arrive.")
        self._detail.setText(below if unset else said.detail)
        self.trust.setVisible(state.error is not None and state.error.code == CERTIFICATE_CHANGED)
