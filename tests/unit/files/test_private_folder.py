"""Folders nobody else looks into."""

import os
import stat
from pathlib import Path

from pillarbox.files.private_folder import make_private_folder


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_folder_and_its_new_parents_are_private_whatever_the_umask(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    old = os.umask(0)
    try:
        made = make_private_folder(tmp_path / "a" / "b")
    finally:
        os.umask(old)
    assert mode(made) == mode(made.parent) == 0o700
    assert mode(tmp_path) == 0o755


def test_an_open_folder_is_closed_to_others(tmp_path: Path) -> None:
    folder = tmp_path / "a"
    folder.mkdir()
    folder.chmod(0o755)
    assert mode(make_private_folder(folder)) == 0o700
