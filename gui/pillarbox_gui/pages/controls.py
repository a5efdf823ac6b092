"""Labels, buttons, cards: the parts that pages, dialogs and wizards are made of."""

from html import escape

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QSpinBox,
    QStyle,
    QStyleOptionButton,
    QStylePainter,
    QVBoxLayout,
    QWidget,
)

from pillarbox_gui.actions import ICON, small_icon
from pillarbox_gui.theme.theme import Theme
from pillarbox_gui.theme.tokens import Space
from pillarbox_gui.wording.breaks import breakable
from pillarbox_gui.wording.states import StatusWords

ICON_GAP = "\N{EN SPACE}"
"""Qt leaves four pixels between an icon and its words."""
PAGE_WIDTH = 840
LEAST_FACT = 96
MOST_FACT = 360
"""A fact of the status line is never narrower, or wider, in logical pixels."""


def take_role(widget: QWidget, role: str) -> None:
    """Choose a style of the sheet for a widget that was not shown yet, which is polished only then."""
    widget.setProperty("role", role)


def words(text: str = "", role: str = "", *, wrap: bool = False) -> QLabel:
    """Plain text in one of the sheet's styles. It is never read as markup: labels come from people."""
    label = Wrapped(text) if wrap else QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    if role:
        take_role(label, role)
    return label


class Wrapped(QLabel):
    """Sentences in as many lines as they need, whatever is in them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._read_out = ""
        self.setWordWrap(True)
        self.setText(text)

    def setText(self, text: str) -> None:
        shown = breakable(text)
        super().setText(shown)
        read_out = "" if shown == text else text
        if read_out != self._read_out:  # else a name that was given otherwise would go
            self._read_out = read_out
            self.setAccessibleName(read_out)


def field_name(text: str, field: QWidget) -> QLabel:
    """The label of a form's field, as high as the field. The letter after its "&" leads there."""
    label = words(text)
    label.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
    label.setBuddy(field)
    (field.focusProxy() or field).setAccessibleName(text.replace("&", ""))
    return label


def plain(text: str) -> str:
    """A text as it is, for buttons and menus, where Qt takes "&" for the mark of a shortcut."""
    return text.replace("&", "&&")


def tip(text: str) -> str:
    """A text as it is, for tooltips: Qt would read markup in it, and not break its lines."""
    return f"<qt>{escape(text)}</qt>".replace("\n", "<br>")


def column(theme: Theme, spacing: int = Space.S, margin: int = 0) -> QVBoxLayout:
    layout = QVBoxLayout()
    _space(layout, theme, spacing, margin)
    return layout


def row(theme: Theme, spacing: int = Space.S, margin: int = 0) -> QHBoxLayout:
    layout = QHBoxLayout()
    _space(layout, theme, spacing, margin)
    return layout


def number_entry(theme: Theme, least: int, most: int, value: int) -> QSpinBox:
    """Qt leaves no padding at the left of a spin box whose buttons are styled: it is put into the text."""
    entry = QSpinBox(minimum=least, maximum=most, value=value)
    entry.lineEdit().setTextMargins(theme.px(Space.M), 0, 0, 0)
    return entry


def scroll_area(inside: QWidget) -> QScrollArea:
    """Scrolls upward and downward only. The keyboard reaches what is in it, never itself."""
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(inside)
    return area


class Elided(QLabel):
    """One line that gives way: what does not fit is cut, and stands in the tooltip."""

    def __init__(self, role: str, cut: Qt.TextElideMode = Qt.TextElideMode.ElideRight) -> None:
        super().__init__()
        self._cut = cut
        self._whole = self._brief = ""
        take_role(self, role)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def say(self, text: str, briefly: str = "") -> None:
        """`briefly`: what is shown where there is no room for all of it."""
        self._whole, self._brief = text, briefly or text
        self.setToolTip(text and tip(text))
        self.setAccessibleName(text)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        self.ensurePolished()
        metrics = self.fontMetrics()
        fits = metrics.horizontalAdvance(self._whole) <= self.width()
        text = self._whole if fits else self._brief
        self.setText(metrics.elidedText(text, self._cut, self.width()))


def elided(text: str, role: str = "") -> Elided:
    """What has no place to break, such as a path or a transaction's id: cut in the middle."""
    label = Elided(role, Qt.TextElideMode.ElideMiddle)
    label.say(text)
    return label


