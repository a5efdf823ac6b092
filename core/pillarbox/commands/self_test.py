"""`self-test`: does this installed copy work? Everything it touches is thrown away afterwards."""

import asyncio
import logging
import os
import subprocess
import sys
import tempfile
from collections.abc import AsyncGenerator, Awaitable, Callable
from functools import partial
from importlib import resources
from importlib.util import find_spec
from pathlib import Path

from pillarbox.app.paths import Paths
from pillarbox.commands.nouns import JsonObject
from pillarbox.errors import PillarboxError
from pillarbox.files.install import install_file
from pillarbox.files.private_folder import make_private_folder
from pillarbox.model.account import WalletId
from pillarbox.model.network import Network
from pillarbox.secret import Secret

log = logging.getLogger(__name__)

KEYCHAIN_PATIENCE = 10.0
WINDOW_PATIENCE = 60.0
WALLET = WalletId("00000000000000000000000000000000")

Check = Callable[[Path], Awaitable[str]]
"""Works in a folder of its own; says what it found. Raises where something is broken."""

_MNEMONIC = f"{'abandon ' * 11}about"
_FIRST_ADDRESSES = {
    "bitcoin-p2pkh": "1LqBGSKuX5yYUonjxT5qGfpUsXKYYWeabA",
    "bitcoin-p2sh-p2wpkh": "37VucYSaXLCAsxYyAPfbSi9eh4iEcbShgf",
    "bitcoin-p2wpkh": "bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu",
    "bitcoin-p2tr": "bc1p5cyxnuxmeuwuvkwfem96lqzszd02n6xdcjrs20cac6yqjjwudpxqkedrcr",
}
"""m/44'|49'|84'|86'/0'/0'/0/0 of the words above, as BIP84 and BIP86 print them and as the others imply."""

_OPEN_A_WINDOW = """
from PySide6.QtWidgets import QApplication, QWidget
import pillarbox_gui.main
app = QApplication([])
window = QWidget()
window.show()
app.processEvents()
assert not window.grab().isNull()
"""


class SelfTestError(PillarboxError):
    """Parameters: why."""

    code = "self-test"
    title = "This copy of Pillarbox is broken"
    message = "{why}"
    hint = "Install it again."


async def checks(paths: Paths) -> AsyncGenerator[JsonObject, None]:
    """An object for each check: `check`, `ok`, `detail`."""
    named: dict[str, Check] = {
        "derivation": _derivation,
        "database": _database,
        "slots": _slots,
        "keychain": _keychain,
        "resources": _resources,
    }
    if find_spec("PySide6") is not None:
        named["window"] = _window
    await asyncio.to_thread(make_private_folder, paths.root)
    for name, check in named.items():
        with tempfile.TemporaryDirectory(prefix=".self-test-", dir=str(paths.root)) as folder:
            yield await _outcome(name, check, Path(folder))


async def _outcome(name: str, check: Check, folder: Path) -> JsonObject:
    try:
        return {"check": name, "ok": True, "detail": await check(folder)}
    except PillarboxError as error:
        detail = error.text.message
    except Exception as error:
        log.exception("the self-test's check of the %s failed", name)
        detail = f"{type(error).__name__}: {error}"
    return {"check": name, "ok": False, "detail": detail}


def _require(fact: bool, why: str) -> None:
    if not fact:
        raise SelfTestError(why=why)


async def _derivation(_: Path) -> str:
    from pillarbox.commands.inspect_addresses import inspect_derive  # noqa: PLC0415  # may be what is broken

    for kind, address in _FIRST_ADDRESSES.items():
        item = {"mnemonic": _MNEMONIC, "kind": kind, "network": "mainnet"}
        found = await asyncio.to_thread(inspect_derive, item)
        _require(found["addresses"] == [address], f"{kind} derives a wrong address.")
    return f"{len(_FIRST_ADDRESSES)} kinds of addresses are derived as their standards say"


async def _database(folder: Path) -> str:
    from pillarbox.storage import meta  # noqa: PLC0415  # as above
    from pillarbox.storage.database import Database, Tx  # noqa: PLC0415  # as above

    mark = b"this must not be readable on the disk"

    def write(tx: Tx) -> None:
        meta.put_blob(tx, "self-test", mark)

    with Secret(os.urandom(32)) as key:
        db = await Database.create(folder / "wallet.db", key)
        await db.write(write)
        await db.close()
        db = await Database.open(folder / "wallet.db", key)
        kept = await db.read(lambda tx: meta.get_blob(tx, "self-test"))
        await db.close()
    _require(kept == mark, "The database does not give back what was put into it.")
    written = await asyncio.to_thread(_all_bytes, folder)
    _require(mark not in written, "The database is not encrypted.")
    _require(not written.startswith(b"SQLite format 3"), "The database is not encrypted.")
    return "encrypted, and read back"


def _all_bytes(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.iterdir()))


async def _slots(folder: Path) -> str:
    from pillarbox.vault.keychain import Keychain  # noqa: PLC0415  # as above
    from pillarbox.vault.slots import Slots, WrongPassphraseError  # noqa: PLC0415  # as above

    slots = Slots(folder / "slots.json", Keychain(backends=list), partial(install_file, replace=True))
    right, wrong = Secret(os.urandom(16).hex().encode()), Secret(b"another passphrase")
    made = await slots.create(WALLET, Network.MAINNET, passphrase=right, use_keychain=False)
    with await slots.file_key(right) as opened:
        _require(opened == made.keys.file_key, "The passphrase opens something else than it closed.")
    made.keys.wipe()
    try:
        await slots.file_key(wrong)
    except WrongPassphraseError:
        return "the right passphrase opens, a wrong one does not"
    raise SelfTestError(why="A wrong passphrase opens a wallet.")


async def _keychain(_: Path) -> str:
    """A keychain is a convenience: its absence is told, not counted as broken."""
    from pillarbox.vault.keychain import Keychain, KeychainError  # noqa: PLC0415  # as above

    keychain = Keychain(patience=KEYCHAIN_PATIENCE)
    with Secret(os.urandom(32)) as secret:
        try:
            backend = await keychain.put(WALLET, secret)
            with await keychain.get(WALLET, backend) as kept:
                _require(kept == secret, "The keychain gives back something else than it was given.")
            await keychain.remove(WALLET, backend)
        except KeychainError as error:
            return f"none to use, passphrases do it: {error.text.message}"
    return backend


async def _resources(_: Path) -> str:
    sizes = await asyncio.to_thread(_resource_sizes)
    _require(bool(sizes), "The icons and fonts are missing.")
    empty = [name for name, size in sizes.items() if not size]
    _require(not empty, f"Empty: {', '.join(empty)}.")
    return f"{len(sizes)} files"


def _resource_sizes() -> dict[str, int]:
    with resources.as_file(resources.files("pillarbox_resources")) as root:
        return {path.name: path.stat().st_size for path in root.rglob("*.*") if path.suffix != ".py"}


async def _window(_: Path) -> str:
    """In a process of its own: where Qt's libraries do not fit, it may take its process down."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _OPEN_A_WINDOW),
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(WINDOW_PATIENCE):
            _out, told = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        raise SelfTestError(why="The window does not open within a minute.") from None
    last = told.decode(errors="replace").strip().splitlines()[-1:] or ["without a word"]
    _require(process.returncode == 0, f"The window does not open: {last[0]}")
    return "opens offscreen"
