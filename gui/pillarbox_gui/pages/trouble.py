"""A wallet that cannot be opened: what happened, and what still works."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from pillarbox.errors import ErrorText
from pillarbox_gui.pages.controls import Button, Card, column, row, take_role, words
from pillarbox_gui.theme.theme import Theme
from pillarbox_gui.theme.tokens import Space

WIDTH = 480


class TroublePage(QWidget):
    """An error's words in the middle of the window, and ways on."""

    def __init__(self, theme: Theme, said: ErrorText, ways: dict[str, Callable[[], None]]) -> None:
        super().__init__()
        take_role(self, "page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        card = Card(theme, Space.M, Space.XL)
        card.setFixedWidth(theme.px(WIDTH))
        for text, role in ((said.title, "title"), (said.message, ""), (said.hint, "strong")):
            card.body.addWidget(words(text, role, wrap=True))
        buttons = row(theme)
        self.ways: dict[str, Button] = {}
        for text, do in ways.items():
            button = self.ways[text] = Button(theme, text)
            button.clicked.connect(do)
            buttons.addWidget(button)
        buttons.addStretch()
        card.body.addLayout(buttons)
        whole = column(theme, 0)
        whole.addStretch(1)
        whole.addWidget(card, 0, Qt.AlignmentFlag.AlignHCenter)
        whole.addStretch(2)
        self.setLayout(whole)
