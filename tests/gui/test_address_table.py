"""The address table's model against a fresh snapshot, whatever happened before."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import pytest
from address_samples import ACCOUNT, Sample, address_text, snapshot
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QLocale, QModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QApplication

from pillarbox.model.address import AddressFlag, AddressRef, AddressState
from pillarbox.model.network import BITCOIN, Network
from pillarbox_gui.models import address_table
from pillarbox_gui.models.address_order import ALL_STATES, Query, SortBy, compute_order
from pillarbox_gui.models.address_rows import AddressRows
from pillarbox_gui.models.address_table import REF_ROLE, AddressTableModel
from pillarbox_gui.wording.amounts import NOTHING
from pillarbox_gui.wording.times import Calendar

T = TypeVar("T")
NOW = 1_700_000_000
FRIDAY_18 = 1_700_244_000
UNUSED, RESERVED, USED = AddressState

SAMPLES = st.builds(
    Sample,
    state=st.sampled_from(AddressState),
    flags=st.sampled_from([AddressFlag.NONE, AddressFlag.HANDED_OUT_BEFORE, AddressFlag.REUSED]),
    received=st.sampled_from([0, 0, 1, 500, 2_100_000_000_000_000]),
    payments=st.integers(0, 2),
    label=st.sampled_from(["", "", "Alice", "bob", "zed 7"]),
    held_until=st.sampled_from([None, NOW + 60, NOW + 3600]),
    held_until_used=st.booleans(),
)
QUERIES = st.builds(
    Query,
    states=st.sampled_from([ALL_STATES, frozenset({UNUSED}), frozenset({RESERVED, USED}), frozenset()]),
    text=st.sampled_from(["", "7", "#3", "ALI", "bc1q"]),
    sort_by=st.sampled_from(SortBy),
    descending=st.booleans(),
)


async def in_a_thread(work: Callable[[], T], /) -> T:
    return await asyncio.to_thread(work)


def fail(error: BaseException) -> None:
    raise error


def make_model() -> AddressTableModel:
    return AddressTableModel(lambda: NOW, Calendar(QLocale("en_GB")), in_a_thread, fail)


def ask(model: AddressTableModel, query: Query) -> None:
    order = Qt.SortOrder.DescendingOrder if query.descending else Qt.SortOrder.AscendingOrder
    model.sort(query.sort_by, order)
    model.set_filter(query.states, query.text)


def contents(model: AddressTableModel) -> list[list[str]]:
    return [
        [model.index(row, column).data() for column in range(model.columnCount())]
        for row in range(model.rowCount())
    ]


class Mirror:
    """A table that knows only what the model's signals said."""

    def __init__(self, model: AddressTableModel) -> None:
        self.model = model
        self.refresh()
        model.modelReset.connect(self.refresh)
        model.rowsInserted.connect(self.insert)
        model.rowsRemoved.connect(self.remove)
        model.rowsMoved.connect(self.move)
        model.dataChanged.connect(self.change)

    def row(self, row: int) -> list[str]:
        return [self.model.index(row, column).data() for column in range(self.model.columnCount())]

    def refresh(self) -> None:
        self.rows = contents(self.model)

    def insert(self, _: QModelIndex, first: int, last: int) -> None:
        self.rows[first:first] = [self.row(row) for row in range(first, last + 1)]

    def remove(self, _: QModelIndex, first: int, last: int) -> None:
        del self.rows[first : last + 1]

    def move(self, _: QModelIndex, first: int, last: int, __: QModelIndex, target: int) -> None:
        assert first == last
        row = self.rows.pop(first)
        self.rows.insert(target - 1 if target > first else target, row)

    def change(self, top: QModelIndex, bottom: QModelIndex, _: Any) -> None:
        for row in range(top.row(), bottom.row() + 1):
            self.rows[row] = self.row(row)


