"""What is set for one account: its gap limit, what happens there, and how long requests are held."""

from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QComboBox, QGridLayout, QWidget

from pillarbox.model.account import Account, AtLimit
from pillarbox.model.receiving import Hold
from pillarbox.wallet.account_keeping import WIDEST_GAP
from pillarbox_gui.dialogs.payment_request import hold_choices, hold_choices_with
from pillarbox_gui.dialogs.question import Question
from pillarbox_gui.pages.controls import number_entry, words
from pillarbox_gui.theme.theme import Theme
from pillarbox_gui.theme.tokens import Space
from pillarbox_gui.wording.times import duration

translate = QCoreApplication.translate


@dataclass(frozen=True, slots=True)
class AccountHabits:
    """`hold` is None where the account follows the program's settings."""

    gap_limit: int
    at_limit: AtLimit
    hold: Hold | None


class AccountSettingsQuestion(Question[AccountHabits]):
    """Nothing is kept before "Save"."""

    def __init__(
        self, theme: Theme, parent: QWidget, account: Account, own: Hold | None, usual: Hold
    ) -> None:
        """`own` is the account's hold, where it has one; `usual` the program's."""
        super().__init__(
            theme,
            parent,
            translate("account", "Account settings"),
            translate("account", "They hold for {account} alone.").format(account=account.label),
        )
        self.gap_limit = number_entry(theme, 1, WIDEST_GAP, account.gap_limit)
        self.at_limit = QComboBox()
        for text, policy in _policies():
            self.at_limit.addItem(text, policy)
        self.at_limit.setCurrentIndex([policy for _, policy in _policies()].index(account.at_limit))
        self._holds: list[Hold | None] = [None]
        self.hold = QComboBox()
        self.hold.addItem(_usual_words(usual))
        for text, hold in hold_choices() if own is None else hold_choices_with(own):
            self.hold.addItem(text)
            self._holds.append(hold)
        self.hold.setCurrentIndex(self._holds.index(own))
        self._lay_out()
        self.add_cancel()
        self.save = self.add_button(translate("account", "Save"), primary=True)
        self.save.clicked.connect(lambda: self.answer(self._habits()))

    def _habits(self) -> AccountHabits:
        policy = _policies()[self.at_limit.currentIndex()][1]
        return AccountHabits(self.gap_limit.value(), policy, self._holds[self.hold.currentIndex()])

    def _lay_out(self) -> None:
        wider = translate(
            "account",
            "So many addresses are watched beyond the last one that was paid. Another wallet program must be "
            "told to look as far.",
        )
        grid = QGridLayout()
        grid.setVerticalSpacing(self.theme.px(Space.S))
        grid.setHorizontalSpacing(self.theme.px(Space.L))
        fields: tuple[tuple[str, QWidget, str], ...] = (
            (translate("account", "&Gap limit"), self.gap_limit, wider),
            (translate("account", "&At the limit"), self.at_limit, ""),
            (translate("account", "&Keep requests for"), self.hold, ""),
        )
        for number, (text, entry, note) in enumerate(fields):
            label = words(text)
            label.setBuddy(entry)
            entry.setAccessibleName(text.replace("&", ""))
            grid.addWidget(label, 2 * number, 0)
            grid.addWidget(entry, 2 * number, 1)
            if note:
                entry.setAccessibleDescription(note)
                grid.addWidget(words(note, "muted", wrap=True), 2 * number + 1, 1)
        grid.setColumnStretch(1, 1)
        self.body.addLayout(grid)


def _usual_words(usual: Hold) -> str:
    said = translate("account", "As in Settings ({time})")
    return said.format(time=duration(usual.seconds or 0))


def _policies() -> tuple[tuple[str, AtLimit], ...]:
    return (
        (translate("account", "Ask me"), AtLimit.ASK),
        (translate("account", "Reuse the oldest hold"), AtLimit.REUSE_OLDEST),
        (translate("account", "Extend the gap limit"), AtLimit.EXTEND),
    )
