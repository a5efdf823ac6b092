"""Which files of a folder are looked at, and how one is put out of the way."""

import os
import socket
import tempfile
from pathlib import Path

from pillarbox.files.generations import generations, set_aside, sweep_half_written

SUFFIX = ".backup"


def test_what_is_no_file_is_never_opened_whatever_its_name(tmp_path: Path) -> None:
    good = tmp_path / f"b{SUFFIX}"
    good.write_bytes(b"whole")
    link = tmp_path / f"c{SUFFIX}"
    link.symlink_to(good)
    os.mkfifo(tmp_path / f"pipe{SUFFIX}")
    (tmp_path / f"folder{SUFFIX}").mkdir()
    (tmp_path / f"loop{SUFFIX}").symlink_to(tmp_path / f"loop{SUFFIX}")
    (tmp_path / f"dangling{SUFFIX}").symlink_to(tmp_path / "nothing")
    (tmp_path / f"zeros{SUFFIX}").symlink_to("/dev/zero")
    (tmp_path / f".hidden{SUFFIX}").write_bytes(b"half")
    with tempfile.TemporaryDirectory() as short, socket.socket(socket.AF_UNIX) as bound:
        bound.bind(f"{short}/s")  # a socket's path may have some hundred bytes at most
        (tmp_path / f"socket{SUFFIX}").symlink_to(f"{short}/s")
        assert generations(tmp_path, SUFFIX) == [good, link]
        sweep_half_written(tmp_path, SUFFIX)
    assert len(list(tmp_path.iterdir())) == 9


def test_what_was_set_aside_keeps_its_content_and_hides_no_other(tmp_path: Path) -> None:
    aside = []
    for content in (b"first", b"second", b"third"):
        path = tmp_path / f"a{SUFFIX}"
        path.write_bytes(content)
        aside.append(set_aside(path))
    assert [path.read_bytes() for path in aside] == [b"first", b"second", b"third"]
    assert generations(tmp_path, SUFFIX) == []


def test_a_name_that_was_never_filled_is_put_out_of_the_way_once_nobody_can_be_writing(
    tmp_path: Path,
) -> None:
    old, new = tmp_path / f"old{SUFFIX}", tmp_path / f"new{SUFFIX}"
    left = tmp_path / f".old{SUFFIX}.x.new"
    for path in (old, new, left):
        path.touch()
    for path in (old, left):
        os.utime(path, (0, 0))
    sweep_half_written(tmp_path, SUFFIX)
    assert generations(tmp_path, SUFFIX) == [new]
    assert not left.exists()
