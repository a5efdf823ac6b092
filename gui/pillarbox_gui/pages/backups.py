"""How safe the wallet is, and how to keep it so: nothing better than the truth."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QRect, QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from pillarbox.errors import PillarboxError
from pillarbox.events import BackupStatusChanged, Events
from pillarbox.secret import Secret
from pillarbox.wallet.wallet import Wallet
from pillarbox_gui.dialogs.backup_passphrase import BackupPassphraseQuestion, BundleQuestion
from pillarbox_gui.dialogs.choose_place import choose_folder
from pillarbox_gui.pages.backup_folders import BackupFolders
from pillarbox_gui.pages.backup_state import BackupStateCard
from pillarbox_gui.pages.controls import Button, Card, Page, column, row, scroll_area, take_role, words
from pillarbox_gui.pages.look import Look
from pillarbox_gui.subscriptions import Subscriptions
from pillarbox_gui.tasks import Again, TaskScope
from pillarbox_gui.theme.tokens import Space
from pillarbox_gui.widgets.reflow import Reflow
from pillarbox_gui.wording.backups import about_backups, about_keeping, shelves
from pillarbox_gui.wording.errors import error_words

MINUTE_MS = 60_000
WORK = "work"
"""Of what writes and proves one goes on at a time."""

translate = QCoreApplication.translate


class BackupsPage(Page):
    """The backup's state, where backups lie, and what brings back what."""

    words_asked = Signal()
    restore_asked = Signal()
    wider_asked = Signal()
    """The person misses payments."""
    told = Signal(str)

    def __init__(self, look: Look, events: Events, wallet: Wallet) -> None:
        super().__init__(look.theme, translate("backups", "Backups"))
        self._look = look
        self._wallet = wallet
        self._tasks = TaskScope(self, look.present)
        self.choose_folder = choose_folder
        self.state = BackupStateCard(look)
        self.folders = BackupFolders(look, self.state.banner.dismiss)
        theme = look.theme
        self.show_words = Button(theme, translate("backups", "Show the recovery words…"))
        self.save_bundle = Button(theme, translate("backups", "Save a bundle with the words…"))
        self.change_passphrase = Button(theme, translate("backups", "Change the backup passphrase…"))
        self.restore = Button(theme, translate("backups", "Restore a backup…"), icon="restore")
        self.scan_wider = Button(theme, translate("backups", "Scan wider…"), icon="scan")
        self._lay_out()
        self._connect()
        self._subscriptions = Subscriptions(self, events, self._tell, wallet.id)
        self._subscriptions.on(BackupStatusChanged, lambda _: self._tell())
        self._minutely = QTimer(self, interval=MINUTE_MS)
        self._minutely.timeout.connect(self.tell_times)
        self._minutely.start()
        self._tell_state()

    def close_page(self) -> None:
        """Stop listening and working."""
        self._subscriptions.close()
        self._minutely.stop()
        self._tasks.cancel_all()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._tell()

    def tell_times(self) -> None:
        """Time has passed."""
        self.state.tell(self._wallet.backup)
        self.folders.tell_times()

    def _tell(self) -> None:
        self._tell_state()
        self._tasks.start("read", self._show_folders)

    def _tell_state(self) -> None:
        status = self._wallet.backup
        self.state.tell(status)
        self.change_passphrase.setVisible(self._wallet.watch_only and not status.needs_passphrase)

    async def _show_folders(self) -> None:
        further = await self._wallet.backing_up.folders()
        await self.folders.show_shelves(shelves(self._wallet.backup, self._wallet.backing_up.home, further))

    def _connect(self) -> None:
        state, start = self.state, self._tasks.start
        state.back_up.clicked.connect(self._back_up)
        state.prove.clicked.connect(self._prove)
        state.save_copy.clicked.connect(lambda: start("ask", self._save_copy, Again.REJECT))
        state.banner.acted.connect(self._stop)
        for button in (state.set_passphrase, self.change_passphrase):
            button.clicked.connect(lambda: start("ask", self._set_passphrase, Again.REJECT))
        self.folders.add_asked.connect(lambda: start("ask", self._add_folder, Again.REJECT))
        self.folders.remove_asked.connect(
            lambda folder: start("folders", partial(self._remove_folder, folder), Again.REJECT)
        )
        self.folders.row_reached.connect(self._bring_into_view)
        self.show_words.clicked.connect(self.words_asked)
        self.restore.clicked.connect(self.restore_asked)
        self.scan_wider.clicked.connect(self.wider_asked)
        self.save_bundle.clicked.connect(lambda: start("ask", self._save_bundle, Again.REJECT))

    def _back_up(self) -> None:
        async def work() -> str:
            await self._wallet.backing_up.now()
            return translate("backups", "Backed up, and read again.")

        self._work(translate("backups", "Writing a backup and reading it again"), work)

    def _prove(self) -> None:
        async def work() -> str:
            await self._wallet.backing_up.drill()
            return translate("backups", "Proven: the backup brings everything back.")

        title = translate("backups", "Restoring the newest backup into a throwaway wallet")
        self._work(title, work, translate("backups", "Stop"))

    async def _save_copy(self) -> None:
        title = translate("backups", "Where the copy goes")
        folder = await self.choose_folder(self.window(), title)
        if folder is None:
            return

        async def work() -> str:
            await self._wallet.backing_up.now(folder)
            return translate("backups", "A copy is in {folder}.").format(folder=folder)

        self._work(translate("backups", "Writing a copy"), work)

    def _work(self, title: str, work: Callable[[], Awaitable[str]], stop: str = "") -> None:
        async def run() -> None:
            self.state.begin(title, stop)
            try:
                said = await work()
            except PillarboxError as error:
                self.state.end(error_words(error))
                return
            except Exception:
                self.state.end()
                raise
            self.state.end()
            self.told.emit(said)

        self._tasks.start(WORK, run, Again.REJECT)

    def _stop(self) -> None:
        self._tasks.cancel(WORK)
        self.state.end()
        self.told.emit(translate("backups", "Stopped. The backup itself is as it was."))

    async def _add_folder(self) -> None:
        title = translate("backups", "A folder for every backup")
        folder = await self.choose_folder(self.window(), title)
        if folder is None:
            return
        known = await self._wallet.backing_up.folders()
        if str(folder) in (self._wallet.backing_up.home, *known):
            self.told.emit(translate("backups", "Backups are put there already."))
        else:
            await self._set_folders([*known, str(folder)])

    async def _remove_folder(self, folder: str) -> None:
        known = await self._wallet.backing_up.folders()
        await self._set_folders([each for each in known if each != folder])
        self.told.emit(translate("backups", "No more backups go there. Those that are there stay."))

    async def _set_folders(self, folders: Sequence[str]) -> None:
        try:
            await self._wallet.backing_up.set_folders([Path(folder) for folder in folders])
        except PillarboxError as error:
            self.state.say_trouble(error_words(error))
        self._tell()

    async def _set_passphrase(self) -> None:
        again = not self._wallet.backup.needs_passphrase
        set_it = self._wallet.backing_up.set_passphrase
        if await BackupPassphraseQuestion(self._look, self.window(), set_it, again=again).ask():
            self.told.emit(translate("backups", "Backups are written by themselves from now on."))

    async def _save_bundle(self) -> None:
        async def save(own: Secret, new: Secret, folder: Path) -> str:
            async with self._wallet.unlocking.words(own) as opened:
                return (await self._wallet.backing_up.write_bundle(opened, new, folder)).name

        question = BundleQuestion(self._look, self.window(), self.choose_folder, save)
        if (name := await question.ask()) is not None:
            self.told.emit(translate("backups", "The bundle is saved as {name}.").format(name=name))

    def _lay_out(self) -> None:
        theme = self._look.theme
        self._inside = QWidget()
        take_role(self._inside, "clear")
        cards = column(theme, Space.L)
        self._inside.setLayout(cards)
        self._area = scroll_area(self._inside)
        self.body.addWidget(self._area, 1)
        cards.addWidget(self.state)
        cards.addWidget(self.folders)
        cards.addWidget(self._keeping())
        cards.addWidget(self._about())
        cards.addStretch()

    def _keeping(self) -> Card:
        """What has to be kept apart from the backups."""
        card = Card(self._look.theme, Space.S, Space.L)
        for title, text in about_keeping(self._wallet.watch_only):
            _say(card.body, title, text)
        if self._wallet.watch_only:
            for part in (self.show_words, self.save_bundle):
                part.setParent(card)
                part.hide()
            line = row(self._look.theme)
            line.addWidget(self.change_passphrase)
            line.addStretch()
            card.body.addLayout(line)
        else:
            self.change_passphrase.setParent(card)
            both = [self.show_words, self.save_bundle]
            card.body.addWidget(Reflow(self._look.theme, [both], [[each] for each in both]))
        return card

    def _about(self) -> Card:
        card = Card(self._look.theme, Space.S, Space.L)
        for number, (title, text) in enumerate(about_backups(self._wallet.watch_only)):
            if number:
                card.body.addSpacing(self._look.theme.px(Space.XS))
            _say(card.body, title, text)
        both = [self.restore, self.scan_wider]
        card.body.addWidget(Reflow(self._look.theme, [both], [[each] for each in both]))
        return card

    def _bring_into_view(self, table: QWidget, place: QRect) -> None:
        at = table.mapTo(self._inside, place.center())
        self._area.ensureVisible(at.x(), at.y(), 0, 2 * place.height())


def _say(body: QVBoxLayout, title: str, text: str) -> None:
    body.addWidget(words(title, "strong", wrap=True))
    body.addWidget(words(text, "muted", wrap=True))
