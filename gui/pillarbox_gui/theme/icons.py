"""Own SVG icons, drawn with `currentColor` and tinted for where they stand."""

from functools import cache
from importlib.resources import files

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

ICON_SIZES = (16, 20, 24, 32)
DEVICE_RATIOS = (1.0, 1.5, 2.0)
APP_ICON_SIZES = (16, 22, 24, 32, 48, 64, 128, 256)


@cache  # the files are part of the program and never change
def icon_source(name: str) -> str:
    """The SVG text of an icon. Raises FileNotFoundError."""
    return files("pillarbox_resources").joinpath(f"icons/{name}.svg").read_text(encoding="utf-8")


class IconSet:
    """Draws icons, each (name, colour, size, ratio) once."""

    def __init__(self, colour: str, disabled: str) -> None:
        self._colour = colour
        self._disabled = disabled
        self._pixmaps: dict[tuple[str, str, int, float], QPixmap] = {}
        self._icons: dict[tuple[str, str], QIcon] = {}

    def pixmap(self, name: str, size: int, ratio: float = 1.0, colour: str | None = None) -> QPixmap:
        """A square pixmap, `size` logical pixels wide on a screen of this device pixel ratio."""
        key = (name, colour or self._colour, size, ratio)
        if (found := self._pixmaps.get(key)) is None:
            found = self._pixmaps[key] = _render(name, key[1], size, ratio)
        return found

    def icon(self, name: str, colour: str | None = None) -> QIcon:
        """For buttons and actions, normal and disabled. Make it anew when the theme changes."""
        key = (name, colour or self._colour)
        if (found := self._icons.get(key)) is None:
            found = self._icons[key] = QIcon()
            for size in ICON_SIZES:
                for ratio in DEVICE_RATIOS:
                    found.addPixmap(self.pixmap(name, size, ratio, key[1]), QIcon.Mode.Normal)
                    found.addPixmap(self.pixmap(name, size, ratio, self._disabled), QIcon.Mode.Disabled)
        return found


def app_icon() -> QIcon:
    """The program's icon, for windows and launchers."""
    icon = QIcon()
    for size in APP_ICON_SIZES:
        icon.addPixmap(_render("pillarbox", "#000000", size, 1.0))
    return icon


def tray_icon(colour: str) -> QIcon:
    """The program's icon in one colour, for panels."""
    icon = QIcon()
    for size in APP_ICON_SIZES:
        icon.addPixmap(_render("pillarbox-tray", colour, size, 1.0))
    return icon


def _render(name: str, colour: str, size: int, ratio: float) -> QPixmap:
    svg = icon_source(name).replace("currentColor", colour)
    pixels = round(size * ratio)
    pixmap = QPixmap(pixels, pixels)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    QSvgRenderer(QByteArray(svg.encode())).render(painter, QRectF(0, 0, pixels, pixels))
    painter.end()
    pixmap.setDevicePixelRatio(ratio)
    return pixmap
