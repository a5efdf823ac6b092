"""What to know of a backup before it is restored: what it cannot have, and which other may have more."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from pillarbox.app.restoring import FoundBackup
from pillarbox.backup.envelope import Facts
from pillarbox.errors import ErrorText, PillarboxError


class ShownSinceError(PillarboxError):
    """Parameters: date."""

    code = "backup-shown-since"
    title = "What was shown after this backup is unknown"
    message = (
        "It was written on {date}. Addresses that somebody was shown after that and did not pay yet are not "
        "in it: they may be handed out again. What was paid is found on the chain."
    )
    hint = "If there is a newer backup, restore that one."


class NewerBackupThereError(PillarboxError):
    """Parameters: file, date."""

    code = "backup-newer-there"
    title = "There is a newer backup of this wallet"
    message = "{file} was written later, on {date}."
    hint = "Restore that one, unless you have a reason for the older."


class LaterBackupThereError(PillarboxError):
    """Parameters: file, date."""

    code = "backup-later-there"
    title = "Another backup of this wallet has a later date"
    message = (
        "{file} was written on {date}, later than this one, and counts fewer changes. That comes of a clock "
        "that was wrong, or of an older copy of the wallet that was put back: then it may have what this one "
        "lacks."
    )
    hint = "Restore it into this wallet afterwards: what is there already stays."


class AnotherCopyError(PillarboxError):
    """Parameters: file, date."""

    code = "backup-another-copy"
    title = "There is another backup of the same words"
    message = (
        "{file} was written on {date} by another copy of the wallet, as there is after a restore. It may "
        "have what this one lacks."
    )
    hint = "Restore it into this wallet afterwards: what is there already stays."


class OtherNetworkCopyError(PillarboxError):
    """Parameters: file, date, network."""

    code = "backup-of-another-network"
    title = "There is a backup of the same words on another network"
    message = "{file} was written on {date}, on {network}. Nothing in it belongs to this wallet."
    hint = "If you used that network too, restore it as a wallet of its own."


def of(chosen: Path, facts: Facts, known: Sequence[FoundBackup]) -> tuple[ErrorText, ...]:
    """`known`: the backups there are as far as is known, newest first for each wallet."""
    notes: list[PillarboxError] = [ShownSinceError(date=_date(facts))]
    told: set[str] = set()
    for path, other in ((each.path, each.facts) for each in known):
        if other is None or path == chosen or not facts.fingerprint or other.fingerprint != facts.fingerprint:
            continue
        if other.wallet in told:
            continue
        told.add(other.wallet)
        if other.network != facts.network:
            notes.append(OtherNetworkCopyError(file=str(path), date=_date(other), network=other.network))
        elif other.wallet != facts.wallet:
            notes.append(AnotherCopyError(file=str(path), date=_date(other)))
        elif other.revision > facts.revision:
            notes.append(NewerBackupThereError(file=str(path), date=_date(other)))
    later = _latest(chosen, facts, known)
    if later is not None and later.facts is not None:
        notes.append(LaterBackupThereError(file=str(later.path), date=_date(later.facts)))
    return tuple(note.text for note in notes)


def _latest(chosen: Path, facts: Facts, known: Sequence[FoundBackup]) -> FoundBackup | None:
    """The last written of the same wallet, if that was after the chosen one and is not the newer state."""
    after = [
        (each.facts.created_at, each)
        for each in known
        if each.facts is not None
        and each.path != chosen
        and each.facts.wallet == facts.wallet
        and each.facts.revision < facts.revision
        and each.facts.created_at > facts.created_at
    ]
    return max(after, key=lambda found: found[0])[1] if after else None


def _date(facts: Facts) -> str:
    return f"{datetime.fromtimestamp(facts.created_at, UTC):%Y-%m-%d %H:%M} UTC"
