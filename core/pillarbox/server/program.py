"""The server as a whole: what it listens at, what it offers there, and how it ends."""

import asyncio
import ipaddress
import logging
import re
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

from pillarbox.clock import Clock
from pillarbox.errors import InvalidInputError, PillarboxError
from pillarbox.loop.static_address import LONGEST_EXPIRY
from pillarbox.model.network import Network
from pillarbox.secret import Secret
from pillarbox.server.demand_limits import USUAL_LIMITS, DemandLimits
from pillarbox.server.invoice_admin import HOST, InvoiceService
from pillarbox.server.l402_gate import Gate, InvoiceMaker, SignedInvoices
from pillarbox.server.limits import LimitedServer
from pillarbox.server.lnd_invoices import LndInvoices
from pillarbox.server.static_address_service import StaticAddressService, SwapService
from pillarbox.server.store import Store

log = logging.getLogger(__name__)

USUAL_PRICE = 100_000
"""Millisatoshi."""
USUAL_EXPIRY = 14_400
"""Blocks."""
_FORGETTING_EVERY = 3_600.0
"""Seconds."""
_LARGEST_FILE = 1 << 20
_FORM = re.compile(r"(?:\[(?P<v6>[0-9A-Fa-f:.]+)\]|(?P<name>[A-Za-z0-9_.-]+)):(?P<port>[0-9]{1,5})", re.ASCII)


class CannotListenError(PillarboxError):
    """Parameters: where, why."""

    code = "server-cannot-listen"
    title = "The server cannot listen there"
    message = "{where}: {why}."
    hint = "Name another place with --listen, or end what listens there."


class L402Mode(StrEnum):
    """Whose invoices pay for a token: the server's own, to try it, or an lnd node's."""

    TEST = "test"
    LND = "lnd"


@dataclass(frozen=True, slots=True)
class ListenAddress:
    """`HOST:PORT`; port 0 is any that is free."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises InvalidInputError."""
        found = _FORM.fullmatch(text)
        if found is None or int(found["port"]) > 0xFFFF:
            raise InvalidInputError(
                what="place to listen", why=f"{text[:80]!a} is not of the form HOST:PORT."
            )
        return cls(found["v6"] or found["name"], int(found["port"]))

    @property
    def loopback(self) -> bool:
        """Whether only this computer can reach it."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host.lower() == "localhost"

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Node:
    """An lnd node: its REST interface, and the files of a macaroon and of its certificate."""

    url: str
    macaroon_file: str
    certificate_file: str


@dataclass(frozen=True, slots=True)
class Options:
    """How to serve. `price_msat` in millisatoshi, `expiry` in blocks; `tls`: files of certificate and key."""

    listen: ListenAddress
    database: str
    l402: L402Mode | None = None
    network: Network = Network.REGTEST
    price_msat: int = USUAL_PRICE
    expiry: int = USUAL_EXPIRY
    tls: tuple[str, str] | None = None
    insecure: bool = False
    admin_port: int = 0
    node: Node | None = None
    limits: DemandLimits = USUAL_LIMITS

    def __post_init__(self) -> None:
        if self.tls is None and not self.insecure and not self.listen.loopback:
            raise InvalidInputError(
                what="place to listen",
                why="Others can reach it, and without --tls-cert and --tls-key they would send tokens in the "
                "clear. Only where something else encrypts, --insecure allows it.",
            )
        if not 1 <= self.expiry <= LONGEST_EXPIRY:
            raise InvalidInputError(what="expiry", why=f"It is 1 to {LONGEST_EXPIRY} blocks.")
        if self.l402 is not None and self.price_msat < 1:
            raise InvalidInputError(what="price", why="A token costs a millisatoshi at least.")
        if (self.l402 is L402Mode.LND) is (self.node is None):
            raise InvalidInputError(
                what="node",
                why="--l402 lnd needs --lnd-url, --lnd-macaroon-file and --lnd-cert; nothing else does.",
            )


@dataclass(frozen=True, slots=True)
class Listening:
    """Where it listens: URLs. `admin` is None where there are no test invoices to pay."""

    url: str
    admin: str | None


@asynccontextmanager
async def serving(options: Options, clock: Clock) -> AsyncIterator[Listening]:
    """Serves while it is entered.

    Raises InvalidInputError, StoreError, CannotListenError, NodeInvoiceError.
    """
    tls = None if options.tls is None else await asyncio.to_thread(_tls, *options.tls)
    async with AsyncExitStack() as stack:
        store = await Store.open(options.database)
        stack.push_async_callback(store.aclose)
        gate = await _gate(options, store, clock)
        if gate is not None:
            await stack.enter_async_context(_forgetting_unpaid(gate, clock))
        services = [SwapService(gate), StaticAddressService(store, gate, options.expiry, clock)]
        port = await _listen(stack, services, options.listen, tls)
        url = f"{'http' if tls is None else 'https'}://{ListenAddress(options.listen.host, port)}"
        admin = None
        if options.l402 is L402Mode.TEST:
            place = ListenAddress(HOST, options.admin_port)
            admin_port = await _listen(stack, [InvoiceService(store, clock)], place, None)
            admin = f"http://{HOST}:{admin_port}"
        log.info("listening at %s", url)
        yield Listening(url, admin)


async def _gate(options: Options, store: Store, clock: Clock) -> Gate | None:
    if options.l402 is None:
        return None
    invoices: InvoiceMaker
    if options.node is None:
        invoices = SignedInvoices(await store.signing_key(), options.network, clock)
    else:
        invoices = await asyncio.to_thread(_node_invoices, options.node)
    return Gate(store, invoices, options.price_msat, clock, options.limits)


@asynccontextmanager
async def _forgetting_unpaid(gate: Gate, clock: Clock) -> AsyncIterator[None]:
    """Now and each hour, while it is entered."""

    async def forget() -> None:
        while True:
            try:
                await gate.forget_unpaid()
            except PillarboxError as error:
                log.warning("unpaid tokens stay until the next try: %s", error)
            await clock.sleep_until(clock.monotonic() + _FORGETTING_EVERY)

    task = asyncio.create_task(forget())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def _node_invoices(node: Node) -> LndInvoices:
    certificate = _read(node.certificate_file).decode("ascii", "replace")
    return LndInvoices(node.url, Secret(_read(node.macaroon_file)), certificate)


async def _listen(
    stack: AsyncExitStack, services: Sequence[Any], place: ListenAddress, tls: ssl.SSLContext | None
) -> int:
    """Until the stack is left; the port."""
    server = LimitedServer(services)
    try:
        await server.start(place.host, place.port, ssl=tls)
    except OSError as error:
        raise CannotListenError(where=str(place), why=error.strerror or type(error).__name__) from error
    stack.push_async_callback(server.stop)
    return server.port


def _tls(certificate: str, key: str) -> ssl.SSLContext:
    """Raises InvalidInputError."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:  # also where the two do not belong together
        why = f"{certificate} and {key} cannot be used: {error.strerror or error}."
        raise InvalidInputError(what="certificate", why=why) from error
    context.set_alpn_protocols(["h2"])
    return context


def _read(path: str) -> bytes:
    """A small file. Raises InvalidInputError."""
    try:
        with Path(path).open("rb") as file:
            return file.read(_LARGEST_FILE)
    except OSError as error:
        why = f"{path} cannot be read: {error.strerror or type(error).__name__}."
        raise InvalidInputError(what="file", why=why) from error
