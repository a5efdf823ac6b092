"""Whether there is a screen: Qt ends the whole program where there is none, so it is asked first."""

import os
import sys
from collections.abc import Mapping

from pillarbox.errors import PillarboxError

DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY")
PLATFORM = "QT_QPA_PLATFORM"


class NoDisplayError(PillarboxError):
    """No parameters."""

    code = "no-display"
    title = "There is no screen here"
    message = "This session has no display to open the window on. No wallet was touched."
    hint = "Every command works without one: pillarbox --help. Pictures of the window: pillarbox tour"


def has_display(environment: Mapping[str, str] = os.environ, platform: str = sys.platform) -> bool:
    """Whether a window can be opened: everywhere but on a Linux without X11 or Wayland."""
    return platform != "linux" or any(environment.get(name) for name in DISPLAYS)


def require_display(environment: Mapping[str, str] = os.environ, platform: str = sys.platform) -> None:
    """Raises NoDisplayError, unless Qt was told to draw somewhere else."""
    if not environment.get(PLATFORM) and not has_display(environment, platform):
        raise NoDisplayError
