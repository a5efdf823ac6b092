"""Balance reports: a JSON object of address text to balance, in the coin's smallest unit.

A balance is a whole number from 0 to 2^63 - 1, or the same as a text of digits: writers in JavaScript have no
exact whole numbers from 2^53 on. Nothing in a report is proven.
"""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import httpx

from pillarbox.chain import web
from pillarbox.chain.cardano_address import close_by
from pillarbox.chain.certificates import Contexts, load_contexts
from pillarbox.errors import PillarboxError

LARGEST = 8 * 1024 * 1024
"""Bytes of a report."""
LARGEST_BALANCE = 2**63 - 1
PATIENCE = 30.0
"""Seconds for a whole answer."""


class BalanceReportError(PillarboxError):
    """Parameters: why."""

    code = "balance-report"
    title = "This is no balance report"
    message = "{why}. No address was marked, and the money is where it was."
    hint = 'A report is one JSON object of addresses and whole numbers, such as {{"ADDRESS": 5000}}.'


class ReportUnreachableError(PillarboxError):
    """Parameters: place, why."""

    code = "balance-report-unreachable"
    title = "The balance report could not be had"
    message = "{place}: {why}. No address was marked, and the money is where it was."
    hint = "Check where the report is, and try again."


@dataclass(frozen=True, slots=True)
class BalanceReport:
    """Balances by address text, smallest unit."""

    balances: Mapping[str, int]


class ReportSource(Protocol):
    """Where a report comes from."""

    async def report(self) -> BalanceReport:
        """All of it. Raises BalanceReportError, ReportUnreachableError."""
        ...


def parse(data: bytes) -> BalanceReport:
    """Raises BalanceReportError."""
    if len(data) > LARGEST:
        raise BalanceReportError(why=f"It is larger than {LARGEST // 2**20} MiB")
    try:
        found = json.loads(data.decode(), object_pairs_hook=_object)
    except (ValueError, RecursionError):  # a damaged UTF-8 text is a ValueError, too
        raise BalanceReportError(why="It is not JSON text in UTF-8, or not all of it") from None
    if not isinstance(found, dict):
        raise BalanceReportError(why="It is not an object of addresses")
    return BalanceReport({_address(text): _balance(text, value) for text, value in found.items()})


@dataclass(frozen=True, slots=True)
class FileReport:
    """A report in a file."""

    path: Path

    async def report(self) -> BalanceReport:
        return await asyncio.to_thread(self._read)

    def _read(self) -> BalanceReport:
        try:
            with self.path.open("rb") as file:
                return parse(file.read(LARGEST + 1))
        except OSError as error:
            raise ReportUnreachableError(
                place=str(self.path), why=error.strerror or type(error).__name__
            ) from error


@dataclass(frozen=True, slots=True)
class UrlReport:
    """A report that a server gives for a GET of one URL. It is told of no address.

    What a report marks is final, so plain http is for the same servers only that may be a Cardano indexer's.
    """

    url: str
    proxy: str = ""
    """SOCKS5 proxy as HOST:PORT, or ""."""
    patience: float = PATIENCE

    async def report(self) -> BalanceReport:
        self._require_safe()
        contexts = await load_contexts()
        await web.prepare()
        try:
            async with (
                asyncio.timeout(self.patience),
                self._client(contexts) as client,
                web.answering(client, self.url) as response,
            ):
                if response.status_code != 200:
                    raise self._unreachable(f"the server answers with status {response.status_code}")
                data = await web.body_of(response, LARGEST)
        except TimeoutError as error:
            raise self._unreachable(f"no whole answer within {self.patience:g} seconds") from error
        except httpx.ProxyError as error:
            raise self._unreachable("the proxy gave no connection to it") from error
        except httpx.HTTPError as error:
            raise self._unreachable("no answer could be read") from error
        return await asyncio.to_thread(parse, data)

    def _require_safe(self) -> None:
        """Raises ReportUnreachableError."""
        try:
            parts = urlsplit(self.url)
            host = parts.hostname or ""
        except ValueError as error:
            raise self._unreachable("that is not a web address") from error
        if parts.scheme == "http" and not close_by(host):
            raise self._unreachable(
                "with http:// anybody on the way could change the report, so it has to be https://, except "
                "for a server on this computer or in your own network"
            )
        if host.endswith(".onion") and not self.proxy:
            raise self._unreachable("it is an onion address, and no SOCKS5 proxy such as Tor is set")

    def _client(self, contexts: Contexts) -> httpx.AsyncClient:
        """Its time is limited as a whole, by whoever uses it."""
        proxy = f"socks5://{self.proxy}" if self.proxy else None
        return httpx.AsyncClient(
            verify=contexts.vouched,
            headers=web.PLAIN,
            follow_redirects=False,
            trust_env=False,
            timeout=None,  # noqa: S113
            proxy=proxy,
        )

    def _unreachable(self, why: str) -> ReportUnreachableError:
        return ReportUnreachableError(place="the server", why=why)


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BalanceReportError(why="It names an address twice")
    return found


def _address(text: str) -> str:
    if not text or not text.isascii() or not text.isprintable():
        raise BalanceReportError(why="It names something that is no address")
    return text


def _balance(address: str, value: object) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 19:
        value = int(value)
    if type(value) is not int or not 0 <= value <= LARGEST_BALANCE:
        raise BalanceReportError(why=f"{address[:100]} has no whole number from 0 to 2^63 - 1")
    return value
