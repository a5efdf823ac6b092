"""Files that somebody names are read bounded, and nobody is waited for."""

import os
import sys
from pathlib import Path

import pytest

from pillarbox.files.reading import read_bounded


def test_a_file_is_read_whole_or_one_byte_past_what_it_may_have(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"abc\r\n\x1a")
    assert read_bounded(path, 6) == b"abc\r\n\x1a"
    assert read_bounded(path, 2) == b"abc"


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pipes in folders there")
def test_a_pipe_that_nobody_writes_to_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="no ordinary file"):
        read_bounded(tmp_path / "pipe", 10)


def test_a_folder_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing"):
        with pytest.raises(OSError):  # noqa: PT011  # the system's own words
            read_bounded(path, 10)
