"""The theme in force: follows the system's colours and text size while the window runs."""

from enum import StrEnum

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication, QStyle

from pillarbox_gui.theme.fonts import Fonts, make_fonts, system_scale
from pillarbox_gui.theme.icons import IconSet
from pillarbox_gui.theme.style import qt_palette, style_sheet
from pillarbox_gui.theme.tokens import DARK, LIGHT, Motion, Palette, Scale


class SchemePreference(StrEnum):
    """Whose choice light or dark is. The values are what settings keep."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


class Theme(QObject):
    """Styles the application, and hands widgets that paint themselves their colours, fonts and icons.

    `changed` comes after the new style is in force; whoever keeps something derived from the theme (an icon
    on a button, a painted pixmap) makes it anew then.
    """

    changed = Signal()

    def __init__(
        self,
        app: QApplication,
        preference: SchemePreference = SchemePreference.SYSTEM,
        scale: Scale | None = None,
    ) -> None:
        """`scale` overrides what the system's font asks for."""
        super().__init__(app)
        self._app = app
        self._preference = preference
        self._scale_override = scale
        app.setStyle("fusion")
        self._restyle()
        app.styleHints().colorSchemeChanged.connect(self._follow_system)

    @property
    def palette(self) -> Palette:
        return self._palette

    @property
    def scale(self) -> Scale:
        return self._scale

    @property
    def fonts(self) -> Fonts:
        return self._fonts

    @property
    def icons(self) -> IconSet:
        return self._icons

    @property
    def preference(self) -> SchemePreference:
        return self._preference

    def px(self, length: float) -> int:
        """A token in logical pixels at the scale in force."""
        return self._scale.px(length)

    def colour(self, value: str) -> QColor:
        """A token as a QColor, made once."""
        if (found := self._colours.get(value)) is None:
            found = self._colours[value] = QColor(value)
        return found

    def motion(self) -> int:
        """How long a movement may take, in milliseconds; 0 where the system asks for none."""
        wanted = self._app.style().styleHint(QStyle.StyleHint.SH_Widget_Animation_Duration)
        return min(Motion.SHORT, wanted)

    def prefer(self, preference: SchemePreference) -> None:
        """Take the user's choice, at once."""
        self._preference = preference
        self._follow_system()

    def _follow_system(self) -> None:
        self._restyle()
        self.changed.emit()

    def _restyle(self) -> None:
        self._palette = DARK if self._wants_dark() else LIGHT
        self._scale = self._scale_override or system_scale()
        self._fonts = make_fonts(self._scale)
        self._icons = IconSet(self._palette.text, self._palette.disabled)
        self._colours: dict[str, QColor] = {}
        self._app.setPalette(qt_palette(self._palette))
        self._app.setFont(self._fonts.base)
        self._app.setStyleSheet(style_sheet(self._palette, self._scale))

    def _wants_dark(self) -> bool:
        if self._preference is SchemePreference.SYSTEM:
            return self._app.styleHints().colorScheme() is Qt.ColorScheme.Dark
        return self._preference is SchemePreference.DARK
