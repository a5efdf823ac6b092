"""The distribution holds what the program needs, from a wheel, a source archive and an editable install."""

import os
import subprocess
import sys
import tomllib
import venv
import zipfile
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = {"pillarbox": "core", "pillarbox_gui": "gui", "pillarbox_resources": "resources"}


def run(command: Sequence[str | Path], folder: Path, **environment: str) -> str:
    """What the command prints; it fails the test with its output if it fails."""
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def source_files() -> set[str]:
    """The files of the packages as version control has them, by their place in a wheel."""
    listed = run(["git", "ls-files", "--cached", *FOLDERS.values()], ROOT).splitlines()
    return {
        Path(file).relative_to(Path(file).parts[0]).as_posix() for file in listed if (ROOT / file).exists()
    }


def clean_copy(destination: Path) -> Path:
    """A copy of what version control has, so that a build writes nothing into the work tree."""
    listed = run(["git", "ls-files", "--cached", "-z"], ROOT).split("\0")
    for file in filter(None, listed):
        if (ROOT / file).is_file():
            copy = destination / file
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes((ROOT / file).read_bytes())
    return destination


def build(kind: str, source: Path, output: Path) -> Path:
    """Let the build backend make a `wheel` or an `sdist` of `source` in `output`."""
    output.mkdir(exist_ok=True)
    code = f"import setuptools.build_meta as backend; print(backend.build_{kind}({str(output)!r}))"
    return output / run([sys.executable, "-c", code], source).splitlines()[-1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("wheel", clean_copy(tmp_path_factory.mktemp("source")), tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def source_archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("sdist", clean_copy(tmp_path_factory.mktemp("source")), tmp_path_factory.mktemp("sdist"))


def contents(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if ".dist-info/" not in name}


def test_a_wheel_holds_the_three_packages_and_nothing_else(wheel: Path) -> None:
    assert contents(wheel) == source_files()


def test_a_source_archive_builds_the_same_wheel(source_archive: Path, wheel: Path, tmp_path: Path) -> None:
    run(["tar", "--extract", "--file", source_archive], tmp_path)
    (unpacked,) = tmp_path.iterdir()
    assert contents(build("wheel", unpacked, tmp_path / "built")) == contents(wheel)


def test_the_version_is_the_core_packages_own(wheel: Path) -> None:
    version = run([sys.executable, "-c", "import pillarbox; print(pillarbox.__version__)"], ROOT).strip()
    assert wheel.name.startswith(f"pillarbox-{version}-")


def test_resources_are_read_from_this_installation() -> None:
    folder = resources.files("pillarbox_resources")
    assert (folder / "icons" / "pillarbox.svg").read_text(encoding="utf-8").lstrip().startswith("<")


def test_only_the_window_asks_for_qt() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert not [name for name in project["dependencies"] if "PySide" in name or "qasync" in name]
    assert [name for name in project["optional-dependencies"]["gui"] if "PySide6-Essentials" in name]


@pytest.mark.slow
def test_the_core_installs_and_passes_its_tests_without_qt(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv" / "bin" / "python"
    pins = tmp_path / "pins.txt"
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    pins.write_text(
        "\n".join(line.rstrip("\\") for line in lock if not line.startswith(" ")), encoding="utf-8"
    )
    test_tools = ["pytest", "pytest-asyncio", "hypothesis", "bdkpython", "packaging", "setuptools"]
    test_tools += ["SQLAlchemy", "grpcio", "grpcio-tools"]
    run([python, "-m", "pip", "install", "--quiet", "--constraint", pins, wheel, *test_tools], tmp_path)
    installed = run([python, "-m", "pip", "list"], tmp_path).lower()
    assert "pyside6" not in installed
    assert "qasync" not in installed
    assert "pillarbox" in run([tmp_path / "venv" / "bin" / "pillarbox", "--help"], tmp_path)
    tests = [
        "-p",
        "guards.without_qt",
        "-m",
        "not slow",
        "--ignore-glob",
        "*/test_house_*",
        ROOT / "tests/unit",
    ]
    run([python, "-m", "pytest", "-q", *tests], ROOT, PYTHONPATH=str(ROOT / "tests"))
