"""Run the core's tests as if no Qt were installed: pytest -p no:pytest-qt -p guards.without_qt tests/unit

The Qt plugin being off, the options that are meant for it are declared here. --one-in 8 imports every test
file, and runs every eighth test.
"""

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

import pytest

QT = frozenset({"PySide6", "shiboken6", "qasync", "pillarbox_gui"})


class WithoutQt:
    """A finder of modules that finds none of Qt's, and all else that `finder` does."""

    def __init__(self, finder: Any) -> None:
        self._finder = finder

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname.partition(".")[0] in QT:
            return None
        spec: ModuleSpec | None = self._finder.find_spec(fullname, path, target)
        return spec

    def __getattr__(self, name: str) -> Any:
        return getattr(self._finder, name)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini("qt_log_level_fail", "declared for the Qt plugin, which is off")
    parser.addoption("--one-in", type=int, default=1, help="run one in so many tests")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    items[:] = items[:: config.getoption("one_in")]


def pytest_configure(config: pytest.Config) -> None:
    # pytest's own finder stays as it is: it finds tests only, and is taken out again by identity.
    sys.meta_path[:] = [
        finder if type(finder).__module__.startswith("_pytest.") else WithoutQt(finder)
        for finder in sys.meta_path
    ]
    assert not QT & sys.modules.keys(), "Qt was imported before it could be hidden"
