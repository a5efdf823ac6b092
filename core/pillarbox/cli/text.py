"""Plain text for a terminal: aligned, and with nothing in it that would command the terminal."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from pillarbox.model.printable import is_printable

Row = Sequence[str]


def printable(text: str) -> str:
    """`text` without what would command a terminal: labels and names may come from anywhere."""
    if is_printable(text):
        return text
    return "".join(c if is_printable(c) or c == "\n" else ascii(c)[1:-1] for c in text)


def table(rows: Sequence[Row]) -> str:
    """Rows of equal length, aligned; the first is the head."""
    shown = [[printable(cell.replace("\n", " ")) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in shown) for column in range(len(shown[0]))]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in shown)
    return "".join(f"{line.rstrip()}\n" for line in lines)


def moment(at: int | None) -> str:
    """Unix seconds as this computer's date and time."""
    if at is None:
        return ""
    local = (datetime.fromtimestamp(0, UTC) + timedelta(seconds=at)).astimezone()
    return local.strftime("%Y-%m-%d %H:%M")
