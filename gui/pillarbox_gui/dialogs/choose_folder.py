"""A folder of the person's choosing, by the desktop's own dialog: opened, never run."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

ChooseFolder = Callable[[QWidget, str], Awaitable[Path | None]]
"""Given what it stands before, and its title. None where it was cancelled."""


async def choose_folder(before: QWidget, title: str) -> Path | None:
    """The folder, which is there."""
    finished: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def finish() -> None:
        if not finished.done():
            finished.set_result(None)

    dialog = QFileDialog(before, title)
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    dialog.setOption(QFileDialog.Option.ShowDirsOnly)
    dialog.finished.connect(finish)
    dialog.open()
    await finished
    accepted = dialog.result() == QFileDialog.DialogCode.Accepted
    chosen = dialog.selectedFiles() if accepted else []
    dialog.deleteLater()
    return Path(chosen[0]) if chosen else None
