"""The lock installs the same files from any mirror, on every supported Python."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[2]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PYTHONS = ["3.11", "3.12", "3.13"]


def locked() -> dict[Requirement, list[str]]:
    """What the lock pins, and the hashes that it accepts."""
    entries = LOCK.replace("\\\n", " ").splitlines()
    return {
        Requirement(entry.partition(" --hash=")[0]): re.findall(r"--hash=sha256:([0-9a-f]{64})", entry)
        for entry in entries
        if entry and not entry.startswith("#")
    }


def asked_for() -> list[Requirement]:
    extras = PROJECT["optional-dependencies"].values()
    return [Requirement(text) for group in [PROJECT["dependencies"], *extras] for text in group]


def pinned(name: str, environment: dict[str, str]) -> list[Version]:
    return [
        Version(next(iter(requirement.specifier)).version)
        for requirement in locked()
        if canonicalize_name(requirement.name) == canonicalize_name(name)
        and (requirement.marker is None or requirement.marker.evaluate(environment))
    ]


def test_the_lock_names_no_index_and_no_address() -> None:
    assert not re.search(r"://|^-", LOCK, re.MULTILINE)


def test_every_pin_is_exact_and_has_hashes() -> None:
    for requirement, hashes in locked().items():
        assert [specifier.operator for specifier in requirement.specifier] == ["=="], requirement.name
        assert hashes, requirement.name


@pytest.mark.parametrize("python", PYTHONS)
def test_the_lock_holds_one_version_of_all_that_the_project_asks_for(python: str) -> None:
    environment = {"python_version": python, "python_full_version": f"{python}.0"}
    for wanted in asked_for():
        if wanted.marker is None or wanted.marker.evaluate(environment):
            versions = pinned(wanted.name, environment)
            assert len(versions) == 1, f"{wanted} on Python {python}: run make lock"
            assert versions[0] in wanted.specifier, f"{wanted} on Python {python}: run make lock"
