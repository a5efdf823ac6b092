"""One palette and one style sheet, made from the tokens.

Widgets choose among the styles below by a dynamic property, `role`; nothing else sets a style sheet.
Buttons: primary, quiet, chip (checkable, for filters), nav, danger. Labels: title, large, section, muted,
strong, mono. Frames: card, sidebar, page, banner, note, hairline.
"""

from importlib.resources import files
from string import Template

from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QWidget

from pillarbox_gui.theme.fonts import MONO_FAMILY
from pillarbox_gui.theme.tokens import Height, Palette, Radius, Scale, Space, TypeSize

INDICATOR = 16


def set_role(widget: QWidget, role: str) -> None:
    """Choose a style of the sheet, also after the widget was shown."""
    widget.setProperty("role", role)
    style = widget.style()
    style.unpolish(widget)
    style.polish(widget)


def qt_palette(colours: Palette) -> QPalette:
    """The palette for whatever the style sheet leaves to the style."""
    palette = QPalette()
    roles = {
        QPalette.ColorRole.Window: colours.ground,
        QPalette.ColorRole.WindowText: colours.text,
        QPalette.ColorRole.Base: colours.panel,
        QPalette.ColorRole.AlternateBase: colours.alternate,
        QPalette.ColorRole.Text: colours.text,
        QPalette.ColorRole.Button: colours.panel,
        QPalette.ColorRole.ButtonText: colours.text,
        QPalette.ColorRole.BrightText: colours.on_accent,
        QPalette.ColorRole.ToolTipBase: colours.panel,
        QPalette.ColorRole.ToolTipText: colours.text,
        QPalette.ColorRole.PlaceholderText: colours.muted,
        QPalette.ColorRole.Highlight: colours.selected,
        QPalette.ColorRole.HighlightedText: colours.text,
        QPalette.ColorRole.Accent: colours.accent,
        QPalette.ColorRole.Link: colours.unused.fg,
        QPalette.ColorRole.LinkVisited: colours.unused.fg,
        QPalette.ColorRole.Light: colours.panel,
        QPalette.ColorRole.Midlight: colours.hairline,
        QPalette.ColorRole.Mid: colours.hairline,
        QPalette.ColorRole.Dark: colours.field_border,
        QPalette.ColorRole.Shadow: colours.hairline,
    }
    for role, colour in roles.items():
        palette.setColor(role, QColor(colour))
    for role in (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(colours.disabled))
    return palette


def style_sheet(colours: Palette, scale: Scale) -> str:
    """The sheet for the whole application."""
    px = scale.px
    resources = files("pillarbox_resources")
    return Template(resources.joinpath("style.qss").read_text(encoding="utf-8")).substitute(
        {name: value for name in colours.__slots__ if isinstance(value := getattr(colours, name), str)},
        bad=colours.bad.fg,
        unused_fg=colours.unused.fg,
        reserved_chip=colours.reserved.chip,
        reserved_border=colours.reserved.border,
        reserved_text=colours.reserved.text,
        mono=MONO_FAMILY,
        base=px(TypeSize.BASE),
        small=px(TypeSize.MUTED),
        section=px(TypeSize.MUTED - 1),
        large=px(TypeSize.LARGE),
        title=px(TypeSize.TITLE),
        control_radius=px(Radius.CONTROL),
        card_radius=px(Radius.CARD),
        # Heights are of the contents: the border and the padding come on top.
        control=px(Height.BUTTON) - 2,
        control_focused=px(Height.BUTTON) - 4,
        xs=px(Space.XS),
        s=px(Space.S),
        m=px(Space.M),
        l=px(Space.L),
        s_focused=px(Space.S) - 1,
        m_focused=px(Space.M) - 1,
        l_focused=px(Space.L) - 1,
        indicator=px(INDICATOR),
        radio_radius=px(INDICATOR) // 2 + 1,
        arrow=px(12),
        combo_arrow_room=px(28),
        chevron_down=resources.joinpath("icons/style-chevron-down.svg"),
        chevron_up=resources.joinpath("icons/style-chevron-up.svg"),
        dot=resources.joinpath("icons/style-radio.svg"),
        tick=resources.joinpath("icons/style-check.svg"),
    )
