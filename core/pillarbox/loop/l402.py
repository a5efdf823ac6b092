"""L402: a macaroon that is worth something once the invoice it came with is paid.

Identifier (66 bytes): version (2 bytes, big-endian, 0), payment hash (32), token id (32).
"""

import base64
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pillarbox.errors import PillarboxError
from pillarbox.loop import macaroon
from pillarbox.loop.macaroon import Macaroon

IDENTIFIER_SIZE = 66
_CHALLENGE = re.compile(r'(?:LSAT|L402) macaroon="([^"]*)", invoice="([^"]*)"')
_LONGEST_CHALLENGE = 16 * 1024


class L402Error(PillarboxError):
    """Parameters: why."""

    code = "l402-unreadable"
    title = "This access token cannot be used"
    message = "{why}. Nothing was paid for it."
    hint = "Try again. If it stays so, the server asks for payment in a way that Pillarbox does not know."


class ChallengeError(L402Error):
    """Parameters: why."""

    code = "l402-challenge"
    title = "The server's demand for payment cannot be read"


@dataclass(frozen=True, slots=True)
class Identifier:
    """What a macaroon of an L402 says of itself; 32 bytes each."""

    payment_hash: bytes
    token_id: bytes

    def serialise(self) -> bytes:
        return bytes(2) + self.payment_hash + self.token_id


@dataclass(frozen=True, slots=True)
class Challenge:
    """A server's demand: the token and the BOLT11 invoice that pays for it."""

    token: Macaroon
    invoice: str


def read_identifier(data: bytes) -> Identifier:
    """Raises L402Error."""
    if len(data) != IDENTIFIER_SIZE:
        raise L402Error(why=f"The token's identifier has {len(data)} bytes, not {IDENTIFIER_SIZE}")
    version = int.from_bytes(data[:2], "big")
    if version:
        raise L402Error(why=f"The token is of an unknown L402 version, {version}")
    return Identifier(data[2:34], data[34:])


def caveats_of(token: Macaroon) -> Mapping[str, str]:
    """Conditions and their values, of first-party caveats; the last one of a condition counts."""
    found: dict[str, str] = {}
    for caveat in token.caveats:
        condition, equals, value = caveat.identifier.decode("utf-8", "replace").partition("=")
        if equals and not caveat.verification:
            found[condition] = value
    return found


def paid(token: Macaroon, preimage: bytes) -> Macaroon:
    """The token as it is shown to the server, the preimage (32 bytes) within."""
    return token.narrowed(b"preimage=" + preimage.hex().encode())


def read_challenge(headers: Iterable[str]) -> Challenge | None:
    """The first demand among the values of WWW-Authenticate, or None. Raises ChallengeError."""
    for header in headers:
        if len(header) > _LONGEST_CHALLENGE:
            raise ChallengeError(why="It is far longer than demands are")
        if (found := _CHALLENGE.search(header)) is not None:
            return Challenge(_token(found[1]), found[2])
    return None


def _token(text: str) -> Macaroon:
    try:
        return macaroon.parse(base64.b64decode(text, validate=True))
    except ValueError as error:  # base64's own for letters of another alphabet is a plain one
        raise ChallengeError(why=f"Its token makes no sense: {error}") from error
