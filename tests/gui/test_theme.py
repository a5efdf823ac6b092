"""One look, in both schemes and at every text size."""

import re
from collections import Counter
from collections.abc import Iterator
from importlib.resources import files

import pytest
from colour_science import contrast
from PySide6.QtCore import QByteArray, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFontInfo,
    QFontMetrics,
    QIcon,
    QImage,
    QPalette,
    QStandardItemModel,
    QStyleHints,
)
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication, QFrame, QLineEdit, QPushButton, QTableView, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from pillarbox_gui.theme.icons import APP_ICON_SIZES, IconSet, app_icon, icon_source, tray_icon
from pillarbox_gui.theme.style import set_role
from pillarbox_gui.theme.theme import SchemePreference, Theme
from pillarbox_gui.theme.tokens import DARK, LIGHT, Scale
from pillarbox_gui.wording import states

ICONS = sorted(
    entry.name.removesuffix(".svg")
    for entry in files("pillarbox_resources").joinpath("icons").iterdir()
    if entry.name.endswith(".svg")
)

# What the offscreen platform says of every window that has a least size.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")

TINTED = [name for name in ICONS if not name.startswith("style-") and name != "pillarbox"]


@pytest.fixture
def theme(qapp: QApplication) -> Iterator[Theme]:
    made = Theme(qapp, SchemePreference.LIGHT)
    yield made
    made.deleteLater()


def ink(image: QImage) -> str:
    """The colour of most opaque pixels: where strokes overlap, blending is a shade off."""
    colours = (image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height()))
    return Counter(colour.name() for colour in colours if colour.alpha() == 255).most_common(1)[0][0]


def test_the_choice_of_scheme_takes_effect_at_once(theme: Theme, qapp: QApplication) -> None:
    told: list[bool] = []
    theme.changed.connect(lambda: told.append(theme.palette.dark))
    theme.prefer(SchemePreference.DARK)
    assert qapp.palette().color(QPalette.ColorRole.Window).name().upper() == DARK.ground
    theme.prefer(SchemePreference.LIGHT)
    assert qapp.palette().color(QPalette.ColorRole.Window).name().upper() == LIGHT.ground
    assert told == [True, False]


