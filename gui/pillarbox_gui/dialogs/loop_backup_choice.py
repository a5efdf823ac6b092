"""Loop backups are there that this wallet cannot use: what to do before anything is paid."""

from enum import StrEnum

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QWidget

from pillarbox.errors import ErrorText
from pillarbox.wallet.loop_restore import WIDEST_SCAN
from pillarbox_gui.dialogs.message import Confirmation
from pillarbox_gui.dialogs.question import Question
from pillarbox_gui.pages.controls import Button, words
from pillarbox_gui.theme.theme import Theme
from pillarbox_gui.wording.amounts import group_digits

translate = QCoreApplication.translate


class BackupChoice(StrEnum):
    """Another wallet is opened by leaving the question."""

    OTHER_FILE = "other-file"
    OTHER_WALLET = "other-wallet"
    ANEW = "anew"


class LoopBackupQuestion(Question[BackupChoice]):
    """Three ways on, each in a sentence."""

    def __init__(self, theme: Theme, parent: QWidget, said: ErrorText) -> None:
        super().__init__(theme, parent, said.title, said.message)
        self.choices: dict[BackupChoice, Button] = {}
        for choice, text, explanation in (
            (
                BackupChoice.OTHER_FILE,
                translate("loop", "Choose another file…"),
                translate("loop", "A copy of the backup from another folder, a stick or another computer."),
            ),
            (
                BackupChoice.OTHER_WALLET,
                translate("loop", "Open the wallet that wrote it"),
                translate("loop", "A Loop backup opens with the words of its own wallet only."),
            ),
            (
                BackupChoice.ANEW,
                translate("loop", "Begin anew and pay again"),
                translate("loop", "A new static address. The older backups stay where they are."),
            ),
        ):
            button = self.choices[choice] = Button(theme, text)
            button.setAccessibleDescription(explanation)
            button.clicked.connect(lambda _=False, choice=choice: self.answer(choice))
            self.body.addWidget(button)
            self.body.addWidget(words(explanation, "muted", wrap=True))
        self.add_cancel()


def further_question(theme: Theme, parent: QWidget, said: ErrorText) -> Confirmation:
    """The backup opened, and none of the keys that were tried is its address's."""
    further = translate(
        "loop",
        "Loop uses up a number with each swap, so the right one may lie further out. To look at {n} of them "
        "takes some seconds.",
    )
    return Confirmation(
        theme,
        parent,
        said.title,
        f"{said.message} {further.format(n=group_digits(WIDEST_SCAN))}",
        translate("loop", "Look further"),
    )
