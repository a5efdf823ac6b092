"""After a reinstall the data folder is gone, and all comes back from a backup, the words, or a bundle."""

import json
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from peers.bdk_peer import Words
from peers.payer import output_script
from peers.regtest import Regtest

from command_lines import PASSPHRASE, Outcome, Program

pytestmark = pytest.mark.e2e

WALLET = "Market stall"
PAID = ("bitcoin-p2wpkh", "bitcoin-p2tr", "bitcoin-p2sh-p2wpkh", "bitcoin-p2pkh")
STATIC = "My loop-static"
Rows = Mapping[str, list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Lived:
    """A wallet that was used for a while, as its owner saw it last."""

    program: Program
    files: Path
    """Where its owner keeps what survives: words, passphrases, and copies of backups."""
    electrum: str
    accounts: list[dict[str, Any]]
    rows: Rows
    """The addresses of each account, by its label."""
    deposits: list[dict[str, Any]]
    """What was paid to the static addresses."""
    handed_out: frozenset[str]
    paid: frozenset[str]


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory, regtest: Regtest) -> Iterator[Lived]:
    """Lived once: each test goes on with a copy of it."""
    tmp_path = tmp_path_factory.mktemp("life")
    files = tmp_path / "files"
    files.mkdir()
    (files / "words").write_text(Words.fresh().text)
    (files / "passphrase").write_text(PASSPHRASE)
    (files / "bundle-passphrase").write_text("a bundle's own")
    program = Program(tmp_path / "data")
    electrum = f"127.0.0.1:{regtest.server.tcp_port}:t"
    made = run(program, files, "wallet", "import", WALLET, "--network", "regtest", "--mnemonic-file", "words")
    assert made.status == 0, made.err
    assert run(program, files, "sync", WALLET, "--electrum", electrum).status == 0
    server = Program(tmp_path / "server")
    labels = ["Bitcoin", *add_every_kind(program, files), add_static_address(program, files, server)]
    handed_out, paid = hand_out(program, files, regtest)
    assert run(program, files, "sync", WALLET).status == 0
    rows = addresses(program, files, labels)
    yield Lived(
        *(program, files, electrum, accounts(program, files), rows),
        *(deposits(program, files), handed_out, paid),
    )
    program.end_all()


@pytest.fixture
def lived(life: Lived, tmp_path: Path) -> Iterator[Lived]:
    shutil.copytree(life.program.data_dir, tmp_path / "data")
    files = shutil.copytree(life.files, tmp_path / "files")
    copy = replace(life, program=Program(tmp_path / "data"), files=files)
    yield copy
    copy.program.end_all()


def run(program: Program, files: Path, *argv: str) -> Outcome:
    """A command with --json; names of files are those in `files`."""
    told = [str(files / word) if (files / word).exists() else word for word in argv]
    return program.json(*told, "--passphrase-file", str(files / "passphrase"), typed="")


def add_every_kind(program: Program, files: Path) -> list[str]:
    """Accounts of every kind that regtest has and that needs no server; their labels."""
    kinds = program.json("account", "kinds", typed="").objects
    made = []
    for kind in (each for each in kinds if "regtest" in each["networks"]):
        name = kind["kind"]
        if name in ("bitcoin-p2wpkh", "loop-static"):
            continue
        added = run(
            program, files, "account", "add", WALLET, name, "--label", f"My {name}", "--gap-limit", "30"
        )
        assert added.status == 0, (name, added.out)
        made.append(f"My {name}")
    return made


def add_static_address(program: Program, files: Path, server: Program) -> str:
    """A static address made with a server of our own, which is gone afterwards; its account's label."""
    served = server.start("serve", "--listen", "127.0.0.1:0", "--admin-port", "0", "--l402", "test", "--json")
    assert served.stdout is not None
    told = json.loads(served.stdout.readline())
    add = ("account", "add", WALLET, "loop-static", "--server", told["listening"], "--label", STATIC)
    assert run(program, files, *add).error == "l402-payment-needed"
    invoice = run(program, files, "loop", "status", WALLET).object["pending"]["invoice"]
    paid = server.json("test-invoice", "pay", invoice, "--server", told["admin"])
    (files / "preimage").write_text(paid.object["preimage"])
    assert run(program, files, "loop", "pay", WALLET, "--preimage-file", "preimage").status == 0
    added = run(program, files, *add)
    assert added.status == 0, added.out
    server.end_all()
    return STATIC


def hand_out(program: Program, files: Path, regtest: Regtest) -> tuple[frozenset[str], frozenset[str]]:
    """Requests and plain hand-outs on the Bitcoin accounts, some of them paid; all, and the paid."""
    handed_out, paid = [], []
    for kind in PAID:
        label = "Bitcoin" if kind == "bitcoin-p2wpkh" else f"My {kind}"
        for payer in ("Ada", "Bob", "Cyd"):
            terms = ("--label", payer, "--amount", "0.0001", "--hold", "7d")
            given = run(program, files, "receive", WALLET, label, *terms, "--unscanned")
            handed_out.append(given.object["address"])
        plain = run(program, files, "receive", WALLET, label, "--unscanned")
        handed_out.append(plain.object["address"])
        paid.append(handed_out[-3])
        regtest.payer.pay(output_script(handed_out[-3]), 10_000)
    static = run(program, files, "receive", WALLET, STATIC, "--unscanned").object["address"]
    regtest.payer.pay(output_script(static), 20_000)
    regtest.mine()
    assert run(program, files, "mark-used", WALLET, handed_out[2]).status == 0
    assert run(program, files, "release", WALLET, handed_out[4]).status == 0
    return frozenset(handed_out), frozenset(paid)


