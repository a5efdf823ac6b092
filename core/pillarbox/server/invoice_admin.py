"""Paying an invoice of `--l402 test`, by whoever sits at the server: it listens at 127.0.0.1 alone."""

import asyncio
import re
from dataclasses import dataclass, field

from grpclib import GRPCError, Status
from grpclib.client import Channel
from grpclib.exceptions import StreamTerminatedError
from grpclib.server import Stream

from pillarbox.bitcoin import bolt11
from pillarbox.bitcoin.bolt11 import InvoiceError
from pillarbox.clock import Clock
from pillarbox.errors import InvalidInputError, PillarboxError
from pillarbox.proto.invoices_grpc import InvoicesBase, InvoicesStub
from pillarbox.proto.invoices_pb2 import PayRequest, PayResponse
from pillarbox.server.store import Store, StoreError

HOST = "127.0.0.1"
_PATIENCE = 30.0
_URL = re.compile(r"http://(?:127\.0\.0\.1|localhost):([0-9]{1,5})/?", re.ASCII)


class InvoicePayingError(PillarboxError):
    """Parameters: why."""

    code = "test-invoice"
    title = "The invoice was not paid"
    message = "{why}. No money is in this: the server only tries what a payment would do."
    hint = "Look at what pillarbox serve printed when it began, and at the invoice."


@dataclass(frozen=True, slots=True)
class PaidInvoice:
    """`preimage`: 32 bytes, what a payer gets."""

    preimage: bytes = field(repr=False)
    amount_msat: int


class InvoiceService(InvoicesBase):
    """Gives out the preimage of an invoice that this server's database holds."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def Pay(self, stream: "Stream[PayRequest, PayResponse]") -> None:  # noqa: N802
        request = await stream.recv_message()
        try:
            invoice = bolt11.parse("" if request is None else request.invoice)
            now = self._clock.now()
            if now >= invoice.ends_at:
                raise GRPCError(Status.FAILED_PRECONDITION, "The invoice is over already")
            kept = await self._store.pay(invoice.payment_hash, now)
        except InvoiceError as error:
            why = f"It is no invoice: {error.parameters['why']}"
            raise GRPCError(Status.INVALID_ARGUMENT, why) from error
        except StoreError as error:
            raise GRPCError(Status.UNAVAILABLE, str(error.parameters["why"])) from error
        if kept is None or kept.preimage is None:
            raise GRPCError(Status.NOT_FOUND, "This server did not make that invoice")
        await stream.send_message(PayResponse(preimage=kept.preimage, amount_msat=kept.amount_msat))


async def pay_invoice(server: str, invoice: str) -> PaidInvoice:
    """Ask the server at `http://127.0.0.1:PORT`. Raises InvalidInputError, InvoicePayingError."""
    found = _URL.fullmatch(server)
    if found is None or not 1 <= int(found[1]) <= 0xFFFF:
        raise InvalidInputError(what="server", why="It is of the form http://127.0.0.1:PORT, and no other.")
    channel = Channel(HOST, int(found[1]))
    try:
        async with asyncio.timeout(_PATIENCE):
            reply = await InvoicesStub(channel).Pay(PayRequest(invoice=invoice))
    except GRPCError as error:
        # grpclib's own refusal of a method that it has not is one that it does not understand itself.
        other = error.status in (Status.UNIMPLEMENTED, Status.UNKNOWN) or not error.message
        why = "There is no server of test invoices" if other else error.message
        raise InvoicePayingError(why=str(why)) from error
    except (OSError, StreamTerminatedError) as error:  # TimeoutError is one of them
        raise InvoicePayingError(why=f"Nobody answers at {server}") from error
    finally:
        channel.close()
    return PaidInvoice(reply.preimage, reply.amount_msat)
