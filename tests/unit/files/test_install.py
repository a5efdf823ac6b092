"""Files that matter are there whole, or as they were."""

import errno
import os
import stat
from pathlib import Path

import pytest

from pillarbox.errors import DiskFullError, FolderUnusableError
from pillarbox.files import install
from pillarbox.files.install import install_file


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def failing(number: int) -> object:
    def fail(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    return fail


def test_a_new_file_holds_its_bytes_and_is_its_owners_alone(tmp_path: Path) -> None:
    install_file(tmp_path / "a", b"text")
    assert (tmp_path / "a").read_bytes() == b"text"
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o600
    assert names(tmp_path) == ["a"]


def test_an_existing_file_is_never_overwritten_unasked(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    with pytest.raises(FileExistsError):
        install_file(tmp_path / "a", b"new")
    assert (tmp_path / "a").read_bytes() == b"old"
    assert names(tmp_path) == ["a"]


def test_an_existing_file_is_replaced_on_request(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    install_file(tmp_path / "a", b"new", replace=True)
    assert (tmp_path / "a").read_bytes() == b"new"
    assert names(tmp_path) == ["a"]


@pytest.mark.parametrize("step", ["fsync", "link"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, number: int
) -> None:
    monkeypatch.setattr(install.os, step, failing(number))
    with pytest.raises(DiskFullError) as caught:
        install_file(tmp_path / "a", b"new")
    assert caught.value.parameters == {"where": str(tmp_path)}
    assert names(tmp_path) == []


def test_a_full_disk_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").write_bytes(b"old")
    monkeypatch.setattr(install.os, "fsync", failing(errno.ENOSPC))
    with pytest.raises(DiskFullError):
        install_file(tmp_path / "a", b"new", replace=True)
    assert (tmp_path / "a").read_bytes() == b"old"
    assert names(tmp_path) == ["a"]


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS])
def test_a_folder_that_may_not_be_written_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setattr(install.tempfile, "mkstemp", failing(number))
    with pytest.raises(FolderUnusableError) as caught:
        install_file(tmp_path / "a", b"new")
    assert caught.value.parameters == {"folder": str(tmp_path), "why": os.strerror(number)}


def test_another_fault_of_the_disk_is_told_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(install.os, "fsync", failing(errno.EIO))
    with pytest.raises(OSError, match="Input/output error"):
        install_file(tmp_path / "a", b"new")
    assert names(tmp_path) == []


def test_a_file_system_without_links_is_served_without_clobbering(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(install.os, "link", failing(errno.EPERM))
    install_file(tmp_path / "a", b"first")
    with pytest.raises(FileExistsError):
        install_file(tmp_path / "a", b"second")
    assert (tmp_path / "a").read_bytes() == b"first"
    assert names(tmp_path) == ["a"]


def test_file_and_folder_reach_the_disk_before_it_returns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[bool] = []
    real = os.fsync

    def fsync(descriptor: int) -> None:
        synced.append(stat.S_ISDIR(os.fstat(descriptor).st_mode))
        real(descriptor)

    monkeypatch.setattr(install.os, "fsync", fsync)
    install_file(tmp_path / "a", b"text")
    assert synced == [False, True]


@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC])
def test_a_name_that_may_not_last_is_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    fsync = os.fsync

    def fail(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(number, os.strerror(number))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises((OSError, DiskFullError)):
        install_file(tmp_path / "a", b"new")
    assert names(tmp_path) == []


def test_a_folder_that_cannot_be_synced_takes_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fsync = os.fsync

    def fail(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "Invalid argument")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", fail)
    install_file(tmp_path / "a", b"new")
    assert names(tmp_path) == ["a"]


def test_where_there_are_no_links_a_failing_rename_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "link", failing(errno.EPERM))
    monkeypatch.setattr(Path, "replace", failing(errno.EIO))
    with pytest.raises(OSError, match=os.strerror(errno.EIO)):
        install_file(tmp_path / "a", b"new")
    assert names(tmp_path) == []


def test_a_file_that_is_in_place_counts_though_its_second_name_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "unlink", failing(errno.EIO))
    install_file(tmp_path / "a", b"new")
    assert (tmp_path / "a").read_bytes() == b"new"
