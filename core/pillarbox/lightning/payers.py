"""Who pays an invoice. Whatever happens, it is told apart what was not paid and what may still be."""

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from pillarbox.bitcoin.bolt11 import Invoice
from pillarbox.errors import InvalidInputError, PillarboxError

_HEX = frozenset("0123456789abcdefABCDEF")


class PaymentFailedError(PillarboxError):
    """Nothing was paid, and that is final. Parameters: payer, why."""

    code = "payment-failed"
    title = "The payment failed"
    message = "{payer}: {why}. Nothing was paid."
    hint = "Try again, or pay with another wallet and enter the preimage that it shows."


class PaymentUnclearError(PillarboxError):
    """It may have been paid, or may still be. Parameters: payer, why."""

    code = "payment-unclear"
    title = "Whether this was paid is not known yet"
    message = "{payer}: {why}. The payment may still arrive: do not pay this invoice, or another one, again."
    hint = "Look again in a while. Once it is known how the payment ended, it goes on from there."


class PaymentStateUnknownError(PillarboxError):
    """The payer cannot be asked. Parameters: payer, why."""

    code = "payer-unreachable"
    title = "Who paid cannot be asked"
    message = "{payer}: {why}. What became of a payment is not known; nothing was paid by asking."
    hint = "Check that it runs and can be reached, and ask again."


@dataclass(frozen=True, slots=True)
class Paid:
    """`preimage`: 32 bytes, checked; `fee_msat`: what the way cost, in millisatoshi."""

    preimage: bytes = field(repr=False)
    fee_msat: int


class StateKind(StrEnum):
    """UNKNOWN: the payer never heard of it."""

    SUCCEEDED = "succeeded"
    IN_FLIGHT = "in-flight"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class PaymentState:
    """How a payment stands. Only one that SUCCEEDED has a preimage (32 bytes, checked) and a fee."""

    kind: StateKind
    preimage: bytes = field(default=b"", repr=False)
    fee_msat: int = 0


class Payer(Protocol):
    """Pays over Lightning."""

    name: str

    async def pay(self, invoice: Invoice, text: str, most_fee_msat: int) -> Paid:
        """Pay the invoice, whose BOLT 11 form is `text`; its way may cost `most_fee_msat`.

        Raises PaymentFailedError, PaymentUnclearError. Cancelled, it leaves unclear what became of it.
        """
        ...

    async def state(self, payment_hash: bytes) -> PaymentState:
        """Raises PaymentStateUnknownError."""
        ...


def is_preimage(preimage: bytes, payment_hash: bytes) -> bool:
    return len(preimage) == 32 and hashlib.sha256(preimage).digest() == payment_hash


def check_preimage(text: str, payment_hash: bytes) -> bytes:
    """What another wallet showed after it paid: 64 hex digits. Raises InvalidInputError, which says why."""
    digits = "".join(text.split())
    if not digits:
        raise _refused("There is none. Wallets show it with the payment's details, once it is paid.")
    if not set(digits) <= _HEX:
        if digits.lower().startswith("ln"):
            raise _refused("That is an invoice. The preimage is what the payer is shown after paying it.")
        raise _refused("It holds other characters than 0 to 9 and a to f.")
    if len(digits) != 64:
        raise _refused(f"It has {len(digits)} digits, and a preimage has 64.")
    preimage = bytes.fromhex(digits)
    if preimage == payment_hash:
        raise _refused("That is the payment's hash, known before it is paid. The preimage is another one.")
    if not is_preimage(preimage, payment_hash):
        raise _refused("It belongs to another payment.")
    return preimage


def _refused(why: str) -> InvalidInputError:
    return InvalidInputError(what="preimage", why=why)
