"""The truth table of the status chip."""

from collections.abc import Sequence
from dataclasses import dataclass

from pillarbox.errors import ErrorText, PillarboxError
from pillarbox.model.backup import BackupFile, BackupPhase, BackupStatus


class BackupPassphraseNeededError(PillarboxError):
    """No parameters."""

    code = "backup-passphrase-needed"
    title = "Not backed up: set a passphrase"
    message = (
        "This wallet has no recovery words that could open a backup, so it needs a passphrase of its own."
    )
    hint = "Set a backup passphrase: from then on backups are written by themselves."


class BackupFolderMissingError(PillarboxError):
    """Parameters: folder."""

    code = "backup-folder-missing"
    title = "A backup folder is not there"
    message = (
        "{folder}, or the drive it was on, cannot be found. The backups in the data folder are written all "
        "the same."
    )
    hint = (
        "Connect the drive: the newest backup is put there once it is back. Or take the folder off the list; "
        "if it has moved to this computer's own drive, add it again then."
    )


@dataclass(frozen=True, slots=True)
class Situation:
    """All that the chip depends on."""

    revision: int
    """Of the wallet, now."""
    can_lock: bool
    """There is a key that a backup can be sealed with."""
    files: Sequence[BackupFile]
    """Newest first, in any folder."""
    missing_folders: Sequence[str] = ()
    failure: ErrorText | None = None
    """Why the last attempt failed, until one succeeds."""
    failed_at: int | None = None
    lacking_folders: Sequence[str] = ()
    """They are there, and the newest is not in them yet."""


def status(now: Situation) -> BackupStatus:
    """What to tell. What is worse hides what is better."""
    phase, at, reason = _phase(now)
    return BackupStatus(
        phase,
        at,
        reason,
        tuple(now.files),
        tuple(now.missing_folders),
        needs_passphrase=not now.can_lock,
    )


def _phase(now: Situation) -> tuple[BackupPhase, int | None, ErrorText | None]:
    there = [file for file in now.files if not file.missing]
    newest = there[0] if there else None
    unsealed = None if now.can_lock else BackupPassphraseNeededError().text
    if now.failure is not None:
        return BackupPhase.FAILED, now.failed_at, now.failure
    if newest is None:
        return BackupPhase.NEVER, None, unsealed
    if newest.revision < now.revision or now.lacking_folders:
        return BackupPhase.CHANGED, newest.written_at, unsealed
    if now.missing_folders:
        reason = BackupFolderMissingError(folder=now.missing_folders[0]).text
        return BackupPhase.FOLDER_MISSING, newest.written_at, reason
    return (*_proven([file for file in there if file.revision == newest.revision]), None)


def _proven(copies: Sequence[BackupFile]) -> tuple[BackupPhase, int]:
    """Of one backup in several folders: what is proven of one of them is proven of its content."""
    for phase, times in (
        (BackupPhase.DRILLED, [file.drilled_at for file in copies]),
        (BackupPhase.VERIFIED, [file.verified_at for file in copies]),
    ):
        if known := [at for at in times if at is not None]:
            return phase, max(known)
    return BackupPhase.WRITTEN, copies[0].written_at
