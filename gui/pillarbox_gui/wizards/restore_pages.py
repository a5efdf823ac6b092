"""What each step of getting a wallet back shows and asks."""

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from pillarbox.flows import create_wallet
from pillarbox.flows.restore_steps import (
    Choose,
    ChooseFile,
    Chosen,
    Done,
    EnterLoopSeed,
    EnterPassphrase,
    EnterPublic,
    EnterWords,
    FoldersChosen,
    Options,
    PassphraseEntered,
    Preview,
    Protect,
    Protected,
    PublicEntered,
    SearchFolders,
    Source,
    Step,
    WordsEntered,
)
from pillarbox_gui.dialogs.choose_place import choose_file, choose_folder
from pillarbox_gui.pages.controls import (
    Button,
    Card,
    Elided,
    clear,
    column,
    field_name,
    row,
    take_role,
    words,
)
from pillarbox_gui.pages.look import Look
from pillarbox_gui.tasks import Again, TaskScope
from pillarbox_gui.theme.tokens import Space
from pillarbox_gui.wizards import create_pages
from pillarbox_gui.wizards.forms import hidden_field, labelled_form
from pillarbox_gui.wizards.restore_files import ChooseFilePage
from pillarbox_gui.wizards.restore_kit import RestoreKit
from pillarbox_gui.wizards.restore_loop import LoopSeedPage, preview_page
from pillarbox_gui.wizards.restore_options import OptionsPage
from pillarbox_gui.wizards.restore_preview import DonePage
from pillarbox_gui.wizards.step_page import StepPage
from pillarbox_gui.wording.restoring import file_sentence

WORDS_HEIGHT = 96

translate = QCoreApplication.translate


class ChoosePage(StepPage):
    """A backup, or what is left without one."""

    def __init__(self, kit: RestoreKit, step: Choose) -> None:
        super().__init__(
            kit.theme,
            translate("restore", "Restore a backup"),
            translate(
                "restore",
                "Choose a backup file, or a folder that holds some. What it has and this wallet lacks is "
                "added; nothing that is here is changed.",
            )
            if kit.merging
            else translate("restore", "Choose a backup file, or a folder that holds some."),
        )
        self.go_on = translate("restore", "Continue")
        self.choose_file, self.choose_folder = choose_file, choose_folder
        tasks = TaskScope(self, kit.look.present)
        self.place = QLineEdit(step.place)
        self.file = Button(kit.theme, translate("restore", "Choose a file…"))
        self.file.clicked.connect(lambda: tasks.start("choose", self._choose_file, Again.REJECT))
        self.folder = Button(kit.theme, translate("restore", "Choose a folder…"), icon="folder")
        self.folder.clicked.connect(lambda: tasks.start("choose", self._choose_folder, Again.REJECT))
        self.body.addWidget(field_name(translate("restore", "&Backup file or folder"), self.place))
        self.body.addWidget(self.place)
        line = row(kit.theme)
        line.addWidget(self.file)
        line.addWidget(self.folder)
        line.addStretch()
        self.body.addLayout(line)
        self.words = Button(kit.theme, translate("restore", "Only the recovery words"))
        self.words.clicked.connect(lambda: self.answered.emit(Chosen(Source.WORDS, self.place.text())))
        self.public = Button(kit.theme, translate("restore", "Only a public key or descriptor"))
        self.public.clicked.connect(lambda: self.answered.emit(Chosen(Source.PUBLIC, self.place.text())))
        self.loop = Button(kit.theme, translate("restore", "A Loop backup and my lnd seed"))
        self.loop.clicked.connect(lambda: self.answered.emit(Chosen(Source.LOOP, self.place.text())))
        if kit.merging:
            for part in (self.words, self.public, self.loop):
                part.setParent(self)
                part.hide()
        else:
            self._offer_without_backup()
        self.say_trouble(step.error)

    def first(self) -> QWidget:
        return self.place

    def answer(self) -> Chosen:
        return Chosen(Source.BACKUP, self.place.text())

    def _offer_without_backup(self) -> None:
        self.body.addSpacing(self.theme.px(Space.L))
        self.body.addWidget(words(translate("restore", "No backup at hand?"), "strong"))
        self.body.addWidget(
            words(
                translate(
                    "restore",
                    "The recovery words bring the money back without one; Pillarbox also looks for backups "
                    "that they open. A public key or descriptor brings back a wallet that watches.",
                ),
                "muted",
                wrap=True,
            )
        )
        line = row(self.theme)
        line.addWidget(self.words)
        line.addWidget(self.public)
        line.addStretch()
        self.body.addLayout(line)
        self.body.addSpacing(self.theme.px(Space.L))
        self.body.addWidget(words(translate("restore", "Came from Lightning Loop?"), "strong"))
        self.body.addWidget(
            words(
                translate(
                    "restore",
                    "Name Loop's backup above (.enc, or the folder it lies in). The seed of the lnd node "
                    "opens it, and brings its static address back.",
                ),
                "muted",
                wrap=True,
            )
        )
        line = row(self.theme)
        line.addWidget(self.loop)
        line.addStretch()
        self.body.addLayout(line)

    async def _choose_file(self) -> None:
        title, offered = translate("restore", "Which backup?"), translate("restore", "Pillarbox backups")
        of_loop = translate("restore", "Loop backups")
        filters = f"{offered} (*.pillarbox-backup);;{of_loop} (*.enc)"
        chosen = await self.choose_file(self.window(), title, filters)
        if chosen is not None:
            self.place.setText(str(chosen))

    async def _choose_folder(self) -> None:
        title = translate("restore", "Which folder holds backups?")
        if (chosen := await self.choose_folder(self.window(), title)) is not None:
            self.place.setText(str(chosen))


