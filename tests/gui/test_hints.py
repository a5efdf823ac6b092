"""What the window tells people to do is something that can be done in it."""

import pkgutil
import re
from collections.abc import Callable, Iterator
from importlib import import_module

import pytest
from PySide6.QtWidgets import QApplication, QLabel

import pillarbox
from pillarbox.errors import FolderUnusableError, PillarboxError
from pillarbox.model.backup import BackupPhase, BackupStatus
from pillarbox.model.network import BITCOIN
from pillarbox.model.progress import ConnectionPhase, ConnectionState, ServicePhase, ServiceState
from pillarbox_gui.pages.service_trouble import ServiceTrouble
from pillarbox_gui.theme.theme import SchemePreference, Theme
from pillarbox_gui.theme.tokens import Tone
from pillarbox_gui.wizards.step_page import StepPage
from pillarbox_gui.wording.errors import error_words
from pillarbox_gui.wording.hints import window_hints
from pillarbox_gui.wording.restoring import reason_lines
from pillarbox_gui.wording.states import backup_words, connection_words
from pillarbox_gui.wording.times import Calendar

APART = ("pillarbox.cli", "pillarbox.commands", "pillarbox.server")
"""The window does without them."""
TYPED = re.compile(r"--[a-z]|pillarbox [a-z]+ ")
TYPED_ELSEWHERE = FolderUnusableError(folder="/data", why="it is read-only").text
"""In the command line's words."""


def errors() -> Iterator[type[PillarboxError]]:
    for module in pkgutil.walk_packages(pillarbox.__path__, "pillarbox."):
        if not module.name.startswith(APART):
            import_module(module.name)
    found = [PillarboxError]
    for each in found:
        found += each.__subclasses__()
    yield from (each for each in found if each.__module__.startswith("pillarbox.") and each.code)


def test_no_hint_in_the_window_names_what_is_typed_elsewhere() -> None:
    names_flags = {
        each.code for each in errors() if not each.__module__.startswith(APART) and TYPED.search(each.hint)
    }
    assert names_flags - set(window_hints()) == set()
    assert not any(TYPED.search(hint) for hint in window_hints().values())


def shown_in_a_page(theme: Theme) -> str:
    page = StepPage(theme, "Title")
    page.say_trouble(TYPED_ELSEWHERE)
    return " ".join(label.text() for label in page.findChildren(QLabel))


def shown_of_a_service(theme: Theme) -> str:
    told = ServiceTrouble(theme)
    told.hear("backups", ServiceState(ServicePhase.FAILED, error=TYPED_ELSEWHERE))
    return told.banner.accessibleName()


def shown_of_a_backup(_theme: Theme) -> str:
    status = BackupStatus(BackupPhase.FAILED, reason=TYPED_ELSEWHERE)
    return backup_words(status, Calendar(), 0).detail


def shown_of_a_restore(_theme: Theme) -> str:
    (line,) = reason_lines([TYPED_ELSEWHERE], Tone.BAD, "error")
    return line.detail


def shown_of_a_server(_theme: Theme) -> str:
    state = ConnectionState(ConnectionPhase.REFUSED, "a server", error=TYPED_ELSEWHERE)
    return connection_words(state, BITCOIN).detail


@pytest.mark.qt_log_ignore("propagateSizeHints")
@pytest.mark.parametrize(
    "shown",
    [shown_in_a_page, shown_of_a_service, shown_of_a_backup, shown_of_a_restore, shown_of_a_server],
)
def test_what_the_core_put_into_words_is_hinted_at_in_the_windows_way(
    qapp: QApplication, shown: Callable[[Theme], str]
) -> None:
    theme = Theme(qapp, SchemePreference.LIGHT)
    try:
        said = shown(theme)
    finally:
        theme.deleteLater()
    assert window_hints()["folder-unusable"] in said
    assert "--data-dir" not in said


def test_the_windows_hint_takes_the_place_of_the_others() -> None:
    error = next(each for each in errors() if each.code == "loop-no-backup")()
    assert error_words(error).hint == window_hints()["loop-no-backup"]
