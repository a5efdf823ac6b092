"""The colours keep their promises, recomputed from the tokens."""

from itertools import combinations

import pytest
from colour_science import VISION, ciede2000, contrast, distance

from pillarbox.model.address import AddressState
from pillarbox_gui.theme.tokens import DARK, LIGHT, Palette, Scale, Tone

SCHEMES = pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])


def surfaces(palette: Palette) -> list[str]:
    return [palette.panel, palette.alternate, palette.selected, palette.ground, palette.sidebar]


def rows(palette: Palette) -> list[str]:
    return [palette.panel, palette.alternate, palette.selected]


def test_the_contrast_formula_gives_the_known_ends() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


def test_ciede2000_agrees_with_the_published_pairs() -> None:
    # Sharma, Wu, Dalal (2005), table 1: pairs 1, 7 and 17.
    assert ciede2000((50, 2.6772, -79.7751), (50, 0, -82.7485)) == pytest.approx(2.0425, abs=1e-4)
    assert ciede2000((50, 0, 0), (50, -1, 2)) == pytest.approx(2.3669, abs=1e-4)
    assert ciede2000((50, 2.5, 0), (73, 25, -18)) == pytest.approx(27.1492, abs=1e-4)


@SCHEMES
def test_text_is_readable_on_every_surface(palette: Palette) -> None:
    for surface in surfaces(palette):
        assert contrast(palette.text, surface) >= 7
        assert contrast(palette.muted, surface) >= 4.5


@SCHEMES
def test_the_primary_button_is_readable_in_every_state(palette: Palette) -> None:
    for fill in (palette.accent, palette.accent_hover, palette.accent_pressed):
        assert contrast(palette.on_accent, fill) >= 4.5


@SCHEMES
def test_fields_and_the_focus_ring_stand_out(palette: Palette) -> None:
    assert contrast(palette.field_border, palette.panel) >= 3
    for surface in surfaces(palette):
        assert contrast(palette.focus, surface) >= 3


@SCHEMES
def test_what_cannot_be_pressed_now_can_still_be_read(palette: Palette) -> None:
    for surface in (palette.ground, palette.panel):
        assert contrast(palette.disabled, surface) >= 3
    assert contrast(palette.muted, palette.hairline) >= 3


@SCHEMES
@pytest.mark.parametrize("state", AddressState)
def test_a_state_chip_is_readable_on_every_row(palette: Palette, state: AddressState) -> None:
    ink = palette.state(state)
    assert contrast(ink.text, ink.chip) >= 4.5
    assert contrast(ink.fg, ink.chip) >= 3
    for row in rows(palette):
        assert contrast(ink.border, row) >= 3


@SCHEMES
@pytest.mark.parametrize("tone", Tone)
def test_a_status_is_readable_on_every_surface(palette: Palette, tone: Tone) -> None:
    ink = palette.tone(tone)
    assert contrast(ink.text, ink.chip) >= 4.5
    for surface in surfaces(palette):
        assert contrast(ink.fg, surface) >= 3


@SCHEMES
@pytest.mark.parametrize("vision", VISION)
def test_no_two_states_look_alike_to_anybody(palette: Palette, vision: str) -> None:
    for one, other in combinations(AddressState, 2):
        assert distance(palette.state(one).fg, palette.state(other).fg, vision) >= 17


@SCHEMES
@pytest.mark.parametrize("vision", VISION)
def test_a_selected_row_is_told_from_its_neighbours(palette: Palette, vision: str) -> None:
    assert distance(palette.selected, palette.panel, vision) >= 3
    assert distance(palette.selected, palette.alternate, vision) >= 3
    assert contrast(palette.accent, palette.selected) >= 3


def test_measures_follow_a_larger_system_font_and_never_shrink() -> None:
    assert Scale.for_system_font(26).px(38) == 76
    assert Scale.for_system_font(9).px(38) == 38