def accounts(program: Program, files: Path) -> list[dict[str, Any]]:
    return run(program, files, "account", "list", WALLET).objects


def deposits(program: Program, files: Path) -> list[dict[str, Any]]:
    """But for the dates of their exits, which are reckoned from today."""
    found = run(program, files, "loop", "deposits", WALLET).objects
    return [{**each, "recovery": each["recovery"]["height"]} for each in found]


def addresses(program: Program, files: Path, labels: list[str]) -> Rows:
    return {label: run(program, files, "addresses", WALLET, label).objects for label in labels}


def reinstalled(lived: Lived, keep_backups: bool) -> Path | None:
    """Delete the data folder; the folder of the copied backups."""
    kept = None
    if keep_backups:
        kept = shutil.copytree(lived.program.data_dir / "backups", lived.files / "backups") / WALLET
    lived.program.end_all()
    shutil.rmtree(lived.program.data_dir)
    return kept


def compare(lived: Lived) -> None:
    """Field by field, once the chain was asked."""
    assert run(lived.program, lived.files, "sync", WALLET, "--electrum", lived.electrum).status == 0
    now = accounts(lived.program, lived.files)
    assert [without(each, "scan_state") for each in now] == [
        without(each, "scan_state") for each in lived.accounts
    ]  # those that no server tells of stay unscanned, though they were made here before
    for label, rows in lived.rows.items():
        found = run(lived.program, lived.files, "addresses", WALLET, label).objects
        told = {(row["branch"], row["index"]): row for row in found}
        for row in rows:
            assert told[row["branch"], row["index"]] == row, (label, row["path"])
    assert deposits(lived.program, lived.files) == lived.deposits != []


def without(found: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in found.items() if name not in names}


def next_address(lived: Lived, account: str) -> str:
    given = run(lived.program, lived.files, "receive", WALLET, account, "--at-limit", "extend", "--unscanned")
    address: str = given.object["address"]
    return address


def test_a_backup_and_the_words_bring_back_every_field(lived: Lived) -> None:
    folder = reinstalled(lived, keep_backups=True)
    restored = run(
        lived.program, lived.files, "restore", str(folder), "--as", WALLET, "--mnemonic-file", "words"
    )
    assert restored.status == 0, restored.out
    assert (restored.object["conflicts"], restored.object["failed"], restored.object["skipped"]) == (0, 0, 0)
    compare(lived)
    for label in lived.rows:
        if label == "Bitcoin" or "bitcoin" in label:
            assert next_address(lived, label) not in lived.handed_out


def test_a_bundle_brings_back_every_field_without_the_words(lived: Lived) -> None:
    bundle = run(
        *(lived.program, lived.files, "backup", "bundle", WALLET, "--to", str(lived.files)),
        *("--backup-passphrase-file", "bundle-passphrase"),
    ).object
    reinstalled(lived, keep_backups=False)
    restored = run(
        *(lived.program, lived.files, "restore", bundle["path"], "--as", WALLET),
        *("--backup-passphrase-file", "bundle-passphrase"),
    )
    assert restored.status == 0, restored.out
    compare(lived)
    for label in ("Bitcoin", "My bitcoin-p2tr"):
        assert next_address(lived, label) not in lived.handed_out


def test_the_words_alone_bring_back_what_was_paid_and_say_what_they_cannot(lived: Lived) -> None:
    reinstalled(lived, keep_backups=False)
    restored = run(
        *(lived.program, lived.files, "restore", "--as", WALLET, "--mnemonic-file", "words"),
        *("--network", "regtest"),
    )
    assert restored.status == 0, restored.out
    assert "unknown" in restored.object["note"]
    assert run(lived.program, lived.files, "sync", WALLET, "--electrum", lived.electrum).status == 0
    found = {each["kind"]: each for each in accounts(lived.program, lived.files)}
    before = {each["kind"]: each for each in lived.accounts}
    for kind in PAID:
        assert (found[kind]["received"], found[kind]["path"]) == (10_000, before[kind]["path"])
        assert next_address(lived, found[kind]["label"]) not in lived.paid


def test_what_was_handed_out_a_second_before_the_end_is_never_handed_out_again(
    tmp_path: Path, regtest: Regtest
) -> None:
    del regtest
    files = tmp_path / "files"
    files.mkdir()
    (files / "words").write_text(Words.fresh().text)
    (files / "passphrase").write_text(PASSPHRASE)
    program = Program(tmp_path / "data")
    run(program, files, "wallet", "import", WALLET, "--network", "regtest", "--mnemonic-file", "words")
    holder = program.hold(WALLET)
    given = [
        json.loads(line)["address"]
        for line in program.json("receive", WALLET, "--count", "3", "--unscanned", typed="").out.splitlines()
    ]
    time.sleep(1)
    holder.kill()
    holder.wait()
    kept = shutil.copytree(program.data_dir / "backups", tmp_path / "backups")
    program.end_all()
    shutil.rmtree(program.data_dir)
    restored = run(program, files, "restore", str(kept / WALLET), "--as", WALLET, "--mnemonic-file", "words")
    assert restored.status == 0, restored.out
    again = run(program, files, "receive", WALLET, "--count", "3", "--unscanned")
    assert not {each["address"] for each in again.objects} & set(given)
    program.end_all()
