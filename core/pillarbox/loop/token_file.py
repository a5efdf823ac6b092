"""The file of an L402 token, `l402.token` or `l402.token.pending`, as Loop and its peers keep it. Big-endian:

macaroon's length (4 bytes), macaroon, payment hash (32), preimage (32, zero while it is not paid), amount and
routing fee paid (8 each, millisatoshi), time of the challenge (8, signed, Unix nanoseconds).
"""

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum

from pillarbox.errors import PillarboxError
from pillarbox.loop import macaroon
from pillarbox.loop.l402 import Identifier, L402Error, read_identifier
from pillarbox.loop.macaroon import Macaroon, MacaroonError

NAME, PENDING_NAME = "l402.token", "l402.token.pending"
_NOT_PAID = bytes(32)
_TAIL = 32 + 32 + 8 + 8 + 8


class TokenFileError(PillarboxError):
    """Parameters: why."""

    code = "token-file-unreadable"
    title = "This token file cannot be read"
    message = "{why}. The token in it may have been paid for: do not delete the file."
    hint = "Take another copy of the file, or restore it from a backup."


class Oddity(StrEnum):
    """What is odd about a token that can be read all the same."""

    PREIMAGE = "the preimage is not the one of the payment"
    PAYMENT = "the token was made for another payment"


@dataclass(frozen=True, slots=True)
class Token:
    """`amount_msat` and `fee_msat` in millisatoshi, `created_at` in Unix nanoseconds."""

    macaroon: Macaroon
    payment_hash: bytes
    preimage: bytes = field(repr=False)
    amount_msat: int
    fee_msat: int
    created_at: int

    @property
    def paid(self) -> bool:
        return self.preimage != _NOT_PAID

    @property
    def identifier(self) -> Identifier:
        """Raises L402Error."""
        return read_identifier(self.macaroon.identifier)

    @property
    def oddities(self) -> tuple[Oddity, ...]:
        """Of one that was made here each is an error. Raises L402Error."""
        odd = []
        if self.paid and hashlib.sha256(self.preimage).digest() != self.payment_hash:
            odd.append(Oddity.PREIMAGE)
        if self.identifier.payment_hash != self.payment_hash:
            odd.append(Oddity.PAYMENT)
        return tuple(odd)


def serialise(token: Token) -> bytes:
    data = token.macaroon.serialise()
    return b"".join(
        (
            len(data).to_bytes(4, "big"),
            data,
            token.payment_hash,
            token.preimage,
            token.amount_msat.to_bytes(8, "big"),
            token.fee_msat.to_bytes(8, "big"),
            token.created_at.to_bytes(8, "big", signed=True),
        )
    )


def parse(data: bytes) -> Token:
    """Exactly one token, with an identifier that can be read. Raises TokenFileError."""
    if len(data) < 4:
        raise TokenFileError(why="It ends before the token's length")
    size = int.from_bytes(data[:4], "big")
    if len(data) != 4 + size + _TAIL:
        raise TokenFileError(
            why=f"It has {len(data)} bytes, and says of itself that it has {4 + size + _TAIL}"
        )
    try:
        token = macaroon.parse(data[4 : 4 + size])
        read_identifier(token.identifier)
    except MacaroonError as error:
        raise TokenFileError(why=f"Its token makes no sense: {error}") from error
    except L402Error as error:
        raise TokenFileError(why=str(error.parameters["why"])) from error
    tail = data[4 + size :]
    return Token(
        macaroon=token,
        payment_hash=tail[:32],
        preimage=tail[32:64],
        amount_msat=int.from_bytes(tail[64:72], "big"),
        fee_msat=int.from_bytes(tail[72:80], "big"),
        created_at=int.from_bytes(tail[80:], "big", signed=True),
    )
