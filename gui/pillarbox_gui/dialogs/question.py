"""A question in front of the window: `open()` and a future, never a loop of its own."""

import asyncio
from typing import Generic, TypeVar

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QDialog, QLayout, QWidget

from pillarbox_gui.pages.controls import Button, column, row, words
from pillarbox_gui.theme.theme import Theme
from pillarbox_gui.theme.tokens import Space

T = TypeVar("T")
WIDTH = 460

translate = QCoreApplication.translate


class Question(QDialog, Generic[T]):
    """Has a title, an explanation, a body to fill, and buttons. Its answer is None where it was cancelled."""

    def __init__(self, theme: Theme, parent: QWidget, title: str, explanation: str = "") -> None:
        super().__init__(parent)
        self.theme = theme
        self._answer: T | None = None
        self.setWindowTitle(title)
        self.setAccessibleName(title)
        self.setAccessibleDescription(explanation)
        self.setFixedWidth(theme.px(WIDTH))
        self._whole = whole = column(theme, Space.L, Space.XL)
        heading = column(theme, Space.S)
        heading.addWidget(words(title, "large", wrap=True))
        if explanation:
            heading.addWidget(words(explanation, "muted", wrap=True))
        whole.addLayout(heading)
        self.body = column(theme, Space.S)
        whole.addLayout(self.body)
        self.trouble = words("", "strong", wrap=True)
        self.trouble.hide()
        whole.addWidget(self.trouble)
        self.buttons = row(theme)
        self.buttons.addStretch()
        whole.addLayout(self.buttons)
        whole.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)
        self.setLayout(whole)

    def add_cancel(self) -> Button:
        button = Button(self.theme, translate("dialogs", "Cancel"))
        button.clicked.connect(self.reject)
        self.buttons.addWidget(button)
        return button

    def add_button(self, text: str, *, primary: bool = False) -> Button:
        button = Button(self.theme, text, "primary" if primary else "")
        button.setDefault(primary)
        self.buttons.addWidget(button)
        return button

    def answer(self, answer: T) -> None:
        """Give the answer and close."""
        self._answer = answer
        self.accept()

    def say_trouble(self, text: str) -> None:
        """Why the answer cannot be taken as it is."""
        self.trouble.setText(text)
        self.trouble.setVisible(bool(text))
        self.setAccessibleDescription(text)
        self._fit()

    async def ask(self) -> T | None:
        """Show the question until it is answered or cancelled.

        Where the asking task is cancelled the window goes, and the question with it.
        """
        finished: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def finish() -> None:
            if not finished.done():
                finished.set_result(None)

        self.finished.connect(finish)
        self._fit()
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.open()
        await finished
        self.hide()
        self.deleteLater()
        return self._answer

    def _fit(self) -> None:
        """As high as its words need at this width, and no higher."""
        self.resize(self.width(), self._whole.totalHeightForWidth(self.width()))