def test_the_window_follows_the_system_while_it_runs(
    theme: Theme, qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    theme.prefer(SchemePreference.SYSTEM)
    monkeypatch.setattr(QStyleHints, "colorScheme", lambda _: Qt.ColorScheme.Dark)
    qapp.styleHints().colorSchemeChanged.emit(Qt.ColorScheme.Dark)
    assert theme.palette is DARK
    theme.prefer(SchemePreference.LIGHT)
    qapp.styleHints().colorSchemeChanged.emit(Qt.ColorScheme.Dark)
    assert theme.palette is LIGHT


def test_text_and_controls_grow_with_the_systems_font(qapp: QApplication, qtbot: QtBot) -> None:
    large = Theme(qapp, SchemePreference.LIGHT, Scale(2.0))
    button = QPushButton("Copy")
    qtbot.addWidget(button)
    button.ensurePolished()
    assert QFontInfo(large.fonts.title).pixelSize() == 44
    assert button.sizeHint().height() == 68
    large.deleteLater()


@pytest.mark.parametrize("make", [QPushButton, QLineEdit])
def test_a_control_is_as_tall_focused_as_not(
    make: type[QPushButton | QLineEdit], theme: Theme, qtbot: QtBot
) -> None:
    window, control = QWidget(), make()
    qtbot.addWidget(window)
    QVBoxLayout(window).addWidget(control)
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()
    control.clearFocus()
    height = control.height()
    control.setFocus()
    assert control.hasFocus()
    assert control.height() == height == 34


@pytest.mark.parametrize("scheme", [SchemePreference.LIGHT, SchemePreference.DARK])
def test_what_a_field_is_for_can_be_read_in_it(scheme: SchemePreference, theme: Theme, qtbot: QtBot) -> None:
    theme.prefer(scheme)
    field = QLineEdit()
    qtbot.addWidget(field)
    field.ensurePolished()
    drawn = field.palette().color(QPalette.ColorRole.PlaceholderText)
    assert (drawn.name().upper(), drawn.alpha()) == (theme.palette.muted, 255)
    assert contrast(drawn.name(), theme.palette.panel) >= 4.5


def test_the_corner_between_two_scroll_bars_is_as_the_panel(theme: Theme, qtbot: QtBot) -> None:
    card, table = QFrame(), QTableView()
    set_role(card, "card")
    qtbot.addWidget(card)
    QVBoxLayout(card).addWidget(table)
    table.setModel(QStandardItemModel(50, 50, table))
    card.resize(300, 300)
    card.show()
    image = card.grab().toImage()
    end = table.mapTo(card, table.rect().bottomRight())
    corner = {
        image.pixelColor(x, y).name().upper()
        for x in range(end.x() - 9, end.x() + 1)
        for y in range(end.y() - 9, end.y() + 1)
    }
    assert corner == {theme.palette.panel}


def test_addresses_are_set_in_a_font_that_tells_look_alikes_apart(theme: Theme) -> None:
    mono = theme.fonts.mono
    assert QFontInfo(mono).family() == "JetBrains Mono"
    metrics = QFontMetrics(mono)
    assert len({metrics.horizontalAdvance(c) for c in "il1IO0o.:"}) == 1


@pytest.mark.parametrize("name", ICONS)
def test_every_icon_is_well_formed(name: str, qapp: QApplication) -> None:
    assert QSvgRenderer(QByteArray(icon_source(name).encode())).isValid()


@pytest.mark.parametrize("name", TINTED)
def test_every_icon_takes_the_colour_it_is_given(name: str, qapp: QApplication) -> None:
    drawn = IconSet("#000000", "#888888").pixmap(name, 64, 1.0, "#12ab34").toImage()
    assert ink(drawn) == "#12ab34"


def test_every_icon_that_words_name_exists() -> None:
    named = {*states.STATE_ICONS.values(), "offline", "busy", "connected", "error", "warning"}
    assert named <= set(ICONS)


@pytest.mark.parametrize("name", ["style-chevron-down", "style-chevron-up"])
def test_arrows_that_are_the_same_in_both_schemes_show_in_both(name: str) -> None:
    (stroke,) = re.findall(r'stroke="(#\w{6})"', icon_source(name))
    assert contrast(stroke, LIGHT.panel) >= 3
    assert contrast(stroke, DARK.panel) >= 3


def test_an_icon_is_sharp_on_every_screen(qapp: QApplication) -> None:
    icons = IconSet("#000000", "#888888")
    for ratio in (1.0, 1.5, 2.0):
        pixmap = icons.pixmap("copy", 16, ratio)
        assert pixmap.width() == 16 * ratio
        assert pixmap.deviceIndependentSize().toSize() == QSize(16, 16)
    assert icons.pixmap("copy", 16) is icons.pixmap("copy", 16)


def test_a_disabled_button_shows_a_pale_icon(qapp: QApplication) -> None:
    icon = IconSet("#000000", "#888888").icon("copy")
    assert ink(icon.pixmap(QSize(32, 32), QIcon.Mode.Disabled).toImage()) == "#888888"


def test_the_programs_icon_is_red_and_its_slot_is_seen_at_every_size(qapp: QApplication) -> None:
    for size in APP_ICON_SIZES:
        image = app_icon().pixmap(QSize(size, size), 1.0).toImage()
        column = [image.pixelColor(size // 2, y) for y in range(size)]
        assert any(c.alpha() == 255 and c.red() > 150 > 2 * c.green() for c in column)
        assert min(c.lightness() for c in column if c.alpha() == 255) < 60


def test_the_tray_icon_has_one_colour_and_a_slot(qapp: QApplication) -> None:
    image = tray_icon("#f0efed").pixmap(QSize(16, 16), 1.0).toImage()
    assert ink(image) == "#f0efed"
    slot = image.pixelColor(8, 7)
    assert slot.alpha() == 0 or slot == QColor("#00000000")
