"""What is said of a backup before it is restored."""

from pathlib import Path

from pillarbox.app import restore_notes
from pillarbox.app.restoring import FoundBackup
from pillarbox.backup.envelope import Facts, Lock

OURS, COPY = "0" * 32, "1" * 32
CHOSEN = Facts(OURS, "73c5da0a", "regtest", 1_700_000_000, 50, Lock.WORDS)


def codes(*others: Facts) -> list[str]:
    chosen = Path("chosen")
    known = [FoundBackup(chosen, CHOSEN, None)]
    known += [FoundBackup(Path(f"other-{number}"), facts, None) for number, facts in enumerate(others)]
    return [note.code for note in restore_notes.of(chosen, CHOSEN, known)]


def other(at: int, revision: int, wallet: str = OURS) -> Facts:
    return Facts(wallet, "73c5da0a", "regtest", CHOSEN.created_at + at, revision, Lock.WORDS)


def test_earlier_backups_are_not_worth_a_word() -> None:
    assert codes(other(-60, 49), other(-50, 40)) == ["backup-shown-since"]


def test_a_newer_state_is_named() -> None:
    assert codes(other(60, 51)) == ["backup-shown-since", "backup-newer-there"]


def test_one_of_a_later_date_and_fewer_changes_is_named_once() -> None:
    assert codes(other(60, 49), other(90, 48)) == ["backup-shown-since", "backup-later-there"]


def test_another_copy_is_named_whatever_its_changes() -> None:
    assert codes(other(60, 3, COPY)) == ["backup-shown-since", "backup-another-copy"]