class WordsPage(StepPage):
    """The recovery words, to open a backup or to begin from."""

    def __init__(self, kit: RestoreKit, step: EnterWords) -> None:
        explanation = translate("restore", "They are used here and sent nowhere.")
        if step.file is not None:
            whose = file_sentence(step.file, kit.look.calendar, kit.look.now())
            explanation = f"{whose} {translate('restore', 'Its words open it.')} {explanation}"
        super().__init__(kit.theme, translate("restore", "Enter the recovery words"), explanation)
        self.go_on = translate("restore", "Continue")
        self.text = QPlainTextEdit(step.words)
        take_role(self.text, "mono")
        self.text.setTabChangesFocus(True)
        self.text.setFixedHeight(kit.theme.px(WORDS_HEIGHT))
        self.extra = hidden_field(step.bip39_passphrase)
        self.extra.setPlaceholderText(translate("restore", "Leave empty unless you chose one"))
        fields: list[tuple[str, QWidget]] = [
            (translate("restore", "&Words"), self.text),
            (translate("restore", "&Extra passphrase (BIP39)"), self.extra),
        ]
        self.body.addLayout(labelled_form(kit.theme, fields))
        self.say_trouble(step.error)

    def first(self) -> QWidget:
        return self.text

    def answer(self) -> WordsEntered:
        return WordsEntered(self.text.toPlainText(), self.extra.text())


class PassphrasePage(StepPage):
    """What locks a bundle, or a backup of a wallet without words."""

    def __init__(self, kit: RestoreKit, step: EnterPassphrase) -> None:
        whose = "" if step.file is None else file_sentence(step.file, kit.look.calendar, kit.look.now())
        said = translate("restore", "A passphrase that was chosen for it opens it. It takes a moment.")
        super().__init__(
            kit.theme, translate("restore", "Enter the backup's passphrase"), f"{whose} {said}".lstrip()
        )
        self.go_on = translate("restore", "Open the backup")
        self.passphrase = hidden_field(step.passphrase)
        fields = [(translate("restore", "&Passphrase"), self.passphrase)]
        self.body.addLayout(labelled_form(kit.theme, fields))
        self.say_trouble(step.error)

    def first(self) -> QWidget:
        return self.passphrase

    def answer(self) -> PassphraseEntered:
        return PassphraseEntered(self.passphrase.text())


