"""Places for a line to end within what has none, such as a file's name or a transaction's id."""

import re

ZERO_WIDTH_SPACE = "\N{ZERO WIDTH SPACE}"
EACH = 16
"""Characters."""
_LONG = re.compile(r"[^\s/]{49,}")


def breakable(text: str) -> str:
    """The text, to be shown: nobody is to copy it, or to compare it."""
    return _LONG.sub(lambda run: _broken(run[0]), text)


def _broken(run: str) -> str:
    return ZERO_WIDTH_SPACE.join(run[start : start + EACH] for start in range(0, len(run), EACH))
