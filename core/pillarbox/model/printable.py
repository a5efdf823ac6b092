"""Which texts may be shown as they are: in labels, and on a terminal."""

JOINERS = "\u200c\u200d"
"""Unseen, and still letters: Persian is spelled with the one, many emoji are joined by the other."""


def is_printable(text: str) -> bool:
    """Whether a text shows what it is and commands no terminal."""
    return text.translate(_WITHOUT_JOINERS).isprintable()


_WITHOUT_JOINERS = str.maketrans("", "", JOINERS)
