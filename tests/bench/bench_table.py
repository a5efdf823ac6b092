"""The address table at 1,000,000 rows: memory, first paint, filter and sort, and the pauses meanwhile.

Filter and sort are timed from the user's wish to the rows painted anew; a heartbeat beside them measures how
long the window's thread was kept from everything else. The peer is Qt's own QSortFilterProxyModel over the
same model, at 20,000 rows, since at 1,000,000 one sort takes it minutes.
"""

import asyncio
import gc
import hashlib
import json
import os
import sys
import time
from array import array
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median
from typing import TypeVar

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QCoreApplication, QEvent, QSortFilterProxyModel, Qt
from PySide6.QtWidgets import QApplication, QTableView

from pillarbox.model.account import AccountId
from pillarbox.model.address import AddressColumns, AddressState
from pillarbox.model.network import BITCOIN, Network
from pillarbox_gui.loop import loop_factory
from pillarbox_gui.models.address_order import ALL_STATES, SortBy
from pillarbox_gui.models.address_table import AddressTableModel
from pillarbox_gui.theme.theme import Theme
from pillarbox_gui.widgets.address_table import AddressTableView
from pillarbox_gui.wording.times import Calendar

ROWS = 1_000_000
PEER_ROWS = 20_000
ROUNDS = 5
HEARTBEAT = 0.001
WINDOW = (900, 640)
NEEDLE = "7x"

T = TypeVar("T")
Entry = dict[str, object]


def columns(rows: int) -> AddressColumns:
    """A branch as a busy shop leaves it: most used, some held, one label in a hundred."""
    alphabet = bytes.maketrans(bytes(range(256)), b"qpzry9x8gf2tvdw0s3jn54khce6mua7l" * 8)
    texts = [
        "bc1q" + hashlib.blake2b(row.to_bytes(8, "big"), digest_size=38).digest().translate(alphabet).decode()
        for row in range(rows)
    ]
    states = bytearray([AddressState.USED]) * rows
    states[::97] = bytes([AddressState.RESERVED]) * len(states[::97])
    states[::10] = bytes([AddressState.UNUSED]) * len(states[::10])
    used = [state == AddressState.USED for state in states]
    return AddressColumns(
        account=AccountId(1),
        branch=0,
        revision=1,
        indices=range(rows),
        texts=texts,
        states=states,
        flags=bytes(rows),
        received=array("q", (row * 7919 % 1_000_003 if paid else 0 for row, paid in enumerate(used))),
        payments=array("q", map(int, used)),
        labels={row: f"Invoice {row * 31 % rows}" for row in range(0, rows, 100)},
        held_until={row: 1_800_000_000 + row for row in range(rows) if states[row] == AddressState.RESERVED},
    )


def fail(error: BaseException) -> None:
    raise error


async def in_a_thread(work: Callable[[], T], /) -> T:
    return await asyncio.to_thread(work)


def new_model() -> AddressTableModel:
    return AddressTableModel(lambda: 1_763_640_000, Calendar(), in_a_thread, fail)


def resident_bytes() -> int:
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def discard(thing: QTableView | AddressTableModel) -> None:
    thing.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def first_paint(theme: Theme, data: AddressColumns) -> float:
    """Milliseconds from a snapshot in hand to its first rows on the screen."""
    gc.collect()
    begun = time.perf_counter()
    model = new_model()
    model.show(data, BITCOIN, Network.MAINNET)
    view = AddressTableView(theme, model)
    view.resize(*WINDOW)
    view.grab()
    elapsed = time.perf_counter() - begun
    discard(view)
    discard(model)
    return elapsed * 1e3


class Heart:
    """The longest time that the loop did not come round."""

    def __init__(self) -> None:
        self.longest = 0.0

    async def beat(self) -> None:
        last = time.perf_counter()
        while True:
            await asyncio.sleep(HEARTBEAT)
            now = time.perf_counter()
            self.longest = max(self.longest, now - last - HEARTBEAT)
            last = now


async def settle(view: AddressTableView, model: AddressTableModel, wish: Callable[[], None]) -> float:
    """Milliseconds from a wish to its rows, painted."""
    settled = asyncio.Event()

    def tell(busy: bool) -> None:
        if not busy:
            settled.set()

    model.ordering.connect(tell)
    begun = time.perf_counter()
    wish()
    if not model.settled:
        await settled.wait()
    view.viewport().grab()
    elapsed = time.perf_counter() - begun
    model.ordering.disconnect(tell)
    return elapsed * 1e3


