"""The gap limit is reached: what now? And: the account's past is not known yet."""

from enum import Enum

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QWidget

from pillarbox.errors import PillarboxError
from pillarbox.model.account import AtLimit
from pillarbox.model.address import Address
from pillarbox.model.receiving import GapChoices
from pillarbox.wallet.hand_out_refusals import NobodyTellsError, NoReportYetError
from pillarbox_gui.dialogs.question import Question
from pillarbox_gui.pages.controls import Button, words
from pillarbox_gui.pages.look import Look
from pillarbox_gui.theme.theme import Theme
from pillarbox_gui.theme.tokens import Space
from pillarbox_gui.wording.errors import error_words

translate = QCoreApplication.translate


class GapLimitQuestion(Question[AtLimit]):
    """Three ways on: reuse the oldest hold, extend, or cancel."""

    def __init__(self, look: Look, parent: QWidget, error: PillarboxError, choices: GapChoices) -> None:
        said = error_words(error)
        super().__init__(look.theme, parent, said.title, said.message)
        since = look.calendar.moment(choices.held_since, look.now())
        self.reuse = self._choice(
            translate("gap", "Reuse the oldest hold"),
            _reuse_words(choices.oldest, since),
            AtLimit.REUSE_OLDEST,
        )
        self.extend = self._choice(
            translate("gap", "Extend the gap limit"), _extend_words(choices), AtLimit.EXTEND
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


class Unscanned(Enum):
    """What may be done other than to wait."""

    HAND_OUT = "hand-out"
    CHOOSE_SERVER = "choose-server"


class NotScannedQuestion(Question[Unscanned]):
    """Hand out before the scan, knowingly, or wait; without a server, which no waiting brings, choose one."""

    def __init__(self, theme: Theme, parent: QWidget, error: PillarboxError, server_missing: bool) -> None:
        said = error_words(error)
        super().__init__(theme, parent, said.title, f"{said.message}\n\n{said.hint}")
        self.wait = self.add_cancel()
        self.anyway = self.add_button(translate("gap", "Hand one out anyway"))
        self.anyway.clicked.connect(lambda: self.answer(Unscanned.HAND_OUT))
        self.settings = self.add_button(translate("gap", "Open settings"), primary=True)
        self.settings.clicked.connect(lambda: self.answer(Unscanned.CHOOSE_SERVER))
        if isinstance(error, NobodyTellsError | NoReportYetError):
            self.settings.hide()
        elif not server_missing:
            self.settings.hide()
            self.wait.say(translate("gap", "Wait for the scan"))
            self.wait.setDefault(True)


def _reuse_words(oldest: Address | None, since: str) -> str:
    if oldest is None:
        return translate(
            "gap",
            "The address that was held longest is handed out again. Whoever has it may still pay to it.",
        )
    which = (
        translate("gap", 'No. {index}, "{label}", held since {since}, is handed out again.')
        if oldest.label
        else translate("gap", "No. {index}, held since {since}, is handed out again.")
    )
    again = which.format(index=oldest.ref.index, label=oldest.label, since=since)
    may_pay = translate("gap", "Whoever has it may still pay to it.")
    return f"{again} {may_pay}"


def _extend_words(choices: GapChoices) -> str:
    told = translate("gap", "Another wallet program must be told to look as far.")
    if choices.wider == choices.gap_limit:
        fresh = translate("gap", "A fresh address is handed out. {limit} is the widest gap there is.")
    else:
        fresh = translate(
            "gap",
            "A fresh address is handed out, and from now on {wider} addresses are watched beyond the last "
            "one shown, instead of {limit}.",
        )
    return f"{fresh.format(wider=choices.wider, limit=choices.gap_limit)} {told}"
