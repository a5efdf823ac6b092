"""The gap limit is reached: what now? And: the account's past is not known yet."""

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QWidget

from pillarbox.errors import PillarboxError
from pillarbox.model.account import AtLimit
from pillarbox_gui.dialogs.question import Question
from pillarbox_gui.pages.controls import Button, words
from pillarbox_gui.theme.theme import Theme
from pillarbox_gui.theme.tokens import Space
from pillarbox_gui.wording.errors import error_words

translate = QCoreApplication.translate


class GapLimitQuestion(Question[AtLimit]):
    """Three ways on: reuse the oldest hold, extend, or cancel."""

    def __init__(self, theme: Theme, parent: QWidget, error: PillarboxError) -> None:
        said = error_words(error)
        super().__init__(theme, parent, said.title, said.message)
        self.reuse = self._choice(
            translate("gap", "Reuse the oldest hold"),
            translate(
                "gap",
                "The address that was held longest is handed out again. Whoever has it may still pay to it.",
            ),
            AtLimit.REUSE_OLDEST,
        )
        self.extend = self._choice(
            translate("gap", "Extend the gap limit"),
            translate(
                "gap",
                "A fresh address is handed out, and the larger gap is kept with this wallet. "
                "Another wallet program must be told to look as far.",
            ),
            AtLimit.EXTEND,
        )
        self.add_cancel().setDefault(True)

    def _choice(self, text: str, explanation: str, choice: AtLimit) -> Button:
        button = Button(self.theme, text)
        button.setAccessibleDescription(explanation)
        button.clicked.connect(lambda: self.answer(choice))
        self.body.addWidget(button)
        self.body.addWidget(words(explanation, "muted", wrap=True))
        self.body.addSpacing(self.theme.px(Space.S))
        return button


class NotScannedQuestion(Question[bool]):
    """Hand out before the scan, knowingly, or wait."""

    def __init__(self, theme: Theme, parent: QWidget, error: PillarboxError) -> None:
        said = error_words(error)
        super().__init__(theme, parent, said.title, f"{said.message}\n\n{said.hint}")
        self.wait = self.add_cancel()
        self.wait.say(translate("gap", "Wait for the scan"))
        self.wait.setDefault(True)
        self.anyway = self.add_button(translate("gap", "Hand one out anyway"))
        self.anyway.clicked.connect(lambda: self.answer(True))
