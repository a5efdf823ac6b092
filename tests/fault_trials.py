"""What is tried on a disk that fails: one thing done at every operation's failure and after every crash."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import pytest

from faults import Crash, Disk, Fault, alike, faults
from pillarbox.errors import PillarboxError

SOME_OR_EVERY = pytest.mark.parametrize(
    "every", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["some", "every"]
)
_MOST = 0.7
"""Threads take turns, so that an attempt has an operation more or less than another before it ends."""


class Trial(Protocol):
    """One thing that is done with what lies on the disk, and what must be so whatever the disk did."""

    async def open(self) -> None:
        """Make ready on a disk that works."""
        ...

    async def act(self) -> None:
        """Raises PillarboxError, and nothing else, where the disk refuses."""
        ...

    async def check(self, refused: PillarboxError | None, fault: Fault | None) -> None:
        """Right after the attempt, or with None for both after a crash and what opening does."""
        ...

    async def complete(self) -> None:
        """The next attempt, on a disk that works, does all of it."""
        ...

    async def close(self) -> None: ...

    def check_files(self, *, completed: bool) -> None:
        """What lies on the disk is good, and nothing of it is older than before. Nothing is open."""
        ...

    def left_behind(self) -> list[Path]:
        """What was begun, and never became what it was to be."""
        ...


async def try_faults(disk: Disk, kept: Path, make: Callable[[], Trial], *, every: bool) -> None:
    """Act while each operation fails in each way. `kept`: what lies on the disk at first."""
    await _try(disk, kept, make, None)
    operations = tuple(disk.operations)
    failures: list[Exception] = []
    chosen = faults(disk, every=every)
    reached = 0
    for fault in chosen:
        with _gathered(failures, f"{fault.how.value}: operation {fault.at}, {operations[fault.at]}"):
            await _try(disk, kept, make, fault)
        reached += disk.failed is not None
    _tell(failures)
    assert reached > _MOST * len(chosen), f"only {reached} of {len(chosen)} were reached"


async def try_crashes(
    disk: Disk, kept: Path, make: Callable[[], Trial], crashes: Path, *, every: bool
) -> None:
    """Go on from what a crash after each change of the disk leaves."""
    trial = make()
    disk.put_back(kept)
    await trial.open()
    disk.count(crashes=crashes)
    try:
        await trial.act()
    finally:
        disk.heal()
        await trial.close()
    failures: list[Exception] = []
    for crash in disk.crashes if every else _one_of_each(disk):
        with _gathered(failures, f"crash after {crash.after}, {crash.left.name}"):
            disk.put_back(crash.left)
            await _go_on(make())
    _tell(failures)


async def _try(disk: Disk, kept: Path, make: Callable[[], Trial], fault: Fault | None) -> None:
    trial = make()
    disk.put_back(kept)
    await trial.open()
    refused: PillarboxError | None = None
    try:
        disk.count(fault)
        try:
            await trial.act()
        except PillarboxError as error:
            refused = error
        disk.heal()
        await trial.check(refused, fault)
        await trial.complete()
    finally:
        disk.heal()
        await trial.close()
    trial.check_files(completed=True)
    if trial.left_behind():
        assert disk.may_leave_something, trial.left_behind()
        await _go_on(make())


async def _go_on(trial: Trial) -> None:
    """Long after it, in a new process."""
    trial.check_files(completed=False)
    for path in trial.left_behind():
        os.utime(path, (0, 0))
    await trial.open()
    try:
        await trial.check(None, None)
        await trial.complete()
    finally:
        await trial.close()
    trial.check_files(completed=True)
    assert trial.left_behind() == []


def _one_of_each(disk: Disk) -> Sequence[Crash]:
    """A crash after each sort of operation."""
    found: list[Crash] = []
    for crash in disk.crashes:
        if not any(alike(crash.after, before.after) for before in found):
            found.append(crash)
    return found


@contextmanager
def _gathered(failures: list[Exception], when: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # noqa: BLE001  # told together, with what came before it
        error.add_note(when)
        failures.append(error)


def _tell(failures: Sequence[Exception]) -> None:
    if failures:
        raise ExceptionGroup("the disk's failures were not survived", failures)
