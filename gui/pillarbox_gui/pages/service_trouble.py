"""A part of the wallet that stopped: what that means, for as long as it goes on."""

from PySide6.QtCore import QCoreApplication, QTimer
from PySide6.QtWidgets import QWidget

from pillarbox.errors import ErrorText
from pillarbox.model.progress import ServicePhase, ServiceState
from pillarbox_gui.pages.controls import column
from pillarbox_gui.theme.theme import Theme
from pillarbox_gui.theme.tokens import Space, Tone
from pillarbox_gui.widgets.banner import Banner

STEADY_MS = 10_000
"""A service that is started again and runs for so long is well."""

translate = QCoreApplication.translate


class ServiceTrouble(QWidget):
    """Shown from a service's failure until it runs again, or until it is closed. Takes no room otherwise."""

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
            self._tell(state.error)
        elif service == self._service:
            self._steady.start()

    def close_page(self) -> None:
        self._steady.stop()

    def _tell(self, error: ErrorText) -> None:
        again = translate("services", "Pillarbox goes on trying by itself.")
        self.banner.tell(Tone.BAD, "error", error.title, f"{error.message} {error.hint} {again}")
        self.show()
