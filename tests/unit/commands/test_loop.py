"""`loop ...` and `account add NAME loop-static` from the command line, against a server of our own."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from command_lines import PASSPHRASE, WORDS, CommandLine, Program

pytestmark = pytest.mark.logs_warning("no-electrum-server")


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def pillarbox(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> CommandLine:
    monkeypatch.setenv("PILLARBOX_DATA_DIR", str(data_dir))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    return CommandLine(monkeypatch, capsys)


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    made = Program(tmp_path / "server")
    yield made
    made.end_all()


@pytest.fixture
def served(program: Program) -> dict[str, Any]:
    """What `pillarbox serve --l402 test` says of itself once it listens."""
    options = ("--listen", "127.0.0.1:0", "--admin-port", "0", "--l402", "test", "--expiry", "144")
    process = program.start("serve", *options, "--json")
    assert process.stdout is not None
    told: dict[str, Any] = json.loads(process.stdout.readline())
    return told


class Loop:
    """A wallet of known words, and the server."""

    def __init__(self, line: CommandLine, program: Program, served: dict[str, Any], folder: Path) -> None:
        self.line = line
        self.program = program
        self.url = served["listening"]
        self.admin = served["admin"]
        self.folder = folder

    def __call__(self, *argv: str) -> Any:
        done = self.line.json(*argv)
        assert done.status == 0, done.out + done.err
        return done.object

    def bring(self, name: str) -> None:
        words = self.folder / "words"
        words.write_text(WORDS)
        bring = ("wallet", "import", name, "--mnemonic-file", str(words), "--network", "regtest")
        self(*bring, "--no-keychain")

    def add(self, name: str, *options: str) -> Any:
        return self.line.json("account", "add", name, "loop-static", "--server", self.url, *options)

    def pay(self, name: str) -> Any:
        """By hand: the invoice is paid at the server's own desk."""
        invoice = self("loop", "status", name)["pending"]["invoice"]
        paid = self.program.json("test-invoice", "pay", invoice, "--server", self.admin)
        proof = self.folder / "preimage"
        proof.write_text(paid.object["preimage"] + "\n")
        return self("loop", "pay", name, "--preimage-file", str(proof))

    def made(self, name: str) -> Any:
        assert self.add(name).error == "l402-payment-needed"
        self.pay(name)
        done = self.add(name)
        assert done.status == 0, done.out
        return done.object


@pytest.fixture
def loop(pillarbox: CommandLine, program: Program, served: dict[str, Any], tmp_path: Path) -> Loop:
    made = Loop(pillarbox, program, served, tmp_path)
    made.bring("old")
    return made


def test_an_address_is_paid_for_made_and_backed_up(loop: Loop, data_dir: Path) -> None:
    needed = loop.add("old")
    assert needed.error == "l402-payment-needed"
    pending = loop("loop", "status", "old")["pending"]
    assert pending["invoice"] in needed.object["error"]["message"]
    assert (pending["over"], pending["amount_msat"]) == (False, 100_000)
    paid = loop.pay("old")
    assert (paid["paid"], paid["state"]) == (True, "paid")
    account = loop.add("old").object
    assert (account["kind"], account["path"]) == ("loop-static", "m/1017'/1'/42061'/0")
    assert loop.add("old").object["account"] == account["account"]
    status = loop("loop", "status", "old")
    (address,) = status["addresses"]
    assert (address["expiry"], address["server"], address["deposits"]) == (144, loop.url, 0)
    assert address["address"].startswith("bcrt1p")
    assert status["pending"] is None
    (file,) = (data_dir / "loop" / "regtest").glob("loop-*/*")
    assert paid["token_id"] in file.name
    assert file.stat().st_mode & 0o777 == 0o600


def test_after_a_reinstall_all_of_it_comes_back_without_paying(loop: Loop, data_dir: Path) -> None:
    loop.made("old")
    before = loop("loop", "status", "old")["addresses"][0]
    loop.bring("new")
    found = loop("loop", "recover", "new")
    assert (found["restored_l402"], found["restored_static_address"]) == (True, True)
    assert found["static_address"] == before["address"]
    assert Path(found["backup_file"]).parents[1] == data_dir / "loop" / "regtest"
    assert found["num_deposits_found"] == 0
    assert "No server is set" in found["deposit_reconciliation_error"]
    assert [each["ok"] for each in found["candidates"]] == [True]
    again = loop("loop", "recover", "new", "--backup-file", found["backup_file"])
    assert (again["restored_l402"], again["restored_static_address"]) == (False, False)
    assert loop.add("new").object["kind"] == "loop-static"


@pytest.mark.logs_warning("a Loop backup could not be written")
def test_a_backup_that_lacks_is_told_with_the_account(loop: Loop, data_dir: Path) -> None:
    assert loop.add("old").error == "l402-payment-needed"
    loop.pay("old")
    data_dir.joinpath("loop").write_text("in the way")
    assert "No backup could be written" in loop.add("old").object["note"]
    (trouble,) = loop("loop", "status", "old")["backup_troubles"]
    assert trouble["error"]["code"] == "folder-unusable"
    data_dir.joinpath("loop").unlink()
    assert "note" not in loop.add("old").object


