"""Each command as the command line promises it, in a process without another Pillarbox."""

from pathlib import Path

import pytest

from command_lines import PASSPHRASE, WORDS, CommandLine
from pillarbox.cli import program, window
from pillarbox.commands import inspect_addresses

TPUB = (
    "tpubDC8msFGeGuwnKG9Upg7DM2b4DaRqg3CUZa5g8v2SRQ6K4NSkxUgd7HsL2"
    "XVWbVm39yBA4LAxysQAm397zwQSQoQgewGiYZqrA9DsP4zbQ1M"
)
STRANGERS = {
    "mrCDrCybB6J1vRfbwM5hemdJz73FwDBC8r": "no-such-address",
    "XoJA8qE3N2Y3jMLEtZ3vcN42qseZ8LvFf5": "address-other-network",
    "0x52908400098527886E0F7030069857D2E4169EE7": "address-foreign",
    "bcrt1qstranger": "address-unreadable",
    "garbage": "address-unknown",
    "": "invalid-input",
}
"""Of texts that are no address of a Bitcoin wallet on regtest: what they are told to be."""
ADDRESS_KEYS = [
    *("account", "branch", "index", "path", "address", "state", "label"),
    *("held_until", "handed_out_before", "flags", "received", "unit"),
]


@pytest.fixture
def alice(pillarbox: CommandLine) -> CommandLine:
    """The command line, with a wallet of new words."""
    assert pillarbox.json("wallet", "create", "alice", "--network", "regtest").status == 0
    return pillarbox


def test_a_new_wallet_shows_its_words_once(pillarbox: CommandLine) -> None:
    made = pillarbox.json("wallet", "create", "alice", "--network", "regtest", "--words", "24").object
    assert len(made["words"].split()) == 24
    assert made["accounts"][0]["kind"] == "bitcoin-p2wpkh"
    shown = pillarbox.json("wallet", "show", "alice")
    assert shown.status == 0
    assert shown.object["fingerprint"] == made["fingerprint"]
    assert "words" not in shown.object
    assert made["words"].split()[0] not in shown.out.split()


def test_a_missing_keychain_is_told_in_words_and_is_no_failure(pillarbox: CommandLine) -> None:
    made = pillarbox("wallet", "create", "alice", typed=f"{PASSPHRASE}\n")
    assert made.status == 0
    assert "keychain" in made.err
    assert "The passphrase opens the wallet" in made.err


@pytest.mark.logs_warning("no-electrum-server")
def test_words_come_back_as_the_same_wallet(pillarbox: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "words").write_text(f"{WORDS}\n")
    bring = ("wallet", "import", "old", "--network", "mainnet", "--mnemonic-file", str(tmp_path / "words"))
    assert pillarbox.json(*bring, "--no-keychain").object["fingerprint"] == "73c5da0a"
    first = pillarbox.json("receive", "old", "--unscanned").object
    assert first["address"] == "bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu"
    assert first["path"] == "m/84'/0'/0'/0/0"
    assert "unscanned" in first["flags"]


def test_words_may_come_from_standard_input_and_their_own_passphrase_from_a_file(
    pillarbox: CommandLine, tmp_path: Path
) -> None:
    (tmp_path / "extra").write_text("TREZOR\n")
    (tmp_path / "passphrase").write_text(PASSPHRASE)
    made = pillarbox.json(
        *("wallet", "import", "old", "--mnemonic-file", "-", "--no-keychain"),
        *("--bip39-passphrase-file", str(tmp_path / "extra")),
        *("--passphrase-file", str(tmp_path / "passphrase")),
        typed=WORDS,
    )
    assert made.object["fingerprint"] == "b4e3f5ed"


def test_a_public_key_makes_a_wallet_that_only_watches(pillarbox: CommandLine) -> None:
    made = pillarbox.json("wallet", "import", "w", "--xpub", TPUB, "--network", "regtest").object
    assert made["watch_only"] is True
    refused = pillarbox.json("account", "add", "w", "bitcoin-p2tr")
    assert refused.error == "words-needed"


