"""The command line against a real node and Electrum server: from a new wallet to a paid address."""

import json
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from peers.bdk_peer import Words
from peers.electrum import ElectrumServer
from peers.payer import output_script
from peers.regtest import Regtest

from command_lines import PASSPHRASE, Program

pytestmark = pytest.mark.e2e


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    made = Program(tmp_path / "data")
    yield made
    made.end_all()


def server_of(server: ElectrumServer) -> str:
    return f"127.0.0.1:{server.tcp_port}:t"


def next_object(process: "subprocess.Popen[bytes]") -> Any:
    assert process.stdout is not None
    return json.loads(process.stdout.readline())


def test_a_paid_address_is_used_after_a_sync(program: Program, regtest: Regtest) -> None:
    assert program.json("wallet", "create", "alice", "--network", "regtest").status == 0
    asked = program.json("receive", "alice", "--label", "Rent", "--amount", "0.0015").object
    txid = regtest.payer.pay(output_script(asked["address"]), 150_000)
    regtest.wait_until_known(output_script(asked["address"]), txid)

    synced = program.json("sync", "alice", "--electrum", server_of(regtest.server)).object
    assert synced["connection"]["phase"] == "connected"
    assert (synced["accounts"][0]["used"], synced["accounts"][0]["received"]) == (1, 150_000)
    (row,) = program.json("addresses", "alice", "--state", "used").objects
    assert (row["address"], row["received"], row["label"]) == (asked["address"], 150_000, "Rent")

    regtest.mine()
    assert program.json("sync", "alice").object["accounts"][0]["received"] == 150_000
    (row,) = program.json("addresses", "alice", "--state", "used").objects
    assert row["flags"] == []


def test_words_from_elsewhere_are_scanned_before_an_address_is_handed_out(
    program: Program, regtest: Regtest, tmp_path: Path
) -> None:
    words = Words.fresh()
    (tmp_path / "words").write_text(words.text)
    (tmp_path / "passphrase").write_text(PASSPHRASE)
    regtest.payer.pay(words.script("bitcoin-p2wpkh", 0, 19), 5_000)
    regtest.mine()
    bring = ("wallet", "import", "old", "--network", "regtest", "--mnemonic-file", str(tmp_path / "words"))
    assert program.json(*bring, "--passphrase-file", str(tmp_path / "passphrase")).status == 0
    assert program.json("receive", "old").error == "not-scanned"

    synced = program.json("sync", "old", "--electrum", server_of(regtest.server))
    assert synced.object["accounts"][0]["scan_state"] == "scanned"
    assert synced.object["accounts"][0]["received"] == 5_000
    assert "found" in synced.err
    assert program.json("receive", "old").object["index"] == 0


def test_a_watching_sync_tells_every_change_and_answers_other_commands(
    program: Program, regtest: Regtest
) -> None:
    assert program.json("wallet", "create", "alice", "--network", "regtest").status == 0
    watching = program.start("sync", "alice", "--watch", "--electrum", server_of(regtest.server), "--json")
    assert watching.stdin is not None
    watching.stdin.write(f"{PASSPHRASE}\n".encode())
    watching.stdin.flush()
    assert next_object(watching)["wallet"] == "alice"

    asked = program.json("receive", "alice", typed="").object
    told = next_object(watching)
    assert (told["event"], told["address"], told["state"]) == (
        "addresses-reserved",
        asked["address"],
        "reserved",
    )
    regtest.payer.pay(output_script(asked["address"]), 7_000)
    events = {}
    while "addresses-used" not in events:
        told = next_object(watching)
        events[told["event"]] = told
    assert (events["addresses-used"]["address"], events["addresses-used"]["state"]) == (
        asked["address"],
        "used",
    )
    watching.send_signal(signal.SIGINT)
    ended = program.finish(watching, typed="")
    assert (ended.status, ended.err) == (130, "")


def test_a_server_of_another_chain_is_refused_in_words(program: Program, regtest: Regtest) -> None:
    assert program.json("wallet", "create", "alice", "--network", "testnet").status == 0
    refused = program.json("sync", "alice", "--electrum", server_of(regtest.server))
    assert refused.status == 1
    assert refused.error == "wrong-chain"


def test_a_server_that_is_not_there_is_told_in_words(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert program.json("wallet", "create", "alice", "--network", "regtest").status == 0
    refused = program.json("sync", "alice", "--electrum", f"127.0.0.1:{port}:t")
    assert refused.status == 1
    assert refused.error == "server-unreachable"


def test_a_static_address_is_made_paid_and_left(program: Program, regtest: Regtest, tmp_path: Path) -> None:
    options = ("--listen", "127.0.0.1:0", "--admin-port", "0", "--l402", "test", "--expiry", "3", "--json")
    served = next_object(program.start("serve", *options))
    assert program.json("wallet", "create", "alice", "--network", "regtest").status == 0
    program.json("sync", "alice", "--electrum", server_of(regtest.server))
    add = ("account", "add", "alice", "loop-static", "--server", served["listening"])
    assert program.json(*add).error == "l402-payment-needed"
    invoice = program.json("loop", "status", "alice").object["pending"]["invoice"]
    paid = program.json("test-invoice", "pay", invoice, "--server", served["admin"]).object
    (tmp_path / "proof").write_text(paid["preimage"])
    assert program.json("loop", "pay", "alice", "--preimage-file", str(tmp_path / "proof")).status == 0
    assert program.json(*add).status == 0
    status = program.json("loop", "status", "alice").object
    assert status["height"] == regtest.node.height()
    (address,) = status["addresses"]
    script = output_script(address["address"])
    txid = regtest.payer.pay(script, 40_000)
    regtest.wait_until_known(script, txid)
    (deposit,) = program.json("loop", "deposits", "alice").objects
    assert (deposit["amount"], deposit["confirmed_at"], deposit["recovery"]) == (40_000, None, None)
    height = regtest.mine()
    (deposit,) = program.json("loop", "deposits", "alice").objects
    assert (deposit["confirmed_at"], deposit["recovery"]["height"]) == (height, height + 3)
    leave = ("loop", "exit", "alice", deposit["outpoint"], "--fee-rate", "1.5")
    assert program.json(*leave).error == "exit-too-early"
    regtest.mine(3)
    unsigned, signed = program.json(*leave).object, program.json(*leave, "--sign").object
    assert (unsigned["txid"], unsigned["to"]) == (signed["txid"], signed["to"])
    assert len(signed["hex"]) > len(unsigned["hex"])
    assert signed["amount"] + signed["fee"] == 40_000
    shown = program.finish(program.start("loop", "deposits", "alice")).out.splitlines()
    assert shown[0].split("  ")[0] == "OUTPOINT"
    assert [part for part in shown[1].split("  ") if part][1:5] == [
        "40000 sat",
        str(height),
        "Deposited",
        "now",
    ]
    assert program.finish(program.start(*leave)).out.splitlines()[0] == unsigned["hex"]
    (status,) = program.json("loop", "status", "alice").object["addresses"]
    assert (status["deposits"], status["amount"]) == (1, 40_000)
