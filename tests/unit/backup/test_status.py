"""The truth table of the status chip."""

from dataclasses import replace

import pytest

from pillarbox.backup.status import Situation, status
from pillarbox.errors import ErrorText
from pillarbox.model.backup import BackupFile, BackupPhase

FILE = BackupFile("/data", "a", revision=7, written_at=100, size=9, verified_at=None, drilled_at=None)
VERIFIED = replace(FILE, verified_at=200)
DRILLED = replace(VERIFIED, drilled_at=300)
COPY = replace(FILE, folder="/copies")
AWAY = replace(FILE, folder="/stick", missing=True)
WHY = ErrorText("disk-full", "No room", "There is no room.", "Make some.")


@pytest.mark.parametrize(
    ("now", "phase", "at"),
    [
        (Situation(7, True, []), BackupPhase.NEVER, None),
        (Situation(7, True, [AWAY]), BackupPhase.NEVER, None),
        (Situation(8, True, [DRILLED]), BackupPhase.CHANGED, 100),
        (Situation(7, True, [FILE]), BackupPhase.WRITTEN, 100),
        (Situation(7, True, [VERIFIED]), BackupPhase.VERIFIED, 200),
        (Situation(7, True, [DRILLED]), BackupPhase.DRILLED, 300),
        (Situation(7, True, [COPY, DRILLED]), BackupPhase.DRILLED, 300),
        (Situation(7, True, [COPY, VERIFIED]), BackupPhase.VERIFIED, 200),
        (Situation(7, True, [FILE, replace(DRILLED, revision=6)]), BackupPhase.WRITTEN, 100),
        (Situation(7, True, [AWAY, DRILLED], ("/stick",)), BackupPhase.FOLDER_MISSING, 100),
        (Situation(8, True, [AWAY, DRILLED], ("/stick",)), BackupPhase.CHANGED, 100),
        (Situation(7, True, [DRILLED], (), WHY, 400), BackupPhase.FAILED, 400),
        (Situation(7, False, []), BackupPhase.NEVER, None),
    ],
)
def test_what_is_told(now: Situation, phase: BackupPhase, at: int | None) -> None:
    told = status(now)
    assert (told.phase, told.at) == (phase, at)


def test_a_failure_says_why() -> None:
    assert status(Situation(7, True, [DRILLED], (), WHY, 400)).reason == WHY


def test_a_missing_folder_is_named() -> None:
    told = status(Situation(7, True, [FILE], ("/stick",)))
    assert told.reason is not None
    assert "/stick" in told.reason.message


def test_a_wallet_that_nothing_can_seal_asks_for_a_passphrase() -> None:
    told = status(Situation(7, False, []))
    assert told.needs_passphrase
    assert told.reason is not None
    assert told.reason.title == "Not backed up: set a passphrase"
