"""Give each test the loop it needs: the window's where it uses Qt, a plain one elsewhere.

Both in asyncio's debug mode, which refuses calls from a wrong thread, less two things. The tracebacks that it
takes of each future would make a loop that starts a thousand tasks pause for a quarter of a second, which the
program itself never does; and its measure of slow callbacks is left to the guard against pauses.
"""

import asyncio
import math
from collections.abc import Callable, Mapping

import pytest

QT_FIXTURES = frozenset({"qtbot", "qapp"})


@pytest.hookimpl(optionalhook=True)
def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    if QT_FIXTURES & set(getattr(item, "fixturenames", ())):
        return {"qt": _qt_loop}
    return {"asyncio": PlainLoop}


class PlainLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        super().__init__()
        self.slow_callback_duration = math.inf

    def get_debug(self) -> bool:
        """Asked by those who take tracebacks; the loop's own checks do not ask."""
        return False


def _qt_loop() -> asyncio.AbstractEventLoop:
    # Imported here, since the core's tests also run where no Qt is installed.
    from PySide6.QtWidgets import QApplication  # noqa: PLC0415

    from pillarbox_gui.loop import WindowLoop  # noqa: PLC0415

    class QtLoop(WindowLoop):
        def set_debug(self, enabled: bool) -> None:
            """Nothing but tracebacks and slow callbacks: Qt itself complains of a wrong thread."""
            super().set_debug(False)

    app = QApplication.instance() or QApplication([])
    app.setQuitOnLastWindowClosed(False)
    return QtLoop(app)
