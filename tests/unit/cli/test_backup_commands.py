"""`backup ...`, `restore` and `inspect backup`, as the command line promises them."""

import json
import shutil
from pathlib import Path

import pytest

from command_lines import PASSPHRASE, WORDS, CommandLine

KEYS_OF_A_REPORT = {"restored", "unchanged", "conflicts", "skipped", "failed", "items"}


@pytest.fixture
def words(tmp_path: Path) -> str:
    path = tmp_path / "words"
    path.write_text(f"{WORDS}\n")
    return str(path)


@pytest.fixture
def other_words(tmp_path: Path) -> str:
    path = tmp_path / "other-words"
    path.write_text("legal winner thank year wave sausage worth useful legal winner thank yellow\n")
    return str(path)


@pytest.fixture
def secret(tmp_path: Path) -> str:
    """A file with a passphrase for backups."""
    path = tmp_path / "backup-passphrase"
    path.write_text("a bundle's own\n")
    return str(path)


@pytest.fixture
def shop(pillarbox: CommandLine, words: str, tmp_path: Path) -> CommandLine:
    """The command line, with a wallet that has a payment request."""
    passphrase = tmp_path / "passphrase"
    passphrase.write_text(PASSPHRASE)
    made = pillarbox.json(
        *("wallet", "import", "shop", "--network", "regtest", "--mnemonic-file", words, "--no-keychain"),
        *("--passphrase-file", str(passphrase)),
    )
    assert made.status == 0
    assert pillarbox.json("receive", "shop", "--label", "Ada", "--unscanned").status == 0
    return pillarbox


def home(data_dir: Path) -> str:
    return str(data_dir / "backups" / "shop")


def newest(shop: CommandLine, data_dir: Path) -> str:
    path: str = shop.json("backup", "list", home(data_dir)).objects[0]["path"]
    return path


def test_every_command_leaves_a_backup_behind(shop: CommandLine) -> None:
    status = shop.json("backup", "status", "shop").object
    assert status["state"] in ("written", "verified", "drilled")
    assert status["at"] == status["files"][0]["written_at"]
    assert status["reason"] is None


