"""One process a wallet."""

import errno
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from pillarbox.errors import DiskFullError, FolderUnusableError, PillarboxError
from pillarbox.files import folder_lock
from pillarbox.files.folder_lock import LOCK_FILE, FolderLock, WalletInUseError

HOLD = """
import sys, time
from pathlib import Path
from pillarbox.files.folder_lock import FolderLock
lock = FolderLock.acquire(Path(sys.argv[1]), "pillarbox window")
print("held", flush=True)
time.sleep(60)
"""


def failing(number: int) -> object:
    def fail(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    return fail


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.fixture
def other_process(tmp_path: Path) -> "subprocess.Popen[str]":
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_second_process_is_refused_and_told_who_holds_it(
    tmp_path: Path, other_process: "subprocess.Popen[str]"
) -> None:
    with pytest.raises(WalletInUseError) as caught:
        FolderLock.acquire(tmp_path, "pillarbox receive")
    assert caught.value.code == "wallet-in-use"
    assert caught.value.parameters == {"program": "pillarbox window", "pid": other_process.pid}


def test_a_killed_holder_leaves_nothing_locked(
    tmp_path: Path, other_process: "subprocess.Popen[str]"
) -> None:
    other_process.send_signal(signal.SIGKILL)
    other_process.wait()
    with FolderLock.acquire(tmp_path, "pillarbox"):
        pass


def test_the_same_process_cannot_hold_a_folder_twice(tmp_path: Path) -> None:
    with FolderLock.acquire(tmp_path, "pillarbox"), pytest.raises(WalletInUseError) as caught:
        FolderLock.acquire(tmp_path, "pillarbox")
    assert caught.value.parameters["pid"] == os.getpid()


def test_a_released_folder_can_be_held_again(tmp_path: Path) -> None:
    lock = FolderLock.acquire(tmp_path, "pillarbox")
    lock.release()
    lock.release()
    FolderLock.acquire(tmp_path, "pillarbox").release()


def test_a_holder_that_left_no_name_is_still_respected(tmp_path: Path) -> None:
    with FolderLock.acquire(tmp_path, "pillarbox"):
        (tmp_path / LOCK_FILE).write_bytes(b"\xff not json")
        with pytest.raises(WalletInUseError) as caught:
            FolderLock.acquire(tmp_path, "pillarbox")
    assert caught.value.parameters == {"program": "another program", "pid": 0}


def test_the_lock_file_is_private_and_empty_once_released(tmp_path: Path) -> None:
    FolderLock.acquire(tmp_path, "pillarbox").release()
    assert stat.S_IMODE((tmp_path / LOCK_FILE).stat().st_mode) == 0o600
    assert (tmp_path / LOCK_FILE).read_bytes() == b""


def test_a_full_disk_leaves_a_folder_held_by_a_holder_without_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder_lock.os, "write", failing(errno.ENOSPC))
    with FolderLock.acquire(tmp_path, "pillarbox"), pytest.raises(WalletInUseError) as caught:
        FolderLock.acquire(tmp_path, "pillarbox")
    assert caught.value.parameters["program"] == "another program"


def test_a_lock_is_let_go_where_its_file_cannot_be_emptied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = FolderLock.acquire(tmp_path, "pillarbox")
    with monkeypatch.context() as failing_disk:
        failing_disk.setattr(folder_lock.os, "ftruncate", failing(errno.EIO))
        lock.release()
    FolderLock.acquire(tmp_path, "pillarbox").release()


@pytest.mark.parametrize(
    ("step", "number", "error"),
    [
        ("os.open", errno.ENOSPC, DiskFullError),
        ("os.open", errno.EROFS, FolderUnusableError),
        ("_try_lock", errno.ENOLCK, FolderUnusableError),
    ],
)
def test_a_folder_that_takes_no_lock_is_named_and_no_file_stays_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, number: int, error: type[PillarboxError]
) -> None:
    before = open_files()
    with monkeypatch.context() as failing_disk:
        failing_disk.setattr(f"pillarbox.files.folder_lock.{step}", failing(number))
        with pytest.raises(error) as caught:
            FolderLock.acquire(tmp_path, "pillarbox")
    assert str(tmp_path) in caught.value.text.message
    assert open_files() == before
    FolderLock.acquire(tmp_path, "pillarbox").release()
