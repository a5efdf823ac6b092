"""What is sealed in a backup: sections of records, read back as they were written or not at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.backup import content
from pillarbox.backup.content import SectionData, SectionLines
from pillarbox.backup.envelope import DamagedBackupError
from pillarbox.backup.sections import Field, rows_of

INT64 = st.integers(-(1 << 63), (1 << 63) - 1)
ROW = st.tuples(INT64, st.text(max_size=20), st.none() | st.text("0123456789abcdef", max_size=8))
FIELDS = ("a", "b", "c")
LABELS = SectionLines.of_rows("labels", 1, ("index", "label"), [(1, "a"), (2, "b")])


def read_all(packed: bytes) -> list[SectionData]:
    return [section for section in content.read(packed) if section is not None]


@given(st.lists(st.tuples(st.text(max_size=9), st.integers(1, 9), st.lists(ROW, max_size=6)), max_size=4))
def test_what_is_written_is_read(written: list[tuple[str, int, list[tuple[int, str, str | None]]]]) -> None:
    lines = [SectionLines.of_rows(name, version, FIELDS, rows) for name, version, rows in written]
    read = read_all(content.write(lines))
    assert [(each.name, each.version, each.fields, each.rows) for each in read] == [
        (name, version, FIELDS, rows) for name, version, rows in written
    ]


def test_long_sections_are_read_in_steps() -> None:
    many = SectionLines.of_rows("labels", 1, ("index",), [(i,) for i in range(content.STEP * 3)])
    assert [each is None for each in content.read(content.write([many]))].count(True) == 3


@given(st.data())
def test_content_that_is_cut_off_or_drawn_out_is_damaged(data: st.DataObject) -> None:
    packed = content.write([LABELS])
    end = data.draw(st.integers(0, len(packed) - 1))
    for wrong in (packed[:end], packed + b"\0"):
        with pytest.raises(DamagedBackupError):
            read_all(wrong)


def test_a_little_that_unpacks_to_very_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(content, "LARGEST", 1_000_000)
    bomb = content.write([SectionLines.of_rows("labels", 1, ("a",), [("x" * 2_000_000,)])])
    assert len(bomb) < 20_000
    with pytest.raises(DamagedBackupError, match="far larger"):
        read_all(bomb)


def test_more_records_than_any_wallet_has_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(content, "MOST_RECORDS", 3)
    with pytest.raises(DamagedBackupError, match="far larger"):
        read_all(content.write([LABELS, LABELS]))


@pytest.mark.parametrize(
    "lines",
    [b"[1]\n", b"[1,2,3]\n", b'[1,["a"]]\n', b"[1.5,2]\n", b"[true,2]\n", b"{}\n", b"\xff\n"],
    ids=["short", "long", "nested", "fraction", "truth", "object", "bytes"],
)
def test_a_record_that_is_none_is_damage(lines: bytes) -> None:
    with pytest.raises(DamagedBackupError):
        read_all(content.write([SectionLines("labels", 1, ("index", "label"), 1, lines)]))


@pytest.mark.parametrize("count", [1, 3])
def test_more_or_fewer_records_than_a_section_says_is_damage(count: int) -> None:
    with pytest.raises(DamagedBackupError):
        read_all(content.write([SectionLines("labels", 1, ("index", "label"), count, LABELS.lines)]))


KNOWN = (Field("label", str), Field("index", int), Field("colour", str, optional=True))


def test_records_are_read_by_the_names_of_their_fields() -> None:
    newer = SectionData("labels", 1, ("index", "shape", "label"), [[1, "round", "a"]])
    assert rows_of(newer, KNOWN) == [("a", 1, None)]


@pytest.mark.parametrize(
    ("fields", "row"),
    [
        (("index",), [1]),
        (("index", "label"), ["1", "a"]),
        (("index", "label"), [1 << 63, "a"]),
        (("index", "label"), [1, None]),
    ],
    ids=["a field lacks", "a text for a number", "too large a number", "nothing for a text"],
)
def test_records_that_do_not_fit_are_damage(fields: tuple[str, ...], row: list[str | int | None]) -> None:
    with pytest.raises(DamagedBackupError):
        rows_of(SectionData("labels", 1, fields, [row]), KNOWN)


@pytest.mark.parametrize("text", ["0", "0G", "AB"])
def test_bytes_are_lower_case_hex(text: str) -> None:
    with pytest.raises(DamagedBackupError):
        rows_of(SectionData("tokens", 1, ("token",), [[text]]), (Field("token", bytes),))