@pytest.mark.usefixtures("qapp")
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_after_any_updates_the_model_equals_one_made_from_a_fresh_snapshot(data: st.DataObject) -> None:
    known = dict(enumerate(data.draw(st.lists(SAMPLES, max_size=12))))
    if data.draw(st.booleans()):
        known.pop(1, None)  # an index without an address
    model = make_model()
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Warning)
    model.show(snapshot(known), BITCOIN, Network.MAINNET)
    mirror = Mirror(model)
    query = Query()
    for revision in range(2, 2 + data.draw(st.integers(1, 6))):
        if data.draw(st.booleans()):
            query = data.draw(QUERIES)
            ask(model, query)
        end = max(known, default=-1) + 1
        changed = set(data.draw(st.lists(st.sampled_from(sorted(known)), max_size=5))) if known else set()
        changed |= set(range(end, end + data.draw(st.integers(0, 3))))
        known |= {index: data.draw(SAMPLES) for index in sorted(changed)}
        assert model.apply(snapshot(known, revision, changed))
        assert mirror.rows == contents(model)

    fresh = make_model()
    fresh.show(snapshot(known), BITCOIN, Network.MAINNET)
    ask(fresh, query)
    assert contents(model) == contents(fresh)
    assert [model.in_state(s) for s in AddressState] == [fresh.in_state(s) for s in AddressState]
    for row in range(model.rowCount()):
        assert model.position_of(model.index(row, 0).data(REF_ROLE)) == row
    tester.deleteLater()


@settings(max_examples=100, deadline=None)
@given(samples=st.lists(SAMPLES, max_size=40), query=QUERIES)
def test_filter_and_sort_agree_with_the_plain_definition(samples: list[Sample], query: Query) -> None:
    rows = AddressRows(snapshot(dict(enumerate(samples))))

    def wanted(row: int) -> bool:
        sample, text = samples[row], query.text
        in_text = text.lower() in address_text(row) or text.casefold() in sample.label.casefold()
        return sample.state in query.states and (in_text or text.removeprefix("#") == str(row))

    def value(row: int) -> Any:
        sample = samples[row]
        # Holds with an end come first, then those until closing, then those until paid.
        rank = 2 if sample.held_until_used else 1 if sample.held_until is None else 0
        hold = (rank, sample.held_until or 0 if rank == 0 else 0)
        return {
            SortBy.INDEX: row,
            SortBy.STATE: sample.state,
            SortBy.ADDRESS: address_text(row),
            SortBy.LABEL: sample.label.casefold() or None,
            SortBy.RECEIVED: sample.received or None,
            SortBy.NOTE: hold if sample.state is RESERVED else None,
        }[query.sort_by]

    chosen = [row for row in range(len(samples)) if wanted(row)]
    filled = sorted((row for row in chosen if value(row) is not None), key=lambda row: (value(row), row))
    if query.descending:
        filled.reverse()
    order = compute_order(rows, query)
    assert [order.row_at(p) for p in range(len(order))] == filled + [
        row for row in chosen if value(row) is None
    ]


def test_sorting_in_buckets_gives_what_one_sort_gives() -> None:
    amounts = [index * 7919 % 5003 for index in range(20_000)]
    rows = AddressRows(snapshot({i: Sample(USED, received=a) for i, a in enumerate(amounts)}))
    by_amount = compute_order(rows.freeze(), Query(sort_by=SortBy.RECEIVED))
    paid = [row for row in range(20_000) if amounts[row]]
    assert list(by_amount.filled) == sorted(paid, key=amounts.__getitem__)
    by_address = compute_order(rows.freeze(), Query(sort_by=SortBy.ADDRESS))
    assert list(by_address.filled) == sorted(range(20_000), key=rows.texts.__getitem__)


@pytest.fixture
def model(qapp: QApplication) -> Iterator[AddressTableModel]:
    made = make_model()
    yield made
    made.deleteLater()


