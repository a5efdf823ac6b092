"""Install the peers of the end-to-end tests into build/peers/: a Bitcoin node and an Electrum server.

usage: python tests/e2e/peers/set_up.py

Each lands in a folder named after its lock file's digest, so that a second run does nothing and a changed
lock installs anew. Exit status 1, with a plain reason, where they cannot be installed.
"""

import fcntl
import hashlib
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
BUILD = HERE.parents[2] / "build" / "peers"
INSTALL_SECONDS = 300
DONE = "installed"


class PeersUnavailableError(Exception):
    """The peers cannot be installed here; the message says why."""


@dataclass(frozen=True, slots=True)
class Peers:
    """Where the installed programs are."""

    node: Path
    node_modules: Path
    electrum_python: Path


@dataclass(frozen=True, slots=True)
class NpmPeer:
    """Node, and packages of npm for it."""

    node: Path
    node_modules: Path


def set_up_npm(name: str, locked: Path) -> NpmPeer:
    """Install what the package-lock.json of the folder `locked` names. Raises PeersUnavailableError."""
    node, npm = _program("node", "nodejs"), _program("npm", "npm")
    files = [locked / "package.json", locked / "package-lock.json"]
    with _one_at_a_time():
        folder = _installed(name, files, lambda folder: _install_npm(npm, files, folder))
    return NpmPeer(node, folder / "node_modules")


def set_up() -> Peers:
    """Install what is missing. Raises PeersUnavailableError."""
    node, npm = _program("node", "nodejs"), _program("npm", "npm")

    def install_node(folder: Path) -> None:
        _install_npm(npm, node_files, folder)

    def install_electrum(folder: Path) -> None:
        _run([sys.executable, "-m", "venv", folder], folder)
        install = ["-m", "pip", "install", "--quiet", "--retries=1", "--require-hashes"]
        # e-x comes as source only, pure Python; nothing else may need a compiler.
        wheels = ["--only-binary=:all:", "--no-binary=e-x"]
        _run([folder / "bin" / "python", *install, *wheels, "--requirement", electrum_lock], folder)

    node_files = [HERE / "package.json", HERE / "package-lock.json"]
    electrum_lock = HERE / "requirements-electrum.lock"
    with _one_at_a_time():
        node_folder = _installed("node", node_files, install_node)
        electrum_folder = _installed("electrum", [electrum_lock], install_electrum)
    return Peers(node, node_folder / "node_modules", electrum_folder / "bin" / "python")


def _install_npm(npm: Path, files: Sequence[Path], folder: Path) -> None:
    for file in files:
        shutil.copy(file, folder)
    # No package may run a script of its own, and none needs to: nothing has to be compiled.
    _run([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1"], folder)


def _program(name: str, package: str) -> Path:
    found = shutil.which(name)
    if found is None:
        raise PeersUnavailableError(f"{name} is not installed (Debian package: {package})")
    return Path(found)


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    BUILD.mkdir(parents=True, exist_ok=True)
    with (BUILD / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _installed(name: str, files: Sequence[Path], install: Callable[[Path], None]) -> Path:
    digest = hashlib.sha256(sys.version.encode() + b"".join(file.read_bytes() for file in files))
    folder = BUILD / f"{name}-{digest.hexdigest()[:12]}"
    if not (folder / DONE).exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        install(folder)
        (folder / DONE).touch()
    return folder


def _run(command: Sequence[str | Path], folder: Path) -> None:
    what = Path(command[0]).name
    try:
        subprocess.run(
            command, cwd=folder, check=True, timeout=INSTALL_SECONDS, capture_output=True, text=True
        )
    except subprocess.TimeoutExpired as error:
        raise PeersUnavailableError(f"{what} did not finish within {INSTALL_SECONDS} s") from error
    except subprocess.CalledProcessError as error:
        said = (error.stderr or error.stdout).strip().splitlines()
        raise PeersUnavailableError(f"{what} failed and said: {' / '.join(said[-3:])}") from error


if __name__ == "__main__":
    try:
        set_up()
    except PeersUnavailableError as reason:
        sys.exit(f"The end-to-end tests will be skipped: {reason}")
