"""Balance reports: a JSON object of address text to balance, in the coin's smallest unit.

A balance is a whole number from 0 to 2^63 - 1, or the same as a text of digits: writers in JavaScript have no
exact whole numbers from 2^53 on. Nothing in a report is proven.
"""

import asyncio
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import httpx

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


class BalanceSource(Protocol):
    """Where balances come from."""

    async def balances(self, addresses: Iterable[str]) -> Mapping[str, int]:
        """Of these addresses, the balances that the source tells of.

        Raises BalanceReportError, ReportUnreachableError.
        """
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

    async def balances(self, addresses: Iterable[str]) -> Mapping[str, int]:
        return _among(await self.report(), addresses)

    async def report(self) -> BalanceReport:
        """All of it. Raises BalanceReportError, ReportUnreachableError."""
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
    """A report that a server gives for a GET of one URL. It is told of no address."""

    url: str
    proxy: str = ""
    """SOCKS5 proxy as HOST:PORT, or ""."""
    patience: float = PATIENCE

    async def balances(self, addresses: Iterable[str]) -> Mapping[str, int]:
        return _among(await self.report(), addresses)

    async def report(self) -> BalanceReport:
        """All of it. Raises BalanceReportError, ReportUnreachableError."""
        try:
            async with (
                asyncio.timeout(self.patience),
                self._client() as client,
                client.stream("GET", self.url) as response,
            ):
                if response.status_code != 200:
                    raise self._unreachable(f"the server answers with status {response.status_code}")
                data = await _body(response)
        except TimeoutError as error:
            raise self._unreachable(f"no whole answer within {self.patience:g} seconds") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise self._unreachable("no answer could be read") from error
        return await asyncio.to_thread(parse, data)

    def _client(self) -> httpx.AsyncClient:
        """Its time is limited as a whole, by whoever uses it."""
        proxy = f"socks5://{self.proxy}" if self.proxy else None
        return httpx.AsyncClient(
            headers={"Accept-Encoding": "identity"},
            follow_redirects=False,
            trust_env=False,
            timeout=None,  # noqa: S113
            proxy=proxy,
        )

    def _unreachable(self, why: str) -> ReportUnreachableError:
        return ReportUnreachableError(place="the server", why=why)


async def _body(response: httpx.Response) -> bytes:
    """As it was sent, not unpacked. What is past too large is dropped: the time that is given ends it."""
    data = bytearray()
    async for piece in response.aiter_raw():
        if len(data) <= LARGEST:
            data += piece
    return bytes(data)


def _among(report: BalanceReport, addresses: Iterable[str]) -> dict[str, int]:
    return {text: report.balances[text] for text in addresses if text in report.balances}


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
