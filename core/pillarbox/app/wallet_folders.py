"""One folder a wallet, named after it. A folder is made whole beside the others, then renamed into place."""

import secrets
import sys
import tempfile
import time
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote

from pillarbox.errors import InvalidInputError, PillarboxError
from pillarbox.files.folder_lock import FolderLock
from pillarbox.files.private_folder import remove_folder
from pillarbox.files.refusals import in_words, refusals_told

PARTIAL = ".partial-"
STALE_AFTER = 60.0
"""Seconds before a partial folder that nobody holds is swept: its maker takes a moment to lock a new one."""
_PLAIN = " ()-_,'&+"
MOST_CHARACTERS = 60
MOST_BYTES = 240
"""Of a folder's name, as it is encoded. File systems allow 255."""


class NoSuchWalletError(PillarboxError):
    """Parameters: name."""

    code = "no-such-wallet"
    title = "There is no such wallet"
    message = 'No wallet is named "{name}" here.'
    hint = "List the wallets to see their names, or create or import one."


class WalletExistsError(PillarboxError):
    """Parameters: name."""

    code = "wallet-exists"
    title = "A wallet of this name exists"
    message = 'There is already a wallet named "{name}". It was not touched.'
    hint = "Choose another name."


@dataclass(frozen=True, slots=True)
class WalletFolder:
    """Where a wallet lies on disk."""

    name: str
    path: Path

    @property
    def database(self) -> Path:
        return self.path / "wallet.db"

    @property
    def slots(self) -> Path:
        return self.path / "slots.json"


class WalletFolders:
    """All wallets below one folder."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._building: dict[Path, FolderLock] = {}

    def all(self) -> list[WalletFolder]:
        """Sorted as people sort: by name, without regard to case. Raises FolderUnusableError."""
        with refusals_told(self._root):
            return sorted(self._all(), key=lambda folder: folder.name.casefold())

    def find(self, name: str) -> WalletFolder:
        """Raises NoSuchWalletError."""
        folder = self._folder(name)
        if not _holds_wallet(folder):
            raise NoSuchWalletError(name=name)
        return folder

    def encoded(self, name: str) -> str:
        """How a wallet's folder is called. Raises InvalidInputError."""
        return self._folder(name).path.name

    def check_free(self, name: str) -> None:
        """Raises WalletExistsError, InvalidInputError, FolderUnusableError."""
        folder = self._folder(name)
        with refusals_told(self._root):
            taken = folder.path.exists()
        if taken:
            raise WalletExistsError(name=folder.name)

    def begin(self, name: str) -> WalletFolder:
        """An empty private folder to build a wallet in.

        Raises WalletExistsError, InvalidInputError, DiskFullError, FolderUnusableError; nothing is left then.
        """
        self.check_free(name)
        folder = self._folder(name)
        with refusals_told(self._root):
            self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._sweep()
            partial = Path(tempfile.mkdtemp(prefix=PARTIAL, dir=self._root))
        try:
            self._building[partial] = FolderLock.acquire(partial, "Pillarbox")
        except BaseException:
            remove_folder(partial)
            raise
        return WalletFolder(folder.name, partial)

    def finish(self, partial: WalletFolder) -> WalletFolder:
        """Give a folder that was built whole its name. Raises WalletExistsError where another took it."""
        folder = self._folder(partial.name)
        # On POSIX a rename replaces an empty folder; one that holds anything, as every wallet's does, stays.
        if folder.path.exists():
            raise WalletExistsError(name=folder.name)
        if sys.platform == "win32":  # which renames no folder with an open file in it
            self._let_go(partial)
        try:
            partial.path.rename(folder.path)
        except OSError as error:
            if folder.path.exists():
                raise WalletExistsError(name=folder.name) from error
            raise in_words(error, self._root) from error
        self._let_go(partial)
        return folder

    def discard(self, partial: WalletFolder) -> None:
        """Remove a folder that never became a wallet. What the disk keeps of it is swept later."""
        self._let_go(partial)
        if partial.path.name.startswith(PARTIAL):
            remove_folder(partial.path)

    def remove(self, folder: WalletFolder) -> None:
        """Remove a wallet that nobody has open: its name at once, its files after that.

        Raises WalletInUseError, FolderUnusableError.
        """
        partial = WalletFolder(folder.name, self._root / f"{PARTIAL}{secrets.token_hex(8)}")
        lock = FolderLock.acquire(folder.path, "Pillarbox")
        if sys.platform == "win32":  # as in `finish`
            lock.release()
        try:
            with refusals_told(self._root):
                folder.path.rename(partial.path)
        finally:
            lock.release()
        self.discard(partial)

    def _let_go(self, partial: WalletFolder) -> None:
        lock = self._building.pop(partial.path, None)
        if lock is not None:
            lock.release()

    def _sweep(self) -> None:
        """Remove what killed processes left half-built. A folder that its maker holds stays."""
        for path in self._root.glob(f"{PARTIAL}*"):
            try:
                if time.time() - path.stat().st_mtime < STALE_AFTER:
                    continue
                FolderLock.acquire(path, "Pillarbox").release()
            except (OSError, PillarboxError):  # somebody holds it, or its removal has to wait for another day
                continue
            remove_folder(path)

    def _all(self) -> Iterator[WalletFolder]:
        """What is named as Pillarbox names folders. A copy made by hand under another name is no wallet."""
        if not self._root.exists():
            return
        for path in self._root.iterdir():
            try:
                folder = self._folder(unquote(path.name))
            except InvalidInputError:
                continue
            if folder.path.name == path.name and _holds_wallet(folder):
                yield folder

    def _folder(self, name: str) -> WalletFolder:
        plain = unicodedata.normalize("NFC", name).strip()
        if not plain or len(plain) > MOST_CHARACTERS or not plain.isprintable():
            raise InvalidInputError(
                what="name", why=f"A wallet's name has 1 to {MOST_CHARACTERS} printable characters."
            )
        encoded = quote(plain, safe=_PLAIN).replace(".", "%2E")
        if len(encoded) > MOST_BYTES:
            raise InvalidInputError(
                what="name", why="This name is too long in its script. Choose a shorter one."
            )
        return WalletFolder(plain, self._root / encoded)


def _holds_wallet(folder: WalletFolder) -> bool:
    try:
        return folder.slots.exists()
    except PermissionError:  # who opens it is told why it cannot be
        return True
