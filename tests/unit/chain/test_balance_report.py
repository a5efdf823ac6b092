"""A balance report is read strictly, from a file or a server, or refused in plain words."""

import gzip
from pathlib import Path

import pytest
from test_electrum_proxy import Proxy
from tests.balance_peer import serving

from pillarbox.chain.balance_report import (
    LARGEST,
    BalanceReportError,
    FileReport,
    ReportUnreachableError,
    UrlReport,
    parse,
)
from pillarbox.chain.server_address import ServerAddress


def test_balances_are_whole_numbers_or_texts_of_digits() -> None:
    assert parse(b'{"a": 0, "b": "9223372036854775807"}').balances == {"a": 0, "b": 2**63 - 1}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"7",
        b'{"a": 1',
        b'{"a": true}',
        b'{"a": 1.0}',
        b'{"a": 1e3}',
        b'{"a": -1}',
        b'{"a": "-1"}',
        b'{"a": ""}',
        b'{"a": null}',
        b'{"a": {}}',
        b'{"a": NaN}',
        b'{"a": 9223372036854775808}',
        b'{"a": "9223372036854775808"}',
        '{"a": "\u0661"}'.encode(),
        b'{"a": 1, "a": 1}',
        b'{"": 1}',
        b'{"\\ud800": 1}',
        b"\xff",
        b'{"a": ' + b"9" * 5000 + b"}",
        b"[" * 100_000,
        b" " * (LARGEST + 1),
    ],
)
def test_anything_else_is_refused(data: bytes) -> None:
    with pytest.raises(BalanceReportError) as refused:
        parse(data)
    assert "money" in refused.value.text.message
    assert "{" in refused.value.text.hint


async def test_a_report_is_read_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "report").write_bytes(b'{"a": 1, "b": 2}')
    assert (await FileReport(tmp_path / "report").report()).balances == {"a": 1, "b": 2}
    with pytest.raises(ReportUnreachableError):
        await FileReport(tmp_path / "none").report()


async def test_a_report_is_read_from_a_server() -> None:
    async with serving(b'{"a": 1, "b": 2}') as url:
        assert (await UrlReport(url).report()).balances == {"a": 1, "b": 2}


async def test_a_redirect_is_not_followed() -> None:
    async with (
        serving(b'{"a": 1}') as target,
        serving(b"{}", "302 Found", f"Location: {target}\r\n") as url,
    ):
        with pytest.raises(ReportUnreachableError, match="302"):
            await UrlReport(url).report()


async def test_a_report_that_is_packed_is_not_unpacked() -> None:
    async with serving(gzip.compress(b"{}"), headers="Content-Encoding: gzip\r\n") as url:
        with pytest.raises(ReportUnreachableError):
            await UrlReport(url).report()


@pytest.mark.parametrize("url", ["http://reports.example/x", "http://8.8.8.8/x", "HTTP://reports.example/x"])
async def test_a_report_that_anybody_on_the_way_could_change_is_not_asked_for(url: str) -> None:
    with pytest.raises(ReportUnreachableError, match="https://"):
        await UrlReport(url).report()


async def test_an_onion_is_not_asked_for_without_a_proxy() -> None:
    with pytest.raises(ReportUnreachableError, match="onion"):
        await UrlReport(f"http://{'a' * 56}.onion/x").report()


async def test_a_proxy_that_is_none_is_said_to_give_no_connection() -> None:
    async with Proxy(ServerAddress("127.0.0.1", 1)).listening() as proxy:
        proxy.method = b"HTTP/1.1 400 Bad Request\r\n\r\n"
        with pytest.raises(ReportUnreachableError, match="the proxy"):
            await UrlReport("https://reports.example/x", str(proxy.address)).report()


async def test_an_answer_that_is_too_large_is_refused() -> None:
    async with serving(b" " * (LARGEST + 1)) as url:
        with pytest.raises(BalanceReportError, match="larger"):
            await UrlReport(url).report()


async def test_a_server_that_takes_too_long_is_given_up() -> None:
    async with serving(b"{}") as url:
        with pytest.raises(ReportUnreachableError):
            await UrlReport(url, patience=0.0).report()


@pytest.mark.parametrize("url", ["", "ftp://127.0.0.1/x", "http://[", "http://127.0.0.1:1/"])
async def test_a_place_without_a_server_is_told(url: str) -> None:
    with pytest.raises(ReportUnreachableError):
        await UrlReport(url).report()
