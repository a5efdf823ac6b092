"""Where a wallet's project key for an indexer is entered. What is kept is never shown again."""

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QLineEdit, QWidget

from pillarbox.errors import PillarboxError
from pillarbox.model.network import Chain
from pillarbox.wallet.project_keys import ProjectKeys
from pillarbox_gui.dialogs.message import Confirmation
from pillarbox_gui.pages.controls import Button, row
from pillarbox_gui.pages.look import Look
from pillarbox_gui.tasks import Again, TaskScope

translate = QCoreApplication.translate


class ProjectKeyField(QWidget):
    """A field that hides what is typed, and a button that keeps it, or that forgets what was kept."""

    def __init__(self, look: Look, tasks: TaskScope, keys: ProjectKeys, chain: Chain) -> None:
        super().__init__()
        self._look = look
        self._tasks = tasks
        self._keys = keys
        self._chain = chain
        self._kept = False
        self.field = QLineEdit()
        self.field.setEchoMode(QLineEdit.EchoMode.Password)
        self.field.textChanged.connect(self._tell)
        self.field.returnPressed.connect(self._keep)
        self.keep = Button(look.theme, "")
        self.keep.clicked.connect(self._press)
        line = row(look.theme)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(self.field, 1)
        line.addWidget(self.keep)
        self.setLayout(line)
        self.setFocusProxy(self.field)
        self._tell()
        self.refresh()

    def refresh(self) -> None:
        """Read again whether a key is kept: each is for one indexer."""
        self._tasks.start(f"read {self._chain.name}", self._read)

    @property
    def _typed(self) -> bool:
        return bool(self.field.text().strip())

    def _tell(self) -> None:
        kept = translate("settings", "A key is kept in this wallet")
        none = translate("settings", "Only where the indexer wants one")
        self.field.setPlaceholderText(kept if self._kept else none)
        self.keep.say(
            translate("settings", "Use this key") if self._typed else translate("settings", "Forget the key")
        )
        self.keep.setVisible(self._typed or self._kept)

    async def _read(self) -> None:
        self._kept = await self._keys.has(self._chain)
        self._tell()

    def _press(self) -> None:
        if self._typed:
            self._keep()
        else:
            self._tasks.start("keep a project key", self._ask_to_forget, Again.REJECT)

    def _keep(self) -> None:
        """Nothing typed is no key: Return in an empty field forgets none."""
        if self._typed:
            self._tasks.start("keep a project key", self._keep_typed, Again.REJECT)

    async def _ask_to_forget(self) -> None:
        question = Confirmation(
            self._look.theme,
            self.window(),
            translate("settings", "Forget the project key?"),
            translate(
                "settings",
                "The indexer is asked without it from now on, and may refuse to answer. Pillarbox does not "
                "show you the key: to use it again, get it from where it was given to you.",
            ),
            translate("settings", "Forget the key"),
        )
        if await question.ask():
            await self._keys.keep(self._chain, "")
            await self._read()

    async def _keep_typed(self) -> None:
        try:
            await self._keys.keep(self._chain, self.field.text())
        except PillarboxError as error:
            self._look.present(error)
        else:
            self.field.clear()
        await self._read()
