"""The system's font for words, one bundled monospace for addresses and amounts."""

from dataclasses import dataclass
from importlib.resources import files

from PySide6.QtGui import QFont, QFontDatabase, QFontInfo, QGuiApplication

from pillarbox_gui.theme.tokens import Scale, TypeSize, Weight

MONO_FAMILY = "JetBrains Mono"
HEADLESS_FAMILIES = ("Inter", "Adwaita Sans", "Noto Sans", "DejaVu Sans")
"""Pictures made without a desktop have no system font to follow: the first of these that is installed."""


@dataclass(frozen=True, slots=True)
class Fonts:
    """Every text style of the window."""

    base: QFont
    muted: QFont
    strong: QFont
    section: QFont
    """Small capitals-like headings of a group."""
    heading: QFont
    """Over the columns of a table."""
    large: QFont
    title: QFont
    mono: QFont
    mono_muted: QFont


def system_font() -> QFont:
    """What the desktop uses for its own words."""
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
    if QGuiApplication.platformName() in ("offscreen", "minimal"):
        installed = set(QFontDatabase.families())
        font.setFamily(next((name for name in HEADLESS_FAMILIES if name in installed), font.family()))
    return font


def system_scale() -> Scale:
    """The scale that the size of the system's font asks for."""
    return Scale.for_system_font(QFontInfo(system_font()).pixelSize())


def make_fonts(scale: Scale) -> Fonts:
    """All text styles at a scale. Loads the bundled monospace on first use."""
    _load_mono()
    words = system_font()
    digits = QFont(MONO_FAMILY)
    digits.setStyleHint(QFont.StyleHint.Monospace)
    # Ligatures would draw "0x" or "www" as something other than what is written.
    for ligatures in ("calt", "liga"):
        digits.setFeature(QFont.Tag(ligatures), 0)
    words.setFeature(QFont.Tag("tnum"), 1)

    def style(font: QFont, size: int, weight: int = Weight.REGULAR) -> QFont:
        styled = QFont(font)
        styled.setPixelSize(scale.px(size))
        styled.setWeight(QFont.Weight(weight))
        return styled

    section = style(words, TypeSize.MUTED - 1, Weight.STRONG)
    section.setLetterSpacing(QFont.SpacingType.PercentageSpacing, 104)
    return Fonts(
        base=style(words, TypeSize.BASE),
        muted=style(words, TypeSize.MUTED),
        strong=style(words, TypeSize.BASE, Weight.STRONG),
        section=section,
        heading=style(words, TypeSize.MUTED, Weight.STRONG),
        large=style(words, TypeSize.LARGE, Weight.STRONG),
        title=style(words, TypeSize.TITLE, Weight.STRONG),
        mono=style(digits, TypeSize.BASE),
        mono_muted=style(digits, TypeSize.MUTED),
    )


def _load_mono() -> None:
    if MONO_FAMILY in QFontDatabase.families():
        return
    data = files("pillarbox_resources").joinpath("fonts/JetBrainsMono-Regular.ttf").read_bytes()
    if QFontDatabase.addApplicationFontFromData(data) < 0:
        raise RuntimeError(f"the bundled font {MONO_FAMILY} cannot be loaded")
