"""An account in the sidebar: its name, its kind, what it received, and how its addresses stand."""

from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy

from pillarbox.model.account import AccountId
from pillarbox_gui.pages.controls import tip
from pillarbox_gui.theme.theme import Theme
from pillarbox_gui.theme.tokens import Radius, Space
from pillarbox_gui.widgets.state_bar import draw_state_bar
from pillarbox_gui.wording.amounts import UNIT_SPACE, group_digits, isolated

BAR = 6
LINE_GAP = 3

translate = QCoreApplication.translate


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """What a card shows. Counts are of the receiving branch."""

    account: AccountId
    label: str
    kind: str
    amount: str
    spoken_amount: str
    used: int
    reserved: int
    unused: int


class AccountCard(QAbstractButton):
    """Checked: this is the account whose addresses are shown."""

    def __init__(self, theme: Theme, facts: AccountFacts) -> None:
        super().__init__()
        self._theme = theme
        self._compact = False
        self.setCheckable(True)
        self.setAutoExclusive(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.tell(facts)
        theme.changed.connect(self.updateGeometry)

    def tell(self, facts: AccountFacts) -> None:
        self.facts = facts
        counts = translate("sidebar", "{used} used, {reserved} reserved, {unused} unused").format(
            used=group_digits(facts.used),
            reserved=group_digits(facts.reserved),
            unused=group_digits(facts.unused),
        )
        self.setText(facts.label)
        self.setAccessibleName(f"{facts.label}, {facts.kind}")
        self.setAccessibleDescription(
            translate("sidebar", "Received {amount}. {counts}.").format(
                amount=facts.spoken_amount, counts=counts
            )
        )
        self.setToolTip(tip(f"{facts.label}\n{facts.kind}\n{facts.amount}\n{counts}"))
        self.update()

    def be_compact(self, compact: bool) -> None:
        """Among many the kind is said by the tooltip alone."""
        if compact != self._compact:
            self._compact = compact
            self.updateGeometry()
            self.update()

    @property
    def _margin(self) -> int:
        return self._theme.px(Space.XS if self._compact else Space.S)

    def sizeHint(self) -> QSize:
        fonts, px = self._theme.fonts, self._theme.px
        shown = (
            (fonts.strong, fonts.mono_muted)
            if self._compact
            else (fonts.strong, fonts.muted, fonts.mono_muted)
        )
        lines = sum(QFontMetrics(font).height() + px(LINE_GAP) for font in shown)
        return QSize(px(160), lines + 3 * self._margin - px(LINE_GAP) + px(BAR))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_ground(painter)
        px, fonts, palette = self._theme.px, self._theme.fonts, self._theme.palette
        inner = self.rect().adjusted(px(Space.M), self._margin, -px(Space.M), -self._margin)
        top = inner.top()
        for text, font, colour in (
            (self.facts.label, fonts.strong if self.isChecked() else fonts.base, palette.text),
            (self.facts.kind, fonts.muted, palette.muted),
            (self._amount_within(inner.width()), fonts.mono_muted, palette.text),
        ):
            if text is not self.facts.kind or not self._compact:
                line = QRect(inner.left(), top, inner.width(), 0)
                top = self._paint_line(painter, line, text, font, colour)
        counts = self.facts.used, self.facts.reserved, self.facts.unused
        bar = QRect(inner.left(), inner.bottom() + 1 - px(BAR), inner.width(), px(BAR))
        draw_state_bar(painter, self._theme, QRectF(bar), counts, self.layoutDirection())

    def _amount_within(self, width: int) -> str:
        """Where not all of its figures fit, the last are left out: a number never stands without its unit."""
        metrics = QFontMetrics(self._theme.fonts.mono_muted)
        figures, space, unit = self.facts.amount.rpartition(UNIT_SPACE)
        room = width - metrics.horizontalAdvance(space + unit)
        return isolated(metrics.elidedText(figures, Qt.TextElideMode.ElideRight, room) + space + unit)

    def _paint_ground(self, painter: QPainter) -> None:
        palette, colour = self._theme.palette, self._theme.colour
        radius = self._theme.px(Radius.CONTROL)
        edge = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(Qt.PenStyle.NoPen)
        if self.isChecked():
            painter.setPen(QPen(colour(palette.hairline), 1))
            painter.setBrush(colour(palette.panel))
            painter.drawRoundedRect(edge, radius, radius)
        elif self.underMouse():
            painter.setBrush(colour(palette.hairline))
            painter.drawRoundedRect(edge, radius, radius)
        if self.hasFocus():
            painter.setPen(QPen(colour(palette.focus), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(edge.adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)

    def _paint_line(self, painter: QPainter, at: QRect, text: str, font: QFont, colour: str) -> int:
        metrics = QFontMetrics(font)
        at.setHeight(metrics.height())
        painter.setFont(font)
        painter.setPen(self._theme.colour(colour))
        # In the middle: the number at the end tells an account from its neighbour.
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, at.width())
        painter.drawText(at, Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter, shown)
        return at.bottom() + 1 + self._theme.px(LINE_GAP)
