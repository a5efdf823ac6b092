"""Backups as words: what lies where, what a backup is, and what brings back what."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from PySide6.QtCore import QCoreApplication, QLocale

from pillarbox.model.backup import BackupFile, BackupPhase, BackupStatus

translate = QCoreApplication.translate


class Place(Enum):
    """Why backups lie in a folder."""

    HOME = "home"
    """The data folder's own place."""
    FURTHER = "further"
    """The person wants every backup there too."""
    APART = "apart"
    """Copies that were asked for once."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """The backups of one folder, newest first."""

    folder: str
    place: Place
    missing: bool
    files: tuple[BackupFile, ...]


def shelves(status: BackupStatus, home: str, further: Sequence[str]) -> tuple[Shelf, ...]:
    """By folder: the wallet's own place, then the further ones in their order, then where copies were put."""
    apart = dict.fromkeys(file.folder for file in status.files if file.folder not in (home, *further))
    places = {home: Place.HOME, **dict.fromkeys(further, Place.FURTHER), **dict.fromkeys(apart, Place.APART)}
    return tuple(
        Shelf(
            folder,
            place,
            folder in status.missing_folders,
            tuple(file for file in status.files if file.folder == folder),
        )
        for folder, place in places.items()
    )


def needs_attention(status: BackupStatus) -> bool:
    """Whether somebody has to do something: what is merely being written is left alone."""
    return status.needs_passphrase or status.phase in (
        BackupPhase.NEVER,
        BackupPhase.FAILED,
        BackupPhase.FOLDER_MISSING,
    )


def size_words(size: int, locale: QLocale) -> str:
    """ "12.3 kB"."""
    return locale.formattedDataSize(size, 1, QLocale.DataSizeFormat.DataSizeSIFormat)


def shelf_title(shelf: Shelf) -> str:
    if shelf.place is Place.HOME:
        return translate("backups", "On this computer")
    return shelf.folder


def shelf_detail(shelf: Shelf) -> str:
    """What comes to lie in the folder from now on."""
    if shelf.missing:
        return translate(
            "backups",
            "This folder is not there now. Once it is back, the newest backup is put into it.",
        )
    match shelf.place:
        case Place.HOME:
            return shelf.folder
        case Place.FURTHER:
            return translate("backups", "Every backup is put here too.")
        case Place.APART:
            return translate("backups", "Copies you asked for. Later backups are not put here.")


def about_keeping(watch_only: bool) -> tuple[tuple[str, str], ...]:
    """Titles and texts: what has to be kept apart from the backups."""
    if watch_only:
        return (
            (
                translate("backups", "This wallet watches, and cannot spend"),
                translate(
                    "backups",
                    "Its words or keys are elsewhere, and only they bring back the money: see that they are "
                    "kept safe there. Its backups bring back what is known here, and open with the backup "
                    "passphrase.",
                ),
            ),
        )
    return (
        (
            translate("backups", "Keep the recovery words on paper"),
            translate(
                "backups",
                "Write them by hand, in order, and keep them dry, private and away from this computer. Two "
                "copies in two places survive a fire. Whoever reads them can take the money. A bundle is a "
                "backup with the words in it, closed by a passphrase: for a safe place of its own.",
            ),
        ),
    )


def about_backups(watch_only: bool) -> tuple[tuple[str, str], ...]:
    """Titles and texts: what a backup is, for whoever would rely on it."""
    opened_by = (
        translate(
            "backups",
            "Each is encrypted, and only the backup passphrase opens it: write that down where it outlives "
            "this computer. A cloud folder can keep backups without being able to read them; it sees the "
            "wallet's name and network, and when they were written.",
        )
        if watch_only
        else translate(
            "backups",
            "Each is encrypted with the wallet's own key, which is made from the recovery words: the words "
            "alone open it. A cloud folder can keep backups without being able to read them; it sees the "
            "wallet's name and network, and when they were written.",
        )
    )
    return (
        (
            translate("backups", "Written by themselves"),
            translate(
                "backups",
                "A moment after every change that matters. Each is a new file, written once: it does not "
                "change with use, so a copy stays good wherever you put it. As they become many, older ones "
                "are cleared away; one of each month stays.",
            ),
        ),
        (translate("backups", "Closed to everybody else"), opened_by),
        (
            translate("backups", "What a backup holds"),
            translate(
                "backups",
                "All accounts with their public keys, labels, payment requests, who was shown which address, "
                "which addresses were used, paid access to services, and settings. Restore a backup puts all "
                "of it back.",
            ),
        ),
        (
            translate("backups", "What it leaves out"),
            translate(
                "backups",
                "The recovery words. Addresses that were only held for a while: they are free again. And "
                "payments with their amounts, which a server tells again.",
            ),
        ),
        *(() if watch_only else _about_words()),
    )


def _about_words() -> tuple[tuple[str, str], ...]:
    return (
        (
            translate("backups", "What the words bring back without a backup"),
            translate(
                "backups",
                "The money of every account that was made from them, of any coin. On another computer choose "
                "Restore a backup, then Only the recovery words: accounts are looked for one after the "
                "other, five of each kind at most, of each coin that a server is set for. Add others with "
                "Add account…, each by its kind and number.",
            ),
        ),
        (
            translate("backups", "What only a backup brings back"),
            translate(
                "backups",
                "Accounts that only watch, labels, payment requests, and who was shown which address: "
                "without one, an address that was shown and not paid yet may be handed out again. Keep a "
                "copy outside this computer: add a folder above, or save a copy to a stick.",
            ),
        ),
    )
