"""Where a wallet's project key for an indexer is entered. What is kept is never shown again."""

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QLineEdit, QWidget

from pillarbox.errors import PillarboxError
from pillarbox.model.network import Chain
from pillarbox.wallet.project_keys import ProjectKeys
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
        self.keep.clicked.connect(self._keep)
        line = row(look.theme)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(self.field, 1)
        line.addWidget(self.keep)
        self.setLayout(line)
        self.setFocusProxy(self.field)
        self._tell()
        tasks.start("read a project key", self._read, Again.REJECT)

    def _tell(self) -> None:
        typed = bool(self.field.text().strip())
        kept = translate("settings", "A key is kept in this wallet")
        none = translate("settings", "Only where the indexer wants one")
        self.field.setPlaceholderText(kept if self._kept else none)
        self.keep.say(
            translate("settings", "Use this key") if typed else translate("settings", "Forget the key")
        )
        self.keep.setVisible(typed or self._kept)

    async def _read(self) -> None:
        self._kept = await self._keys.has(self._chain)
        self._tell()

    def _keep(self) -> None:
        self._tasks.start("keep a project key", self._keep_typed, Again.REJECT)

    async def _keep_typed(self) -> None:
        try:
            await self._keys.keep(self._chain, self.field.text())
        except PillarboxError as error:
            self._look.present(error)
        else:
            self.field.clear()
        await self._read()
