"""How safe a wallet's backup is."""

from dataclasses import dataclass
from enum import StrEnum


class BackupPhase(StrEnum):
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class BackupStatus:
    """What the status chip and `backup status` tell."""

    phase: BackupPhase
    at: int | None = None
    reason: str = ""
