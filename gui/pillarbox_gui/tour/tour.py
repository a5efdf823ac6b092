"""Drives the real window through the main job with a throwaway wallet, and takes a picture of each step.

The payments in it are simulated: no node is needed, and nothing leaves this computer.
"""

import asyncio
import os
import sys
import tempfile
from pathlib import Path
from textwrap import dedent

from PySide6.QtWidgets import QApplication

from pillarbox.app.application import Application
from pillarbox.app.paths import Paths
from pillarbox_gui.display import PLATFORM, has_display
from pillarbox_gui.garbage import Garbage
from pillarbox_gui.loop import loop_factory
from pillarbox_gui.main_window import MainWindow
from pillarbox_gui.shutdown import shut_down
from pillarbox_gui.theme.theme import SchemePreference, Theme
from pillarbox_gui.tour.scenes import play
from pillarbox_gui.tour.simulated_chain import SimulatedChain
from pillarbox_gui.tour.stage import Stage


def main(folder: str = "") -> int:
    """Take the pictures, into `folder` or a new one, and print where they are. Returns the exit status."""
    out = Path(folder) if folder else Path(tempfile.mkdtemp(prefix="pillarbox-tour-"))
    out.mkdir(parents=True, exist_ok=True)
    if not has_display():
        os.environ.setdefault(PLATFORM, "offscreen")
    qt = QApplication(sys.argv[:1])
    qt.setApplicationName("Pillarbox")
    with (
        tempfile.TemporaryDirectory(prefix="pillarbox-tour-data-") as data,
        asyncio.Runner(loop_factory=loop_factory(qt)) as runner,
    ):
        taken = runner.run(take_tour(qt, Paths(Path(data)), out))
    _print(out, taken)
    return 0


async def take_tour(qt: QApplication, paths: Paths, out: Path) -> list[tuple[str, str]]:
    """Play every scene; returns the name and the words of each picture."""
    garbage = Garbage()
    chain = SimulatedChain()
    app = await Application.start(paths, program="Pillarbox's tour", simulated=chain)
    window = MainWindow(app, Theme(qt, SchemePreference.LIGHT))
    stage = Stage(window, app, chain, out)
    window.show()
    window.start()
    try:
        await play(stage)
    finally:
        await shut_down(window, app)
        garbage.close()
    return stage.taken


def _print(out: Path, taken: list[tuple[str, str]]) -> None:
    said = dedent(
        f"""\
        Pillarbox, driven through its main job with a throwaway wallet. The payments are simulated:
        nothing was sent, and no server was asked. The pictures are in {out}
        """
    )
    lines = (f"  {name}.png  {words}" for name, words in taken)
    sys.stdout.write("\n".join([said, *lines, ""]))
