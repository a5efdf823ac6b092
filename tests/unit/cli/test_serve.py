"""The server as a person starts it, tries it, kills it, and ends it."""

import asyncio
import json
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from command_lines import CommandLine, Program
from pillarbox.lightning.static_address_service import Served, StaticAddressServer
from pillarbox.loop.l402 import Challenge
from pillarbox.loop.token_file import Token
from static_address_peer import CLIENT_KEY, bought, unpaid

ANY_PORT = ("--listen", "127.0.0.1:0", "--admin-port", "0")


def started(program: Program, *more: str) -> tuple["subprocess.Popen[bytes]", dict[str, Any]]:
    process = program.start("serve", *ANY_PORT, *more, "--json")
    assert process.stdout is not None
    return process, json.loads(process.stdout.readline())


def demanded(said: dict[str, Any]) -> Challenge:
    challenge = asyncio.run(StaticAddressServer(said["listening"]).demand())
    assert challenge is not None
    return challenge


def served(said: dict[str, Any], token: Token) -> Served:
    return asyncio.run(StaticAddressServer(said["listening"]).new_address(CLIENT_KEY, token))


def test_an_invoice_of_the_server_is_paid_from_the_command_line(program: Program) -> None:
    _, said = started(program, "--l402", "test", "--price", "0.0000005")
    assert (said["l402"], said["network"]) == ("test", "regtest")
    challenge = demanded(said)
    paid = program.json("test-invoice", "pay", challenge.invoice, "--server", said["admin"])
    assert paid.status == 0
    assert paid.object["amount_msat"] == 50_000
    text = program.finish(program.start("test-invoice", "pay", challenge.invoice, "--server", said["admin"]))
    assert text.out == f"{paid.object['preimage']}\n"
    preimage = bytes.fromhex(paid.object["preimage"])
    kept = unpaid(challenge)
    token = Token(kept.macaroon, kept.payment_hash, preimage, kept.amount_msat, 0, 1)
    assert served(said, token).expiry == 14_400


def test_a_killed_server_keeps_what_it_answered(program: Program) -> None:
    process, said = started(program, "--l402", "test")
    paid_for = asyncio.run(bought(demanded(said), said["admin"]))
    offered = demanded(said)
    first = served(said, paid_for)
    process.kill()
    process.wait()
    _, again = started(program, "--l402", "test", "--expiry", "10")
    assert served(again, paid_for) == first
    assert served(again, asyncio.run(bought(offered, again["admin"]))).expiry == 10


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_cleanly_when_it_is_told_to(program: Program, how: signal.Signals) -> None:
    process, said = started(program, "--l402", "test")
    demanded(said)
    begun = time.monotonic()
    process.send_signal(how)
    ended = program.finish(process)
    assert time.monotonic() - begun < 2
    assert (ended.status, ended.err) == (0, "")


def test_it_says_where_it_listens(program: Program) -> None:
    process = program.start("serve", *ANY_PORT)
    assert process.stdout is not None
    line = process.stdout.readline().decode()
    assert line.startswith("The server listens at http://127.0.0.1:")
    assert "test invoices" not in line


def test_its_database_lies_in_the_data_folder_or_where_one_says(program: Program, tmp_path: Path) -> None:
    started(program)
    assert (program.data_dir / "server" / "server.db").exists()
    started(program, "--database", str(tmp_path / "mine.db"))
    assert (tmp_path / "mine.db").exists()


def test_a_second_server_on_one_file_is_refused_until_the_first_has_ended(
    program: Program, tmp_path: Path
) -> None:
    file = tmp_path / "mine.db"
    process, said = started(program, "--database", str(file), "--l402", "test")
    for database in (str(file), f"sqlite:///{file}"):
        outcome = program.json("serve", *ANY_PORT, "--database", database)
        assert (outcome.status, outcome.error) == (1, "server-database-in-use")
        message = outcome.object["error"]["message"]
        assert f"(process {process.pid})" in message
        assert str(file) in message
    started(program, "--database", str(tmp_path / "other.db"))
    assert demanded(said)
    process.kill()
    process.wait()
    started(program, "--database", str(file))


@pytest.mark.parametrize(
    ("argv", "code"),
    [
        (("--listen", "0.0.0.0:0"), "invalid-input"),
        (("--listen", "nowhere"), "invalid-input"),
        (("--l402", "lnd"), "invalid-input"),
        (("--lnd-url", "https://127.0.0.1:8080"), "invalid-input"),
        (("--l402", "test", "--price", "0"), "invalid-input"),
        (("--l402", "test", "--price", "much"), "invalid-input"),
        (("--expiry", "28801"), "invalid-input"),
        (("--expiry", "0"), "invalid-input"),
        (("--tls-cert", "a.pem"), "invalid-input"),
        (("--tls-cert", "a.pem", "--tls-key", "b.pem"), "invalid-input"),
        (("--database", "postgresql://me:secret@127.0.0.1/x"), "invalid-input"),
        (("--admin-port", "70000"), "invalid-input"),
        (("--listen", "192.0.2.1:9750", "--insecure"), "server-cannot-listen"),
    ],
)
def test_what_cannot_be_served_is_refused(pillarbox: CommandLine, argv: tuple[str, ...], code: str) -> None:
    outcome = pillarbox.json("serve", *argv)
    assert (outcome.status, outcome.error) == (1, code)


def test_a_preimage_is_asked_of_this_computer_alone(pillarbox: CommandLine) -> None:
    outcome = pillarbox.json("test-invoice", "pay", "lnbcrt1", "--server", "http://192.0.2.1:9751")
    assert (outcome.status, outcome.error) == (1, "invalid-input")


def test_where_its_packages_are_missing_it_says_what_to_install(
    pillarbox: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> None:
        raise ModuleNotFoundError(name="sqlalchemy")

    monkeypatch.setattr("pillarbox.commands.serving.import_module", missing)
    outcome = pillarbox.json("serve")
    assert (outcome.status, outcome.error) == (1, "server-missing")
    assert "sqlalchemy" in outcome.object["error"]["message"]
