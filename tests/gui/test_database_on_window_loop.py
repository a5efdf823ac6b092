"""The database serves the window's loop as it serves a plain one."""

import asyncio
from pathlib import Path

from PySide6.QtWidgets import QApplication

from pillarbox.secret import Secret
from pillarbox.storage import meta
from pillarbox.storage.database import Database


async def test_writes_reads_and_closing_work_on_the_windows_loop(qapp: QApplication, tmp_path: Path) -> None:
    db = await Database.create(tmp_path / "wallet.db", Secret(bytes(32)))
    numbers = await asyncio.gather(*(db.write(meta.bump_revision) for _ in range(1000)))
    assert numbers == list(range(1, 1001))
    assert await db.read(meta.revision) == 1000
    await db.close()
