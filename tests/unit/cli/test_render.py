"""What people and programs read."""

import errno
import io
import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.cli.render import OutputUnwritableError, Renderer, printable, table
from pillarbox.errors import DiskFullError, ErrorText
from pillarbox.model.printable import JOINERS
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


ACCOUNT = {
    "account": 2,
    "kind": "cardano-byron",
    "label": "Ada",
    "path": "m/44'/1815'/0'",
    "watch_only": False,
    "scan_state": "unscanned",
    "lacks_addresses": True,
    "unused": 0,
    "reserved": 0,
    "used": 100,
    "received": 5,
    "unit": "lovelace",
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


class FullDisk(io.StringIO):
    def flush(self) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("as_json", [True, False])
def test_a_reply_that_cannot_be_written_is_an_error_in_words_beside_it(as_json: bool) -> None:
    err = io.StringIO()
    renderer = Renderer(as_json=as_json, out=FullDisk(), err=err)
    with pytest.raises(OutputUnwritableError) as refused:
        renderer.reply("receive", ADDRESS)
    renderer.error(refused.value.text)
    assert os.strerror(errno.ENOSPC) in err.getvalue()


def test_words_that_nobody_reads_are_no_failure() -> None:
    renderer = Renderer(as_json=False, out=io.StringIO(), err=FullDisk())
    renderer.note("a word")
    renderer.progress(Progress(1, None, 1))
    renderer.error(DiskFullError(where="/home").text)


@pytest.mark.parametrize(
    ("code", "option"),
    [
        ("gap-reached", "--at-limit"),
        ("not-scanned", "--unscanned"),
        ("no-key-source", "pillarbox account prepare NAME ACCOUNT"),
    ],
)
def test_a_question_is_answered_by_an_option(people: Streams, code: str, option: str) -> None:
    people.renderer.error(ErrorText(code, "A question", "It is asked.", "Press a button."))
    assert option in people.err.getvalue()
    assert "button" not in people.err.getvalue()


def test_progress_goes_beside_the_objects(programs: Streams) -> None:
    programs.renderer.progress(Progress(40, None, 3))
    assert programs.out.getvalue() == ""
    assert "40 done, 3 found" in programs.err.getvalue()


def test_the_address_stands_alone_on_the_first_line(people: Streams) -> None:
    people.renderer.reply("receive", {**ADDRESS, "uri": "bitcoin:bc1q", "request": None})
    first, *rest = people.out.getvalue().splitlines()
    assert first == ADDRESS["address"]
    assert any("until used" in line for line in rest)


def _shown(people: Streams, **also: object) -> str:
    """What a person reads of a hand-out that has these fields."""
    people.renderer.reply("receive", {**ADDRESS, "uri": None, "request": None, **also})
    return people.out.getvalue()


def test_an_address_without_a_link_has_no_line_for_one(people: Streams) -> None:
    assert "link" not in _shown(people)


def test_what_must_be_known_of_an_address_stands_below_it(people: Streams) -> None:
    shown = _shown(people, note="Never give it to a payer.", handed_out_before=True)
    assert "somebody was shown this address before" in shown
    assert "Never give it to a payer." in shown


def test_a_request_is_told_in_whole_coins_and_in_the_accounts_unit(people: Streams) -> None:
    request = {"id": 1, "amount": 50_000_000_000, "amount_text": "0.5 DASH"}
    assert "0.5 DASH (50000000000 credit)" in _shown(people, request=request, unit="credit")


def test_a_hand_out_that_ends_with_its_command_is_not_said_to_be_held(people: Streams) -> None:
    plain: dict[str, object] = {"held_until": None, "held_until_used": False}
    assert "until Pillarbox closes" in _shown(people, **plain)
    shown = _shown(Streams(as_json=False), **plain, ends_with_command=True)
    assert "until Pillarbox closes" not in shown
    assert "not once this command ends; use --hold or --label" in shown


@pytest.mark.parametrize(("made", "said"), [(1, "1 address was made"), (2, "2 addresses were made")])
def test_one_address_is_not_told_of_as_several(people: Streams, made: int, said: str) -> None:
    people.renderer.reply("account prepare", {"made": made, "account": 1})
    assert people.out.getvalue().startswith(said)


@pytest.mark.parametrize(
    ("path", "place"), [("m/84'/2'/0'", "m/84'/2'/0', watch-only"), ("", "cardano-byron  watch-only")]
)
def test_an_account_that_only_watches_is_marked(people: Streams, path: str, place: str) -> None:
    people.renderer.reply("account list", {**ACCOUNT, "path": path, "watch_only": True})
    people.renderer.finish("account list")
    assert place in people.out.getvalue()


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


def test_letters_that_join_others_are_printed_as_they_are() -> None:
    for label in ("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "\U0001f469\u200d\U0001f467"):
        assert printable(label) == label
    assert printable("\u202e\ufeff") == r"\u202e\ufeff"


def test_a_label_cannot_command_the_terminal(people: Streams) -> None:
    people.renderer.reply("addresses", {**ADDRESS, "label": "\x1b[2J\r\nHacked\x07"})
    people.renderer.finish("addresses")
    assert "\x1b" not in people.out.getvalue()
    assert "\x07" not in people.out.getvalue()
    assert len(people.out.getvalue().splitlines()) == 2


def test_a_scan_that_lacks_addresses_names_the_command_that_makes_more(people: Streams) -> None:
    people.renderer.reply("account list", ACCOUNT)
    people.renderer.reply("account list", {**ACCOUNT, "lacks_addresses": False})
    people.renderer.finish("account list")
    lacking, other = people.out.getvalue().splitlines()[1:]
    assert lacking.endswith("unscanned, words needed to go on: account prepare")
    assert other.endswith("unscanned")


@given(st.text())
def test_what_is_printed_can_be_printed(text: str) -> None:
    assert all(c.isprintable() or c in f"\n{JOINERS}" for c in printable(text))


@given(st.lists(st.lists(st.text(), min_size=3, max_size=3), min_size=1, max_size=5))
def test_a_table_has_a_line_a_row(rows: list[list[str]]) -> None:
    assert len(table(rows).split("\n")) == len(rows) + 1
