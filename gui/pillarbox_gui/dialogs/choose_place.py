"""A folder or a file of the person's choosing, by the desktop's own dialog: opened, never run."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

ChooseFolder = Callable[[QWidget, str], Awaitable[Path | None]]
"""Given what it stands before, and its title. None where it was cancelled."""
ChooseFile = Callable[[QWidget, str, str], Awaitable[Path | None]]
"""Given what it stands before, its title, and which files it offers: "Backups (*.backup)"."""


async def choose_folder(before: QWidget, title: str) -> Path | None:
    """The folder, which is there."""
    dialog = QFileDialog(before, title)
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    dialog.setOption(QFileDialog.Option.ShowDirsOnly)
    return await _ask(dialog)


async def choose_file(before: QWidget, title: str, offered: str) -> Path | None:
    """The file, which is there."""
    dialog = QFileDialog(before, title, "", offered)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    return await _ask(dialog)


async def _ask(dialog: QFileDialog) -> Path | None:
    finished: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def finish() -> None:
        if not finished.done():
            finished.set_result(None)

    dialog.finished.connect(finish)
    dialog.open()
    await finished
    accepted = dialog.result() == QFileDialog.DialogCode.Accepted
    chosen = dialog.selectedFiles() if accepted else []
    dialog.deleteLater()
    return Path(chosen[0]) if chosen else None
