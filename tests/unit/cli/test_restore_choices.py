"""`restore` where more than one wallet could be meant, or another than was asked for."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from command_lines import WORDS, CommandLine

OTHER_WORDS = "legal winner thank year wave sausage worth useful legal winner thank yellow"
LOOP: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "vectors" / "loop.json").read_text(encoding="utf-8")
)["end_to_end"]
ROOT_KEY = (
    "xprv9s21ZrQH143K3GJpoapnV8SFfukcVBSfeCficPSGfubmSFDxo1kuH"
    "nLisriDvSnRRuL2Qrg5ggqHKNVpxR86QEC8w35uxmGoggxtQTPvfUu"
)
"""Of the seed that the published backup was made with."""
Make = Callable[..., None]


@pytest.fixture
def file_of(tmp_path: Path) -> Callable[[str, str], str]:
    def write(name: str, text: str) -> str:
        (tmp_path / name).write_text(text)
        return str(tmp_path / name)

    return write


@pytest.fixture
def words(file_of: Callable[[str, str], str]) -> str:
    return file_of("words", WORDS)


@pytest.fixture
def make(pillarbox: CommandLine, file_of: Callable[[str, str], str]) -> Make:
    """Import words as a wallet, which backs itself up."""

    def make(name: str, network: str, of: str = WORDS) -> None:
        given = ("--mnemonic-file", file_of(f"words of {name}", of), "--no-keychain")
        made = pillarbox.json("wallet", "import", name, "--network", network, *given)
        assert made.status == 0, made.out
        assert pillarbox.json("receive", name, "--label", "Ada", "--unscanned").status == 0

    return make


def newest(pillarbox: CommandLine, folder: Path) -> str:
    path: str = pillarbox.json("backup", "list", str(folder)).objects[0]["path"]
    return path


def test_words_that_open_backups_of_two_networks_are_asked_which(
    pillarbox: CommandLine, make: Make, words: str, data_dir: Path
) -> None:
    make("shop", "regtest")
    make("trial", "signet")
    alone = ("restore", "--as", "again", "--mnemonic-file", words, "--no-keychain", "--dry-run")
    refused = pillarbox.json(*alone)
    assert refused.error == "backups-of-several-wallets"
    told = refused.object["error"]["message"]
    for name in ("shop", "trial"):
        assert newest(pillarbox, data_dir / "backups" / name) in told
    assert "signet, fingerprint 73c5da0a" in told
    found = pillarbox.json(*alone, "--network", "signet").object
    assert (found["network"], found["backup"]) == (
        "signet",
        newest(pillarbox, data_dir / "backups" / "trial"),
    )
    (note,) = [each for each in found["notes"] if each["code"] == "backup-of-another-network"]
    assert "into this wallet" not in note["hint"]


def test_copies_of_one_wallet_are_no_question(
    pillarbox: CommandLine, make: Make, words: str, data_dir: Path
) -> None:
    make("shop", "regtest")
    make("copy", "regtest")
    found = pillarbox.json(
        *("restore", "--as", "again", "--mnemonic-file", words, "--no-keychain", "--dry-run")
    )
    assert found.object["backup"] is not None


def test_a_passphrase_for_a_folder_of_two_wallets_is_asked_which(
    pillarbox: CommandLine, make: Make, file_of: Callable[[str, str], str], tmp_path: Path
) -> None:
    make("shop", "regtest")
    make("till", "regtest", OTHER_WORDS)
    stick, secret = tmp_path / "stick", file_of("secret", "a bundle's own")
    stick.mkdir()
    bundles = [
        pillarbox.json(
            "backup", "bundle", name, "--to", str(stick), "--backup-passphrase-file", secret
        ).object["path"]
        for name in ("shop", "till")
    ]
    asked = ("--as", "again", "--backup-passphrase-file", secret, "--no-keychain", "--dry-run")
    refused = pillarbox.json("restore", str(stick), *asked)
    assert refused.error == "backups-of-several-wallets"
    assert all(bundle in refused.object["error"]["message"] for bundle in bundles)
    assert pillarbox.json("restore", bundles[0], *asked).object["fingerprint"] == "73c5da0a"


def test_a_backup_of_another_network_than_was_asked_for_is_refused(
    pillarbox: CommandLine, make: Make, words: str, data_dir: Path
) -> None:
    make("shop", "regtest")
    file = newest(pillarbox, data_dir / "backups" / "shop")
    asked = ("restore", file, "--as", "again", "--mnemonic-file", words, "--no-keychain", "--network")
    refused = pillarbox.json(*asked, "mainnet")
    assert refused.error == "backup-other-network"
    assert "again" not in [each["name"] for each in pillarbox.json("wallet", "list").objects]
    assert pillarbox.json(*asked, "regtest").status == 0


def test_a_preview_refuses_a_name_that_is_taken_as_doing_it_would(
    pillarbox: CommandLine, make: Make, words: str, data_dir: Path
) -> None:
    make("shop", "regtest")
    file = newest(pillarbox, data_dir / "backups" / "shop")
    asked = ("restore", file, "--as", "shop", "--mnemonic-file", words, "--no-keychain")
    assert pillarbox.json(*asked, "--dry-run").error == pillarbox.json(*asked).error == "wallet-exists"


def test_a_preview_says_whose_backup_it_is_and_from_when(
    pillarbox: CommandLine, make: Make, words: str, data_dir: Path
) -> None:
    make("shop", "regtest")
    file = newest(pillarbox, data_dir / "backups" / "shop")
    told = pillarbox("restore", file, "--as", "again", "--mnemonic-file", words, "--dry-run").out
    assert "regtest, fingerprint 73c5da0a" in told
    assert "written 20" in told


def test_a_folder_of_loop_backups_and_lnds_root_key_make_a_wallet(
    pillarbox: CommandLine, file_of: Callable[[str, str], str], tmp_path: Path
) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    (stick / LOOP["filename"]).write_bytes(bytes.fromhex(LOOP["file_hex"]))
    (stick / f"L402_backup_1900000000000000000_{'ab' * 32}.enc").write_bytes(bytes(200))
    asked = ("restore", str(stick), "--as", "loop", "--lnd-seed-file", file_of("root key", ROOT_KEY))
    seen = pillarbox.json(*asked, "--no-keychain", "--dry-run").object
    assert seen["backup"] == str(stick / LOOP["filename"])
    done = pillarbox.json(*asked, "--no-keychain")
    assert done.status == 0, done.out
    assert [Path(each["path"]).name[:30] for each in done.object["passed_over"]] == [
        "L402_backup_190000000000000000"
    ]
    account = pillarbox.json("account", "list", "loop").object
    assert account["kind"] == "loop-static"
