"""Headers on disk and in memory. What is read from disk is judged again: damage costs a download, no more."""

import asyncio
import logging
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from pillarbox.bitcoin.hashes import sha256d
from pillarbox.bitcoin.headers import (
    HEADER_SIZE,
    MEDIAN_SPAN,
    PERIOD,
    Header,
    HeaderError,
    HeaderRules,
    Tip,
    extend,
    replay,
    split,
    work_of,
)

log = logging.getLogger(__name__)


class HeaderStore:
    """The chain from `base`, a multiple of PERIOD, to the tip; in one file, 80 bytes a header.

    `anchor` is the hash of block `floor`, at or above `base`: nothing up to there is ever replaced.
    """

    def __init__(self, path: Path, rules: HeaderRules, base: int, floor: int, anchor: bytes) -> None:
        self.base = base
        self.floor = floor
        self._anchor = anchor
        self._path = path
        self._rules = rules
        self._headers = bytearray()
        self._tip: Tip | None = None

    @property
    def tip(self) -> Tip | None:
        """None until the headers up to the floor are there."""
        return self._tip

    @property
    def height(self) -> int:
        """Of the tip; one below `base` where there is none."""
        return self.base - 1 if self._tip is None else self._tip.height

    def header(self, height: int) -> bytes:
        """80 bytes. `height` lies between `base` and `height`."""
        at = (height - self.base) * HEADER_SIZE
        return bytes(self._headers[at : at + HEADER_SIZE])

    def hash(self, height: int) -> bytes:
        """Of the block at `height`, in wire order."""
        return sha256d(self.header(height))

    def work_above(self, height: int) -> int:
        """Of all blocks higher than `height`."""
        return sum(work_of(Header.parse(raw).bits) for raw in self._between(height + 1, self.height))

    def tip_at(self, height: int) -> Tip:
        """The tip as it was when `height` was the highest block. Takes milliseconds below the tip."""
        if self._tip is not None and height == self._tip.height:
            return self._tip
        start = height // PERIOD * PERIOD
        earlier = self._between(max(start - MEDIAN_SPAN + 1, self.base), start - 1)
        tip = Tip.start(self.header(start), start, earlier)
        return replay(self._rules, tip, self._between(start + 1, height))

    def _between(self, first: int, last: int) -> Iterable[bytes]:
        begin, end = (first - self.base) * HEADER_SIZE, (last + 1 - self.base) * HEADER_SIZE
        return split(bytes(self._headers[begin:end]))

    def anchored(self, headers: Sequence[bytes]) -> Tip | None:
        """The tip after `headers`, from `base` to `floor`; None if they do not end in the anchor.

        Raises HeaderError where they do not follow one another.
        """
        tip = replay(self._rules, Tip.start(headers[0], self.base), headers[1:])
        return tip if tip.hash == self._anchor else None

    async def load(self) -> None:
        """Read and judge the file, in a thread."""
        self._headers, self._tip = await asyncio.to_thread(self._read)

    def _read(self) -> tuple[bytearray, Tip | None]:
        data = _kept(self._path)
        headers = list(split(data[: len(data) // HEADER_SIZE * HEADER_SIZE]))
        anchored = self.floor - self.base + 1
        if len(headers) < anchored:
            return bytearray(), None
        try:
            tip = self.anchored(headers[:anchored])
        except HeaderError:
            tip = None
        if tip is None:
            return bytearray(), None
        good = anchored
        try:
            while good < len(headers):
                part = headers[good : good + PERIOD]
                tip, _ = extend(self._rules, tip, part)
                good += len(part)
        except HeaderError as error:
            log.info("headers on disk are damaged from about block %d and are fetched again", error.height)
        return bytearray(data[: good * HEADER_SIZE]), tip

    def put(self, first: int, headers: Sequence[bytes], tip: Tip) -> None:
        """Let `headers`, judged before and ending in `tip`, stand from height `first` on, to the end."""
        del self._headers[(first - self.base) * HEADER_SIZE :]
        self._headers += b"".join(headers)
        self._tip = tip

    async def keep(self, first: int) -> None:
        """Write what stands from height `first` on to disk."""
        at = (first - self.base) * HEADER_SIZE
        await asyncio.to_thread(_write, self._path, at, bytes(self._headers[at:]))


def _kept(path: Path) -> bytes:
    """What is on disk; nothing where it cannot be read."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as error:
        log.warning("headers could not be read from %s: %s", path, error.strerror)
        return b""


def _write(path: Path, at: int, data: bytes) -> None:
    """Cut the file at `at` and append. A disk that takes no more costs a download later, nothing now."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
            file.truncate(at)
            file.seek(at)
            file.write(data)
    except OSError as error:
        log.warning("headers could not be kept in %s: %s", path, error.strerror)
