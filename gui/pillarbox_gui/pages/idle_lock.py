"""Tells when nobody has touched the window for as long as the settings say."""

from PySide6.QtCore import QEvent, QObject, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QWindow

from pillarbox.app.settings import Settings
from pillarbox.events import Events, SettingsChanged

TOUCHES = frozenset(
    {
        QEvent.Type.KeyPress,
        QEvent.Type.MouseButtonPress,
        QEvent.Type.MouseMove,
        QEvent.Type.Wheel,
        QEvent.Type.TouchBegin,
        QEvent.Type.TabletPress,
    }
)
MINUTE_MS = 60_000


class IdleLock(QObject):
    """Listens to whichever window has the focus, not to every event of the program."""

    idle = Signal()

    def __init__(self, settings: Settings, events: Events, parent: QObject) -> None:
        super().__init__(parent)
        self._settings = settings
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self.idle)
        self._subscription = events.subscribe(SettingsChanged, lambda _: self.begin_again())
        app = QGuiApplication.instance()
        if isinstance(app, QGuiApplication):
            app.focusWindowChanged.connect(self._listen)
        self.begin_again()

    def begin_again(self) -> None:
        """Count from now."""
        self._timer.stop()
        if minutes := self._settings.values.lock_minutes:
            self._timer.start(minutes * MINUTE_MS)

    def close(self) -> None:
        """Count no more."""
        self._subscription.close()
        self._timer.stop()

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if event.type() in TOUCHES:
            self.begin_again()
        return False

    def _listen(self, window: QWindow | None) -> None:
        if window is not None:
            window.removeEventFilter(self)
            window.installEventFilter(self)