def test_wallets_are_listed_one_a_line(alice: CommandLine) -> None:
    assert alice.json("wallet", "create", "Bob", "--network", "signet").status == 0
    listed = alice.json("wallet", "list").objects
    assert [(wallet["name"], wallet["network"]) for wallet in listed] == [
        ("alice", "regtest"),
        ("Bob", "signet"),
    ]


def test_a_wallet_that_cannot_be_read_is_listed_with_its_trouble(alice: CommandLine, data_dir: Path) -> None:
    assert alice.json("wallet", "create", "Bob", "--network", "signet").status == 0
    (data_dir / "wallets" / "alice" / "slots.json").write_text("{")
    listed = alice.json("wallet", "list")
    broken, whole = listed.objects
    assert (listed.status, broken["name"], broken["network"]) == (0, "alice", None)
    assert broken["error"]["code"] == "slots-damaged"
    assert (whole["name"], "error" in whole) == ("Bob", False)
    assert "key file is damaged" in alice("wallet", "list").out
    assert alice.json("receive", "Bob").status == 0


def test_an_address_object_has_what_was_promised(alice: CommandLine) -> None:
    given = alice.json("receive", "alice").object
    assert set(ADDRESS_KEYS) <= set(given)
    assert (given["state"], given["branch"], given["index"], given["unit"]) == (
        "reserved",
        "external",
        0,
        "sat",
    )


def test_a_plain_hand_out_ends_with_its_process_and_the_next_payer_gets_another(alice: CommandLine) -> None:
    first = alice.json("receive", "alice").object
    second = alice.json("receive", "alice").object
    assert first["address"] != second["address"]
    (row,) = alice.json("addresses", "alice", "--limit", "1").objects
    assert (row["address"], row["state"], row["handed_out_before"]) == (first["address"], "unused", True)


def test_a_payment_request_stays_reserved(alice: CommandLine) -> None:
    asked = alice.json("receive", "alice", "--label", "Rent", "--amount", "0.0015", "--hold", "7d").object
    assert asked["request"]["amount"] == 150_000
    assert asked["request"]["amount_text"] == "0.0015 tBTC"
    assert asked["uri"].endswith("?amount=0.0015&message=Rent")
    (row,) = alice.json("addresses", "alice", "--state", "reserved").objects
    assert (row["address"], row["label"]) == (asked["address"], "Rent")
    assert row["held_until"] == asked["held_until"]


def test_a_hold_may_last_until_the_address_is_used(alice: CommandLine) -> None:
    asked = alice.json("receive", "alice", "--hold", "until-used").object
    assert asked["held_until"] is None
    assert asked["held_until_used"] is True


def test_many_are_handed_out_at_once_and_all_differ(alice: CommandLine) -> None:
    given = alice.json("receive", "alice", "--count", "30", "--at-limit", "extend").objects
    assert len({address["address"] for address in given}) == 30


def test_at_the_gap_limit_those_given_before_the_refusal_are_told(alice: CommandLine) -> None:
    given = alice.json("receive", "alice", "--count", "30")
    assert given.status == 1
    *addresses, refusal = given.objects
    assert len({address["address"] for address in addresses}) == 20
    assert refusal["error"]["code"] == "gap-reached"


def test_a_released_address_is_available_again(alice: CommandLine) -> None:
    asked = alice.json("receive", "alice", "--label", "Rent").object
    released = alice.json("release", "alice", asked["address"]).object
    assert (released["address"], released["state"]) == (asked["address"], "unused")
    assert alice.json("release", "alice", asked["address"]).error == "not-reserved"
    assert alice.json("addresses", "alice", "--state", "reserved").objects == []


