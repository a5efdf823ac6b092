"""Files of which each is written once: found, read, set aside where they are not what they should be."""

import time
from pathlib import Path

from pillarbox.files.install import sync_folder

_STALE = 3_600.0
"""Seconds before what a killed process left half-written is removed."""


def generations(folder: Path, suffix: str) -> list[Path]:
    """The files in `folder` whose name ends so, by name. Hidden ones are none. Raises OSError."""
    return sorted(
        path
        for path in folder.iterdir()
        if path.name.endswith(suffix) and not path.name.startswith(".") and path.is_file()
    )


def set_aside(path: Path) -> Path:
    """Give a file that is not what it should be another name; it is never deleted. Raises OSError."""
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    for number in range(1, 1000):
        aside = path.with_name(f"{path.name}.invalid-{stamp}" + (f"-{number}" if number > 1 else ""))
        if not aside.exists():
            path.rename(aside)
            sync_folder(path.parent)
            return aside
    raise FileExistsError(str(path))


def sweep_half_written(folder: Path, suffix: str) -> None:
    """Remove what a killed process left of a file it was writing, and set aside a name it had not filled yet.

    What is in use is younger than an hour. Raises OSError.
    """
    for path in folder.glob(f".*{suffix}.*.new"):
        if _is_stale(path):
            path.unlink(missing_ok=True)
    for path in generations(folder, suffix) if folder.is_dir() else ():
        if path.stat().st_size == 0 and _is_stale(path):
            set_aside(path)


def _is_stale(path: Path) -> bool:
    return time.time() - path.stat().st_mtime > _STALE
