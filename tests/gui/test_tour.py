"""The tour drives the real window to its end."""

import hashlib
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from pillarbox.app.paths import Paths
from pillarbox_gui.tour.tour import take_tour


@pytest.mark.qt_log_ignore("propagateSizeHints")
@pytest.mark.may_pause_the_loop("the window is painted into pictures, and styled anew")
async def test_the_tour_takes_different_pictures(qapp: QApplication, tmp_path: Path) -> None:
    taken = await take_tour(qapp, Paths(tmp_path / "data"), tmp_path)
    pictures = {hashlib.sha256((tmp_path / f"{name}.png").read_bytes()).digest() for name, _ in taken}
    assert len(pictures) == len(taken) >= 25