def test_a_mark_by_hand_can_be_taken_back_once(alice: CommandLine) -> None:
    (row,) = alice.json("addresses", "alice", "--limit", "1").objects
    marked = alice.json("mark-used", "alice", row["address"]).object
    assert (marked["state"], marked["flags"]) == ("used", ["marked-by-hand"])
    assert alice.json("mark-used", "alice", row["address"]).status == 0
    assert alice.json("receive", "alice").object["address"] != row["address"]
    assert alice.json("mark-used", "alice", row["address"], "--undo").object["state"] == "unused"
    assert alice.json("mark-used", "alice", row["address"], "--undo").error == "mark-stays"


def test_an_address_may_be_given_as_its_code_shows_it(alice: CommandLine) -> None:
    given = alice.json("receive", "alice", "--label", "Rent").object["address"]
    assert alice.json("release", "alice", given.upper()).object["address"] == given
    assert alice.json("mark-used", "alice", f" {given.upper()} ").object["state"] == "used"
    assert alice.json("mark-used", "alice", given.capitalize()).error == "address-unreadable"


def test_a_label_may_be_written_in_any_script(alice: CommandLine) -> None:
    label = "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 \U0001f469\u200d\U0001f467"
    assert alice.json("receive", "alice", "--label", label).object["label"] == label
    for unseen in ("a\u202eb", "a\x1b[2J", "\ufeff"):
        assert alice.json("receive", "alice", "--label", unseen).error == "invalid-input"


def test_a_strange_address_is_not_touched(alice: CommandLine) -> None:
    for command in ("release", "mark-used"):
        for stranger, code in STRANGERS.items():
            refused = alice.json(command, "alice", stranger)
            assert (refused.status, refused.error) == (1, code)


def test_addresses_are_chosen_by_branch_state_and_place(alice: CommandLine) -> None:
    both = alice.json("addresses", "alice").objects
    assert {row["branch"] for row in both} == {"external", "internal"}
    change = alice.json("addresses", "alice", "--branch", "internal", "--from", "5", "--limit", "2").objects
    assert [(row["branch"], row["index"]) for row in change] == [("internal", 5), ("internal", 6)]
    assert alice.json("addresses", "alice", "--branch", "sideways").error == "invalid-input"
    assert alice.json("addresses", "alice", "--state", "used").objects == []


def test_a_further_account_asks_for_the_passphrase_once(alice: CommandLine) -> None:
    added = alice.json("account", "add", "alice", "bitcoin-p2tr", "--label", "Savings", "--gap-limit", "5")
    assert added.status == 0
    assert (added.object["account"], added.object["path"], added.object["unused"]) == (2, "m/86'/1'/0'", 5)
    assert [account["label"] for account in alice.json("account", "list", "alice").objects] == [
        "Bitcoin",
        "Savings",
    ]
    for name in ("2", "Savings"):
        assert alice.json("receive", "alice", name).object["address"].startswith("bcrt1p")
    assert alice.json("receive", "alice", "Spendings").error == "no-such-account"


def test_a_public_key_is_of_one_account_and_added_under_no_other_number(alice: CommandLine) -> None:
    add = ("account", "add", "alice", "bitcoin-p2tr", "--xpub", TPUB, "--account")
    assert alice.json(*add, "5").error == "invalid-input"
    assert alice.json(*add, "0").object["path"] == "m/86'/1'/0'"


def test_an_account_kind_that_is_not_known_is_refused(alice: CommandLine) -> None:
    assert alice.json("account", "add", "alice", "bitcoin-p2qr").error == "unknown-kind"


