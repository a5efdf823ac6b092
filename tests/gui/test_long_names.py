"""What has no place to break, such as a file's name or a transaction's id, is shown whole."""

import pytest
from pytestqt.qtbot import QtBot

from pillarbox_gui.pages.controls import words
from pillarbox_gui.wording.breaks import ZERO_WIDTH_SPACE, breakable

FILE = f"L402_backup_1900000000000000000_{'ab' * 32}.enc"


@pytest.mark.parametrize(
    "text", ["Nothing was changed.", "/media/ada/a stick/backups", ":".join(["AA"] * 16), "ab" * 24]
)
def test_what_fits_a_line_stays_as_it_is(text: str) -> None:
    assert breakable(text) == text


def test_a_long_name_may_be_broken_and_loses_nothing() -> None:
    shown = breakable(f"The latest is {FILE}.")
    assert shown.replace(ZERO_WIDTH_SPACE, "") == f"The latest is {FILE}."
    assert max(map(len, shown.split(ZERO_WIDTH_SPACE))) <= len("The latest is ") + 16


def test_a_label_with_a_long_name_is_as_narrow_as_others_and_reads_it_out_whole(qtbot: QtBot) -> None:
    label = words(f"The latest is {FILE}.", wrap=True)
    qtbot.addWidget(label)
    assert label.accessibleName() == f"The latest is {FILE}."
    assert label.minimumSizeHint().width() < label.fontMetrics().horizontalAdvance(FILE) / 2
    label.setText("Nothing was changed.")
    assert label.accessibleName() == ""
