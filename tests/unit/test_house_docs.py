"""What the documents say is so: links lead somewhere, commands and make targets exist."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from pillarbox.cli.parser import parse

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
IDS = [str(document.relative_to(ROOT)) for document in DOCUMENTS]

LINK = re.compile(r"\]\((?!https?://)([^)#]*)(#[^)]*)?\)")
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)


def command_lines(document: Path) -> list[list[str]]:
    """The commands of shell examples, without their comments."""
    lines = "".join(BLOCK.findall(document.read_text(encoding="utf-8"))).splitlines()
    return [shlex.split(line, comments=True) for line in lines if line.strip()]


@pytest.mark.parametrize("document", DOCUMENTS, ids=IDS)
def test_every_link_leads_somewhere(document: Path) -> None:
    links = [found[1] for found in LINK.finditer(document.read_text(encoding="utf-8")) if found[1]]
    assert [link for link in links if not (document.parent / link).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=IDS)
def test_every_example_is_a_command_that_exists(document: Path) -> None:
    for words in command_lines(document):
        if words[0] == "pillarbox":
            parse(words[1:])
        elif words[0] == "make":
            subprocess.run(["make", "--dry-run", *words[1:]], cwd=ROOT, check=True, capture_output=True)


def test_every_decision_is_in_the_list() -> None:
    folder = ROOT / "docs" / "decisions"
    listed = set(LINK.findall((folder / "README.md").read_text(encoding="utf-8")))
    records = {file.name for file in folder.glob("*.md")} - {"README.md"}
    assert {name for name, _ in listed} == records