def test_a_late_answer_of_another_branch_or_time_changes_nothing(
    model: AddressTableModel,
) -> None:
    known = {0: Sample(), 1: Sample(USED, received=5, payments=1)}
    model.show(snapshot(known, revision=9), BITCOIN, Network.MAINNET)
    before = contents(model)
    assert not model.apply(snapshot({0: Sample(USED)}, revision=8))
    assert not model.apply(snapshot({0: Sample(USED)}, revision=10, branch=1))
    assert contents(model) == before


def test_a_row_says_the_same_in_figures_and_aloud(model: AddressTableModel) -> None:
    held = Sample(RESERVED, label="Alice", held_until=FRIDAY_18)
    paid = Sample(USED, AddressFlag.REUSED, received=420_000, payments=2)
    model.show(snapshot({12: held, 13: paid}), BITCOIN, Network.TESTNET)
    assert contents(model)[0][:5] == ["12", "Reserved", address_text(12), "Alice", NOTHING]
    assert contents(model)[1][4:] == ["0.004\u202f200\u202f00", "2 payments"]
    spoken = Qt.ItemDataRole.AccessibleTextRole
    assert "Address 12, reserved until Friday" in model.index(0, 0).data(spoken)
    assert model.index(1, 3).data(spoken).endswith("2 payments, paid more than once, received 0.0042 tBTC")
    assert model.headerData(4, Qt.Orientation.Horizontal) == "Received (tBTC)"


def test_many_scattered_changes_are_told_in_few_signals(model: AddressTableModel) -> None:
    known = {index: Sample() for index in range(5_000)}
    model.show(snapshot(known), BITCOIN, Network.MAINNET)
    told: list[tuple[int, int]] = []
    model.dataChanged.connect(lambda top, bottom, _: told.append((top.row(), bottom.row())))
    model.apply(snapshot(known, 2, [*range(10, 20), *range(40, 50)]))
    assert told == [(10, 19), (40, 49)]
    told.clear()
    model.apply(snapshot(known, 3, range(0, 5_000, 2)))
    assert told == [(0, 4_998)]


def test_editing_a_label_tells_the_wish_and_changes_nothing_yet(model: AddressTableModel) -> None:
    model.show(snapshot({0: Sample(label="old")}), BITCOIN, Network.MAINNET)
    wishes: list[tuple[AddressRef, str]] = []
    model.label_edited.connect(lambda ref, text: wishes.append((ref, text)))
    label = model.index(0, SortBy.LABEL)
    assert label.flags() & Qt.ItemFlag.ItemIsEditable
    model.setData(label, " new ")
    model.setData(label, "old")
    assert wishes == [(AddressRef(ACCOUNT, 0, 0), "new")]
    assert label.data() == "old"


async def test_a_large_table_is_ordered_in_a_worker_and_updates_meanwhile_are_kept(
    qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(address_table, "INLINE_ROWS", 100)
    known = {index: Sample() for index in range(3_000)}
    model = make_model()
    model.show(snapshot(known), BITCOIN, Network.MAINNET)
    told: list[bool] = []
    model.ordering.connect(told.append)
    settled = asyncio.Event()
    model.ordering.connect(lambda busy: None if busy else settled.set())
    model.set_filter(frozenset({USED}), "")
    model.sort(SortBy.RECEIVED)
    assert not model.settled
    assert model.rowCount() == 3_000
    await asyncio.sleep(0)
    for revision, index in enumerate(range(0, 3_000, 30), start=2):
        known[index] = Sample(USED, received=index % 7 + 1, payments=1)
        model.apply(snapshot(known, revision, [index]))
    async with asyncio.timeout(10):
        await settled.wait()
    fresh = make_model()
    monkeypatch.setattr(address_table, "INLINE_ROWS", 10_000)
    fresh.show(snapshot(known), BITCOIN, Network.MAINNET)
    fresh.set_filter(frozenset({USED}), "")
    fresh.sort(SortBy.RECEIVED)
    assert contents(model) == contents(fresh)
    assert told == [True, False]
