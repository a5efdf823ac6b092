"""Certificates that servers were first seen with: kept, and never lost without a word."""

import errno
import os
from pathlib import Path

import pytest

from pillarbox.app import connections
from pillarbox.app.connections import PinsUnreadableError, ServerPins
from pillarbox.errors import FolderUnusableError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "chain" / "server-pins.json"


def refuse(*_: object, **__: object) -> None:
    raise OSError(errno.EROFS, os.strerror(errno.EROFS))


def test_a_pin_is_known_to_the_next_program_until_it_is_forgotten(path: Path) -> None:
    assert ServerPins(path).get("a:1") is None
    ServerPins(path).set("a:1", b"\x01")
    ServerPins(path).set("b:2", b"")
    assert (ServerPins(path).get("a:1"), ServerPins(path).get("b:2")) == (b"\x01", b"")
    ServerPins(path).forget("a:1")
    assert (ServerPins(path).get("a:1"), ServerPins(path).get("b:2")) == (None, b"")


@pytest.mark.parametrize("text", ["{", "[]", '{"a:1": "xy"}', '{"a:1": 5}', "[" * 200_000])
def test_a_damaged_list_keeps_servers_unasked_and_is_not_touched(path: Path, text: str) -> None:
    path.parent.mkdir()
    path.write_text(text)
    pins = ServerPins(path)
    with pytest.raises(PinsUnreadableError) as refused:
        pins.get("a:1")
    assert str(path) in refused.value.text.message
    with pytest.raises(PinsUnreadableError):
        pins.forget("a:1")
    assert path.read_text() == text


def test_a_list_that_was_put_back_is_read_without_a_restart(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("{")
    pins = ServerPins(path)
    with pytest.raises(PinsUnreadableError):
        pins.get("a:1")
    path.write_text('{"a:1": "01"}')
    assert pins.get("a:1") == b"\x01"


@pytest.mark.logs_warning("is not kept")
def test_a_pin_that_the_disk_does_not_take_holds_until_the_program_ends(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pins = ServerPins(path)
    monkeypatch.setattr(connections, "install_file", refuse)
    pins.set("a:1", b"\x01")
    assert pins.get("a:1") == b"\x01"
    with pytest.raises(FolderUnusableError):
        pins.forget("a:1")
    assert pins.get("a:1") == b"\x01"


def test_two_programs_lose_no_certificate_that_the_other_has_seen(tmp_path: Path) -> None:
    ours, theirs = ServerPins(tmp_path / "pins.json"), ServerPins(tmp_path / "pins.json")
    assert ours.get("a:1") is None
    theirs.set("b:2", b"two")
    ours.set("a:1", b"one")
    theirs.set("c:3", b"three")
    ours.forget("c:3")
    assert [theirs.get(name) for name in ("a:1", "b:2", "c:3")] == [b"one", b"two", None]
