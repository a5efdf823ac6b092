"""Where a backup goes, and how far to look for what was paid."""

from datetime import UTC, datetime

from PySide6.QtCore import QCoreApplication, QDate
from PySide6.QtWidgets import QButtonGroup, QCheckBox, QComboBox, QDateEdit, QLineEdit, QRadioButton, QWidget

from pillarbox.flows.restore_steps import Mode, Options, OptionsChosen
from pillarbox.model.network import Network
from pillarbox.wallet.account_keeping import WIDEST_GAP
from pillarbox_gui.pages.controls import number_entry, row, words
from pillarbox_gui.theme.tokens import Space
from pillarbox_gui.wizards.forms import labelled_form
from pillarbox_gui.wizards.restore_kit import RestoreKit
from pillarbox_gui.wizards.step_page import StepPage
from pillarbox_gui.wording.networks import network_words

translate = QCoreApplication.translate


class OptionsPage(StepPage):
    """A wallet of its own, or into an open one of the same words."""

    def __init__(self, kit: RestoreKit, step: Options) -> None:
        super().__init__(
            kit.theme,
            translate("restore", "How to restore it"),
            translate(
                "restore",
                "Into an open wallet only what it lacks is added: nothing that is there is changed.",
            )
            if Mode.MERGE in step.modes
            else "",
        )
        self._step = step
        self.new = QRadioButton(translate("restore", "As a wallet of its &own"))
        self.merge = QRadioButton(translate("restore", "&Into an open wallet"))
        self._modes = QButtonGroup(self)
        for button in (self.new, self.merge):
            button.setAccessibleName(button.text().replace("&", ""))
            self._modes.addButton(button)
        self.name = QLineEdit(step.name, maxLength=60)
        self.network = QComboBox()
        for network in Network:
            self.network.addItem(network_words(network))
        self.network.setCurrentIndex(list(Network).index(step.network))
        self.into = QComboBox()
        self.into.addItems(list(step.contents.mergeable) if step.contents else [])
        self.into.setCurrentText(step.into)
        self.gap_limit = number_entry(kit.theme, 0, WIDEST_GAP, step.gap_limit or 0)
        self.gap_limit.setSpecialValueText(
            translate("restore", "As usual") if step.contents is None else translate("restore", "As it was")
        )
        self.older = QCheckBox(translate("restore", "First &used about"))
        self.birthday = QDateEdit()
        self.birthday.setDisplayFormat("yyyy-MM-dd")
        self.birthday.lineEdit().setTextMargins(kit.theme.px(Space.M), 0, 0, 0)
        self._lay_out()
        self._fill()
        self.say_trouble(step.error)

    def first(self) -> QWidget:
        if len(self._step.modes) > 1:
            return self.new if self.new.isChecked() else self.merge
        return self.name if self._step.modes == (Mode.NEW,) else self.gap_limit

    def answer(self) -> OptionsChosen:
        return OptionsChosen(
            Mode.MERGE if self.merge.isChecked() else Mode.NEW,
            self.name.text(),
            self.into.currentText(),
            list(Network)[self.network.currentIndex()],
            self.gap_limit.value() or None,
            _seconds(self.birthday.date()) if self.older.isChecked() else None,
        )

    def _lay_out(self) -> None:
        since = row(self.theme, Space.S)
        since.addWidget(self.older)
        since.addWidget(self.birthday)
        since.addStretch()
        self.birthday.setAccessibleName(translate("restore", "When it was first used"))
        self.older.setAccessibleName(self.older.text().replace("&", ""))
        for button in (self.new, self.merge):
            self.body.addWidget(button)
            button.setVisible(len(self._step.modes) > 1)
        self._form = labelled_form(
            self.theme,
            [
                (translate("restore", "Wallet &name"), self.name),
                (translate("restore", "Net&work"), self.network),
                (translate("restore", "Open wa&llet"), self.into),
                (translate("restore", "&Gap limit"), self.gap_limit),
            ],
        )
        self.body.addLayout(self._form)
        wider = translate(
            "restore",
            "A wider gap limit looks further beyond the last address that was used. It is of use where many "
            "addresses in a row were handed out and never paid.",
        )
        self.body.addWidget(words(wider, "muted", wrap=True))
        self.body.addLayout(since)
        note = translate(
            "restore",
            "Backups keep the date for other programs, which search from a date on. Pillarbox looks at all "
            "of the past either way.",
        )
        self.birthday.setAccessibleDescription(note)
        self.body.addWidget(words(note, "muted", wrap=True))

    def _fill(self) -> None:
        step = self._step
        (self.merge if step.mode is Mode.MERGE else self.new).setChecked(True)
        self.older.setChecked(step.birthday is not None)
        self.birthday.setDate(_date(step.birthday))
        self.birthday.setEnabled(step.birthday is not None)
        self.older.toggled.connect(self.birthday.setEnabled)
        self.merge.toggled.connect(self._follow_mode)
        self._follow_mode()

    def _follow_mode(self) -> None:
        merging = self.merge.isChecked()
        self._form.setRowVisible(self.name, not merging)
        self._form.setRowVisible(self.network, not merging and self._step.asks_network)
        self._form.setRowVisible(self.into, merging)
        self.go_on = translate("restore", "Restore into it") if merging else translate("restore", "Continue")
        self.go_on_changed.emit(self.go_on)


def _date(at: int | None) -> QDate:
    if at is None:
        return QDate.currentDate()
    day = datetime.fromtimestamp(at, UTC)
    return QDate(day.year, day.month, day.day)


def _seconds(date: QDate) -> int:
    """The beginning of that day, in Unix seconds."""
    return int(datetime(date.year(), date.month(), date.day(), tzinfo=UTC).timestamp())
