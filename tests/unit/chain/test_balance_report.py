"""A balance report is read strictly, from a file or a server, or refused in plain words."""

from pathlib import Path

import pytest
from tests.balance_peer import serving

from pillarbox.chain.balance_report import (
    LARGEST,
    BalanceReportError,
    FileReport,
    ReportUnreachableError,
    UrlReport,
    parse,
)


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


async def test_a_file_tells_of_the_addresses_it_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "report").write_bytes(b'{"a": 1, "b": 2}')
    assert await FileReport(tmp_path / "report").balances(["b", "c"]) == {"b": 2}
    with pytest.raises(ReportUnreachableError):
        await FileReport(tmp_path / "none").report()


async def test_a_server_tells_of_the_addresses_it_is_asked_for() -> None:
    async with serving(b'{"a": 1, "b": 2}') as url:
        assert await UrlReport(url).balances(["b", "c"]) == {"b": 2}


async def test_a_redirect_is_not_followed() -> None:
    async with (
        serving(b'{"a": 1}') as target,
        serving(b"{}", "302 Found", f"Location: {target}\r\n") as url,
    ):
        with pytest.raises(ReportUnreachableError, match="302"):
            await UrlReport(url).report()


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
