"""Folders that only their owner can look into."""

import shutil
from contextlib import suppress
from pathlib import Path


def make_private_folder(path: Path) -> Path:
    """`path` as a folder of mode 0700, made with its parents where missing, and tightened where it was open.

    Parents that exist are left as they are; those made here are private too.
    """
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    for folder in reversed(missing):
        folder.mkdir(mode=0o700, exist_ok=True)
    if path.stat().st_mode & 0o077:
        path.chmod(0o700)
    return path


def remove_folder(path: Path) -> None:
    """Remove a folder with all that is in it, as far as the disk lets. What stays is for another day."""
    with suppress(OSError):  # `ignore_errors` lets some through
        shutil.rmtree(path, ignore_errors=True)
