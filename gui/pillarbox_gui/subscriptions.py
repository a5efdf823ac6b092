"""Events on their way to a widget: gathered for a moment, and kept back while the widget is hidden."""

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QWidget

from pillarbox.events import Event, Events, Subscription
from pillarbox.model.account import WalletId

E = TypeVar("E", bound=Event)

GATHER_MS = 33
"""Two frames: a burst becomes one update, and a single event is shown before anybody waits for it."""
MOST_KEPT = 4_096
"""Past so many, a fresh snapshot is cheaper than the events."""


class Subscriptions(QObject):
    """A widget's ears. Events reach it in order and in batches, the first of them `GATHER_MS` after it came.

    A hidden widget gets nothing until it is shown; if too much happened meanwhile it is asked to `resync`
    (subscribe first, then snapshot, as ever) instead. Ends with the widget, or with `close()`.
    """

    def __init__(
        self, widget: QWidget, events: Events, resync: Callable[[], None], wallet: WalletId | None = None
    ) -> None:
        """`resync` makes the widget take a fresh snapshot of all it shows."""
        super().__init__(widget)
        self._widget = widget
        self._events = events
        self._resync = resync
        self._wallet = wallet
        self._subscriptions: list[Subscription] = []
        self._boxes: list[_Box[Any]] = []
        self._timer = QTimer(self, singleShot=True, interval=GATHER_MS)
        self._timer.timeout.connect(self._deliver)
        widget.installEventFilter(self)
        widget.destroyed.connect(_closer(self._subscriptions))

    def on(self, kind: type[E], receive: Callable[[Sequence[E]], None]) -> None:
        """Deliver events of a class, subclasses included."""
        box = _Box[E](receive, self._due)
        self._boxes.append(box)
        self._subscriptions.append(self._events.subscribe(kind, box.put, self._wallet))

    def close(self) -> None:
        """Hear nothing more; what is kept is dropped."""
        _closer(self._subscriptions)()
        self._timer.stop()
        self._boxes.clear()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._widget and event.type() == QEvent.Type.Show and any(b.kept for b in self._boxes):
            self._timer.start(0)
        return False

    def _due(self) -> None:
        if not self._timer.isActive() and self._widget.isVisible():
            self._timer.start()

    def _deliver(self) -> None:
        if not self._widget.isVisible():
            return
        if any(box.overflown for box in self._boxes):
            for box in self._boxes:
                box.empty()
            self._resync()
            return
        for box in self._boxes:
            if batch := box.empty():
                box.receive(batch)


class _Box(Generic[E]):
    """Keeps what came until it is delivered."""

    __slots__ = ("_due", "kept", "overflown", "receive")

    def __init__(self, receive: Callable[[Sequence[E]], None], due: Callable[[], None]) -> None:
        self.receive = receive
        self.kept: list[E] = []
        self.overflown = False
        self._due = due

    def put(self, event: E) -> None:
        if len(self.kept) < MOST_KEPT:
            self.kept.append(event)
        else:
            self.overflown = True
        self._due()

    def empty(self) -> list[E]:
        batch, self.kept, self.overflown = self.kept, [], False
        return batch


def _closer(subscriptions: list[Subscription]) -> Callable[[], None]:
    """Closes them all, once; holds no widget, so it may run when the widget is gone."""

    def close() -> None:
        while subscriptions:
            subscriptions.pop().close()

    return close
