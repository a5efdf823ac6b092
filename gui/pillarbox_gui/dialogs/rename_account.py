"""Another name for an account."""

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QLineEdit, QWidget

from pillarbox_gui.dialogs.question import Question
from pillarbox_gui.theme.theme import Theme

translate = QCoreApplication.translate


class RenameQuestion(Question[str]):
    """Asks for a name; an empty one cannot be given."""

    def __init__(self, theme: Theme, parent: QWidget, name: str) -> None:
        super().__init__(theme, parent, translate("account", "Rename the account"))
        self.name = QLineEdit(name, maxLength=60)
        self.name.setAccessibleName(translate("account", "Name"))
        self.name.selectAll()
        self.body.addWidget(self.name)
        self.add_cancel()
        self.rename = self.add_button(translate("account", "Rename"), primary=True)
        self.rename.clicked.connect(lambda: self.answer(self.name.text().strip()))
        self.name.textChanged.connect(lambda text: self.rename.setEnabled(bool(text.strip())))
