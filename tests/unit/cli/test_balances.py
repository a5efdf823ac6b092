"""`pillarbox balances` takes one report for one account of the right kind."""

from pathlib import Path

import pytest

from command_lines import CommandLine
from pillarbox import accounts
from pillarbox.accounts.kind import UsageProof
from pillarbox.cli.parser import parse
from pillarbox.commands.arguments import ArgumentsError
from pillarbox.commands.balances import BalancesArguments


def test_a_file_is_named_as_it_is_found_from_anywhere() -> None:
    assert parse(["balances", "w", "0", "report"]).given["file"] == str(Path("report").absolute())


def test_a_report_is_a_file_or_an_url() -> None:
    with pytest.raises(ArgumentsError):
        BalancesArguments("w", "0")
    with pytest.raises(ArgumentsError):
        BalancesArguments("w", "0", "/report", "http://127.0.0.1/")


def test_an_account_that_the_chain_tells_of_takes_no_report(pillarbox: CommandLine, tmp_path: Path) -> None:
    assert pillarbox.json("wallet", "create", "alice", "--network", "regtest").status == 0
    (tmp_path / "report").write_text("{}")
    account = str(pillarbox.json("account", "list", "alice").objects[0]["account"])
    assert pillarbox.json("balances", "alice", account, str(tmp_path / "report")).error == "no-report-taken"


def test_a_report_is_counted_by_what_it_did(
    pillarbox: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = next(iter(accounts.KINDS))
    monkeypatch.setattr(type(kind), "usage", UsageProof.BALANCE_REPORT, raising=False)
    assert pillarbox.json("wallet", "create", "alice", "--network", "regtest").status == 0
    account = str(pillarbox.json("account", "list", "alice").objects[0]["account"])
    rows = pillarbox.json("addresses", "alice", account, "--branch", "external", "--limit", "2").objects
    (tmp_path / "report").write_text(f'{{"{rows[0]["address"]}": 5, "{rows[1]["address"]}": 0, "other": 1}}')
    told = pillarbox.json("balances", "alice", account, str(tmp_path / "report")).object
    assert told == {"used": 1, "unchanged": 1, "unknown": 1, "missing": 39}
