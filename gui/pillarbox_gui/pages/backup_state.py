"""How safe the wallet is, and what can be done about it now."""

from PySide6.QtCore import QCoreApplication, QTimer

from pillarbox.errors import ErrorText
from pillarbox.model.backup import BackupStatus
from pillarbox_gui.pages.controls import Button, Card, words
from pillarbox_gui.pages.look import Look
from pillarbox_gui.theme.tokens import Space
from pillarbox_gui.widgets.banner import Banner
from pillarbox_gui.widgets.chip import Chip
from pillarbox_gui.widgets.reflow import Reflow
from pillarbox_gui.wording.errors import window_words
from pillarbox_gui.wording.states import backup_words

SLOW_MS = 300
"""What is done sooner is not told of while it goes on: it would only flicker."""

translate = QCoreApplication.translate


class BackupStateCard(Card):
    """The chip with its sentence, the verbs, and what goes on or went wrong."""

    def __init__(self, look: Look) -> None:
        super().__init__(look.theme, Space.M, Space.L)
        self._look = look
        self._status: BackupStatus | None = None
        self._failed: ErrorText | None = None
        theme = look.theme
        self.chip = Chip(theme)
        self.sentence = words(wrap=True)
        self.set_passphrase = Button(theme, translate("backups", "Set a backup passphrase…"), "primary")
        self.back_up = Button(theme, translate("backups", "Back up now"), "primary")
        self.prove = Button(theme, translate("backups", "Prove it"))
        self.prove.setToolTip(
            translate("backups", "Restore the newest backup into a throwaway wallet and compare everything")
        )
        self.prove.setAccessibleDescription(self.prove.toolTip())
        self.save_copy = Button(theme, translate("backups", "Save a copy to…"))
        self.verbs = (self.back_up, self.prove, self.save_copy)
        every = [self.set_passphrase, *self.verbs]
        self._buttons = Reflow(theme, [every], [every[:-1], every[-1:]], [[each] for each in every])
        self.banner = Banner(theme)
        self.banner.closed.connect(self._forget_failure)
        for part in (self.chip, self.sentence, self._buttons, self.banner):
            self.body.addWidget(part)
        self._doing = ("", "")
        self._pressed: Button | None = None
        self._slow = QTimer(self, singleShot=True, interval=SLOW_MS)
        self._slow.timeout.connect(self._tell_busy)

    def tell(self, status: BackupStatus) -> None:
        """What is known, as of now."""
        said = backup_words(status, self._look.calendar, self._look.now())
        self.chip.set_chip(lambda palette: palette.tone(said.tone), said.icon, said.text)
        self.sentence.setText(said.detail)
        reason = None if status.reason is None else window_words(status.reason)
        # Once is enough: the banner says it as well.
        self.sentence.setVisible(self._failed is None or self._failed != reason)
        if self._status is None or self._status.needs_passphrase != status.needs_passphrase:
            self._buttons.withhold(self.set_passphrase, not status.needs_passphrase)
            for button in self.verbs:
                self._buttons.withhold(button, status.needs_passphrase)
        self._status = status

    def begin(self, title: str, stop: str = "") -> None:
        """Something goes on; `stop` is the word on the button that ends it."""
        self._failed = None
        self.banner.hide()
        self._pressed = next((button for button in self.verbs if button.hasFocus()), None)
        self.setAccessibleName(title)
        if self._pressed is not None:
            self.setFocus()  # else it would go wherever the next stop is, and the page with it
        for button in self.verbs:
            button.setDisabled(True)
        self._doing = (title, stop)
        self._slow.start()

    def end(self, error: ErrorText | None = None) -> None:
        """It is over, one way or the other."""
        self._slow.stop()
        for button in self.verbs:
            button.setEnabled(True)
        if self._pressed is not None and (self.hasFocus() or self.banner.action.hasFocus()):
            self._pressed.setFocus()
        self.setAccessibleName("")
        self.say_trouble(error)

    def say_trouble(self, error: ErrorText | None) -> None:
        """Why something that was asked for was not done."""
        self._failed = error
        if error is None:
            self.banner.hide()
        else:
            self.banner.tell_error(error)
        if self._status is not None:
            self.tell(self._status)

    def _tell_busy(self) -> None:
        title, stop = self._doing
        self.banner.tell_busy(title, action=stop)

    def _forget_failure(self) -> None:
        self.say_trouble(None)
