"""Folders that answer late, or never."""

import asyncio
import threading
from collections.abc import Iterator

import pytest

from pillarbox.wallet import folder_work
from pillarbox.wallet.folder_work import FolderSilentError, FolderWork


@pytest.fixture
def answers() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture(autouse=True)
def little_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder_work, "PATIENCE", 0.1)


async def test_a_busy_folder_is_waited_for(answers: threading.Event) -> None:
    work = FolderWork()
    writing = asyncio.create_task(work.do("stick", answers.wait, 10))
    await asyncio.sleep(0.01)
    looking = asyncio.create_task(work.do("stick", lambda: "there"))
    await asyncio.sleep(0.2)
    assert not looking.done()
    answers.set()
    assert await writing
    assert await looking == "there"


async def test_a_silent_folder_is_given_up_and_then_refused_at_once(answers: threading.Event) -> None:
    work = FolderWork()
    with pytest.raises(FolderSilentError, match="stick"):
        await work.do("stick", answers.wait)
    before = threading.active_count()
    with pytest.raises(FolderSilentError):
        await work.do("stick", answers.wait)
    assert threading.active_count() == before
    assert await work.do("another", lambda: 5) == 5


async def test_what_work_raises_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        await FolderWork().do("stick", lambda: 1 // 0)