def test_a_backup_now_is_verified_and_a_drill_proves_it(shop: CommandLine, tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    written = shop.json("backup", "now", "shop", "--to", str(stick)).object
    assert written["state"] == "verified"
    assert {Path(file["path"]).parent.name for file in written["files"]} == {"shop", "stick"}
    assert shop.json("backup", "drill", "shop").object["state"] == "drilled"
    assert shop.json("backup", "status", "shop").object["state"] == "drilled"


def test_backups_are_listed_newest_first_and_what_is_none_last(shop: CommandLine, data_dir: Path) -> None:
    shop.json("receive", "shop", "--label", "Bob", "--unscanned")
    Path(home(data_dir), "a.pillarbox-backup").write_text("noise")
    *backups, noise = shop.json("backup", "list", home(data_dir)).objects
    revisions = [backup["revision"] for backup in backups]
    assert revisions == sorted(revisions, reverse=True)
    assert all((each["fingerprint"], each["opened_by"]) == ("73c5da0a", "words") for each in backups)
    assert (noise["ok"], noise["error"]["code"]) == (False, "not-a-backup")
    assert "noise" not in shop("backup", "list", home(data_dir)).out


def test_a_file_is_verified_by_its_words_or_by_its_wallet(
    shop: CommandLine, data_dir: Path, words: str, other_words: str
) -> None:
    file = newest(shop, data_dir)
    found = shop.json("backup", "verify", file, "--mnemonic-file", words).object
    assert (found["verified"], found["wallet"], found["counts"]["requests"]) == (True, "shop", 1)
    by_wallet = shop.json("backup", "verify", file, "--wallet", "shop").object
    assert (by_wallet["would_restore"], by_wallet["conflicts"]) == (0, 0)
    assert shop.json("backup", "verify", file, "--mnemonic-file", other_words).error == "backup-other-words"


def test_each_way_a_file_can_be_wrong_is_told_apart(
    shop: CommandLine, data_dir: Path, words: str, tmp_path: Path
) -> None:
    data = Path(newest(shop, data_dir)).read_bytes()
    wrong = {
        "not-a-backup": b"noise",
        "backup-damaged": data[:-1] + bytes([data[-1] ^ 1]),
        "backup-too-new": data[:8] + b"\0\x63" + data[10:],
        "loop-backup-given": b"loopbak1" + bytes(200),
    }
    file = tmp_path / "file"
    for code, content in wrong.items():
        file.write_bytes(content)
        for command in (("backup", "verify", str(file)), ("restore", str(file), "--as", "again")):
            refused = shop.json(*command, "--mnemonic-file", words)
            assert (refused.status, refused.error) == (1, code)
            assert file.read_bytes() == content
    missing = shop.json("restore", str(tmp_path / "nowhere"), "--as", "again", "--mnemonic-file", words)
    assert missing.error == "backup-place-unreadable"


def test_a_wallet_comes_back_from_a_folder_and_its_words(
    shop: CommandLine, data_dir: Path, words: str
) -> None:
    preview = shop.json("restore", home(data_dir), "--as", "again", "--mnemonic-file", words, "--dry-run")
    assert preview.object["dry_run"] is True
    restored = shop.json("restore", home(data_dir), "--as", "again", "--mnemonic-file", words).object
    assert set(restored) >= KEYS_OF_A_REPORT
    assert restored["restored"] > 0
    assert (restored["conflicts"], restored["failed"], restored["fingerprint"]) == (0, 0, "73c5da0a")
    kept = [shop.json("addresses", name, "--state", "reserved").object for name in ("shop", "again")]
    assert kept[0]["address"] == kept[1]["address"]
    assert (kept[1]["label"], kept[1]["held_until"]) == ("Ada", kept[0]["held_until"])
    next_one = shop.json("receive", "again", "--unscanned").object
    assert next_one["address"] != kept[0]["address"]


def test_restoring_into_a_wallet_changes_nothing_the_second_time(shop: CommandLine, data_dir: Path) -> None:
    for _ in range(2):
        report = shop.json("restore", home(data_dir), "--into", "shop").object
        assert (report["restored"], report["conflicts"], report["failed"]) == (0, 0, 0)


def test_words_that_open_nothing_in_a_named_folder_make_no_wallet(
    shop: CommandLine, data_dir: Path, other_words: str
) -> None:
    refused = shop.json("restore", home(data_dir), "--as", "again", "--mnemonic-file", other_words)
    assert refused.error == "backup-other-words"
    assert [wallet["name"] for wallet in shop.json("wallet", "list").objects] == ["shop"]


@pytest.mark.logs_warning("no-electrum-server")
def test_the_words_alone_say_what_they_cannot_bring_back(pillarbox: CommandLine, words: str) -> None:
    made = pillarbox.json("restore", "--as", "alone", "--mnemonic-file", words, "--network", "regtest").object
    assert made["backup"] is None
    assert "unknown" in made["note"]
    assert pillarbox.json("receive", "alone").error == "not-scanned"


def test_a_bundle_brings_back_the_words(shop: CommandLine, tmp_path: Path, secret: str) -> None:
    bundle = shop.json(
        *("backup", "bundle", "shop", "--to", str(tmp_path), "--backup-passphrase-file", secret)
    ).object
    restored = shop.json("restore", bundle["path"], "--as", "again", "--backup-passphrase-file", secret)
    assert restored.object["fingerprint"] == "73c5da0a"
    assert shop.json("account", "add", "again", "bitcoin-p2tr").status == 0
    assert (
        "whoever has it"
        in shop(
            *("backup", "bundle", "shop", "--to", str(tmp_path), "--backup-passphrase-file", secret),
            typed=f"{PASSPHRASE}\n",
        ).out
    )


def test_a_further_folder_gets_every_backup(shop: CommandLine, tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    assert shop.json("backup", "folders", "shop", "--add", str(stick)).error == "invalid-input"
    stick.mkdir()
    added = shop.json("backup", "folders", "shop", "--add", str(stick)).object
    assert added["folders"] == [str(stick)]
    shop.json("receive", "shop", "--label", "Bob", "--unscanned")
    assert len(shop.json("backup", "list", str(stick)).objects) >= 1
    for path in stick.iterdir():
        path.unlink()
    stick.rmdir()
    status = shop.json("backup", "status", "shop").object
    assert (status["state"], status["missing_folders"]) == ("failed", [str(stick)])
    assert shop.json("backup", "folders", "shop", "--remove", str(stick)).object["folders"] == []
    assert shop.json("backup", "status", "shop").object["state"] != "failed"


def test_a_wallet_without_words_is_not_backed_up_before_it_has_a_passphrase(
    pillarbox: CommandLine, secret: str
) -> None:
    tpub = (
        "tpubDC8msFGeGuwnKG9Upg7DM2b4DaRqg3CUZa5g8v2SRQ6K4NSkxUgd7HsL2"
        "XVWbVm39yBA4LAxysQAm397zwQSQoQgewGiYZqrA9DsP4zbQ1M"
    )
    assert pillarbox.json("wallet", "import", "eyes", "--xpub", tpub, "--network", "regtest").status == 0
    status = pillarbox.json("backup", "status", "eyes").object
    assert (status["state"], status["needs_passphrase"]) == ("never", True)
    assert status["error"]["title"] == "Not backed up: set a passphrase"
    assert pillarbox.json("backup", "now", "eyes").error == "backup-passphrase-needed"
    done = pillarbox.json("backup", "passphrase", "eyes", "--backup-passphrase-file", secret).object
    assert done["state"] == "verified"
    again = pillarbox.json(
        "restore", done["files"][0]["path"], "--as", "again", "--backup-passphrase-file", secret
    )
    assert again.object["failed"] == 0
    assert pillarbox.json("wallet", "show", "again").object["watch_only"] is True


def test_a_backup_is_inspected(shop: CommandLine, data_dir: Path) -> None:
    item = json.dumps({"path": newest(shop, data_dir), "mnemonic": WORDS})
    found = shop("inspect", "backup", typed=f"{item}\n").objects[0]
    assert (found["ok"], found["version"], found["verified"]) == (True, 1, True)
    assert found["accounts"][0]["kind"] == "bitcoin-p2wpkh"
    assert found["counts"]["accounts"] == 1
    assert found["fingerprint"] == "73c5da0a"
    wrong = json.dumps({"path": str(data_dir), "passphrase": "x"})
    assert shop("inspect", "backup", typed=f"{wrong}\n").status == 1


def test_what_is_told_to_people_fits_a_terminal(shop: CommandLine, data_dir: Path, words: str) -> None:
    typed = f"{PASSPHRASE}\n"
    shown = [
        shop("backup", "status", "shop", typed=typed),
        shop("backup", "now", "shop", typed=typed),
        shop("backup", "drill", "shop", typed=typed),
        shop("backup", "list", home(data_dir)),
        shop("backup", "folders", "shop", typed=typed),
        shop("backup", "verify", newest(shop, data_dir), "--mnemonic-file", words),
        shop("restore", home(data_dir), "--into", "shop", typed=typed),
    ]
    for each in shown:
        assert each.status == 0
        assert each.out.strip()
        assert "{" not in each.out


def test_a_restore_says_what_its_backup_cannot_have_and_which_other_is_newer(
    shop: CommandLine, data_dir: Path, words: str, tmp_path: Path
) -> None:
    older = newest(shop, data_dir)
    assert shop.json("receive", "shop", "--label", "Bob", "--unscanned").status == 0
    asked = ("restore", older, "--as", "again", "--mnemonic-file", words, "--no-keychain", "--dry-run")
    notes = {note["code"]: note["message"] for note in shop.json(*asked).object["notes"]}
    assert set(notes) == {"backup-shown-since", "backup-newer-there"}
    assert newest(shop, data_dir) in notes["backup-newer-there"]
    assert "may be handed out again" in shop(*asked).out


def test_another_copy_of_the_wallet_in_the_folder_is_named(
    shop: CommandLine, data_dir: Path, words: str, tmp_path: Path
) -> None:
    full = Path(newest(shop, data_dir)).name
    stick = Path(home(data_dir)).rename(tmp_path / "stick")
    alone = ("--mnemonic-file", words, "--no-keychain", "--network", "regtest")
    assert shop.json("restore", "--as", "again", *alone).status == 0
    poor = Path(shop.json("backup", "list", str(data_dir / "backups" / "again")).objects[0]["path"])
    poor = Path(shutil.move(poor, stick))
    found = shop.json("restore", str(stick), "--as", "third", *alone, "--dry-run").object
    (other,) = {full, poor.name} - {Path(found["backup"]).name}
    told = [note["message"] for note in found["notes"] if note["code"] == "backup-another-copy"]
    assert [str(stick / other) in message for message in told] == [True]


def test_words_alone_take_no_backup_of_another_network_than_was_named(shop: CommandLine, words: str) -> None:
    alone = ("restore", "--as", "again", "--mnemonic-file", words, "--no-keychain", "--dry-run")
    assert shop.json(*alone, "--network", "mainnet").object["backup"] is None
    assert shop.json(*alone, "--network", "regtest").object["backup"] is not None
    assert shop.json(*alone).object["backup"] is not None


def test_a_bundle_is_restored_into_its_wallet(
    shop: CommandLine, data_dir: Path, secret: str, tmp_path: Path
) -> None:
    bundle = ("backup", "bundle", "shop", "--to", str(tmp_path), "--backup-passphrase-file", secret)
    path = shop.json(*bundle).object["path"]
    into = ("restore", path, "--into", "shop")
    assert shop.json(*into, "--backup-passphrase-file", secret).object["restored"] == 0
    assert shop.json(*into, typed="").error == "file-passphrase-needed"
    Path(path).rename(Path(home(data_dir), Path(path).name))
    report = shop.json("restore", home(data_dir), "--into", "shop")
    assert (report.status, report.object["restored"]) == (0, 0)


def test_missing_words_are_told_as_that(shop: CommandLine, data_dir: Path) -> None:
    refused = shop("restore", newest(shop, data_dir), "--as", "again", "--no-keychain", typed="")
    assert "--mnemonic-file" in refused.err


def test_a_backup_that_a_named_folder_did_not_get_is_no_success(shop: CommandLine, tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    assert shop.json("backup", "folders", "shop", "--add", str(stick)).status == 0
    assert shop.json("backup", "now", "shop").status == 0
    stick.rename(tmp_path / "elsewhere")
    outcome = shop.json("backup", "now", "shop")
    told, refused = outcome.objects
    assert outcome.status == 1
    assert told["missing_folders"] == [str(stick)]
    assert [Path(each["path"]) for each in told["files"] if not Path(each["path"]).exists()] == []
    assert refused["error"]["code"] == "backup-folder-missing"
    assert str(stick) in refused["error"]["message"]


def test_an_answer_without_anything_is_said_in_words(
    shop: CommandLine, pillarbox: CommandLine, tmp_path: Path
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    assert shop("backup", "list", str(empty)).out == f"No backup in {empty}.\n"
    assert shop.json("backup", "list", str(empty)).out == ""
    deposits = shop("loop", "deposits", "shop", typed=f"{PASSPHRASE}\n")
    assert deposits.out.startswith("No deposits seen.")
    assert "pillarbox sync shop --electrum HOST:PORT" in deposits.out
    assert shop.json("loop", "deposits", "shop").out == ""


def test_a_hint_names_the_wallet_that_was_meant(shop: CommandLine) -> None:
    refused = shop.json("receive", "shop")
    assert refused.error == "not-scanned"
    assert "pillarbox sync shop." in refused.object["error"]["hint"]
