"""Where the window was left, so that it opens there again."""

import json
import logging
from pathlib import Path

from PySide6.QtCore import QByteArray
from PySide6.QtWidgets import QWidget

log = logging.getLogger(__name__)


class WindowPlace:
    """Kept in a file of its own: size, position, and whether it filled the screen.

    Losing it costs a person nothing but a gesture, so no failure here is more than a line in the log.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def restore(self, window: QWidget) -> None:
        """Qt brings back onto a screen what would lie outside of all."""
        try:
            record = json.loads(self._path.read_bytes())
        except FileNotFoundError:
            return
        except (OSError, ValueError) as error:
            log.warning("the window's place cannot be read: %s", type(error).__name__)
            return
        text = record.get("geometry") if isinstance(record, dict) else None
        if not isinstance(text, str) or not window.restoreGeometry(QByteArray.fromBase64(text.encode())):
            log.warning("the window's place cannot be understood")

    def keep(self, window: QWidget) -> None:
        text = bytes(window.saveGeometry().toBase64().data()).decode("ascii")
        try:
            self._path.write_text(json.dumps({"geometry": text}), encoding="ascii")
        except OSError as error:
            log.warning("the window's place cannot be kept: %s", type(error).__name__)
