"""Macaroons: a token that its bearer may narrow by caveats. Version 2 binary form; version 1 is read too.

A strict codec: what `serialise` would not write is refused by `parse`, version 1 apart.
"""

import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

_VERSION = 2
_END, _LOCATION, _IDENTIFIER, _VERIFICATION, _SIGNATURE = 0, 1, 2, 4, 6
_SIGNATURE_SIZE = 32
MOST_CAVEATS = 1_000
LONGEST_FIELD = 1 << 16
_V1_SIZE = re.compile(rb"[0-9A-Fa-f]{4}")
_GENERATOR = b"macaroons-key-generator"


class Flaw(StrEnum):
    """Why bytes are no macaroon."""

    ENCODING = "it is in no known form"
    TRUNCATED = "it ends too early"
    TRAILING = "something follows its end"
    FIELD = "a part of it stands where none may stand"
    LENGTH = "a length in it is wrong"
    SIGNATURE = "its signature has not 32 bytes"


class MacaroonError(ValueError):
    """The bytes are refused; `flaw` says why."""

    def __init__(self, flaw: Flaw) -> None:
        super().__init__(flaw.value)
        self.flaw = flaw


@dataclass(frozen=True, slots=True)
class Caveat:
    """First party without `verification`; a third party's has it, and names where it is discharged."""

    identifier: bytes
    verification: bytes = b""
    location: bytes = b""


@dataclass(frozen=True, slots=True)
class Macaroon:
    """`signature`: 32 bytes, over all the rest by a chain of HMAC-SHA256."""

    location: bytes
    identifier: bytes
    caveats: tuple[Caveat, ...]
    signature: bytes

    def __repr__(self) -> str:
        return f"<macaroon with {len(self.caveats)} caveats>"  # whoever has the signature has its rights

    def narrowed(self, caveat: bytes) -> "Macaroon":
        """With one more first-party caveat: anyone who has it can add one, nobody can take one away."""
        signature = hmac.digest(self.signature, caveat, "sha256")
        return Macaroon(self.location, self.identifier, (*self.caveats, Caveat(caveat)), signature)

    def serialise(self) -> bytes:
        """Version 2, binary."""
        parts = [bytes((_VERSION,)), _field(_LOCATION, self.location) if self.location else b""]
        parts += [_field(_IDENTIFIER, self.identifier), bytes((_END,))]
        for caveat in self.caveats:
            parts.append(_field(_LOCATION, caveat.location) if caveat.location else b"")
            parts.append(_field(_IDENTIFIER, caveat.identifier))
            parts.append(_field(_VERIFICATION, caveat.verification) if caveat.verification else b"")
            parts.append(bytes((_END,)))
        return b"".join([*parts, bytes((_END,)), _field(_SIGNATURE, self.signature)])


def mint(root_key: bytes, identifier: bytes, location: bytes, caveats: Sequence[bytes] = ()) -> Macaroon:
    """A new macaroon, as a server makes it."""
    key = hmac.digest(_GENERATOR, root_key, "sha256")
    made = Macaroon(location, identifier, (), hmac.digest(key, identifier, "sha256"))
    for caveat in caveats:
        made = made.narrowed(caveat)
    return made


def parse(data: bytes) -> Macaroon:
    """Of version 2, or of version 1 in its binary form. Raises MacaroonError."""
    if data[:1] == bytes((_VERSION,)):
        return _parse_v2(data)
    if data[:1] in b"0123456789abcdefABCDEF" and data:
        return _parse_v1(data)
    raise MacaroonError(Flaw.ENCODING)


def _field(kind: int, data: bytes) -> bytes:
    return bytes((kind,)) + _varint(len(data)) + data


def _varint(number: int) -> bytes:
    """LEB128, shortest form."""
    made = bytearray()
    while number >= 0x80:
        made.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*made, number])