def wishes(model: AddressTableModel) -> dict[str, Callable[[], None]]:
    """What a user asks of a table."""
    used = frozenset({AddressState.USED})
    return {
        "filter by state": lambda: model.set_filter(used, ""),
        "filter by text": lambda: model.set_filter(ALL_STATES, NEEDLE),
        "sort by address": lambda: model.sort(SortBy.ADDRESS),
        "sort by amount": lambda: model.sort(SortBy.RECEIVED),
    }


async def order_times(
    theme: Theme, data: AddressColumns
) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """Milliseconds to each wish's rows, and the longest pause of the loop meanwhile, a value a round."""
    model = new_model()
    view = AddressTableView(theme, model)
    view.resize(*WINDOW)
    model.show(data, BITCOIN, Network.MAINNET)
    times: dict[str, list[float]] = {}
    pauses: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        for name, wish in wishes(model).items():
            gc.collect()
            heart = Heart()
            beating = asyncio.ensure_future(heart.beat())
            await asyncio.sleep(0.05)
            heart.longest = 0.0
            times.setdefault(name, []).append(await settle(view, model, wish))
            await asyncio.sleep(0.02)
            beating.cancel()
            pauses.setdefault(name, []).append(heart.longest * 1e3)
            await settle(view, model, lambda: plain(model))
    discard(view)
    discard(model)
    return times, pauses


def plain(model: AddressTableModel) -> None:
    model.set_filter(ALL_STATES, "")
    model.sort(SortBy.INDEX)


def proxy_times(data: AddressColumns) -> dict[str, list[float]]:
    """The same wishes to Qt's proxy, over the same model."""
    model = new_model()
    model.show(data, BITCOIN, Network.MAINNET)
    proxy = QSortFilterProxyModel()
    proxy.setSourceModel(model)
    view = QTableView()
    view.setModel(proxy)
    view.resize(*WINDOW)

    def timed(wish: Callable[[], None]) -> float:
        begun = time.perf_counter()
        wish()
        view.viewport().grab()
        return (time.perf_counter() - begun) * 1e3

    times: dict[str, list[float]] = {"filter by text": [], "sort by address": []}
    for _ in range(ROUNDS):
        proxy.setFilterKeyColumn(SortBy.ADDRESS)
        times["filter by text"].append(timed(lambda: proxy.setFilterFixedString(NEEDLE)))
        proxy.setFilterFixedString("")
        times["sort by address"].append(
            timed(lambda: proxy.sort(SortBy.ADDRESS, Qt.SortOrder.AscendingOrder))
        )
        proxy.sort(-1)
    proxy.setSourceModel(None)
    view.setModel(None)
    discard(view)
    discard(model)
    return times


def ms(values: list[float]) -> Entry:
    return {"value": round(median(values), 1), "unit": "ms"}


def run() -> dict[str, Entry]:
    """The entries of build/bench.json."""
    app = QApplication.instance() or QApplication([])
    if not isinstance(app, QApplication):
        raise TypeError("the table needs widgets, and another kind of application runs")
    theme = Theme(app)
    data = columns(ROWS)
    before = resident_bytes()
    model = new_model()
    model.show(data, BITCOIN, Network.MAINNET)
    entries: dict[str, Entry] = {
        "table of 1,000,000, memory beside the snapshot": {
            "value": round((resident_bytes() - before) / 2**20, 1),
            "unit": "MiB",
        }
    }
    discard(model)
    first_paint(theme, columns(1_000))
    paints = [first_paint(theme, data) for _ in range(ROUNDS)]
    entries["table of 1,000,000, first paint"] = ms(paints)

    def on_the_loop(work: Callable[[], Awaitable[T]]) -> T:
        async def main() -> T:
            return await work()

        with asyncio.Runner(loop_factory=loop_factory(app)) as runner:
            return runner.run(main())

    times, pauses = on_the_loop(lambda: order_times(theme, data))
    for name in times:
        entries[f"table of 1,000,000, {name}"] = ms(times[name])
        entries[f"table of 1,000,000, longest pause, {name}"] = ms(pauses[name])

    small = columns(PEER_ROWS)
    ours, _ = on_the_loop(lambda: order_times(theme, small))
    for name, theirs in proxy_times(small).items():
        entries[f"table of 20,000, {name}"] = {
            **ms(ours[name]),
            "peer": "QSortFilterProxyModel",
            "peer_value": round(median(theirs), 1),
            "ratio": round(median(ours[name]) / median(theirs), 3),
        }
    theme.deleteLater()
    return entries


if __name__ == "__main__":
    sys.stdout.write(json.dumps(run(), indent=2) + "\n")
