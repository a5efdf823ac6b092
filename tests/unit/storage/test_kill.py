"""A process killed at any moment leaves every change it told of, whole, and half of none."""

import asyncio
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pillarbox.secret import Secret
from pillarbox.storage import connection as connections
from pillarbox.storage import meta
from pillarbox.storage.database import Database

WRITE_FOR_EVER = """
import asyncio, sys
from pathlib import Path
from pillarbox.secret import Secret
from pillarbox.storage import connection as connections
from pillarbox.storage import meta
from pillarbox.storage.database import Database

def change(tx):
    number = meta.bump_revision(tx)
    meta.put(tx, "twin", str(number))
    return number

async def main():
    db = await Database.open(Path(sys.argv[1]), Secret(bytes(range(32))))
    while True:
        numbers = await asyncio.gather(*(db.write(change) for _ in range(20)))
        print(numbers[-1], flush=True)
asyncio.run(main())
"""


def told_before_killed(path: Path, seconds: float) -> int:
    """Start the writer, kill it that long after its first word; returns the last change it told of."""
    process = subprocess.Popen(
        [sys.executable, "-c", WRITE_FOR_EVER, str(path)], stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout is not None
        first = process.stdout.readline()
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
        return int(([first, *process.stdout.read().split()])[-1])


@pytest.mark.parametrize("kills", [4, pytest.param(100, marks=pytest.mark.slow)])
def test_a_killed_writer_loses_nothing_it_told_of(path: Path, key: Secret, kills: int) -> None:
    async def state() -> tuple[int, str | None]:
        db = await Database.open(path, key)
        read = await db.read(lambda tx: (meta.revision(tx), meta.get(tx, "twin")))
        await db.close()
        return read

    chance = random.Random(kills)
    connections.create(path, key).close()
    for _ in range(kills):
        told = told_before_killed(path, chance.uniform(0, 0.2))
        revision, twin = asyncio.run(state())
        assert revision >= told
        assert twin == str(revision)
