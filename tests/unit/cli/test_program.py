"""The program as people start it: several at once, killed, interrupted, without Qt."""

import json
import os
import pty
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from command_lines import PASSPHRASE, Outcome, Program


@pytest.fixture
def alice(program: Program) -> Program:
    """The program, with a wallet of new words."""
    assert program.json("wallet", "create", "alice", "--network", "regtest").status == 0
    return program


def test_the_whole_way_from_a_new_wallet_to_a_used_address(alice: Program) -> None:
    asked = alice.json("receive", "alice", "--label", "Rent").object
    assert asked["state"] == "reserved"
    (row,) = alice.json("addresses", "alice", "--state", "reserved").objects
    assert row["address"] == asked["address"]
    assert alice.json("release", "alice", asked["address"]).object["state"] == "unused"
    assert alice.json("mark-used", "alice", asked["address"]).object["state"] == "used"
    assert alice.json("receive", "alice").object["address"] != asked["address"]


def test_a_command_runs_where_the_wallet_is_open(alice: Program) -> None:
    alice.hold("alice")
    first = alice.json("receive", "alice", typed="").object
    second = alice.json("receive", "alice", typed="").object
    assert first["address"] != second["address"]
    reserved = alice.json("addresses", "alice", "--state", "reserved", typed="").objects
    assert "ends_with_command" not in first
    # Plain hand-outs live as long as the process that made them: the one that holds the wallet.
    assert [row["address"] for row in reserved] == [first["address"], second["address"]]
    refused = alice.json("release", "alice", "mrCDrCybB6J1vRfbwM5hemdJz73FwDBC8r", typed="")
    assert (refused.status, refused.error) == (1, "no-such-address")


def test_a_locked_screen_answers_only_unlock(alice: Program) -> None:
    alice.hold("alice")
    assert alice.json("wallet", "lock", "alice", typed="").object["locked"] is True
    for argv in (("receive", "alice"), ("addresses", "alice"), ("wallet", "show", "alice")):
        assert alice.json(*argv, typed="").error == "screen-locked"
    assert alice.json("wallet", "unlock", "alice", typed="wrong\n").error == "wrong-passphrase"
    assert alice.json("wallet", "unlock", "alice").object["locked"] is False
    assert alice.json("receive", "alice", typed="").status == 0


def test_a_further_account_asks_for_the_passphrase_over_the_socket_too(alice: Program) -> None:
    alice.hold("alice")
    assert alice.json("account", "add", "alice", "bitcoin-p2tr", typed="").error == "passphrase-needed"
    assert alice.json("account", "add", "alice", "bitcoin-p2tr").object["account"] == 2


def test_a_new_wallet_is_made_in_the_window_that_runs(program: Program) -> None:
    program.be_window()
    made = program.json("wallet", "create", "alice", "--network", "regtest")
    assert (made.status, made.object["open"]) == (0, True)
    (listed,) = program.json("wallet", "list").objects
    assert listed["open"] is True
    first = program.json("receive", "alice", typed="").object
    second = program.json("receive", "alice", typed="").object
    assert (first["index"], second["index"]) == (0, 1)


def test_a_second_start_brings_the_window_to_the_front(program: Program) -> None:
    window = program.be_window()
    started = program.json(typed="")
    assert (started.status, started.out, started.err) == (0, "", "")
    assert window.stdout is not None
    assert window.stdout.readline() == b"shown\n"


def test_a_holder_that_does_not_answer_is_named(alice: Program) -> None:
    holder = alice.hold("alice")
    holder.send_signal(signal.SIGSTOP)
    refused = alice.json("receive", "alice")
    assert (refused.status, refused.error) == (1, "wallet-in-use")
    message = refused.object["error"]["message"]
    assert "Pillarbox in a test" in message
    assert str(holder.pid) in message
    holder.send_signal(signal.SIGCONT)
    assert alice.json("receive", "alice", typed="").status == 0


