"""The command line in a data folder of its own, in this process or in one of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from command_lines import CommandLine, Program


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def pillarbox(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> CommandLine:
    """`main` in this process, with standard input from the test."""
    monkeypatch.setenv("PILLARBOX_DATA_DIR", str(data_dir))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    return CommandLine(monkeypatch, capsys)


@pytest.fixture
def program(data_dir: Path) -> Iterator[Program]:
    """The program as a person starts it."""
    made = Program(data_dir)
    yield made
    made.end_all()
