"""Without a screen there is an error that says what works, not the end of the program by Qt."""

import pytest

from pillarbox_gui.display import NoDisplayError, has_display, require_display


@pytest.mark.parametrize("environment", [{"DISPLAY": ":0"}, {"WAYLAND_DISPLAY": "wayland-0"}])
def test_x11_and_wayland_are_displays(environment: dict[str, str]) -> None:
    assert has_display(environment, "linux")
    require_display(environment, "linux")


def test_a_linux_session_without_either_has_none() -> None:
    with pytest.raises(NoDisplayError):
        require_display({"DISPLAY": ""}, "linux")


def test_qt_may_be_told_to_draw_elsewhere() -> None:
    require_display({"QT_QPA_PLATFORM": "offscreen"}, "linux")


@pytest.mark.parametrize("platform", ["win32", "darwin"])
def test_other_systems_always_have_one(platform: str) -> None:
    require_display({}, platform)
