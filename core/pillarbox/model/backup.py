"""How safe a wallet's backup is."""

from dataclasses import dataclass
from enum import StrEnum

from pillarbox.errors import ErrorText


class BackupPhase(StrEnum):
    """What is known of the newest backup, the least first."""

    NEVER = "never"
    CHANGED = "changed"
    """There is one, and the wallet changed since, or a folder that came back lacks it."""
    FAILED = "failed"
    """The last one could not be written, or what was written is not what should be there."""
    FOLDER_MISSING = "folder-missing"
    """It was written here, and a folder that it should be in too is not there."""
    WRITTEN = "written"
    VERIFIED = "verified"
    DRILLED = "drilled"
    """It was restored into a throwaway wallet, and everything was the same."""


@dataclass(frozen=True, slots=True)
class BackupFile:
    """A backup that was written, as far as is known. `missing`: its folder is not there now."""

    folder: str
    name: str
    revision: int
    written_at: int
    size: int
    verified_at: int | None
    drilled_at: int | None
    missing: bool = False


@dataclass(frozen=True, slots=True)
class BackupStatus:
    """What the status chip and `backup status` tell. `at`: Unix seconds, of what `phase` says."""

    phase: BackupPhase
    at: int | None = None
    reason: ErrorText | None = None
    """Why it failed; what to do where there is none yet."""
    files: tuple[BackupFile, ...] = ()
    """Newest first."""
    missing_folders: tuple[str, ...] = ()
    needs_passphrase: bool = False
    """Nothing is written by itself before a passphrase is set: the wallet has no words."""
