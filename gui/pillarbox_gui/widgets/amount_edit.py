"""Entry of an amount in whole coins, taken as smallest units."""

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QLabel, QLineEdit, QWidget

from pillarbox.errors import InvalidInputError
from pillarbox.model.network import Coin, Network
from pillarbox_gui.theme.style import set_role
from pillarbox_gui.theme.theme import Theme
from pillarbox_gui.theme.tokens import Space
from pillarbox_gui.wording.amounts import amount_figures, parse_amount
from pillarbox_gui.wording.errors import error_words

translate = QCoreApplication.translate


class AmountEdit(QLineEdit):
    """The unit stands in the field, and cannot be deleted. A comma key types the decimal point.

    `trouble` says why what stands there is no amount; "" where it is one, or nothing was entered.
    """

    changed = Signal()

    def __init__(self, theme: Theme, coin: Coin, network: Network, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._coin = coin
        self.trouble = ""
        set_role(self, "mono")
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.setPlaceholderText(amount_figures(0, coin))
        unit = coin.ticker_on(network)
        self.setAccessibleName(translate("amounts", "Amount in {unit}").format(unit=unit))
        self._warning = QAction(self, visible=False)
        self.addAction(self._warning, QLineEdit.ActionPosition.LeadingPosition)
        self._unit = QLabel(unit, self)
        set_role(self._unit, "muted")
        self.textChanged.connect(self._judge)
        self._make_room()
        theme.changed.connect(self._make_room)

    @property
    def amount(self) -> int | None:
        """Smallest units; None while empty or wrong. Zero is an amount."""
        try:
            return parse_amount(self.text(), self._coin)
        except InvalidInputError:
            return None

    def set_amount(self, amount: int | None) -> None:
        self.setText("" if amount is None else amount_figures(amount, self._coin, trim=True))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.text() == ",":
            self.insert(".")
            return
        super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_unit()

    def _judge(self) -> None:
        try:
            if self.text().strip():
                parse_amount(self.text(), self._coin)
            self.trouble = ""
        except InvalidInputError as error:
            self.trouble = error_words(error).message
        self._warning.setVisible(bool(self.trouble))
        self._warning.setToolTip(self.trouble)
        self.setProperty("wrong", bool(self.trouble))
        self.style().unpolish(self)
        self.style().polish(self)
        self.setToolTip(self.trouble)
        self.setAccessibleDescription(self.trouble)
        self.changed.emit()

    def _make_room(self) -> None:
        self._warning.setIcon(self._theme.icons.icon("warning", self._theme.palette.bad.fg))
        self._unit.adjustSize()
        self.setTextMargins(0, 0, self._unit.width() + self._theme.px(Space.S), 0)
        self._place_unit()

    def _place_unit(self) -> None:
        top = (self.height() - self._unit.height()) // 2
        self._unit.move(self.width() - self._unit.width() - self._theme.px(Space.M), top)
