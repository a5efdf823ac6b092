"""What every page is given to look and speak alike."""

from collections.abc import Callable
from dataclasses import dataclass

from pillarbox_gui.tasks import Present
from pillarbox_gui.theme.theme import Theme
from pillarbox_gui.wording.times import Calendar


@dataclass(frozen=True, slots=True)
class Look:
    """The theme, the clock people read (`now` in Unix seconds), and who is told of failures."""

    theme: Theme
    calendar: Calendar
    now: Callable[[], int]
    present: Present