def test_unlocking_puts_the_key_into_the_keychain_and_locking_takes_it_out(
    alice: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert alice.json("wallet", "unlock", "alice").error == "keychain-missing"
    assert alice.json("wallet", "lock", "alice").object["locked"] is True
    refused = alice.json("wallet", "unlock", "alice", typed="wrong\n")
    assert refused.error == "wrong-passphrase"


def test_sync_without_a_server_says_how_to_name_one(alice: CommandLine) -> None:
    refused = alice.json("sync", "alice")
    assert refused.error == "no-electrum-server"
    assert "--electrum" in refused.object["error"]["hint"]
    assert alice.json("sync", "alice", "--electrum", "not a server").error == "invalid-input"


@pytest.mark.logs_warning("no-electrum-server")
def test_a_scan_that_gets_nowhere_is_not_said_to_be_under_way(pillarbox: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "words").write_text(WORDS)
    bring = ("wallet", "import", "old", "--mnemonic-file", str(tmp_path / "words"), "--no-keychain")
    assert pillarbox.json(*bring).status == 0
    for _ in range(2):
        assert pillarbox.json("receive", "old", "--unscanned").status == 0
        (account,) = pillarbox.json("wallet", "show", "old").object["accounts"]
        assert account["scan_state"] == "unscanned"


@pytest.mark.logs_warning("no backup has it")
def test_a_damaged_list_of_certificates_keeps_only_those_servers_waiting(
    alice: CommandLine, data_dir: Path
) -> None:
    pins = data_dir / "chain" / "server-pins.json"
    pins.parent.mkdir()
    pins.write_text("{")
    assert alice.json("wallet", "list").status == 0
    assert alice.json("receive", "alice").status == 0
    refused = alice.json("sync", "alice", "--electrum", "127.0.0.1:1:s")
    assert (refused.status, refused.error) == (1, "pins-unreadable")
    assert str(pins) in refused.object["error"]["message"]
    assert pins.read_text() == "{"


@pytest.mark.parametrize(
    ("argv", "code"),
    [
        (("receive", "nobody"), "no-such-wallet"),
        (("wallet", "create", ""), "invalid-input"),
        (("wallet", "create", "alice"), "wallet-exists"),
        (("receive", "alice", "--amount", "1e3"), "invalid-input"),
        (("receive", "alice", "--amount", "0.000000001"), "invalid-input"),
        (("wallet", "import", "w", "--descriptor", "wpkh(nonsense)"), "descriptor-unsupported"),
        (("wallet", "import", "w", "--xpub", TPUB, "--network", "mainnet"), "key-other-network"),
    ],
)
def test_bad_input_is_an_error_in_words_and_status_1(
    alice: CommandLine, argv: tuple[str, ...], code: str
) -> None:
    refused = alice.json(*argv)
    assert refused.status == 1
    assert refused.error == code
    assert all(refused.object["error"][part] for part in ("title", "message", "hint"))
    assert "Traceback" not in refused.err


@pytest.mark.parametrize(
    "argv",
    [
        ("receive", "alice", "--hold", "2h"),
        ("receive", "alice", "--at-limit", "panic"),
        ("addresses", "alice", "--state", "spent"),
        ("addresses", "alice", "--from", "-1"),
        ("wallet", "create", "bad \udc80"),
        ("receive", "alice\0"),
    ],
)
def test_a_value_that_no_command_takes_is_wrong_usage(pillarbox: CommandLine, argv: tuple[str, ...]) -> None:
    assert pillarbox(*argv, "--json", typed="correct horse\n").status == 2


def test_damaged_words_are_refused_by_place_and_never_repeated(
    pillarbox: CommandLine, tmp_path: Path
) -> None:
    words = tmp_path / "words"
    bring = ("wallet", "import", "old", "--mnemonic-file", str(words), "--no-keychain")
    words.write_text(WORDS.replace("about", "abaut"))
    refused = pillarbox.json(*bring)
    assert refused.error == "mnemonic-word"
    assert "12" in refused.object["error"]["title"]
    assert "abaut" not in refused.out + refused.err
    words.write_text(WORDS.replace("about", "abandon"))
    assert pillarbox.json(*bring).error == "mnemonic-checksum"
    words.write_bytes(b"\xff\xfe")
    assert pillarbox.json(*bring).error == "file-unreadable"
    words.unlink()
    assert pillarbox.json(*bring).error == "file-unreadable"
    assert pillarbox.json("wallet", "list").objects == []


def test_a_mark_that_an_editor_put_before_the_text_is_no_part_of_it(
    pillarbox: CommandLine, tmp_path: Path
) -> None:
    words, passphrase = tmp_path / "words", tmp_path / "passphrase"
    words.write_text(f"\ufeff{WORDS}\r\n")
    passphrase.write_text(f"\ufeff{PASSPHRASE}\r\n")
    files = ("--mnemonic-file", str(words), "--passphrase-file", str(passphrase))
    made = pillarbox.json("wallet", "import", "old", *files, "--no-keychain")
    assert made.object["fingerprint"] == "73c5da0a"
    assert pillarbox.json("wallet", "show", "old", typed=f"{PASSPHRASE}\n").status == 0
    found = pillarbox("inspect", "address", typed="\ufeff1LqBGSKuX5yYUonjxT5qGfpUsXKYYWeabA\n")
    assert found.object["ok"] is True


def test_a_new_passphrase_is_long_enough_wherever_it_comes_from(
    pillarbox: CommandLine, tmp_path: Path
) -> None:
    (tmp_path / "short").write_text("seven77\n")
    create = ("wallet", "create", "w", "--no-keychain")
    for refused in (
        pillarbox.json(*create, "--passphrase-file", str(tmp_path / "short")),
        pillarbox.json(*create, typed="seven77\n"),
    ):
        assert (refused.status, refused.error) == (1, "invalid-input")
    assert pillarbox.json(*create, typed="\u00e9ight888\n").status == 0


def test_what_is_typed_in_another_encoding_is_refused(
    alice: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def typed(*_: object, **__: object) -> str:
        return b"caf\xe9".decode()

    monkeypatch.setattr("getpass.getpass", typed)
    refused = alice("receive", "alice", "--json", is_terminal=True)
    assert (refused.status, refused.error) == (1, "invalid-input")


def test_a_wrong_passphrase_opens_nothing(alice: CommandLine) -> None:
    refused = alice.json("receive", "alice", typed="wrong\n")
    assert (refused.status, refused.error) == (1, "wrong-passphrase")


def test_with_nobody_to_ask_the_error_names_the_option(alice: CommandLine) -> None:
    refused = alice.json("receive", "alice", typed="")
    assert refused.error == "passphrase-needed"
    assert "--passphrase-file" in refused.object["error"]["hint"]


def test_a_person_may_correct_a_wrong_passphrase(alice: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter(["wrong", PASSPHRASE])
    monkeypatch.setattr("getpass.getpass", lambda *_args, **_options: next(answers))
    given = alice("receive", "alice", is_terminal=True)
    assert given.status == 0
    assert given.out.startswith("bcrt1q")


def test_a_person_types_a_new_passphrase_twice_and_is_asked_again_where_it_does_not_do(
    pillarbox: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed = iter(["short", PASSPHRASE, "something else", PASSPHRASE, PASSPHRASE])
    monkeypatch.setattr("getpass.getpass", lambda *_, **__: next(typed))
    made = pillarbox("wallet", "create", "w", is_terminal=True)
    assert made.status == 0
    assert made.err.splitlines()[:2] == [
        "A passphrase has at least 8 characters.",
        "The passphrase was not the same both times.",
    ]


@pytest.mark.parametrize(
    ("typed", "said"), [(["short"] * 3, "at least"), ([PASSPHRASE, "something else"] * 3, "differ")]
)
def test_after_three_new_passphrases_that_do_not_do_nothing_is_made(
    pillarbox: CommandLine, monkeypatch: pytest.MonkeyPatch, typed: list[str], said: str
) -> None:
    answers = iter(typed)
    monkeypatch.setattr("getpass.getpass", lambda *_, **__: next(answers))
    refused = pillarbox("wallet", "create", "w", is_terminal=True)
    assert refused.status == 1
    assert said in refused.err
    assert pillarbox.json("wallet", "list").objects == []


def test_inspect_reads_items_from_standard_input_in_order(pillarbox: CommandLine) -> None:
    items = "bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu\n\nnonsense\n1LqBGSKuX5yYUonjxT5qGfpUsXKYYWeabA\n"
    found = pillarbox("inspect", "address", typed=items)
    assert found.status == 1
    assert [item["ok"] for item in found.objects] == [True, False, True]
    assert found.objects[2]["kind"] == "bitcoin-p2pkh"
    alone = pillarbox("inspect", "address", "1LqBGSKuX5yYUonjxT5qGfpUsXKYYWeabA")
    assert (alone.status, alone.object) == (0, found.objects[2])


def test_inspect_takes_no_secret_from_the_command_line(pillarbox: CommandLine) -> None:
    item = f'{{"mnemonic": "{WORDS}", "kind": "bitcoin-p2wpkh", "network": "mainnet"}}'
    refused = pillarbox("inspect", "derive", item, "--json")
    assert (refused.status, refused.error) == (2, "secret-on-command-line")
    found = pillarbox("inspect", "derive", typed=item)
    assert found.object["addresses"] == ["bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu"]


@pytest.mark.parametrize("key", ["xprv9s21ZrQH143K3" + "9" * 95, "5" + "J" * 50, "acct_xsk1" + "q" * 150])
@pytest.mark.parametrize("kind", ["address", "derive"])
def test_inspect_takes_no_private_key_from_the_command_line_either(
    pillarbox: CommandLine, kind: str, key: str
) -> None:
    for item in (key, f'{{"xpub": "{key}", "kind": "bitcoin-p2wpkh", "network": "mainnet"}}'):
        refused = pillarbox("inspect", kind, item, "--json")
        assert (refused.status, refused.error) == (2, "secret-on-command-line")
        assert "consider them seen" in refused.object["error"]["hint"]
        assert key not in refused.out + refused.err


def test_the_self_test_names_each_check(pillarbox: CommandLine, data_dir: Path) -> None:
    found = pillarbox.json("self-test")
    assert found.status == 0, found.objects
    named = {check["check"] for check in found.objects}
    assert {"derivation", "database", "slots", "keychain", "resources"} <= named
    assert not list(data_dir.glob(".self-test-*"))


def test_a_broken_copy_fails_its_self_test(pillarbox: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = {"bitcoin-p2wpkh": "bc1qnjg0jd8228aq7egyzacy8cys3knf9xvrerkf9g"}
    monkeypatch.setattr("pillarbox.commands.self_test._FIRST_ADDRESSES", wrong)
    found = pillarbox.json("self-test")
    assert found.status == 1
    assert [check["check"] for check in found.objects if not check["ok"]] == ["derivation"]


def test_where_qt_is_missing_the_window_says_how_to_install_it(
    pillarbox: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> None:
        raise ModuleNotFoundError("No module named 'PySide6'", name="PySide6.QtWidgets")

    monkeypatch.setattr(window, "import_module", missing)
    for argv in ((), ("tour",)):
        refused = pillarbox.json(*argv)
        assert (refused.status, refused.error) == (1, "window-missing")
        assert "pip install" in refused.object["error"]["hint"]


@pytest.mark.logs_warning("this command failed")
def test_a_defect_is_an_internal_error_with_a_log_and_no_traceback(
    alice: CommandLine, monkeypatch: pytest.MonkeyPatch, data_dir: Path
) -> None:
    def defect(*_: object) -> None:
        raise RuntimeError("a defect")

    monkeypatch.setattr(program, "perform", defect)
    failed = alice.json("receive", "alice")
    assert (failed.status, failed.error) == (1, "internal")
    log = data_dir / "log" / "command-line.log"
    assert str(log) in failed.object["error"]["hint"]
    assert "RuntimeError: a defect" in log.read_text()
    assert "Traceback" not in failed.out + failed.err


@pytest.mark.logs_warning("could not be inspected")
def test_a_defect_met_while_inspecting_is_in_the_log_and_nothing_else_makes_one(
    pillarbox: CommandLine, monkeypatch: pytest.MonkeyPatch, data_dir: Path
) -> None:
    def defect(*_: object) -> None:
        raise RuntimeError("a defect")

    assert pillarbox("inspect", "address", "nonsense").status == 1
    assert not data_dir.exists()
    monkeypatch.setattr(inspect_addresses, "inspect_address", defect)
    failed = pillarbox("inspect", "address", "nonsense")
    assert failed.object["error"]["code"] == "internal"
    assert failed.err == ""
    assert "RuntimeError: a defect" in (data_dir / "log" / "command-line.log").read_text()


@pytest.mark.parametrize("folder", ["wallets", "run"])
def test_a_part_of_the_data_folder_that_cannot_be_used_is_named(
    pillarbox: CommandLine, data_dir: Path, folder: str
) -> None:
    data_dir.mkdir()
    (data_dir / folder).write_text("a file where the folder should be")
    for argv in (("wallet", "list"), ("wallet", "create", "w")):
        refused = pillarbox.json(*argv)
        assert (refused.status, refused.error) == (1, "folder-unusable")
        assert str(data_dir / folder) in refused.object["error"]["message"]


def test_a_data_folder_without_a_name_is_refused(pillarbox: CommandLine, data_dir: Path) -> None:
    refused = pillarbox.json("wallet", "list", "--data-dir", "")
    assert (refused.status, refused.error) == (1, "invalid-input")
    assert not data_dir.exists()


def test_a_data_folder_that_cannot_be_written_is_an_error_in_words(
    pillarbox: CommandLine, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    refused = pillarbox.json("wallet", "list", "--data-dir", str(tmp_path / "file"))
    assert (refused.status, refused.error) == (1, "log-unwritable")


def test_everything_is_written_below_the_data_folder(
    pillarbox: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR", "TMPDIR"):
        monkeypatch.setenv(name, str(home))
    chosen = tmp_path / "chosen"
    assert pillarbox.json("wallet", "create", "w", "--data-dir", str(chosen)).status == 0
    assert {path.name for path in chosen.iterdir()} >= {"wallets", "log"}
    assert list(home.rglob("*")) == []


def test_one_command_gives_no_address_twice(alice: CommandLine) -> None:
    outcome = alice.json("receive", "alice", "--count", "25", "--at-limit", "reuse")
    *given, refusal = outcome.objects
    assert (outcome.status, refusal["error"]["code"]) == (1, "gap-reached")
    assert len({address["address"] for address in given}) == len(given) == 20


def test_words_are_typed_or_pasted_a_line_each_until_an_empty_line(
    pillarbox: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("getpass.getpass", lambda *_, **__: PASSPHRASE)
    lines = "\n".join(f"{number}. {word}" for number, word in enumerate(WORDS.split(), 1))
    for name, typed in (("lines", f"{lines}\n\n"), ("line", f"{WORDS}\nnot read\n")):
        made = pillarbox("wallet", "import", name, "--no-keychain", typed=typed, is_terminal=True)
        assert (made.status, made.err.count("Recovery words")) == (0, 1), made.err
        assert "73c5da0a" in made.out


def test_too_few_words_end_at_an_empty_line_too(
    pillarbox: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("getpass.getpass", lambda *_, **__: PASSPHRASE)
    refused = pillarbox("wallet", "import", "w", "--no-keychain", typed="zoo\nzoo\n\n", is_terminal=True)
    assert refused.status == 1
    assert "There are 2 words" in refused.err
