"""Recovery words, numbered, in columns."""

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QGridLayout

from pillarbox_gui.pages.controls import Card, row, words
from pillarbox_gui.theme.theme import Theme
from pillarbox_gui.theme.tokens import Space

COLUMNS = 3

translate = QCoreApplication.translate


class WordGrid(Card):
    """To be copied onto paper: down the first column, then the next."""

    def __init__(self, theme: Theme, shown: Sequence[str]) -> None:
        super().__init__(theme, Space.S, Space.XL)
        grid = QGridLayout()
        grid.setHorizontalSpacing(theme.px(Space.XXL))
        grid.setVerticalSpacing(theme.px(Space.M))
        per_column = -(-len(shown) // COLUMNS)
        for number, word in enumerate(shown, 1):
            place = row(theme, Space.S)
            position = words(f"{number}", "muted")
            position.setMinimumWidth(theme.px(Space.XL))
            position.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            place.addWidget(position)
            written = words(word, "mono")
            written.setAccessibleName(translate("create", "Word {n}: {word}").format(n=number, word=word))
            place.addWidget(written, 1)
            grid.addLayout(place, (number - 1) % per_column, (number - 1) // per_column)
        self.body.addLayout(grid)
