"""A table as a list of columns: what each says, and how it is set."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from PySide6.QtCore import Qt

T = TypeVar("T")

STATE_ROLE = int(Qt.ItemDataRole.UserRole) + 1
"""A cell of a column of chips answers with its AddressState."""


class Face(StrEnum):
    """How a column's text is drawn."""

    WORDS = "words"
    MUTED = "muted"
    MONO = "mono"
    ADDRESS = "address"
    CHIP = "chip"


@dataclass(frozen=True, slots=True)
class Column(Generic[T]):
    """One column over a table of type T, whose rows are numbers.

    `text` takes constant time and does no I/O: it is called for each cell at each paint.
    """

    key: str
    title: Callable[[T], str]
    text: Callable[[T, int], str]
    face: Face = Face.WORDS
    right: bool = False
    width: int = 120
    """Logical pixels at the base text size, where there is room for all columns."""
    least: int = 0
    """What it may shrink to; 0: it does not."""
    gives_way: int = 0
    """Which column goes where not even that is there: the highest first, 0 never."""
    stretch: bool = False
    editable: bool = False
