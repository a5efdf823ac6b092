"""Paying with an lnd node: `POST /v2/router/send` and `GET /v2/router/track`, as lnd publishes them."""

import base64
import re
from collections.abc import AsyncIterator, Mapping
from types import MappingProxyType
from typing import Any, NoReturn

from pillarbox.bitcoin.bolt11 import Invoice
from pillarbox.lightning.lnd_rest import CutOffError, LndRest, NothingSentError
from pillarbox.lightning.payers import (
    Paid,
    PaymentFailedError,
    PaymentState,
    PaymentStateUnknownError,
    PaymentUnclearError,
    StateKind,
    is_preimage,
)
from pillarbox.secret import Secret

PAYING = 60
"""Seconds that the node may try."""
_BEYOND = 15.0
"""Seconds more until it has to have answered."""
_OK = 200
_INVALID_ARGUMENT, _NOT_FOUND, _DENIED, _UNIMPLEMENTED, _UNAUTHENTICATED = 3, 5, 7, 12, 16
_REFUSING = frozenset({_INVALID_ARGUMENT, _NOT_FOUND, _DENIED, _UNIMPLEMENTED, _UNAUTHENTICATED})
"""Codes of gRPC with which lnd refuses before it pays."""
_GOES_ON = frozenset({None, 1, 4, 14})
"""Those of whoever gave up waiting for lnd, which may go on by itself: cancelled, too late, unavailable."""
_REFUSED = re.compile(
    r"macaroon|verification failed|permission denied|wallet locked|wallet not created|not yet ready",
    re.IGNORECASE,
)
"""Words of refusals that have no code of their own; they too come before anything is paid."""
_REASONS: Mapping[str, str] = MappingProxyType(
    {
        "FAILURE_REASON_TIMEOUT": "no way to the payee was found in time",
        "FAILURE_REASON_NO_ROUTE": "there is no way to the payee for this fee",
        "FAILURE_REASON_INCORRECT_PAYMENT_DETAILS": "the payee does not take this payment",
        "FAILURE_REASON_INSUFFICIENT_BALANCE": "the node's channels do not hold enough",
        "FAILURE_REASON_CANCELED": "the payment was cancelled at the node",
    }
)
_KINDS: Mapping[str, StateKind] = MappingProxyType(
    {
        "SUCCEEDED": StateKind.SUCCEEDED,
        "FAILED": StateKind.FAILED,
        "IN_FLIGHT": StateKind.IN_FLIGHT,
        "INITIATED": StateKind.IN_FLIGHT,
    }
)
_KEPT_TEXT = 200


class _RefusalError(Exception):
    """The node refused in words from which it is not certain whether it had begun."""


