"""What the window tells people to do is something that can be done in it."""

import pkgutil
import re
from collections.abc import Iterator
from importlib import import_module

import pillarbox
from pillarbox.errors import PillarboxError
from pillarbox_gui.wording.errors import error_words
from pillarbox_gui.wording.hints import window_hints

APART = ("pillarbox.cli", "pillarbox.commands", "pillarbox.server")
"""The window does without them."""
TYPED = re.compile(r"--[a-z]|pillarbox [a-z]+ ")


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


def test_the_windows_hint_takes_the_place_of_the_others() -> None:
    error = next(each for each in errors() if each.code == "loop-no-backup")()
    assert error_words(error).hint == window_hints()["loop-no-backup"]
