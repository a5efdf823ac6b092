"""The log file: private, rotated, and empty of what identifies or opens anything."""

import errno
import logging
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.app import logs
from pillarbox.app.logs import LogUnwritableError, logging_to, redacted
from pillarbox.errors import DiskFullError
from pillarbox.keys import mnemonic
from pillarbox.secret import Secret

ADDRESSES = [
    "bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu",
    "BC1QCR8TE4KR609GCAWUTMRZA0J4XV80JY8Z306FYU",
    "bcrt1p5cyxnuxmeuwuvkwfem96lqzszd02n6xdcjrs20cac6yqjjwudpxqp3mvzv",
    "1LqBGSKuX5yYUonjxT5qGfpUsXKYYWeabA",
    "37VucYSaXLCAsxYyAPfbSi9eh4iEcbShgf",
    "mkpZhYtJu2r87Js3pDiWJDmPte2NRZ8bJV",
    "addr1qy8ac7qqy0vtulyl7wntmsxc6wex80gvcyjy33qffrhm7sh927ysx5sftuw0dlft05dz3c7revpf7jx0xnlcjz3g69mq4afdhv",
]
KEYS = [
    "xpub6CatWdiZiodmUeTDp8LT5or8nmbKNcuyvz7WyksVFkKB4RHwCD3XyuvPEbvqAQY3rAPshWcMLoP2fMFMKHPJ4ZeZXYVUhLv1VMrjPC7PW6V",
    "tpubDC5FSnBiZDMmhiuCmWAYsLwgLYrrT9rAqvTySfuCCrgsWz8wxMXUS9Tb9iVMvcRbvFcAHGkMD5Kx8koh4GquNGNTfohfk7pgjhaPCdXpoba",
    "xprv9s21ZrQH143K3GJpoapnV8SFfukcVBSfeCficPSGfubmSFDxo1kuHnLisriDvSnRRuL2Qrg5ggqHKNVpxR86QEC8w35uxmGoggxtQTPvfUu",
    "KyZpNDKnfs94vbrwhJneDi77V6jF64PWPF8x5cdJb8ifgg2DUc9d",
    "0330d54fd0dd420a6e5f8d3624f5f3482cae350f79d5f0753bf5beef9c2d91af3c",
    "000102030405060708090A0B0C0D0E0F",
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_is_cut_to_its_first_six_characters(address: str) -> None:
    assert redacted(f"handed out {address}, index 7") == f"handed out {address[:6]}..., index 7"


@pytest.mark.parametrize("key", KEYS)
def test_no_part_of_a_key_is_left(key: str) -> None:
    assert key[:6] not in redacted(f"key={key} [{key}/0/*]")


@pytest.mark.parametrize(
    "language", ["english", "spanish", "french", "korean", "chinese-simplified", "czech"]
)
@pytest.mark.parametrize("form", ["{}", "the words: {}.", "['{}']", '{{"mnemonic": "{}"}}'])
def test_no_recovery_word_is_left_in_any_language(language: str, form: str) -> None:
    listed = mnemonic.word_list(language)
    words = listed[1000:1012]
    separator = "', '" if form.startswith("[") else " "
    text = redacted(form.format(separator.join(words)))
    assert "<words>" in text
    assert not any(word in text for word in words)


@given(st.binary(min_size=16, max_size=16))
def test_words_of_any_entropy_are_cut(entropy: bytes) -> None:
    with mnemonic.from_entropy(Secret(entropy)) as made:
        assert redacted(f"given {made.words.text()}") == "<words>"


def test_ordinary_log_lines_stay_as_they_are() -> None:
    lines = (
        "INFO 1234 pillarbox.wallet.supervisor: service watching failed: no-server",
        "connected to 127.0.0.1:50001 at height 812345 after 3 tries",
        "m/84'/0'/0'/0/154 is beyond the gap limit of 20 (account 1, branch 0)",
        "Traceback (most recent call last):",
        '  File "core/pillarbox/app/local_socket.py", line 190, in _reply',
    )
    for line in lines:
        assert redacted(line) == line


@given(st.text())
def test_any_text_can_be_logged(text: str) -> None:
    assert isinstance(redacted(text), str)


def test_the_file_is_private_and_cut_down_to_tracebacks(tmp_path: Path) -> None:
    path = tmp_path / "log" / "pillarbox.log"
    with logging_to(path):
        try:
            int(f"bad key {KEYS[0]}")
        except ValueError:
            logging.getLogger("pillarbox.test").info("failed for %s", ADDRESSES[0], exc_info=True)
    text = path.read_text()
    assert "'bad key <key>'" in text
    assert "bc1qcr..." in text
    assert KEYS[0] not in text
    assert ADDRESSES[0] not in text
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_old_files_are_dropped_and_every_one_is_private(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "LARGEST", 500)
    with logging_to(tmp_path / "pillarbox.log"):
        for number in range(100):
            logging.getLogger("pillarbox.test").info("line %d", number)
    files = sorted(tmp_path.iterdir())
    assert [file.name for file in files] == [
        "pillarbox.log",
        *(f"pillarbox.log.{n}" for n in range(1, logs.OLDER_FILES + 1)),
    ]
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in files)
    assert all(file.stat().st_size <= 500 for file in files)


def test_a_text_that_is_no_valid_unicode_is_logged(tmp_path: Path) -> None:
    with logging_to(tmp_path / "pillarbox.log"):
        logging.getLogger("pillarbox.test").info("name \udc80")
    assert r"name \udc80" in (tmp_path / "pillarbox.log").read_text()


def test_a_folder_that_cannot_be_written_is_an_error_in_words(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("a file where the folder should be")
    with pytest.raises(LogUnwritableError) as refused, logging_to(tmp_path / "log" / "pillarbox.log"):
        pass
    assert str(tmp_path) in refused.value.text.message


def test_a_full_disk_is_told_once_and_stops_nobody(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_self: object, _record: logging.LogRecord) -> bool:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(logs.PrivateRotatingFile, "shouldRollover", full)
    with logging_to(tmp_path / "pillarbox.log"):
        logging.getLogger("pillarbox.test").info("first %s", KEYS[0])
        logging.getLogger("pillarbox.test").info("second")
    told = capsys.readouterr().err
    assert told.count("cannot be written") == 1
    assert KEYS[0] not in told


def test_lines_that_a_full_disk_does_not_take_are_no_failure_when_the_file_is_closed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "pillarbox.log").symlink_to("/dev/full")
    with logging_to(tmp_path / "pillarbox.log"):
        logging.getLogger("pillarbox.test").info("a line")
    assert capsys.readouterr().err.count("cannot be written") == 1


def test_a_disk_without_room_for_the_file_is_said_to_be_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(logs.os, "open", full)
    with pytest.raises(DiskFullError), logging_to(tmp_path / "pillarbox.log"):
        pass


def test_a_late_log_makes_nothing_before_there_is_something_to_log(tmp_path: Path) -> None:
    path = tmp_path / "log" / "pillarbox.log"
    with logging_to(path, late=True):
        assert not path.parent.exists()
        logging.getLogger("pillarbox.test").info("a line")
    assert "a line" in path.read_text()
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
