"""Opens the window."""

import asyncio
import sys

from PySide6.QtWidgets import QApplication

from pillarbox.app.application import Application
from pillarbox.app.local_socket import WINDOW, LocalServer
from pillarbox.app.logs import logging_to
from pillarbox.app.paths import Paths
from pillarbox.commands.command import Desk
from pillarbox_gui.display import require_display
from pillarbox_gui.garbage import Garbage
from pillarbox_gui.loop import loop_factory
from pillarbox_gui.main_window import MainWindow
from pillarbox_gui.shutdown import Shutdown, shut_down
from pillarbox_gui.theme.theme import SchemePreference, Theme
from pillarbox_gui.window_place import WindowPlace


def main(paths: Paths) -> int:
    """Run the window until it is closed. Returns the exit status. Raises NoDisplayError."""
    require_display()
    qt = QApplication(sys.argv[:1])
    qt.setApplicationName("Pillarbox")
    qt.setDesktopFileName("pillarbox")
    with logging_to(paths.log), asyncio.Runner(loop_factory=loop_factory(qt)) as runner:
        return runner.run(_run(qt, paths))


async def _run(qt: QApplication, paths: Paths) -> int:
    garbage = Garbage()
    app = await Application.start(paths)
    theme = Theme(qt, SchemePreference(app.settings.values.appearance))
    window = MainWindow(app, theme)
    shutdown = Shutdown()
    shutdown.listen_to_signals()
    window.close_asked.connect(shutdown.ask)
    server = await LocalServer.start(paths.run, Desk(app, window.come_to_front), WINDOW)
    place = WindowPlace(paths.root / "window.json")
    place.restore(window)
    window.show()
    window.start()
    try:
        await shutdown.asked()
    finally:
        place.keep(window)
        await server.aclose()
        await shut_down(window, app)
        garbage.close()
    return 0
