"""What the pages of the restore wizard are given."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel

from pillarbox_gui.pages.controls import column, row, words
from pillarbox_gui.pages.look import Look
from pillarbox_gui.theme.theme import Theme
from pillarbox_gui.theme.tokens import Space
from pillarbox_gui.wizards.step_page import StepPage
from pillarbox_gui.wording.restoring import ReportLine

ICON = 18


@dataclass(frozen=True, slots=True)
class RestoreKit:
    """`merging`: a backup is brought into an open wallet, so there is one."""

    look: Look
    kind_title: Callable[[str], str]
    """What people call a kind of account, by its name."""
    merging: bool

    @property
    def theme(self) -> Theme:
        return self.look.theme


def say_lines(page: StepPage, lines: Sequence[ReportLine]) -> None:
    """One below the other, each with its icon."""
    for line in lines:
        page.body.addLayout(_line(page.theme, page.devicePixelRatioF(), line))


def _line(theme: Theme, ratio: float, said: ReportLine) -> QHBoxLayout:
    picture = QLabel()
    ink = theme.palette.tone(said.tone)
    picture.setPixmap(theme.icons.pixmap(said.icon, theme.px(ICON), ratio, ink.fg))
    told = column(theme, 2)
    told.addWidget(words(said.text, "strong", wrap=True))
    if said.detail:
        told.addWidget(words(said.detail, "muted", wrap=True))
    line = row(theme, Space.M)
    line.addWidget(picture, 0, Qt.AlignmentFlag.AlignTop)
    line.addLayout(told, 1)
    return line