class PublicPage(StepPage):
    """A key that watches."""

    def __init__(self, kit: RestoreKit, step: EnterPublic) -> None:
        super().__init__(
            kit.theme,
            translate("restore", "Enter the public key"),
            translate(
                "restore",
                "An extended public key or an output descriptor makes a wallet that watches, and cannot "
                "spend. Labels and payment requests are in backups only.",
            ),
        )
        self.go_on = translate("restore", "Continue")
        self.text = QPlainTextEdit(step.text)
        take_role(self.text, "mono")
        self.text.setTabChangesFocus(True)
        self.text.setFixedHeight(kit.theme.px(WORDS_HEIGHT))
        fields = [(translate("restore", "&Key or descriptor"), self.text)]
        self.body.addLayout(labelled_form(kit.theme, fields))
        self.say_trouble(step.error)

    def first(self) -> QWidget:
        return self.text

    def answer(self) -> PublicEntered:
        return PublicEntered(self.text.toPlainText())


class FoldersPage(StepPage):
    """Where backups of the words may lie."""

    def __init__(self, kit: RestoreKit, step: SearchFolders) -> None:
        super().__init__(
            kit.theme,
            translate("restore", "Where may a backup be?"),
            translate(
                "restore",
                "Pillarbox looks for backups of these words in its own data folder. Add any other place they "
                "may lie in: a stick, another disk, a folder that a cloud copies. Without one, the words "
                "bring back what they can.",
            ),
        )
        self.go_on = translate("restore", "Look there")
        self.choose_folder = choose_folder
        self._tasks = TaskScope(self, kit.look.present)
        self._folders = list(step.folders)
        self.removers: dict[str, Button] = {}
        self.add = Button(kit.theme, translate("restore", "Add a folder…"), icon="plus")
        self.add.clicked.connect(lambda: self._tasks.start("choose", self._choose, Again.REJECT))
        self._card = Card(kit.theme, Space.S, Space.M)
        self._list: QVBoxLayout = column(kit.theme, Space.S)
        self._card.body.addLayout(self._list)
        self.body.addWidget(self._card)
        line = row(kit.theme)
        line.addWidget(self.add)
        line.addStretch()
        self.body.addLayout(line)
        self._show_folders()
        self.say_trouble(step.error)

    def answer(self) -> FoldersChosen:
        return FoldersChosen(tuple(self._folders))

    async def _choose(self) -> None:
        title = translate("restore", "Where may a backup be?")
        chosen = await self.choose_folder(self.window(), title)
        if chosen is not None and str(chosen) not in self._folders:
            self._folders.append(str(chosen))
            self._show_folders()

    def _forget(self, folder: str) -> None:
        self._folders.remove(folder)
        self._show_folders()
        self.add.setFocus()

    def _show_folders(self) -> None:
        clear(self._list)
        self.removers.clear()
        for folder in self._folders:
            line = row(self.theme)
            said = Elided("")
            said.say(folder)
            remove = self.removers[folder] = Button(self.theme, translate("restore", "Remove"))
            remove.setAccessibleName(translate("restore", "Do not look in {folder}").format(folder=folder))
            remove.clicked.connect(partial(self._forget, folder))
            line.addWidget(said, 1)
            line.addWidget(remove)
            self._list.addLayout(line)
        self._card.setVisible(bool(self._folders))


class ProtectPage(create_pages.ProtectPage):
    """The passphrase for this computer."""

    def __init__(self, kit: RestoreKit, step: Protect) -> None:
        asked = create_wallet.Protect(
            step.has_words, step.use_keychain, step.passphrase, step.repeated, step.error
        )
        super().__init__(kit.theme, asked)
        self.go_on = translate("restore", "Restore the wallet")

    def answer(self) -> Protected:
        return Protected(self.passphrase.text(), self.repeated.text(), self.keychain.isChecked())


_PAGES: Mapping[type[Step], Callable[[RestoreKit, Any], StepPage]] = MappingProxyType(
    {
        Choose: ChoosePage,
        ChooseFile: ChooseFilePage,
        EnterWords: WordsPage,
        EnterPassphrase: PassphrasePage,
        EnterPublic: PublicPage,
        SearchFolders: FoldersPage,
        EnterLoopSeed: LoopSeedPage,
        Preview: preview_page,
        Options: OptionsPage,
        Protect: ProtectPage,
        Done: DonePage,
    }
)


class RestorePages:
    """Makes the page of a step."""

    def __init__(self, look: Look, kind_title: Callable[[str], str], *, merging: bool) -> None:
        self._kit = RestoreKit(look, kind_title, merging)

    def page_for(self, step: Step) -> StepPage:
        return _PAGES[type(step)](self._kit, step)