class Pressable(QPushButton):
    """Enter presses it where it has the focus, as the space bar does."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            super().keyPressEvent(event)
        elif not event.isAutoRepeat():
            self.click()


class Button(Pressable):
    """A button whose icon follows the theme. The second press of a double click does not press it again."""

    def __init__(self, theme: Theme, text: str, role: str = "", icon: str = "") -> None:
        super().__init__()
        self._theme = theme
        self._icon = icon
        self._role = role
        self.say(text)
        self.setAutoDefault(False)
        if role:
            take_role(self, role)
        self._tint()
        theme.changed.connect(self._tint)

    def say(self, text: str) -> None:
        """Change its words, for everybody."""
        self.setText(f"{ICON_GAP}{text}" if self._icon and text else text)
        self.setAccessibleName(text)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def _tint(self) -> None:
        if self._icon:
            colour = self._theme.palette.on_accent if self._role == "primary" else None
            side = self._theme.px(ICON)
            self.setIcon(small_icon(self._theme, self._icon, colour))
            self.setIconSize(QSize(side, side))


class StatusFact(Pressable):
    """One quiet fact, with its icon, its words, and a page behind it.

    Words that do not fit are cut in the middle, and stand in the tooltip with what else there is to say.
    """

    def __init__(self, theme: Theme, fact: StatusWords) -> None:
        super().__init__()
        self._theme = theme
        self._fact = fact
        self.setAutoDefault(False)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.setMaximumWidth(theme.px(MOST_FACT))
        take_role(self, "quiet")
        self.tell(fact)
        theme.changed.connect(self._tint)

    def tell(self, fact: StatusWords) -> None:
        self._fact = fact
        self.setText(f"{ICON_GAP}{plain(fact.text)}")
        self.setToolTip(tip("\n".join(dict.fromkeys((fact.text, fact.detail)))))
        self.setAccessibleName(fact.text)
        self.setAccessibleDescription(fact.detail)
        self._tint()

    def minimumSizeHint(self) -> QSize:
        whole = super().minimumSizeHint()
        return QSize(min(self._theme.px(LEAST_FACT), whole.width()), whole.height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        option = QStyleOptionButton()
        self.initStyleOption(option)
        flag, metrics = Qt.TextFlag.TextShowMnemonic, self.fontMetrics()
        around = self.sizeHint().width() - metrics.size(flag, self.text()).width()
        option.text = metrics.elidedText(
            self.text(), Qt.TextElideMode.ElideMiddle, self.width() - around, flag
        )
        painter = QStylePainter(self)
        painter.drawControl(QStyle.ControlElement.CE_PushButton, option)
        painter.end()

    def _tint(self) -> None:
        ink = self._theme.palette.tone(self._fact.tone)
        side = self._theme.px(ICON)
        self.setIcon(small_icon(self._theme, self._fact.icon, ink.fg))
        self.setIconSize(QSize(side, side))


class Card(QFrame):
    """A white panel with its contents one below the other."""

    def __init__(self, theme: Theme, spacing: int = Space.S, margin: int = Space.L) -> None:
        super().__init__()
        take_role(self, "card")
        self.body = column(theme, spacing, margin)
        self.setLayout(self.body)


class Page(QWidget):
    """The ground that a page's contents lie on. Texts and forms read best in a column; tables are wide."""

    def __init__(self, theme: Theme, title: str, *, wide: bool = False) -> None:
        super().__init__()
        take_role(self, "page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName(title)
        inside = QWidget()
        self.body = column(theme, Space.L)
        self.body.addWidget(words(title, "title"))
        inside.setLayout(self.body)
        if not wide:
            inside.setMaximumWidth(theme.px(PAGE_WIDTH))
        whole = row(theme, 0, Space.L)
        whole.addWidget(inside, 100)
        whole.addStretch(0 if wide else 1)
        self.setLayout(whole)


def clear(layout: QBoxLayout) -> None:
    """Take everything out of a layout, and delete it."""
    while (item := layout.takeAt(0)) is not None:
        if (widget := item.widget()) is not None:
            widget.hide()
            widget.deleteLater()
        elif isinstance(inner := item.layout(), QBoxLayout):
            clear(inner)


def _space(layout: QBoxLayout, theme: Theme, spacing: int, margin: int) -> None:
    layout.setSpacing(theme.px(spacing))
    layout.setContentsMargins(*(theme.px(margin),) * 4)
