"""A secret in memory: wiped when done with, never printed, pickled or compared in the clear."""

import hmac
from types import TracebackType
from typing import NoReturn, Self


class Secret:
    """Holds secret bytes in one buffer of its own. Use it as a context manager to wipe it at the end.

    `reveal()` copies the bytes out, which Python cannot wipe: call it as late and as narrowly as possible.
    """

    __slots__ = ("_buffer", "_wiped")

    def __init__(self, value: bytes | bytearray | memoryview) -> None:
        self._buffer = bytearray(value)
        self._wiped = False

    @classmethod
    def from_text(cls, text: str) -> "Secret":
        """The UTF-8 bytes of a text."""
        return cls(text.encode())

    def reveal(self) -> bytes:
        """A copy of the bytes. Raises ValueError once wiped."""
        if self._wiped:
            raise ValueError("the secret was wiped")
        return bytes(self._buffer)

    def text(self) -> str:
        """The bytes read as UTF-8."""
        return self.reveal().decode()

    def copy(self) -> "Secret":
        """A second Secret over a second buffer."""
        return Secret(self.reveal())

    def wipe(self) -> None:
        """Overwrite the buffer with zeros. May be called again."""
        self._buffer[:] = bytes(len(self._buffer))
        self._wiped = True

    @property
    def wiped(self) -> bool:
        return self._wiped

    def __len__(self) -> int:
        return len(self._buffer)

    def __bool__(self) -> bool:
        return not self._wiped and len(self._buffer) > 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._buffer, other._buffer)

    __hash__ = None  # type: ignore[assignment]  # a hash would let a secret be looked up

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.wipe()

    def __del__(self) -> None:
        self.wipe()

    def __repr__(self) -> str:
        return "<secret>"

    __str__ = __repr__

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is never pickled")
