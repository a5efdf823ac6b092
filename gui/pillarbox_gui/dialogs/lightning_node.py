"""The lnd node that may pay: where it is, and the files that let Pillarbox in."""

from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QFormLayout, QHBoxLayout, QLineEdit, QWidget

from pillarbox.errors import PillarboxError
from pillarbox_gui.dialogs.choose_place import choose_file
from pillarbox_gui.dialogs.question import Question
from pillarbox_gui.pages.controls import Button, field_name, row
from pillarbox_gui.pages.look import Look
from pillarbox_gui.tasks import Again, TaskScope
from pillarbox_gui.theme.tokens import Space
from pillarbox_gui.wording.errors import error_words

SetNode = Callable[[str, Path, Path], Awaitable[None]]
"""Keeps the node's address, the macaroon's file and the certificate's. Raises InvalidInputError."""

translate = QCoreApplication.translate


class LightningNodeQuestion(Question[str]):
    """Its answer is the node's address, once it is kept."""

    def __init__(self, look: Look, parent: QWidget, set_node: SetNode) -> None:
        super().__init__(
            look.theme,
            parent,
            translate("loop", "Your lnd node"),
            translate(
                "loop",
                "Both files are read once and kept in the encrypted wallet. A macaroon that may do no more "
                "than pay is enough.",
            ),
        )
        self._set_node = set_node
        self._tasks = TaskScope(self, look.present)
        self.choose_file = choose_file
        self.url, self.macaroon, self.certificate = QLineEdit(), QLineEdit(), QLineEdit()
        self.url.setPlaceholderText("https://127.0.0.1:8080")
        form = QFormLayout()
        form.setVerticalSpacing(self.theme.px(Space.S))
        form.setHorizontalSpacing(self.theme.px(Space.L))
        form.addRow(field_name(translate("loop", "&Address (REST)"), self.url), self.url)
        macaroon, certificate = translate("loop", "&Macaroon file"), translate("loop", "&Certificate file")
        form.addRow(field_name(macaroon, self.macaroon), self._with_chooser(self.macaroon, "*.macaroon"))
        form.addRow(
            field_name(certificate, self.certificate),
            self._with_chooser(self.certificate, "*.cert *.pem *.crt"),
        )
        self.body.addLayout(form)
        self.add_cancel()
        self.go_on = self.add_button(translate("loop", "Use this node"), primary=True)
        self.go_on.clicked.connect(lambda: self._tasks.start("keep", self._keep, Again.REJECT))

    def _with_chooser(self, field: QLineEdit, offered: str) -> QHBoxLayout:
        line = row(self.theme)
        button = Button(self.theme, translate("loop", "Choose…"))
        name = translate("loop", "Choose: {field}").format(field=field.accessibleName())
        button.setAccessibleName(name)
        choose = partial(self._choose, field, name, offered)
        button.clicked.connect(lambda: self._tasks.start("choose", choose, Again.REJECT))
        line.addWidget(field, 1)
        line.addWidget(button)
        return line

    async def _choose(self, field: QLineEdit, title: str, offered: str) -> None:
        chosen = await self.choose_file(self, title, f"{offered} ({offered});;{_all_files()} (*)")
        if chosen is not None:
            field.setText(str(chosen))

    async def _keep(self) -> None:
        self.go_on.setDisabled(True)
        try:
            await self._set_node(
                self.url.text(), Path(self.macaroon.text().strip()), Path(self.certificate.text().strip())
            )
        except PillarboxError as error:
            said = error_words(error)
            self.say_trouble(f"{said.title}. {said.message} {said.hint}")
            self.go_on.setEnabled(True)
            return
        self.answer(self.url.text().strip().rstrip("/"))


def _all_files() -> str:
    return translate("loop", "All files")
