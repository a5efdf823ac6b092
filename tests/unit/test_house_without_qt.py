"""The core passes its tests where no Qt can be imported."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

WITHOUT_QT = ["-q", "-p", "no:pytest-qt", "-p", "guards.without_qt"]


def pytest_without_qt(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest", *WITHOUT_QT, *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "tests")},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_core_passes_every_eighth_of_its_tests_without_qt() -> None:
    """All are imported. The whole of them run in `test_house_packaging`'s long form, with no Qt installed."""
    chosen = ["--hypothesis-profile=brief", "-m", "not slow", "--ignore-glob", "*/test_house_*"]
    chosen += ["--one-in", "8"]
    done = pytest_without_qt(*chosen, "tests/unit")
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr


@pytest.mark.parametrize("module", ["PySide6.QtCore", "qasync", "pillarbox_gui.loop"])
def test_what_is_hidden_cannot_be_imported(module: str, tmp_path: Path) -> None:
    test = tmp_path / "test_hidden.py"
    test.write_text(f"def test_import():\n    import {module}\n", encoding="utf-8")
    done = pytest_without_qt(test)
    assert f"ModuleNotFoundError: No module named '{module.partition('.')[0]}'" in done.stdout
