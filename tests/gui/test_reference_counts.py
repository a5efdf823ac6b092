"""Qt gives back the references it takes, and a version that does not is refused."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, Signal

from pillarbox_gui.qt_guard import UnsafeQtError, refuse_installed_qt, refuse_unsafe_qt

CALLS = 1000
NOISE = 20
"""References that other code may drop meanwhile; a defect makes it one a call."""


class Emitter(QObject):
    told = Signal(bool)


@pytest.mark.parametrize("constant", [None, True, False])
def test_a_thousand_calls_lose_no_reference(constant: bool | None, qapp: QObject) -> None:
    emitter = Emitter()
    heard: list[int] = []
    emitter.told.connect(lambda told: heard.append(int(told)))
    before = sys.getrefcount(constant)
    for number in range(CALLS):
        emitter.setObjectName("name")
        emitter.parent()
        emitter.told.emit(number % 2 == 0)
        emitter.killTimer(emitter.startTimer(1000))
    assert len(heard) == CALLS
    assert sys.getrefcount(constant) > before - NOISE


@pytest.mark.parametrize(("qt", "python"), [((6, 12, 0), (3, 11, 7)), ((7, 0, 1), (3, 11, 0))])
def test_a_qt_that_counts_on_a_newer_python_is_refused_in_plain_words(
    qt: tuple[int, ...], python: tuple[int, ...]
) -> None:
    with pytest.raises(UnsafeQtError) as refusal:
        refuse_unsafe_qt(qt, python)
    text = refusal.value.text
    assert ".".join(map(str, qt)) in text.message
    assert "3.12" in text.hint


@pytest.mark.parametrize(
    ("qt", "python"), [((6, 11, 3), (3, 11, 7)), ((6, 12, 0), (3, 12, 0)), ((6, 10, 0), (3, 13, 1))]
)
def test_versions_that_go_together_are_accepted(qt: tuple[int, ...], python: tuple[int, ...]) -> None:
    refuse_unsafe_qt(qt, python)


def test_the_installed_versions_go_together() -> None:
    refuse_installed_qt()


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="this Python goes together with every Qt")
@pytest.mark.parametrize("command", [[], ["tour"]])
def test_the_program_says_so_and_ends_before_it_opens_a_window(command: list[str], tmp_path: Path) -> None:
    newer = tmp_path / "PySide6"
    newer.mkdir()
    (newer / "__init__.py").write_text("__version_info__ = (6, 12, 0, '', '')", encoding="utf-8")
    start = "import sys; from pillarbox.cli.main import main; sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-c", start, "--json", "--data-dir", str(tmp_path / "data"), *command],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert json.loads(done.stdout)["error"]["code"] == "unsafe-qt"