def test_a_name_left_in_the_lock_misleads_nobody(alice: Program) -> None:
    assert alice.json("wallet", "create", "bob", "--network", "regtest").status == 0
    holder = alice.hold("alice")
    left = {"pid": holder.pid, "program": "a process that is gone"}
    (alice.data_dir / "wallets" / "bob" / "lock").write_text(json.dumps(left))
    given = alice.json("receive", "bob")
    assert (given.status, given.err) == (0, "")


def test_after_a_kill_the_next_payer_gets_another_address(alice: Program) -> None:
    holder = alice.hold("alice")
    shown = alice.json("receive", "alice", typed="").object
    holder.kill()
    holder.wait()
    fresh = alice.json("receive", "alice").object
    assert fresh["address"] != shown["address"]
    (first,) = alice.json("addresses", "alice", "--limit", "1").objects
    assert (first["address"], first["state"], first["handed_out_before"]) == (
        shown["address"],
        "unused",
        True,
    )


def test_programs_started_at_once_give_every_payer_another_address(alice: Program) -> None:
    started = [alice.start("receive", "alice", "--json") for _ in range(6)]
    for process in started:
        assert process.stdin is not None
        process.stdin.write(f"{PASSPHRASE}\n".encode())
        process.stdin.close()
        process.stdin = None
    given = [alice.finish(process, typed="") for process in started]
    assert [outcome.err for outcome in given if outcome.status] == []
    assert len({outcome.object["address"] for outcome in given}) == 6


def test_an_interrupted_prompt_ends_without_a_traceback(alice: Program) -> None:
    process = alice.start("receive", "alice")
    wait_for_file(alice.data_dir / "log" / "command-line.log", process.pid)
    process.send_signal(signal.SIGINT)
    ended = alice.finish(process, typed="")
    assert (ended.status, ended.out, ended.err) == (130, "", "")
    assert alice.json("receive", "alice").status == 0


