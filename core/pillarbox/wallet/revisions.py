"""One number for every change a view may have to know of."""


class Revisions:
    """Counts the changes of one open wallet, in memory."""

    __slots__ = ("current",)

    def __init__(self) -> None:
        self.current = 0

    def next(self) -> int:
        self.current += 1
        return self.current
