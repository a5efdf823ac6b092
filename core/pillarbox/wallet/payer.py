"""What is asked of whoever pays an invoice."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from pillarbox.bitcoin.bolt11 import Invoice


class PaymentKind(StrEnum):
    SUCCEEDED = "succeeded"
    IN_FLIGHT = "in-flight"
    FAILED = "failed"
    """For good: nothing was paid, and nothing will be."""
    UNKNOWN = "unknown"
    """The payer was never told of such a payment, or has forgotten it."""


@dataclass(frozen=True, slots=True)
class PaymentState:
    """`preimage` is b"" unless it succeeded; `fee_msat` in millisatoshi."""

    kind: PaymentKind
    preimage: bytes = field(default=b"", repr=False)
    fee_msat: int = 0


@dataclass(frozen=True, slots=True)
class Paid:
    """The proof of a payment, 32 bytes, and what its way cost in millisatoshi."""

    preimage: bytes = field(repr=False)
    fee_msat: int


class Payer(Protocol):
    @property
    def name(self) -> str:
        """Tells one payer from another, such as its address."""
        ...

    async def pay(self, invoice: Invoice, text: str, most_fee_msat: int) -> Paid:
        """Raises PillarboxError where it failed, or where it is not known whether it did."""
        ...

    async def state(self, payment_hash: bytes) -> PaymentState: ...
