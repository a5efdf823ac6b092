"""Backups as words and as rows."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from PySide6.QtCore import QLocale, Qt
from PySide6.QtWidgets import QApplication

from pillarbox.model.backup import BackupFile, BackupPhase, BackupStatus
from pillarbox_gui.models.backup_table import BackupTableModel
from pillarbox_gui.wording.amounts import NOTHING
from pillarbox_gui.wording.backups import Place, needs_attention, shelves, size_words
from pillarbox_gui.wording.times import Calendar

NOW = 1_763_640_000
FILE = BackupFile("/home", "a-7.pillarbox-backup", 7, NOW, 12_340, None, None)


def test_times_go_by_in_the_table(qapp: QApplication) -> None:
    now = [NOW]
    model = BackupTableModel(lambda: now[0], Calendar(QLocale("en_GB")))
    model.show([replace(FILE, verified_at=NOW)])

    def row() -> list[str]:
        return [model.index(0, column).data() for column in range(model.columnCount())]

    assert row() == ["a-7", "just now", "just now", NOTHING, "12.3 kB"]
    now[0] += 240
    assert row() == ["a-7", "4 min ago", "4 min ago", NOTHING, "12.3 kB"]
    spoken = model.index(0, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == "a-7.pillarbox-backup, written 4 min ago, verified 4 min ago, 12.3 kB"


def test_folders_come_in_order_with_what_they_are_for() -> None:
    def in_folder(folder: str) -> BackupFile:
        return replace(FILE, folder=folder)

    files = tuple(in_folder(folder) for folder in ("/once", "/home", "/stick"))
    status = BackupStatus(BackupPhase.FOLDER_MISSING, files=files, missing_folders=("/cloud",))
    found = shelves(status, "/home", ("/cloud", "/stick"))
    assert [(each.folder, each.place, each.missing, len(each.files)) for each in found] == [
        ("/home", Place.HOME, False, 1),
        ("/cloud", Place.FURTHER, True, 0),
        ("/stick", Place.FURTHER, False, 1),
        ("/once", Place.APART, False, 1),
    ]


@pytest.mark.parametrize(
    ("quiet", "phases"),
    [
        (True, (BackupPhase.CHANGED, BackupPhase.WRITTEN, BackupPhase.VERIFIED, BackupPhase.DRILLED)),
        (False, (BackupPhase.NEVER, BackupPhase.FAILED, BackupPhase.FOLDER_MISSING)),
    ],
)
def test_only_what_somebody_must_do_wants_attention(quiet: bool, phases: Sequence[BackupPhase]) -> None:
    assert {needs_attention(BackupStatus(phase)) for phase in phases} == {not quiet}
    assert needs_attention(BackupStatus(BackupPhase.CHANGED, needs_passphrase=True))


def test_sizes_are_said_in_the_units_of_the_locale() -> None:
    assert size_words(1_500_000, QLocale("en_GB")) == "1.5 MB"
