"""What people and programs read."""

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.cli.render import Renderer, printable, table
from pillarbox.errors import DiskFullError
from pillarbox.model.progress import Progress

ADDRESS = {
    "account": 1,
    "branch": "external",
    "index": 0,
    "path": "m/84'/0'/0'/0/0",
    "address": "bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu",
    "state": "reserved",
    "label": "Ann",
    "held_until": None,
    "held_until_used": True,
    "handed_out_before": False,
    "flags": ["unconfirmed"],
    "received": 0,
    "unit": "sat",
}


class Streams:
    def __init__(self, *, as_json: bool) -> None:
        self.out = io.StringIO()
        self.err = io.StringIO()
        self.renderer = Renderer(as_json=as_json, out=self.out, err=self.err)


@pytest.fixture
def people() -> Streams:
    return Streams(as_json=False)


@pytest.fixture
def programs() -> Streams:
    return Streams(as_json=True)


def test_programs_read_one_object_a_line(programs: Streams) -> None:
    for _ in range(2):
        programs.renderer.reply("addresses", ADDRESS)
    programs.renderer.finish("addresses")
    assert [json.loads(line) for line in programs.out.getvalue().splitlines()] == [ADDRESS, ADDRESS]


def test_an_error_is_an_object_for_programs_and_words_for_people(people: Streams, programs: Streams) -> None:
    error = DiskFullError(where="/home").text
    programs.renderer.error(error)
    told = json.loads(programs.out.getvalue())
    assert told["ok"] is False
    assert set(told["error"]) == {"code", "title", "message", "hint"}
    assert programs.err.getvalue() == ""
    people.renderer.error(error)
    assert people.out.getvalue() == ""
    assert error.title in people.err.getvalue()
    assert error.hint in people.err.getvalue()


def test_progress_goes_beside_the_objects(programs: Streams) -> None:
    programs.renderer.progress(Progress(40, None, 3))
    assert programs.out.getvalue() == ""
    assert "40 done, 3 found" in programs.err.getvalue()


def test_the_address_stands_alone_on_the_first_line(people: Streams) -> None:
    people.renderer.reply("receive", {**ADDRESS, "uri": "bitcoin:bc1q", "request": None})
    first, *rest = people.out.getvalue().splitlines()
    assert first == ADDRESS["address"]
    assert any("until used" in line for line in rest)


def test_a_list_is_aligned_under_its_head(people: Streams) -> None:
    people.renderer.reply("addresses", ADDRESS)
    people.renderer.reply("addresses", {**ADDRESS, "index": 100})
    assert people.out.getvalue() == ""
    people.renderer.finish("addresses")
    lines = people.out.getvalue().splitlines()
    assert len({line.index("bc1q") if "bc1q" in line else line.index("ADDRESS") for line in lines}) == 1


def test_words_are_numbered(people: Streams) -> None:
    wallet = {
        "name": "w",
        "network": "regtest",
        "fingerprint": "00000000",
        "watch_only": False,
        "in_keychain": False,
        "accounts": [],
        "words": " ".join(f"word{n}" for n in range(1, 13)),
    }
    people.renderer.reply("wallet create", wallet)
    text = people.out.getvalue()
    assert all(f"{n}. word{n}" in text for n in range(1, 13))


def test_a_keychain_that_was_not_used_is_told_beside_the_reply(people: Streams) -> None:
    trouble = {"code": "c", "title": "There is no keychain here", "message": "None.", "hint": "Type."}
    wallet = {"name": "w", "locked": False, "keychain_trouble": trouble}
    people.renderer.reply("wallet unlock", wallet)
    assert "There is no keychain here" in people.err.getvalue()
    assert "There is no keychain here" not in people.out.getvalue()


def test_a_label_cannot_command_the_terminal(people: Streams) -> None:
    people.renderer.reply("addresses", {**ADDRESS, "label": "\x1b[2J\r\nHacked\x07"})
    people.renderer.finish("addresses")
    assert "\x1b" not in people.out.getvalue()
    assert "\x07" not in people.out.getvalue()
    assert len(people.out.getvalue().splitlines()) == 2


@given(st.text())
def test_what_is_printed_can_be_printed(text: str) -> None:
    assert all(c.isprintable() or c == "\n" for c in printable(text))


@given(st.lists(st.lists(st.text(), min_size=3, max_size=3), min_size=1, max_size=5))
def test_a_table_has_a_line_a_row(rows: list[list[str]]) -> None:
    assert len(table(rows).split("\n")) == len(rows) + 1