class _Fields:
    """Takes fields of version 2 off the front."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 1

    def section(self, allowed: Sequence[int]) -> dict[int, bytes]:
        """Fields up to the end of a section, each kind once and in rising order."""
        found: dict[int, bytes] = {}
        while (kind := self._byte()) != _END:
            if kind not in allowed or any(kind <= earlier for earlier in found):
                raise MacaroonError(Flaw.FIELD)
            found[kind] = self._take(self._length())
            if not found[kind] and kind != _IDENTIFIER:
                raise MacaroonError(Flaw.FIELD)
        return found

    def last(self, kind: int) -> bytes:
        """The field that ends the whole."""
        if self._byte() != kind:
            raise MacaroonError(Flaw.FIELD)
        data = self._take(self._length())
        if self._at != len(self._data):
            raise MacaroonError(Flaw.TRAILING)
        return data

    def _byte(self) -> int:
        return self._take(1)[0]

    def _length(self) -> int:
        number = shift = 0
        while True:
            byte = self._byte()
            number |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
            if number > LONGEST_FIELD or shift > 21:
                raise MacaroonError(Flaw.LENGTH)
        if number > LONGEST_FIELD or (byte == 0 and shift > 7):
            raise MacaroonError(Flaw.LENGTH)
        return number

    def _take(self, count: int) -> bytes:
        taken = self._data[self._at : self._at + count]
        if len(taken) < count:
            raise MacaroonError(Flaw.TRUNCATED)
        self._at += count
        return taken


def _parse_v2(data: bytes) -> Macaroon:
    fields = _Fields(data)
    head = fields.section((_LOCATION, _IDENTIFIER))
    caveats: list[Caveat] = []
    while caveat := fields.section((_LOCATION, _IDENTIFIER, _VERIFICATION)):
        if len(caveats) == MOST_CAVEATS:
            raise MacaroonError(Flaw.LENGTH)
        if _IDENTIFIER not in caveat or (_LOCATION in caveat and _VERIFICATION not in caveat):
            raise MacaroonError(Flaw.FIELD)
        caveats.append(
            Caveat(caveat[_IDENTIFIER], caveat.get(_VERIFICATION, b""), caveat.get(_LOCATION, b""))
        )
    if _IDENTIFIER not in head:
        raise MacaroonError(Flaw.FIELD)
    signature = _checked(fields.last(_SIGNATURE))
    return Macaroon(head.get(_LOCATION, b""), head[_IDENTIFIER], tuple(caveats), signature)


def _parse_v1(data: bytes) -> Macaroon:
    """Packets of four hex digits of length, a name, a space, the value, a line feed."""
    packets = _packets(data)
    caveats: list[Caveat] = []
    location = _taken(packets, b"location")
    identifier = _taken(packets, b"identifier")
    while packets and packets[0][0] == b"cid":
        caveat = _taken(packets, b"cid")
        verification, where = _optional(packets, b"vid"), _optional(packets, b"cl")
        if where and not verification:
            raise MacaroonError(Flaw.FIELD)
        caveats.append(Caveat(caveat, verification, where))
    signature = _checked(_taken(packets, b"signature"))
    if packets:
        raise MacaroonError(Flaw.TRAILING)
    return Macaroon(location, identifier, tuple(caveats), signature)


def _packets(data: bytes) -> list[tuple[bytes, bytes]]:
    found: list[tuple[bytes, bytes]] = []
    at = 0
    while at < len(data):
        digits = data[at : at + 4]
        if _V1_SIZE.fullmatch(digits) is None:
            raise MacaroonError(Flaw.LENGTH if len(digits) == 4 else Flaw.TRUNCATED)
        size = int(digits, 16)
        packet = data[at + 4 : at + size]
        name, space, value = packet.partition(b" ")
        if size < 6 or len(packet) < size - 4 or len(found) > 3 * MOST_CAVEATS:
            raise MacaroonError(Flaw.TRUNCATED)
        if not space or not value.endswith(b"\n"):
            raise MacaroonError(Flaw.FIELD)
        found.append((name, value[:-1]))
        at += size
    return found


def _taken(packets: list[tuple[bytes, bytes]], name: bytes) -> bytes:
    if not packets or packets[0][0] != name:
        raise MacaroonError(Flaw.FIELD)
    return packets.pop(0)[1]


def _optional(packets: list[tuple[bytes, bytes]], name: bytes) -> bytes:
    """Empty where it is not there: one that is there and empty would pass for that, and is refused."""
    if not packets or packets[0][0] != name:
        return b""
    value = _taken(packets, name)
    if not value:
        raise MacaroonError(Flaw.FIELD)
    return value


def _checked(signature: bytes) -> bytes:
    if len(signature) != _SIGNATURE_SIZE:
        raise MacaroonError(Flaw.SIGNATURE)
    return signature
