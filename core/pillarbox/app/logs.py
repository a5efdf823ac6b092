"""The log file: for the person's eyes and a bug report's, so nothing in it is a secret or says who is who.

Code never logs secrets in the first place. What passes through here is cut once more: addresses to their
first six characters, and keys, long hexadecimal numbers and rows of words altogether.
"""

import logging
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BufferedWriter, FileIO, TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path

from pillarbox.errors import PillarboxError
from pillarbox.files.private_folder import make_private_folder
from pillarbox.files.refusals import NO_ROOM, in_words

LARGEST = 1_000_000
"""Bytes of one file."""
OLDER_FILES = 3
ADDRESS_KEPT = 6
"""Characters of an address that are enough to find it again, and too few to look it up."""

_BASE58 = "1-9A-HJ-NP-Za-km-z"
_BECH32 = "023456789acdefghjklmnpqrstuvwxyz"
_HEX = re.compile(r"(?<![0-9A-Za-z])(?:0x)?[0-9A-Fa-f]{24,}(?![0-9A-Za-z])")
_EXTENDED_KEY = re.compile(rf"(?<![0-9A-Za-z])[a-zA-Z](?:pub|prv)[{_BASE58}]{{8,}}")
_LONG_BASE58 = re.compile(rf"(?<![0-9A-Za-z])[{_BASE58}]{{45,}}(?![0-9A-Za-z])")
_BASE58_ADDRESS = re.compile(rf"(?<![0-9A-Za-z])[{_BASE58}]{{26,44}}(?![0-9A-Za-z])")
_BECH32_ADDRESS = re.compile(
    rf"(?<![0-9A-Za-z])(?:[a-z]{{1,12}}1[{_BECH32}]{{14,}}|[A-Z]{{1,12}}1[{_BECH32.upper()}]{{14,}})"
)
_TOKEN = re.compile(r"[^\s,;:.'\"\[\](){}]+")
_ENGLISH_WORD = re.compile(r"[A-Za-z]{3,8}")
_OTHER_WORD = re.compile(r"[^\x00-\x40\x5b-\x60\x7b-\x7f]{1,30}")
FEWEST_WORDS = 11
"""In a row, with nothing but spaces and punctuation between: recovery words, or by rare chance prose."""


class LogUnwritableError(PillarboxError):
    """Parameters: path, why."""

    code = "log-unwritable"
    title = "Pillarbox cannot write to its data folder"
    message = "The log file {path} cannot be opened: {why}. Nothing was changed."
    hint = "Make the folder writable for yourself, or choose another with --data-dir."


def redacted(text: str) -> str:
    """`text` without what a log must not hold."""
    text = _EXTENDED_KEY.sub("<key>", text)
    text = _HEX.sub("<hex>", text)
    text = _LONG_BASE58.sub("<key>", text)
    text = _BECH32_ADDRESS.sub(lambda found: f"{found[0][:ADDRESS_KEPT]}...", text)
    text = _BASE58_ADDRESS.sub(lambda found: f"{found[0][:ADDRESS_KEPT]}...", text)
    return _without_rows_of_words(text)


def _without_rows_of_words(text: str) -> str:
    kept: list[str] = []
    copied = 0
    row: list[re.Match[str]] = []

    def end_row() -> None:
        nonlocal copied
        if len(row) >= FEWEST_WORDS:
            kept.extend((text[copied : row[0].start()], "<words>"))
            copied = row[-1].end()
        row.clear()

    for token in _TOKEN.finditer(text):
        if _is_word(token[0]):
            row.append(token)
        else:
            end_row()
    end_row()
    return "".join((*kept, text[copied:]))


def _is_word(token: str) -> bool:
    """Whether a token has the shape of a recovery word in any of BIP39's languages."""
    return bool((_ENGLISH_WORD if token.isascii() else _OTHER_WORD).fullmatch(token))


class RedactingFormatter(logging.Formatter):
    """Cuts the finished text, so that arguments, tracebacks and what they quote are cut too."""

    def format(self, record: logging.LogRecord) -> str:
        return redacted(super().format(record))


class PrivateRotatingFile(RotatingFileHandler):
    """A log file that only its owner can read, from its first byte. Trouble with it stops nobody."""

    def __init__(self, path: Path, *, late: bool = False) -> None:
        """With `late` the file and its folder are made when there is something to write."""
        self._told = False
        super().__init__(path, maxBytes=LARGEST, backupCount=OLDER_FILES, encoding="utf-8", delay=late)

    def _open(self) -> TextIOWrapper:
        make_private_folder(Path(self.baseFilename).parent)
        descriptor = os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        file = BufferedWriter(FileIO(descriptor, "ab"))
        return TextIOWrapper(file, encoding=self.encoding, errors="backslashreplace")

    def close(self) -> None:
        with suppress(OSError):  # lines that a full disk does not take were told of when they were logged
            super().close()

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # logging's own name
        """A full disk: say so once, without the record, which has not been cut."""
        if not self._told and sys.stderr is not None:
            self._told = True
            sys.stderr.write(f"The log file {self.baseFilename} cannot be written ({record.name}).\n")


@contextmanager
def logging_to(path: Path, *, also_stderr: bool = False, late: bool = False) -> Iterator[None]:
    """Log to a file, and where asked to standard error, until the block ends.

    With `late` nothing is made on the disk before there is something to log. Otherwise raises
    LogUnwritableError and DiskFullError.
    """
    form = RedactingFormatter("%(asctime)s %(levelname)s %(process)d %(name)s: %(message)s")
    handlers: list[logging.Handler] = [_file(path, late=late)]
    if also_stderr:
        handlers.append(logging.StreamHandler())
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.INFO)
    for handler in handlers:
        handler.setFormatter(form)
        root.addHandler(handler)
    try:
        yield
    finally:
        for handler in handlers:
            root.removeHandler(handler)
            handler.close()
        root.setLevel(level)


def _file(path: Path, *, late: bool) -> logging.Handler:
    try:
        return PrivateRotatingFile(path, late=late)
    except OSError as error:
        if error.errno in NO_ROOM:
            raise in_words(error, path.parent) from error
        raise LogUnwritableError(path=str(path), why=error.strerror or type(error).__name__) from error
