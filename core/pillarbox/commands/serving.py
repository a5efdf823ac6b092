"""`serve` and `test-invoice pay`: the server, which stands apart from wallets and their Application."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from pillarbox.app.paths import Paths
from pillarbox.bitcoin.payment_link import PaymentLinkError, parse_amount
from pillarbox.clock import SystemClock
from pillarbox.commands.nouns import JsonObject
from pillarbox.errors import InvalidInputError, PillarboxError
from pillarbox.files.folder_lock import FolderLock, WalletInUseError
from pillarbox.files.refusals import refusals_told
from pillarbox.model.network import BITCOIN, Network

if TYPE_CHECKING:
    from pillarbox.server.program import Node, Options

PORT, ADMIN_PORT = 9750, 9751
ADMIN_URL = f"http://127.0.0.1:{ADMIN_PORT}"
_MSAT = 1_000


class ServerMissingError(PillarboxError):
    """Parameters: package."""

    code = "server-missing"
    title = "The server is not installed"
    message = "It needs {package}, which is not installed. Every other command works without it."
    hint = "Install it with: pip install 'pillarbox[server]'"


class DatabaseInUseError(PillarboxError):
    """Parameters: database, program, pid (0 where unknown)."""

    code = "server-database-in-use"
    title = "Another server has this database open"
    message = "{program} (process {pid}) serves from {database}. Two servers never share such a file."
    hint = "End the other one first, or name another file with --database. Nothing was changed."


@dataclass(frozen=True, slots=True)
class ServeArguments:
    """`database` is a file or a URL; `price` is in whole coins, decimal, `expiry` in blocks."""

    listen: str = f"127.0.0.1:{PORT}"
    database: str | None = None
    l402: str | None = None
    network: Network = Network.REGTEST
    price: str | None = None
    expiry: int | None = None
    tls_cert: str | None = None
    tls_key: str | None = None
    insecure: bool = False
    admin_port: int = ADMIN_PORT
    lnd_url: str | None = None
    lnd_macaroon_file: str | None = None
    lnd_cert: str | None = None

    def __post_init__(self) -> None:
        if (self.tls_cert is None) is not (self.tls_key is None):
            raise InvalidInputError(what="certificate", why="--tls-cert and --tls-key go together.")
        if self.admin_port > 0xFFFF:
            raise InvalidInputError(what="port", why="Ports go up to 65535.")


@dataclass(frozen=True, slots=True)
class PayArguments:
    """`server`: where its server listens for this, as it said when it began."""

    invoice: str
    server: str = ADMIN_URL


async def serve(arguments: ServeArguments, paths: Paths) -> AsyncGenerator[JsonObject, None]:
    """One object once it listens: `listening`, `admin`, `l402`, `network`. Then it goes on until cancelled.

    Raises InvalidInputError, ServerMissingError, DatabaseInUseError, and what the server raises.
    """
    program = _load("pillarbox.server.program")
    options = _options(program, arguments, paths)
    file = _load("pillarbox.server.store").database_file(options.database)
    async with _alone_with(file), program.serving(options, SystemClock()) as listening:
        yield {
            "listening": listening.url,
            "admin": listening.admin,
            "l402": arguments.l402,
            "network": arguments.network.value if arguments.l402 == "test" else None,
        }
        await asyncio.get_running_loop().create_future()


async def pay(arguments: PayArguments) -> JsonObject:
    """`preimage` in hex, `amount_msat`. Raises InvalidInputError, InvoicePayingError, ServerMissingError."""
    paid = await _load("pillarbox.server.invoice_admin").pay_invoice(arguments.server, arguments.invoice)
    return {"preimage": paid.preimage.hex(), "amount_msat": paid.amount_msat}


@asynccontextmanager
async def _alone_with(file: Path | None) -> AsyncGenerator[None, None]:
    """Raises DatabaseInUseError, DiskFullError, FolderUnusableError."""
    if file is None:
        yield
        return
    lock = await asyncio.to_thread(_hold, file)
    try:
        yield
    finally:
        lock.release()


def _hold(file: Path) -> FolderLock:
    with refusals_told(file.parent):
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        return FolderLock.acquire(file.parent, "pillarbox serve", f"{file.name}.lock")
    except WalletInUseError as error:
        raise DatabaseInUseError(database=str(file), **error.parameters) from error


def _options(program: ModuleType, arguments: ServeArguments, paths: Paths) -> "Options":
    tls = None
    if arguments.tls_cert is not None and arguments.tls_key is not None:
        tls = (arguments.tls_cert, arguments.tls_key)
    made: Options = program.Options(
        listen=program.ListenAddress.parse(arguments.listen),
        database=arguments.database or str(paths.root / "server" / "server.db"),
        l402=None if arguments.l402 is None else program.L402Mode(arguments.l402),
        network=arguments.network,
        price_msat=program.USUAL_PRICE if arguments.price is None else _price(arguments.price),
        expiry=program.USUAL_EXPIRY if arguments.expiry is None else arguments.expiry,
        tls=tls,
        insecure=arguments.insecure,
        admin_port=arguments.admin_port,
        node=_node(program, arguments),
    )
    return made


def _node(program: ModuleType, arguments: ServeArguments) -> "Node | None":
    given = (arguments.lnd_url, arguments.lnd_macaroon_file, arguments.lnd_cert)
    if not any(given):
        return None
    if not all(given):
        raise InvalidInputError(what="node", why="--lnd-url, --lnd-macaroon-file and --lnd-cert go together.")
    made: Node = program.Node(*given)
    return made


def _price(text: str) -> int:
    """Millisatoshi."""
    try:
        return parse_amount(text, BITCOIN) * _MSAT
    except PaymentLinkError as error:
        raise InvalidInputError(what="price", why="It is a number of BTC such as 0.000001.") from error


def _load(name: str) -> ModuleType:
    """Raises ServerMissingError."""
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package == "pillarbox":
            raise
        raise ServerMissingError(package=package) from error
