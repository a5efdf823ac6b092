"""A thread of its own that serves what an event loop asks of it, in order, and wakes it once a group."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

log = logging.getLogger(__name__)

Work = TypeVar("Work")
Work_contra = TypeVar("Work_contra", contravariant=True)


class Outcome(NamedTuple):
    """What came of one piece of work: a value, or an error."""

    value: object
    error: BaseException | None = None


class Server(Protocol[Work_contra]):
    """What does the work, in the lane's thread."""

    def serve(self, works: Sequence[Work_contra]) -> Sequence[Outcome]:
        """One outcome for each, in order. Raises nothing."""
        ...

    def close(self) -> None: ...


Then = Callable[[Any], Any]
"""What follows on the loop from the value of a piece of work."""


class _Job(NamedTuple):
    work: Any
    answer: "asyncio.Future[Any]"
    then: Then | None = None


class Lane(Generic[Work]):
    """Made on the loop that asks. The thread lives from `start` to `close`."""

    def __init__(self, name: str, most: int) -> None:
        """`most` pieces of work are served together."""
        self._loop = asyncio.get_running_loop()
        self._queue: SimpleQueue[_Job | None] = SimpleQueue()
        self._most = most
        self._name = name
        self._thread: Thread | None = None
        self._ended: asyncio.Future[None] = self._loop.create_future()
        self._closing = False
        self.after_group: Callable[[], None] = lambda: None
        """Called on the loop once a group was served and its askers were told."""

    @property
    def closing(self) -> bool:
        return self._closing

    async def start(self, make_server: Callable[[], Server[Work]]) -> None:
        """Make the server in the thread. Raises what `make_server` raises."""
        started: asyncio.Future[None] = self._loop.create_future()
        self._thread = Thread(target=self._run, args=(make_server, started), name=self._name)
        self._thread.start()
        await started

    def submit(self, work: Work, then: Then | None = None) -> "asyncio.Future[Any]":
        """Queue work. Cancelling the future stops neither it nor `then`, whose value is the answer."""
        answer: asyncio.Future[Any] = self._loop.create_future()
        self._queue.put(_Job(work, answer, then))
        return answer

    async def close(self) -> None:
        """Serve what was submitted, then close the server and end the thread. May be called again."""
        if self._thread is None:
            return
        if not self._closing:
            self._closing = True
            self._queue.put(None)
        await asyncio.shield(self._ended)
        self._thread.join()

    def _run(self, make_server: Callable[[], Server[Work]], started: "asyncio.Future[None]") -> None:
        try:
            server = make_server()
        except BaseException as error:  # noqa: BLE001  # handed to whoever called start
            self._tell([_Job(None, started), _Job(None, self._ended)], [Outcome(None, error), Outcome(None)])
            return
        self._tell([_Job(None, started)], [Outcome(None)])
        ended = Outcome(None)
        try:
            while jobs := self._next_group():
                self._tell(jobs, server.serve([job.work for job in jobs]), self.after_group)
            server.close()
        except BaseException as error:  # noqa: BLE001  # handed to whoever calls close
            ended = Outcome(None, error)
        self._tell([_Job(None, self._ended)], [ended])

    def _next_group(self) -> list[_Job]:
        """What waits now, or else the next that comes; nothing at the end."""
        job = self._queue.get()
        jobs: list[_Job] = []
        while job is not None:
            jobs.append(job)
            if len(jobs) == self._most:
                return jobs
            try:
                job = self._queue.get_nowait()
            except Empty:
                return jobs
        if jobs:
            self._queue.put(None)
        return jobs

    def _tell(
        self, jobs: Sequence[_Job], outcomes: Sequence[Outcome], after: Callable[[], None] = lambda: None
    ) -> None:
        try:
            self._loop.call_soon_threadsafe(_settle, jobs, outcomes, after)
        except RuntimeError:
            log.warning("the event loop ended before the answers of %s", self._name)


def _settle(jobs: Sequence[_Job], outcomes: Sequence[Outcome], after: Callable[[], None]) -> None:
    for job, outcome in zip(jobs, outcomes, strict=True):
        followed = _follow(job.then, outcome)
        if job.answer.done():
            continue
        if followed.error is None:
            job.answer.set_result(followed.value)
        elif isinstance(followed.error, StopIteration):
            # A future refuses it, since a coroutine would end silently on it.
            job.answer.set_exception(RuntimeError("StopIteration left a transaction"))
        else:
            job.answer.set_exception(followed.error)
    after()


def _follow(then: Then | None, outcome: Outcome) -> Outcome:
    """What comes of `then`; nobody may wait for its error any more, so that is told here too."""
    if then is None or outcome.error is not None:
        return outcome
    try:
        return Outcome(then(outcome.value))
    except Exception as error:
        log.exception("what was written could not be followed in memory")
        return Outcome(None, error)
