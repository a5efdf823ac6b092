"""Fields with their names beside them."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFormLayout, QLineEdit, QWidget

from pillarbox_gui.pages.controls import field_name
from pillarbox_gui.theme.theme import Theme
from pillarbox_gui.theme.tokens import Space


def labelled_form(theme: Theme, fields: Sequence[tuple[str, QWidget]]) -> QFormLayout:
    """Each field is named by its label, and reached by the letter after its "&"."""
    form = QFormLayout()
    form.setVerticalSpacing(theme.px(Space.S))
    form.setHorizontalSpacing(theme.px(Space.L))
    form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    for text, field in fields:
        form.addRow(field_name(text, field), field)
    return form


def hidden_field(text: str) -> QLineEdit:
    """For a passphrase."""
    field = QLineEdit(text)
    field.setEchoMode(QLineEdit.EchoMode.Password)
    return field