def test_adding_restores_before_it_pays(loop: Loop) -> None:
    loop.made("old")
    loop.bring("new")
    assert loop.add("new").object["kind"] == "loop-static"
    assert loop("loop", "status", "new")["addresses"] == loop("loop", "status", "old")["addresses"]


def test_a_foreign_backup_stops_it_until_somebody_chooses(loop: Loop, data_dir: Path) -> None:
    loop.made("old")
    (file,) = (data_dir / "loop" / "regtest").glob("loop-*/*")
    content = file.read_bytes()
    file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    loop.bring("new")
    stopped = loop.add("new")
    assert stopped.error == "loop-no-usable-backup"
    assert "--new-generation" in stopped.object["error"]["hint"]
    assert loop.line.json("loop", "recover", "new").error == "loop-no-usable-backup"
    assert loop.add("new", "--new-generation").error == "l402-payment-needed"


def test_a_token_goes_out_and_comes_in_byte_for_byte(loop: Loop, tmp_path: Path) -> None:
    loop.made("old")
    file, again = tmp_path / "l402.token", tmp_path / "again.token"
    told = loop("loop", "token", "old", "--export", str(file))
    assert loop.line.json("loop", "token", "old", "--export", str(file)).error == "file-unreadable"
    loop.bring("new")
    taken = loop("loop", "token", "new", "--import", str(file), "--server", loop.url)
    assert (taken["token_id"], taken["warnings"]) == (told["token_id"], [])
    loop("loop", "token", "new", "--export", str(again))
    assert again.read_bytes() == file.read_bytes()
    inspected = loop.line.json("loop", "status", "new").object["tokens"]
    assert [token["state"] for token in inspected] == ["paid"]


def test_a_wrong_proof_changes_nothing(loop: Loop, tmp_path: Path) -> None:
    loop.add("old")
    proof = tmp_path / "preimage"
    for text, error in (("aa" * 32, "l402-preimage"), ("aa", "invalid-input")):
        proof.write_text(text)
        assert loop.line.json("loop", "pay", "old", "--preimage-file", str(proof)).error == error
    assert loop("loop", "status", "old")["pending"] is not None


def test_what_was_given_out_is_not_discarded_while_it_can_be_paid(loop: Loop) -> None:
    loop.add("old")
    assert loop.line.json("loop", "discard", "old").error == "l402-discard-refused"
    assert loop.line.json("loop", "discard", "old", "--not-paid").error == "l402-discard-refused"


def test_without_a_node_nobody_pays(loop: Loop) -> None:
    loop.add("old")
    assert loop.line.json("loop", "pay", "old").error == "no-lightning-node"


def test_what_makes_no_sense_is_refused_before_anything_is_asked(loop: Loop, tmp_path: Path) -> None:
    assert loop.line.json("account", "add", "old", "loop-static").error == "invalid-input"
    http = ("account", "add", "old", "loop-static", "--server", "http://loop.example")
    assert loop.line.json(*http).error == "invalid-input"
    assert loop.line.json("loop", "exit", "old", "aa:0", "--fee-rate", "1").error == "invalid-input"
    unknown = ("loop", "exit", "old", f"{'aa' * 32}:0", "--fee-rate", "1")
    assert loop.line.json(*unknown).error == "exit-not-there"
    seed = tmp_path / "seed"
    seed.write_text("00" * 16)
    by_lnd = ("--sign", "--lnd-seed-file", str(seed))
    assert loop.line.json(*unknown, *by_lnd).error == "exit-not-there"
    assert loop.line.json("loop", "recover", "old").error == "loop-no-backup"
    missing = str(tmp_path / "nothing")
    assert loop.line.json("loop", "token", "old", "--import", missing).error == "file-unreadable"


def test_people_read_it_in_words(loop: Loop) -> None:
    needed = loop.line("account", "add", "old", "loop-static", "--server", loop.url, typed=f"{PASSPHRASE}\n")
    assert "lnbcrt" in needed.err
    assert "pillarbox loop pay old --preimage-file F" in needed.err
    status = loop.line("loop", "status", "old", typed=f"{PASSPHRASE}\n").out
    assert "There is no static address yet" in status
    assert "wants 100000 millisatoshi" in status
    loop.pay("old")
    loop.add("old")
    status = loop.line("loop", "status", "old", typed=f"{PASSPHRASE}\n").out
    assert status.startswith("bcrt1p")
    assert "waits       144 blocks" in status
    none = loop.line("loop", "deposits", "old", typed=f"{PASSPHRASE}\n").out
    assert none.startswith("No deposits seen.")
    recovered = loop.line("loop", "recover", "old", typed=f"{PASSPHRASE}\n").out
    assert "was here already" in recovered