class LndPayer:
    """A node, by its REST interface at `https://HOST:PORT` and the certificate that it made for itself."""

    def __init__(
        self, url: str, macaroon: Secret, certificate: str, patience: float = PAYING + _BEYOND
    ) -> None:
        """`macaroon`: its bytes; `certificate`: PEM; `patience`: seconds. Raises InvalidInputError."""
        self.name = "lnd"
        self._rest = LndRest(url, macaroon, certificate, patience)

    def close(self) -> None:
        """Forget the macaroon."""
        self._rest.close()

    async def pay(self, invoice: Invoice, text: str, most_fee_msat: int) -> Paid:
        """As `Payer` says."""
        asked = {
            "payment_request": text,
            "timeout_seconds": PAYING,
            "fee_limit_msat": str(most_fee_msat),
            "no_inflight_updates": False,
        }
        try:
            async with self._rest.asking("POST", "/v2/router/send", asked) as (status, objects):
                return await self._outcome(status, objects, invoice.payment_hash)
        except _RefusalError as refusal:
            return await self._settled(str(refusal), invoice.payment_hash)
        except NothingSentError as error:
            raise self._failed(str(error)) from error
        except CutOffError as error:
            raise self._unclear(str(error)) from error

    async def state(self, payment_hash: bytes) -> PaymentState:
        """As `Payer` says: what the node knows now, without waiting for the end."""
        name = base64.urlsafe_b64encode(payment_hash).decode()
        path = f"/v2/router/track/{name}?no_inflight_updates=false"
        try:
            async with self._rest.asking("GET", path) as (status, objects):
                return self._state(status, await anext(objects, None), payment_hash)
        except (NothingSentError, CutOffError) as error:
            raise self._unknown(str(error)) from error

    async def _outcome(self, status: int, objects: AsyncIterator[Any], payment_hash: bytes) -> Paid:
        """Of what the node tells while it pays. Raises _RefusalError, CutOffError, and as `pay` does."""
        begun = False
        async for each in objects:
            payment = _payment(each)
            if payment is None:
                self._raise_refusal(status, each, begun=begun)
            begun = True
            match _KINDS.get(str(payment.get("status"))):
                case StateKind.SUCCEEDED:
                    return self._paid(payment, payment_hash)
                case StateKind.FAILED:
                    reason = str(payment.get("failure_reason"))
                    raise self._failed(_REASONS.get(reason, "it found no way to pay"))
        if status != _OK and not begun:
            self._raise_refusal(status, None, begun=False)
        raise CutOffError("it stopped telling before the payment ended")

    async def _settled(self, why: str, payment_hash: bytes) -> Paid:
        """The node has answered for good, so what it knows of the payment now stays true."""
        try:
            state = await self.state(payment_hash)
        except PaymentStateUnknownError as error:
            raise self._unclear(why) from error
        match state.kind:
            case StateKind.SUCCEEDED:
                return Paid(state.preimage, state.fee_msat)
            case StateKind.IN_FLIGHT:
                raise self._unclear(why)
        raise self._failed(why)

    def _raise_refusal(self, status: int, said: Any, *, begun: bool) -> NoReturn:
        """An error in place of a payment's state: what the node refuses from the start was not paid."""
        code, words = _error(said)
        why = f"it says: {words}" if words else f"it answered with the status {status}"
        if begun:
            raise self._unclear(why)
        if code in _REFUSING or _REFUSED.search(words):
            raise self._failed(why)
        if code in _GOES_ON:
            raise self._unclear(why)
        raise _RefusalError(why)

    def _state(self, status: int, said: Any, payment_hash: bytes) -> PaymentState:
        payment = _payment(said)
        if payment is None:
            code, words = _error(said)
            # The path itself is not found where the node lacks this interface.
            if code == _NOT_FOUND and "initiated" in words:
                return PaymentState(StateKind.UNKNOWN)
            raise self._unknown(f"it says: {words}" if words else f"it answered with the status {status}")
        kind = _KINDS.get(str(payment.get("status")))
        if kind is None:
            raise self._unknown("its answer makes no sense")
        if kind is not StateKind.SUCCEEDED:
            return PaymentState(kind)
        try:
            paid = self._paid(payment, payment_hash)
        except PaymentUnclearError as error:
            raise self._unknown(str(error.parameters["why"])) from error
        return PaymentState(kind, paid.preimage, paid.fee_msat)

    def _paid(self, payment: Mapping[str, Any], payment_hash: bytes) -> Paid:
        """The preimage is the only proof there is: without it nothing is known."""
        try:
            preimage, fee = bytes.fromhex(payment["payment_preimage"]), int(payment.get("fee_msat", 0))
        except (KeyError, TypeError, ValueError) as error:
            raise self._unclear("it says that it paid, and does not prove it") from error
        if not is_preimage(preimage, payment_hash) or fee < 0:
            raise self._unclear("it says that it paid, and what it shows for it is of another payment")
        return Paid(preimage, fee)

    def _failed(self, why: str) -> PaymentFailedError:
        return PaymentFailedError(payer=self.name, why=why)

    def _unclear(self, why: str) -> PaymentUnclearError:
        return PaymentUnclearError(payer=self.name, why=why)

    def _unknown(self, why: str) -> PaymentStateUnknownError:
        return PaymentStateUnknownError(payer=self.name, why=why)


def _payment(said: Any) -> Mapping[str, Any] | None:
    result = said.get("result") if isinstance(said, dict) else None
    return result if isinstance(result, dict) else None


def _error(said: Any) -> tuple[int | None, str]:
    """Code of gRPC and words, of the error that the gateway sends alone or within a stream."""
    if not isinstance(said, dict):
        return None, ""
    inner = said.get("error")
    error: Mapping[str, Any] = inner if isinstance(inner, dict) else said
    code = error.get("code", error.get("grpc_code"))
    words = str(error.get("message") or error.get("error") or "")
    shown = "".join(each if each.isprintable() else " " for each in words).strip().rstrip(".")
    return code if isinstance(code, int) else None, shown[:_KEPT_TEXT]
