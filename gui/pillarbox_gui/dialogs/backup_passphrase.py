"""Passphrases that open backups: of a wallet without words, and of a bundle that holds them."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QSizePolicy, QWidget

from pillarbox.errors import PillarboxError
from pillarbox.flows.create_wallet import SHORTEST_PASSPHRASE
from pillarbox.secret import Secret
from pillarbox_gui.dialogs.choose_place import ChooseFolder
from pillarbox_gui.dialogs.question import Question
from pillarbox_gui.pages.controls import Button, Elided, words
from pillarbox_gui.pages.look import Look
from pillarbox_gui.tasks import Again, TaskScope
from pillarbox_gui.theme.tokens import Tone
from pillarbox_gui.widgets.banner import Banner
from pillarbox_gui.wizards.forms import hidden_field, labelled_form
from pillarbox_gui.wording.errors import error_words

translate = QCoreApplication.translate

Set = Callable[[Secret], Awaitable[None]]
Save = Callable[[Secret, Secret, Path], Awaitable[str]]
"""Given the wallet's passphrase, the bundle's and a folder; returns the file's name."""


class BackupPassphraseQuestion(Question[bool]):
    """A new passphrase, twice. True once backups are sealed with it."""

    def __init__(self, look: Look, parent: QWidget, set_it: Set, *, again: bool) -> None:
        """`again`: there was one before."""
        super().__init__(look.theme, parent, _title(again=again), _explanation(again=again))
        self._set = set_it
        self._tasks = TaskScope(self, look.present)
        self.new, self.repeated = hidden_field(""), hidden_field("")
        fields = [
            (translate("backups", "&Passphrase"), self.new),
            (translate("backups", "The same a&gain"), self.repeated),
        ]
        self.body.addLayout(labelled_form(self.theme, fields))
        self.add_cancel()
        self.go_on = self.add_button(translate("backups", "Set it"), primary=True)
        self.go_on.clicked.connect(lambda: self._tasks.start("set", self._submit, Again.REJECT))

    async def _submit(self) -> None:
        if trouble := twice_trouble(self.new.text(), self.repeated.text()):
            self.say_trouble(trouble)
            self.new.setFocus()
            return
        self.go_on.setDisabled(True)
        try:
            with Secret.from_text(self.new.text()) as passphrase:
                await self._set(passphrase)
        except PillarboxError as error:
            said = error_words(error)
            self.say_trouble(f"{said.message} {said.hint}")
            self.go_on.setEnabled(True)
            return
        for field in (self.new, self.repeated):
            field.clear()
        self.answer(True)


class BundleQuestion(Question[str]):
    """Writes a backup that holds the words; the answer is the file's name."""

    def __init__(self, look: Look, parent: QWidget, choose_folder: ChooseFolder, save: Save) -> None:
        super().__init__(
            look.theme,
            parent,
            translate("backups", "Save a bundle with the words"),
            translate(
                "backups",
                "A bundle is a backup with the recovery words in it: one file that brings everything back, "
                "the money too. It opens with a passphrase of its own.",
            ),
        )
        self._choose_folder = choose_folder
        self._save = save
        self._folder: Path | None = None
        self._tasks = TaskScope(self, look.present)
        self._warn(look)
        self.own, self.new, self.repeated = hidden_field(""), hidden_field(""), hidden_field("")
        self.choose = Button(self.theme, translate("backups", "Choose a folder…"), icon="folder")
        self.choose.clicked.connect(lambda: self._tasks.start("choose", self._choose, Again.REJECT))
        self.chosen = Elided("muted", Qt.TextElideMode.ElideMiddle)
        self._lay_out()
        self.add_cancel()
        self.go_on = self.add_button(translate("backups", "Save the bundle"), primary=True)
        self.go_on.clicked.connect(lambda: self._tasks.start("save", self._submit, Again.REJECT))
        self.own.setFocus()

    def _warn(self, look: Look) -> None:
        warning = Banner(look.theme)
        warning.tell(
            Tone.WAITING,
            "warning",
            translate("backups", "Whoever has file and passphrase has the money"),
            translate(
                "backups",
                "Choose a long passphrase that you use nowhere else, and keep the two apart. Without the "
                "passphrase nobody opens the bundle, not even you.",
            ),
        )
        warning.dismiss.hide()
        self.body.addWidget(warning)

    def _lay_out(self) -> None:
        fields = [
            (translate("backups", "&Wallet's passphrase"), self.own),
            (translate("backups", "&Bundle's passphrase"), self.new),
            (translate("backups", "The same a&gain"), self.repeated),
        ]
        form = labelled_form(self.theme, fields)
        folder = words(translate("backups", "Folder"))
        folder.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        form.addRow(folder, self.choose)
        form.addRow("", self.chosen)
        form.setRowVisible(self.chosen, False)
        self._form = form
        self.body.addLayout(form)

    async def _choose(self) -> None:
        title = translate("backups", "Where the bundle goes")
        if (folder := await self._choose_folder(self, title)) is not None:
            self._folder = folder
            self.chosen.say(str(folder))
            self._form.setRowVisible(self.chosen, True)
            self.say_trouble("")

    async def _submit(self) -> None:
        folder = self._folder
        if trouble := twice_trouble(self.new.text(), self.repeated.text()):
            self.say_trouble(trouble)
            self.new.setFocus()
            return
        if folder is None:
            self.say_trouble(translate("backups", "Choose the folder that the bundle goes into."))
            self.choose.setFocus()
            return
        self.go_on.setDisabled(True)
        try:
            with Secret.from_text(self.own.text()) as own, Secret.from_text(self.new.text()) as new:
                name = await self._save(own, new, folder)
        except PillarboxError as error:
            said = error_words(error)
            self.say_trouble(f"{said.message} {said.hint}")
            self.go_on.setEnabled(True)
            self.own.selectAll()
            self.own.setFocus()
            return
        for field in (self.own, self.new, self.repeated):
            field.clear()
        self.answer(name)


def twice_trouble(passphrase: str, repeated: str) -> str:
    """Why a new passphrase cannot be taken; empty where it can."""
    if passphrase != repeated:
        return translate("backups", "The two entries differ.")
    if len(passphrase) < SHORTEST_PASSPHRASE:
        short = translate(
            "backups", "It has fewer than {n} characters: whoever finds a backup could guess it."
        )
        return short.format(n=SHORTEST_PASSPHRASE)
    return ""


def _title(*, again: bool) -> str:
    if again:
        return translate("backups", "Change the backup passphrase")
    return translate("backups", "Set a backup passphrase")


def _explanation(*, again: bool) -> str:
    said = translate(
        "backups",
        "This wallet has no recovery words, so a passphrase opens its backups. Write it down where it "
        "outlives this computer: without it a backup brings nothing back.",
    )
    if not again:
        return said
    before = translate("backups", "Backups that were written before still open with the earlier one only.")
    return f"{said} {before}"
