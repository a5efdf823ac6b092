"""The import contracts hold, and each of them bites."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]

TRESPASSES = {
    "Imports run down only, and neighbours keep apart": (
        "core/pillarbox/model/address.py",
        "from pillarbox.pool import order",
    ),
    "A wallet composes its services, which do not know each other": (
        "core/pillarbox/wallet/labels.py",
        "from pillarbox.wallet import holding",
    ),
    "The core knows no Qt and no front end": ("core/pillarbox/clock.py", "import qasync"),
    "Front ends stand on what is made for them": (
        "gui/pillarbox_gui/qt_guard.py",
        "from pillarbox.storage import database",
    ),
    "The window does not know the command line": ("gui/pillarbox_gui/loop.py", "import pillarbox.cli"),
    "Pure rooms touch no loop, no network and no disk": (
        "core/pillarbox/bitcoin/script.py",
        "import asyncio",
    ),
    "The server stands on pure rooms only": (
        "core/pillarbox/server/program.py",
        "from pillarbox.files import install",
    ),
    "Each outside thing has one room that knows it": ("core/pillarbox/app/paths.py", "import keyring"),
}


def lint(source: Path) -> str:
    """The report of the linter on the packages below `source`."""
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as lint; lint()"]
    done = subprocess.run(
        [*command, "--no-cache", "--config", str(ROOT / "pyproject.toml")],
        cwd=source,
        env={**os.environ, "PYTHONPATH": f"{source / 'core'}{os.pathsep}{source / 'gui'}"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    for folder in ("core", "gui"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=ignored)
    return tmp_path


def test_every_contract_holds(copied: Path) -> None:
    assert re.search(r"Contracts: \d+ kept, 0 broken", lint(copied)), lint(copied)


def test_every_contract_bites(copied: Path) -> None:
    for file, line in TRESPASSES.values():
        trespasser = copied / file
        trespasser.parent.mkdir(exist_ok=True)
        (trespasser.parent / "__init__.py").touch()
        with trespasser.open("a", encoding="utf-8") as source:
            source.write(f"\n{line}\n")
    report = lint(copied)
    assert set(re.findall(r"^(.*) BROKEN", report, re.MULTILINE)) == set(TRESPASSES)
    assert set(TRESPASSES) == {contract["name"] for contract in CONTRACTS["contracts"]}
    for file, line in TRESPASSES.values():
        importer = file.partition("/")[2].removesuffix(".py").replace("/", ".")
        assert re.search(rf"{importer} -> {re.escape(line.split()[1])}", report), report
