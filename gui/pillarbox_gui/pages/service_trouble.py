"""A part of the wallet that stopped, or that was mended when it was opened: what that means."""

from PySide6.QtCore import QCoreApplication, QTimer
from PySide6.QtWidgets import QWidget

from pillarbox.errors import ErrorText
from pillarbox.model.progress import ServicePhase, ServiceState
from pillarbox_gui.pages.controls import column
from pillarbox_gui.theme.theme import Theme
from pillarbox_gui.theme.tokens import Space, Tone
from pillarbox_gui.widgets.banner import Banner
from pillarbox_gui.wording.errors import window_words

STEADY_MS = 10_000
"""A service that is started again and runs for so long is well."""

translate = QCoreApplication.translate


class ServiceTrouble(QWidget):
    """Shown from a service's failure until it runs again, or until it is closed. Takes no room otherwise.

    What was mended stands until it is closed.
    """

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.banner = Banner(theme)
        self.banner.closed.connect(self.hide)
        whole = column(theme, 0)
        whole.setContentsMargins(theme.px(Space.L), theme.px(Space.L), theme.px(Space.L), 0)
        whole.addWidget(self.banner)
        self.setLayout(whole)
        self._service = ""
        self._steady = QTimer(self, singleShot=True, interval=STEADY_MS)
        self._steady.timeout.connect(self.hide)
        self.hide()

    def hear(self, service: str, state: ServiceState) -> None:
        """A failure is told; the service that was told of is watched until it is well."""
        if state.phase is ServicePhase.FAILED and state.error is not None:
            self._service = service
            self._steady.stop()
            again = translate("services", "Pillarbox goes on trying by itself.")
            self._tell(Tone.BAD, state.error, again)
        elif service == self._service:
            self._steady.start()

    def close_page(self) -> None:
        self._steady.stop()

    def tell_mended(self, error: ErrorText) -> None:
        self._tell(Tone.WAITING, error)

    def _tell(self, tone: Tone, error: ErrorText, more: str = "") -> None:
        said = window_words(error)
        self.banner.tell(tone, "error", said.title, f"{said.message} {said.hint} {more}".rstrip())
        self.show()