@pytest.mark.parametrize("argv", [("receive", "alice"), ("wallet", "create", "bob")])
@pytest.mark.parametrize(("sent", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_hidden_prompt_ends_at_once_and_the_terminal_shows_again_what_is_typed(
    alice: Program, argv: tuple[str, ...], sent: signal.Signals, status: int
) -> None:
    terminal, keyboard = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "pillarbox.cli.main", *argv],
        env=alice.environment,
        stdin=keyboard,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        assert process.stderr is not None
        shown = b""
        while not shown.endswith(b": "):
            shown += process.stderr.read(1)
        assert b"assphrase" in shown
        process.send_signal(sent)
        out, err = process.communicate(timeout=60)
        assert (process.returncode, out, err.strip()) == (status, b"", b"")
        assert termios.tcgetattr(keyboard)[3] & termios.ECHO
    finally:
        process.kill()
        os.close(terminal)
        os.close(keyboard)


def test_ctrl_c_is_heard_while_the_program_is_still_being_read(program: Program) -> None:
    code = """
import sys

class Interrupt:
    def find_spec(self, name, *_):
        if name == "pillarbox.app.local_socket":
            raise KeyboardInterrupt

sys.meta_path.insert(0, Interrupt())
from pillarbox.cli.main import main
sys.exit(main(["wallet", "list"]))
"""
    ended = program.finish(program.run(sys.executable, "-c", code))
    assert (ended.status, ended.out, ended.err) == (130, "", "")


@pytest.mark.parametrize(("sent", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_ending_a_command_cancels_it_where_it_runs(alice: Program, sent: signal.Signals, status: int) -> None:
    alice.hold("alice")
    silent = alice.silent_server()
    process = alice.start("sync", "alice", "--watch", "--electrum", f"127.0.0.1:{silent}:t")
    alice.wait_for_caller(silent)
    process.send_signal(sent)
    ended = alice.finish(process, typed="")
    assert (ended.status, ended.err) == (status, "")
    assert alice.json("receive", "alice", typed="").status == 0


def test_a_reader_that_leaves_ends_the_program_quietly(alice: Program) -> None:
    process = alice.start("addresses", "alice", "--json")
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdout.close()
    process.stdout = None
    _, err = process.communicate(f"{PASSPHRASE}\n".encode(), timeout=60)
    assert (process.returncode, err) == (141, b"")


@pytest.fixture(params=["a full disk", "a reader that left"])
def dead_end(request: pytest.FixtureRequest) -> Iterator[int]:
    """Where nothing can be written."""
    if request.param == "a full disk":
        output = os.open("/dev/full", os.O_WRONLY)
    else:
        reader, output = os.pipe()
        os.close(reader)
    yield output
    os.close(output)


def written_to(output: int, program: Program, *argv: str) -> Outcome:
    """What a command leaves whose standard output is `output`."""
    process = subprocess.Popen(
        [sys.executable, "-m", "pillarbox.cli.main", *argv],
        env=program.environment,
        stdin=subprocess.PIPE,
        stdout=output,
        stderr=subprocess.PIPE,
    )
    _, err = process.communicate(f"{PASSPHRASE}\n".encode(), timeout=60)
    return Outcome(process.returncode, "", err.decode())


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_a_wallet_whose_words_could_not_be_shown_is_not_kept(
    program: Program, dead_end: int, form: tuple[str, ...]
) -> None:
    made = written_to(dead_end, program, "wallet", "create", "lost", "--no-keychain", *form)
    assert made.status == 1
    assert "words" in made.err
    assert "Traceback" not in made.err
    assert program.json("wallet", "list").objects == []
    assert list((program.data_dir / "wallets").iterdir()) == []


def test_a_wallet_made_in_the_window_whose_words_could_not_be_shown_is_named(
    program: Program, dead_end: int
) -> None:
    program.be_window()
    made = written_to(dead_end, program, "wallet", "create", "lost", "--no-keychain")
    assert made.status == 1
    assert "never shown" in made.err
    assert str(program.data_dir / "wallets" / "lost") in made.err
    assert [wallet["name"] for wallet in program.json("wallet", "list").objects] == ["lost"]


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_a_disk_that_does_not_take_the_reply_is_told(alice: Program, form: tuple[str, ...]) -> None:
    with Path("/dev/full").open("wb") as full:
        given = written_to(full.fileno(), alice, "receive", "alice", *form)
    assert given.status == 1
    assert "could not be written" in given.err
    assert "No space left" in given.err
    assert "Traceback" not in given.err
    assert "Exception" not in given.err


@pytest.mark.parametrize(
    ("argv", "code"),
    [
        (("inspect", "address"), "file-unreadable"),
        (("receive", "alice", "--passphrase-file", "-"), "file-unreadable"),
        (("receive", "alice"), "passphrase-needed"),
    ],
)
def test_a_closed_standard_input_is_an_error_in_words(
    alice: Program, argv: tuple[str, ...], code: str
) -> None:
    started = (sys.executable, "-m", "pillarbox.cli.main", *argv, "--json")
    refused = alice.finish(alice.run("sh", "-c", 'exec "$@" <&-', "sh", *started), typed="")
    assert (refused.status, refused.error) == (1, code)


def test_it_needs_no_qt(alice: Program) -> None:
    code = """
import sys
from pillarbox.cli.main import main
status = main(["receive", "alice"])
sys.exit(status or bool({"PySide6", "qasync", "pillarbox_gui"} & set(sys.modules)))
"""
    assert alice.finish(alice.run(sys.executable, "-c", code)).status == 0


def test_no_secret_is_left_in_the_log_or_in_the_process_list(alice: Program) -> None:
    process = alice.start("receive", "alice", "-v")
    listed = Path(f"/proc/{process.pid}/cmdline").read_bytes()
    given = alice.finish(process)
    address = given.out.splitlines()[0]
    logged = (alice.data_dir / "log" / "command-line.log").read_text() + given.err
    for secret in (PASSPHRASE, address):
        assert secret not in logged
        assert secret.encode() not in listed


def wait_for_file(path: Path, pid: int) -> None:
    """Until a process has opened a file."""
    opened = Path(f"/proc/{pid}/fd")
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if any(entry.resolve() == path for entry in opened.iterdir()):
            return
        time.sleep(0.01)
    raise AssertionError(f"process {pid} never opened {path}")
