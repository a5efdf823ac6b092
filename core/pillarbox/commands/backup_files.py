"""What a backup file says to anybody, for a front end that has to know what to ask for."""

from pathlib import Path


def needs_passphrase(place: str) -> bool:
    """Whether a passphrase, not the words, opens the newest backup at a file or in a folder."""
    import asyncio  # noqa: PLC0415  # heavy, and hardly ever needed

    from pillarbox.app import restoring  # noqa: PLC0415  # as above
    from pillarbox.backup.envelope import Lock  # noqa: PLC0415  # as above

    for found in asyncio.run(restoring.find([Path(place)])):
        if found.facts is not None:
            return found.facts.lock is Lock.PASSPHRASE
    return False
