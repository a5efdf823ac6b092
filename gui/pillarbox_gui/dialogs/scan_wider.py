"""How far beyond the last used address of every account to look for more."""

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QFormLayout, QWidget

from pillarbox.wallet.account_keeping import WIDEST_GAP
from pillarbox_gui.dialogs.question import Question
from pillarbox_gui.pages.controls import field_name, number_entry
from pillarbox_gui.theme.theme import Theme
from pillarbox_gui.theme.tokens import Space
from pillarbox_gui.wording.restoring import wider_words

USUAL = 200
"""Addresses; far beyond what anybody leaves unpaid who did not mean to."""

translate = QCoreApplication.translate


class ScanWiderQuestion(Question[int]):
    """The answer is the gap limit that every account has from then on, at least."""

    def __init__(self, theme: Theme, parent: QWidget, widest: int) -> None:
        """`widest`: the largest gap limit of an account now."""
        super().__init__(theme, parent, translate("restore", "Payments missing?"), wider_words())
        self.gap_limit = number_entry(theme, 1, WIDEST_GAP, min(max(USUAL, 2 * widest), WIDEST_GAP))
        form = QFormLayout()
        form.setHorizontalSpacing(theme.px(Space.L))
        name = translate("restore", "Addresses &beyond the last used one")
        form.addRow(field_name(name, self.gap_limit), self.gap_limit)
        self.body.addLayout(form)
        self.cancel = self.add_cancel()
        self.go_on = self.add_button(translate("restore", "Scan wider"), primary=True)
        self.go_on.clicked.connect(lambda: self.answer(self.gap_limit.value()))
