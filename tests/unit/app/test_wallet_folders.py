"""Wallets are built beside each other, whoever builds them, and take their names whole."""

import errno
import os
import shutil
from pathlib import Path

import pytest

from pillarbox.app.settings import Settings, SettingsUnreadableError
from pillarbox.app.wallet_folders import STALE_AFTER, WalletExistsError, WalletFolder, WalletFolders
from pillarbox.errors import DiskFullError, FolderUnusableError, InvalidInputError
from pillarbox.events import Events
from pillarbox.files.folder_lock import FolderLock, WalletInUseError
from pillarbox.vault.slots_file import SlotsDamagedError, read_slots

NESTED = "[" * 200_000


def aged(folder: WalletFolder) -> None:
    at = folder.path.stat().st_mtime - 2 * STALE_AFTER
    os.utime(folder.path, (at, at))


def test_two_makers_of_one_name_never_share_a_folder_and_the_later_is_refused(tmp_path: Path) -> None:
    one, other = WalletFolders(tmp_path), WalletFolders(tmp_path)
    first, second = one.begin("X"), other.begin("X")
    second.slots.write_text("second")
    first.slots.write_text("first")
    made = other.finish(second)
    with pytest.raises(WalletExistsError):
        one.finish(first)
    one.discard(first)
    assert made.slots.read_text() == "second"
    assert [path.name for path in tmp_path.iterdir()] == ["X"]


def test_an_empty_folder_of_the_name_is_not_replaced(tmp_path: Path) -> None:
    folders = WalletFolders(tmp_path)
    partial = folders.begin("X")
    (tmp_path / "X").mkdir()
    with pytest.raises(WalletExistsError):
        folders.finish(partial)
    assert list((tmp_path / "X").iterdir()) == []


def test_a_partial_folder_is_swept_when_stale_and_nobody_holds_it(tmp_path: Path) -> None:
    holder = WalletFolders(tmp_path)
    held = holder.begin("held")
    aged(held)
    left = tmp_path / ".partial-left"
    left.mkdir()
    aged(WalletFolder("left", left))
    WalletFolders(tmp_path).begin("X")
    assert held.path.exists()
    assert not left.exists()


@pytest.fixture
def folders(tmp_path: Path) -> WalletFolders:
    """With one wallet, A."""
    made = WalletFolders(tmp_path)
    partial = made.begin("A")
    partial.slots.write_text("{}")
    made.finish(partial)
    return made


def test_a_copy_made_by_hand_is_no_wallet(folders: WalletFolders, tmp_path: Path) -> None:
    for copy in ("A.bak", "A (old).bak", "%41", "a%CC%81"):
        shutil.copytree(tmp_path / "A", tmp_path / copy)
    shutil.copytree(tmp_path / "A", tmp_path / "A (copy)")
    assert [folder.name for folder in folders.all()] == ["A", "A (copy)"]
    assert all(folders.find(folder.name) == folder for folder in folders.all())


def test_a_removed_wallet_leaves_nothing_and_one_in_use_stays(folders: WalletFolders, tmp_path: Path) -> None:
    wallet = folders.find("A")
    with FolderLock.acquire(wallet.path, "pillarbox"), pytest.raises(WalletInUseError):
        folders.remove(wallet)
    assert folders.all() == [wallet]
    folders.remove(wallet)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_takes_no_lock_is_not_left_half_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> FolderLock:
        raise DiskFullError(where=str(tmp_path))

    monkeypatch.setattr(FolderLock, "acquire", full)
    with pytest.raises(DiskFullError):
        WalletFolders(tmp_path).begin("X")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_wallets_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "wallets").write_text("a file where the folder should be")
    folders = WalletFolders(tmp_path / "wallets")
    for use in (folders.all, lambda: folders.begin("X")):
        with pytest.raises(FolderUnusableError) as refused:
            use()
        assert str(tmp_path / "wallets") in refused.value.text.message


def test_a_disk_that_refuses_the_last_step_is_told_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    folders = WalletFolders(tmp_path)
    partial = folders.begin("X")
    with monkeypatch.context() as full_disk:
        full_disk.setattr(Path, "rename", full)
        with pytest.raises(DiskFullError):
            folders.finish(partial)
    folders.discard(partial)
    assert list(tmp_path.iterdir()) == []


def test_a_name_whose_encoding_no_file_system_holds_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError):
        WalletFolders(tmp_path).check_free("\u4e2d" * 60)


def test_settings_that_are_a_folder_or_nested_without_end_are_named(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.mkdir()
    with pytest.raises(SettingsUnreadableError):
        Settings(path, Events())
    path.rmdir()
    path.write_text(NESTED)
    with pytest.raises(SettingsUnreadableError):
        Settings(path, Events())


def test_a_key_file_nested_without_end_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "slots.json"
    path.write_text(NESTED)
    with pytest.raises(SlotsDamagedError):
        read_slots(path)
