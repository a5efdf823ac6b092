"""What was typed becomes a command and its arguments, or an exit status of 2; never anything else."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.cli import parser
from pillarbox.cli.parser import Invocation, parse
from pillarbox.commands.arguments import decode
from pillarbox.commands.command import COMMAND_NAMES, find_command
from pillarbox.commands.inspect import KINDS
from pillarbox.errors import PillarboxError
from pillarbox.model.network import Network

COMMAND_LINES = {
    "wallet create": "wallet create w --network signet --words 24 --no-keychain --passphrase-file f",
    "wallet import": "wallet import w --xpub tpub1 --network testnet --no-keychain",
    "wallet list": "wallet list",
    "wallet show": "wallet show w",
    "wallet lock": "wallet lock w",
    "wallet unlock": "wallet unlock w --passphrase-file -",
    "account add": "account add w bitcoin-p2tr --account 3 --label Savings --gap-limit 40 --server https://x",
    "account kinds": "account kinds",
    "account list": "account list w",
    "account prepare": "account prepare w 2",
    "receive": "receive w Savings --label Ann --amount 0.5 --hold 7d --count 3 --at-limit extend --unscanned",
    "addresses": "addresses w 1 --branch external --state reserved --from 7 --limit 5",
    "release": "release w bc1q",
    "mark-used": "mark-used w bc1q --undo",
    "sync": "sync w --electrum localhost:50001:t --watch",
    "balances": "balances w 1 --url http://127.0.0.1/",
    "backup now": "backup now w --to d",
    "backup status": "backup status w",
    "backup drill": "backup drill w",
    "backup bundle": "backup bundle w --to d --backup-passphrase-file f",
    "backup passphrase": "backup passphrase w --backup-passphrase-file f",
    "backup folders": "backup folders w --add d",
    "backup list": "backup list d",
    "backup verify": "backup verify f --mnemonic-file m",
    "backup verify-by-wallet": "backup verify f --wallet w",
    "restore": "restore d --as w --mnemonic-file m --gap-limit 40 --birthday 2024-02-29 --dry-run",
    "restore into": "restore f --into w --dry-run",
    "loop pay": "loop pay w --lnd https://127.0.0.1:8080 --lnd-macaroon-file m --lnd-cert c",
    "loop status": "loop status w",
    "loop discard": "loop discard w --not-paid",
    "loop deposits": "loop deposits w 2 --all",
    "loop exit": "loop exit w aa:0 --to bc1q --fee-rate 2.5 --sign",
    "loop token": "loop token w --import f --server https://x",
    "loop recover": "loop recover w --backup-file f --scan-keys 40",
}
SECRETS = {
    "wallet create": {"passphrase": "correct horse"},
    "backup bundle": {"backup_passphrase": "correct horse"},
    "backup passphrase": {"backup_passphrase": "correct horse"},
    "backup verify": {"mnemonic": "abandon about"},
    "restore": {"mnemonic": "abandon about"},
}
WORDS = st.sampled_from(
    [
        *(word for line in COMMAND_LINES.values() for word in line.split()),
        *(
            "inspect",
            "address",
            "derive",
            "self-test",
            "tour",
            "--out",
            "--json",
            "--data-dir",
            "-v",
            "--once",
        ),
    ]
)


def typed(line: str) -> Invocation:
    return parse(line.split())


def test_every_command_can_be_typed() -> None:
    assert set(COMMAND_LINES) == set(COMMAND_NAMES)


@pytest.mark.parametrize("name", COMMAND_NAMES)
def test_what_is_typed_fits_the_command(name: str) -> None:
    found = typed(COMMAND_LINES[name])
    assert found.command == name
    decode(find_command(name).arguments, {**found.given, **SECRETS.get(name, {})})


def test_each_option_reaches_its_argument() -> None:
    receive = typed(COMMAND_LINES["receive"]).given
    assert receive == {
        "wallet": "w",
        "account": "Savings",
        "label": "Ann",
        "amount": "0.5",
        "hold": "7d",
        "count": 3,
        "at_limit": "extend",
        "unscanned": True,
    }
    assert typed(COMMAND_LINES["addresses"]).given["start"] == 7
    assert typed("wallet create w --no-keychain").given == {"wallet": "w", "keychain": False}
    assert typed("sync w --once").given["watch"] is False
    assert typed(COMMAND_LINES["account add"]).given["number"] == 3


def test_what_is_left_out_is_left_to_the_command() -> None:
    assert typed("receive w").given == {"wallet": "w"}
    assert typed("sync w").given == {"wallet": "w"}


@pytest.mark.parametrize("line", ["--json wallet list", "wallet --json list", "wallet list --json"])
def test_general_options_stand_anywhere(line: str) -> None:
    assert typed(line).json
    assert typed(line.replace("--json", "--data-dir d")).data_dir == "d"


@pytest.mark.parametrize(
    ("line", "given"),
    [
        ("receive w --json 1", {"wallet": "w", "account": "1"}),
        ("receive w --label x 1", {"wallet": "w", "label": "x", "account": "1"}),
        ("receive --label=x w --count 2 1", {"wallet": "w", "label": "x", "count": 2, "account": "1"}),
        ("inspect address --json 1BitcoinEater", {"kind": "address", "item": "1BitcoinEater"}),
        ("release a=b --json c=d", {"wallet": "a=b", "address": "c=d"}),
        ("wallet create --no-keychain -- --json", {"wallet": "--json", "keychain": False}),
    ],
)
def test_places_and_options_stand_in_any_order(line: str, given: dict[str, object]) -> None:
    assert typed(line).given == given


def test_alone_it_opens_the_window() -> None:
    assert parse([]).command == parser.WINDOW
    assert typed("--data-dir d").command == parser.WINDOW


def test_secrets_are_named_by_their_files() -> None:
    found = typed("wallet import w --mnemonic-file words --bip39-passphrase-file - --passphrase-file p")
    assert found.files == {"mnemonic": "words", "bip39_passphrase": "-", "passphrase": "p"}
    assert found.given == {"wallet": "w"}


@pytest.mark.parametrize(
    "line",
    [
        "walet list",
        "wallet",
        "wallet create",
        "wallet create w --words 13",
        "wallet create w --network mars",
        "wallet create w extra",
        "wallet import w --xpub a --descriptor b",
        "wallet import w --mnemonic-file - --passphrase-file -",
        "receive",
        "receive w --count three",
        "receive w --amount",
        "receive w --labe x",
        "sync w --once --watch",
        "inspect entrails",
        "inspect",
        "mark-used w",
        "receive w 1 --json 2",
        "receive w --json --label",
    ],
)
def test_wrong_usage_ends_with_2_and_a_word_why(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        typed(line)
    assert end.value.code == 2
    assert "usage: pillarbox" in capsys.readouterr().err


def test_words_typed_in_the_wrong_place_are_not_repeated(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse(["wallet", "import", "w", "abandon", "ability", "able"])
    assert "ability" not in capsys.readouterr().err


@pytest.mark.parametrize("line", ["--help", "--version", "wallet create --help", "receive -h"])
def test_help_and_version_end_with_0(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        typed(line)
    assert end.value.code == 0
    assert capsys.readouterr().out


def test_the_parser_names_what_the_rest_knows() -> None:
    assert set(parser.NETWORKS) == set(Network)
    assert set(parser.INSPECT_KINDS) == set(KINDS)


@given(st.lists(WORDS | st.text(), max_size=8))
def test_whatever_is_typed_is_a_command_or_wrong_usage(words: list[str]) -> None:
    status = None
    try:
        found = parse(words)
    except SystemExit as end:
        status = end.code
    if status is None and found.command in COMMAND_NAMES:
        with suppress(PillarboxError):
            decode(find_command(found.command).arguments, found.given)
    assert status in (None, 0, 2)
