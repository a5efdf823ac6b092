"""A disk that is really full, or may only be read: a file system mounted for the test alone."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

UNSHARE = ["unshare", "--user", "--map-root-user", "--mount"]

PREPARE = """
import asyncio, json, subprocess, sys
from pathlib import Path
from pillarbox.errors import PillarboxError
from pillarbox.secret import Secret
from pillarbox.storage import meta
from pillarbox.storage.database import Database

folder, key = Path(sys.argv[1]), Secret(bytes(range(32)))

def mount(*options):
    subprocess.run(["mount", "-o", *options, str(folder)], check=True)

async def told(work):
    try:
        await work
    except PillarboxError as error:
        return error.code
    return "done"
"""

FULL = """
async def main():
    mount("size=1m", "-t", "tmpfs", "none")
    db = await Database.create(folder / "wallet.db", key)
    await db.write(lambda tx: meta.put(tx, "kept", "safe"))
    (folder / "filler").write_bytes(bytes(600_000))
    big = "x" * 100_000
    writes = [db.write(lambda tx, n=n: meta.put(tx, f"big {n}", big)) for n in range(8)]
    codes = [await told(write) for write in writes]
    kept = await db.read(lambda tx: meta.get(tx, "kept"))
    stored = await db.read(lambda tx: tx.value("SELECT count(*) FROM meta"))
    (folder / "filler").unlink()
    again = await told(db.write(lambda tx: meta.put(tx, "again", "fits")))
    await db.close()
    db = await Database.open(folder / "wallet.db", key)
    after = await db.read(lambda tx: [meta.get(tx, "kept"), meta.get(tx, "again")])
    await db.close()
    (folder / "filler").write_bytes(bytes(1_000_000 - (folder / "wallet.db").stat().st_size))
    creating = await told(Database.create(folder / "other.db", key))
    left = sorted(file.name for file in folder.iterdir())
    print(json.dumps({"codes": codes, "kept": kept, "stored": stored, "again": again, "after": after,
                      "creating": creating, "left": left}))
asyncio.run(main())
"""

READ_ONLY = """
async def main():
    mount("size=1m", "-t", "tmpfs", "none")
    db = await Database.create(folder / "wallet.db", key)
    await db.close()
    mount("remount,ro")
    print(json.dumps({"opening": await told(Database.open(folder / "wallet.db", key))}))
asyncio.run(main())
"""


def answer_of(script: str, folder: Path) -> dict[str, Any]:
    """What `script` prints, run where it may mount over `folder`."""
    if sys.platform != "linux" or shutil.which("unshare") is None:
        pytest.skip("a file system of its own needs Linux and unshare")
    if subprocess.run([*UNSHARE, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("this machine does not allow a mount namespace")
    command = [*UNSHARE, sys.executable, "-X", "dev", "-c", PREPARE + script, str(folder)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 0, ran.stderr
    answer: dict[str, Any] = json.loads(ran.stdout)
    return answer


def test_a_full_disk_is_told_and_loses_nothing_that_was_saved(tmp_path: Path) -> None:
    answer = answer_of(FULL, tmp_path)
    assert set(answer["codes"]) <= {"disk-full", "done"}
    assert "disk-full" in answer["codes"]
    assert answer["kept"] == "safe"
    assert answer["stored"] == 1 + answer["codes"].count("done")
    assert answer["again"] == "done"
    assert answer["after"] == ["safe", "fits"]
    assert answer["creating"] == "disk-full"
    assert answer["left"] == ["filler", "wallet.db"]


def test_a_wallet_that_may_only_be_read_says_so(tmp_path: Path) -> None:
    assert answer_of(READ_ONLY, tmp_path) == {"opening": "database-read-only"}
