"""The REST interface of an lnd node: JSON objects, a line each, in bounded size and time."""

import asyncio
import json
import logging
import re
import ssl
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from importlib import import_module
from typing import Any

import httpx
from anyio import CancelScope
from httpcore import AsyncNetworkStream

from pillarbox.errors import InvalidInputError
from pillarbox.secret import Secret

LARGEST_LINE = 256 * 1024
"""Bytes: a payment's state lists all that was tried."""
LARGEST_ANSWER = 8 * 1024 * 1024
_URL = re.compile(r"https://(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]{1,253})(?::[0-9]{1,5})?/?", re.ASCII)
_LOADED_LATE = "anyio._backends._asyncio"

# At INFO it would write payment hashes into the log.
logging.getLogger("httpx").setLevel(logging.WARNING)
logging.getLogger("httpcore").setLevel(logging.WARNING)


class NothingSentError(Exception):
    """There was no connection, so the node knows of nothing. The words say why."""


class CutOffError(Exception):
    """The node was asked, and its answer is missing or senseless. The words say why."""


class LndRest:
    """One node. Each question has a connection of its own; none follows elsewhere, and none uses a proxy."""

    def __init__(self, url: str, macaroon: Secret, certificate: str, patience: float) -> None:
        """`certificate`: the node's own, PEM; `macaroon`: its bytes; `patience`: seconds for one question.

        Raises InvalidInputError.
        """
        if _URL.fullmatch(url) is None:
            raise InvalidInputError(what="node", why="It is not of the form https://HOST:PORT.")
        self._url = url.rstrip("/")
        self._macaroon = macaroon.copy()
        self._context = _trusting(certificate)
        self._patience = patience

    def close(self) -> None:
        """Forget the macaroon."""
        self._macaroon.wipe()

    @asynccontextmanager
    async def asking(
        self, method: str, path: str, asked: Mapping[str, object] | None = None
    ) -> AsyncIterator[tuple[int, AsyncIterator[Any]]]:
        """The status, and the answer's objects as they come. Raises NothingSentError, CutOffError."""
        if _LOADED_LATE not in sys.modules:  # anyio loads half of itself late, longer than a frame takes
            await asyncio.to_thread(import_module, _LOADED_LATE)
        headers = {
            "accept-encoding": "identity",
            "grpc-metadata-macaroon": self._macaroon.reveal().hex(),
        }
        opened: list[AsyncNetworkStream] = []

        async def note(event: str, facts: Mapping[str, Any]) -> None:
            if event.endswith(".connect_tcp.complete"):
                opened.append(facts["return_value"])

        try:
            async with (
                asyncio.timeout(self._patience),
                httpx.AsyncClient(verify=self._context, trust_env=False, timeout=self._patience) as client,
                client.stream(
                    method, f"{self._url}{path}", json=asked, headers=headers, extensions={"trace": note}
                ) as response,
                aclosing(_objects(response)) as objects,
            ):
                yield response.status_code, objects
        except BaseException as error:
            await _close(opened)
            _raise(error)
            raise


async def _objects(response: httpx.Response) -> AsyncGenerator[Any, None]:
    """Raises CutOffError for what is no JSON, and for more than an answer has."""
    line, size = bytearray(), 0
    async with aclosing(response.aiter_raw()) as pieces:  # type: ignore[type-var]  # it is a generator
        async for piece in pieces:
            size += len(piece)
            *whole, rest = (line + piece).split(b"\n")
            line = bytearray(rest)
            if size > LARGEST_ANSWER or max(map(len, (line, *whole))) > LARGEST_LINE:
                raise CutOffError("its answer is far too long")
            for each in whole:
                if each.strip():
                    yield _parsed(each)
    if line.strip():
        yield _parsed(line)


def _parsed(line: bytes | bytearray) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        raise CutOffError("its answer is not that of an lnd node") from error


async def _close(opened: list[AsyncNetworkStream]) -> None:
    """httpcore leaves a connection open whose TLS was cut off."""
    with CancelScope(shield=True):
        for stream in opened:
            await stream.aclose()


def _raise(error: BaseException) -> None:
    """What a failure means for the question; returns for what is none of the network's."""
    match error:
        case httpx.ConnectError() | httpx.UnsupportedProtocol() | httpx.InvalidURL():
            raise NothingSentError("it cannot be reached, or shows another certificate") from error
        case httpx.HTTPError():
            raise CutOffError("the connection broke off") from error
        case TimeoutError():
            raise CutOffError("it did not answer in time") from error
        case OSError():
            raise CutOffError("the connection broke off") from error


def _trusting(certificate: str) -> ssl.SSLContext:
    """Trusts this certificate and no authority. Raises InvalidInputError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(cadata=certificate)
    except (ssl.SSLError, ValueError) as error:
        raise InvalidInputError(what="certificate", why="It is none (PEM).") from error
    return context
