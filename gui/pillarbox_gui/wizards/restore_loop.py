"""A Loop backup: the seed of the lnd node that it belongs to, and what it would bring."""

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QComboBox, QFormLayout, QPlainTextEdit, QWidget

from pillarbox.flows.restore_steps import (
    Confirmed,
    EnterLoopSeed,
    FileFacts,
    LoopFound,
    LoopSeedEntered,
    Preview,
)
from pillarbox.model.network import Network
from pillarbox.wallet.loop_restore import WIDEST_SCAN
from pillarbox_gui.pages.controls import Button, Card, Elided, take_role, words
from pillarbox_gui.theme.tokens import Space, Tone
from pillarbox_gui.wizards.forms import hidden_field, labelled_form
from pillarbox_gui.wizards.restore_kit import RestoreKit, say_lines
from pillarbox_gui.wizards.restore_preview import PreviewPage
from pillarbox_gui.wizards.step_page import StepPage
from pillarbox_gui.wording.amounts import group_digits
from pillarbox_gui.wording.networks import network_words
from pillarbox_gui.wording.restoring import MOST_REASONS, ReportLine

SEED_HEIGHT = 96

translate = QCoreApplication.translate


class LoopSeedPage(StepPage):
    """lnd's words, what they hold, or its root key, in one field."""

    def __init__(self, kit: RestoreKit, step: EnterLoopSeed) -> None:
        super().__init__(
            kit.theme,
            translate("restore", "Enter the seed of your lnd node"),
            translate(
                "restore",
                "Its 24 words (aezeed), the 32 hex digits that they hold, or its root key (xprv, tprv). It "
                "is used here and sent nowhere.",
            ),
        )
        self.go_on = translate("restore", "Open the backup")
        self.text = QPlainTextEdit(step.seed)
        take_role(self.text, "mono")
        self.text.setTabChangesFocus(True)
        self.text.setFixedHeight(kit.theme.px(SEED_HEIGHT))
        self.extra = hidden_field(step.passphrase)
        self.extra.setPlaceholderText(translate("restore", "Leave empty unless you chose one"))
        self.network = QComboBox()
        for network in Network:
            self.network.addItem(network_words(network))
        self.network.setCurrentIndex(list(Network).index(step.network))
        fields: list[tuple[str, QWidget]] = [
            (translate("restore", "&Seed"), self.text),
            (translate("restore", "&Passphrase of the words"), self.extra),
            (translate("restore", "Net&work"), self.network),
        ]
        self.body.addLayout(labelled_form(kit.theme, fields))
        self.say_trouble(step.error)
        self.further = Button(kit.theme, translate("restore", "Look further"))
        self.further.clicked.connect(lambda: self.answered.emit(self._entered(WIDEST_SCAN)))
        self.further.setVisible(step.may_look_further)
        self._offer_further()

    def first(self) -> QWidget:
        return self.text

    def answer(self) -> LoopSeedEntered:
        return self._entered(None)

    def _entered(self, last_key: int | None) -> LoopSeedEntered:
        network = list(Network)[self.network.currentIndex()]
        return LoopSeedEntered(self.text.toPlainText(), self.extra.text(), network, last_key)

    def _offer_further(self) -> None:
        explanation = translate(
            "restore",
            "Loop uses up a number with each swap, so the right one may lie further out. To look at {n} of "
            "them takes some seconds.",
        )
        said = words(explanation.format(n=group_digits(WIDEST_SCAN)), "muted", wrap=True)
        said.setVisible(not self.further.isHidden())
        self.body.addWidget(said)
        self.body.addWidget(self.further, 0, Qt.AlignmentFlag.AlignLeading)


class LoopPreviewPage(StepPage):
    """The latest backup that opened."""

    def __init__(self, kit: RestoreKit, step: Preview, found: LoopFound) -> None:
        super().__init__(
            kit.theme,
            translate("restore", "This is in the Loop backup"),
            translate(
                "restore",
                "A paid access token and a static address. Deposits on it are looked for on the chain. "
                "Nothing has been changed yet.",
            ),
        )
        self.go_on = translate("restore", "Continue")
        self.body.addWidget(_card(kit, found))
        say_lines(self, _passed_over(step.passed_over))
        self.say_trouble(step.error)

    def answer(self) -> Confirmed:
        return Confirmed()


def preview_page(kit: RestoreKit, step: Preview) -> StepPage:
    """Of a wallet's own backup, or of one of Loop."""
    return PreviewPage(kit, step) if step.loop is None else LoopPreviewPage(kit, step, step.loop)


def _card(kit: RestoreKit, found: LoopFound) -> Card:
    look = kit.look
    card = Card(kit.theme, Space.M, Space.L)
    form = QFormLayout()
    form.setHorizontalSpacing(kit.theme.px(Space.L))
    form.setVerticalSpacing(kit.theme.px(Space.XS))
    for name, value, role in (
        (translate("restore", "Static address"), found.static_address, "mono"),
        (translate("restore", "Token"), found.token_id, "mono"),
        (translate("restore", "Made"), look.calendar.ago(found.created_at, look.now()), ""),
        (translate("restore", "File"), found.path, ""),
    ):
        shown = Elided(role, Qt.TextElideMode.ElideMiddle)
        shown.say(value)
        form.addRow(words(name, "muted"), shown)
    card.body.addLayout(form)
    return card


def _passed_over(files: Sequence[FileFacts]) -> list[ReportLine]:
    """Files that were looked at and are no use, each with the reason."""
    lines = [
        ReportLine(Tone.WAITING, "warning", file.trouble.title, f"{file.name}. {file.trouble.message}")
        for file in files[:MOST_REASONS]
        if file.trouble is not None
    ]
    if (more := len(files) - MOST_REASONS) > 0:
        said = translate("restore", "And {n} more files").format(n=more)
        lines.append(ReportLine(Tone.WAITING, "warning", said))
    return lines
