"""Bitcoin's wire format: little-endian integers, CompactSize, and a reader that takes nothing amiss."""

from enum import StrEnum

MAX_SIZE = 0x0200_0000
"""Largest length or count that Bitcoin's own reader takes."""


class Refusal(StrEnum):
    """Why bytes are not what they should be."""

    TRUNCATED = "the data ends too early"
    TRAILING = "there is more data than there should be"
    NOT_CANONICAL = "a size is written in a longer form than it needs"
    TOO_LARGE = "a size is larger than any real one"


class SerializationError(ValueError):
    """The bytes are refused; `refusal` says why."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.value)
        self.refusal = refusal


def compact_size(number: int) -> bytes:
    """The CompactSize of `number`, in its shortest form. Raises ValueError out of 0..2^64-1."""
    if not 0 <= number < 1 << 64:
        raise ValueError("a CompactSize holds 0 to 2^64-1")
    if number < 0xFD:
        return bytes((number,))
    if number <= 0xFFFF:
        return b"\xfd" + number.to_bytes(2, "little")
    if number <= 0xFFFF_FFFF:
        return b"\xfe" + number.to_bytes(4, "little")
    return b"\xff" + number.to_bytes(8, "little")


def sized(data: bytes) -> bytes:
    """`data` behind its length."""
    return compact_size(len(data)) + data


_WIDER = {0xFD: (2, 0xFD), 0xFE: (4, 0x1_0000), 0xFF: (8, 0x1_0000_0000)}
"""First byte: how many bytes follow, and the smallest number that needs them."""


class Reader:
    """Takes values off the front of some bytes. Everything raises SerializationError."""

    __slots__ = ("_data", "position")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.position = 0

    @property
    def remaining(self) -> int:
        return len(self._data) - self.position

    def take(self, count: int) -> bytes:
        """The next `count` bytes."""
        end = self.position + count
        if end > len(self._data):
            raise SerializationError(Refusal.TRUNCATED)
        taken = self._data[self.position : end]
        self.position = end
        return taken

    def uint32(self) -> int:
        return int.from_bytes(self.take(4), "little")

    def int32(self) -> int:
        return int.from_bytes(self.take(4), "little", signed=True)

    def int64(self) -> int:
        return int.from_bytes(self.take(8), "little", signed=True)

    def compact_size(self) -> int:
        """A length or a count, in its shortest form and no larger than MAX_SIZE."""
        first = self.take(1)[0]
        if first < 0xFD:
            return first
        width, smallest = _WIDER[first]
        number = int.from_bytes(self.take(width), "little")
        if number < smallest:
            raise SerializationError(Refusal.NOT_CANONICAL)
        if number > MAX_SIZE:
            raise SerializationError(Refusal.TOO_LARGE)
        return number

    def sized(self) -> bytes:
        """Bytes behind their length."""
        return self.take(self.compact_size())

    def finish(self) -> None:
        """Refuse anything left over."""
        if self.remaining:
            raise SerializationError(Refusal.TRAILING)
