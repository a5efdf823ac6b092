"""Accounts of other kinds on the command line: what each kind is, and what its addresses are good for."""

from pathlib import Path

import pytest

from command_lines import WORDS, CommandLine
from pillarbox.accounts import KINDS

NODES = "dash-provider-platform-node"
XPUB = (
    "xpub6CUGRUonZSQ4TWtTMmzXdrXDtypWKiKrhko4egpiMZbpiaQL2jkwSB1icqYh2"
    "cfDfVxdx4df189oLKnC5fSwqPfgyP3hooxujYzAu3fDVmz"
)


@pytest.fixture
def old(pillarbox: CommandLine, tmp_path: Path) -> CommandLine:
    """The command line, with a wallet of known words on mainnet."""
    (tmp_path / "words").write_text(WORDS)
    bring = ("wallet", "import", "old", "--mnemonic-file", str(tmp_path / "words"), "--no-keychain")
    assert pillarbox.json(*bring).status == 0
    return pillarbox


def add(line: CommandLine, kind: str, *options: str) -> dict[str, object]:
    made = line.json("account", "add", "old", kind, *options)
    assert made.status == 0, made.out
    return made.object


def test_every_kind_is_listed_without_a_wallet(pillarbox: CommandLine) -> None:
    kinds = {kind["kind"]: kind for kind in pillarbox.json("account", "kinds").objects}
    assert tuple(kinds) == KINDS.names
    byron, platform = kinds["cardano-byron"], kinds["dash-platform"]
    assert (byron["words_for_each_address"], byron["watch_only"]) == (True, False)
    assert byron["networks"] == ["mainnet", "testnet"]
    assert byron["coin"] == "cardano"
    assert (platform["words_for_each_address"], platform["watch_only"]) == (False, True)
    assert [extra["name"] for extra in platform["extras"]] == ["key_class"]
    assert [name for name, kind in kinds.items() if "note" in kind] == [NODES]
    assert [name for name, kind in kinds.items() if kind["server"]] == ["loop-static"]
    assert kinds["loop-static"]["watch_only"] is False


def test_people_read_what_a_report_holds_and_in_which_unit(pillarbox: CommandLine) -> None:
    shown = pillarbox("account", "kinds").out
    assert all(kind.sentence in shown for kind in KINDS)
    assert "--key-class N" in shown
    assert "a server of its own (--server URL)" in shown
    assert "a JSON object from address to balance in credits; 1 DASH is 100,000,000,000 credits" in shown


def test_a_mistyped_kind_is_told_what_was_meant(old: CommandLine) -> None:
    refused = old.json("account", "add", "old", "litecoin-p2wkh")
    assert refused.error == "unknown-kind"
    hint = refused.object["error"]["hint"]
    assert "Did you mean litecoin-p2wpkh" in hint
    assert "pillarbox account kinds" in hint
    assert "version" not in hint


def test_accounts_are_called_after_their_kinds(old: CommandLine) -> None:
    kinds = ("dash-p2pkh", "dash-coinjoin", "cardano-byron", "dash-identity-topup", "dash-identity-topup")
    assert [add(old, kind)["label"] for kind in (*kinds, "bitcoin-p2tr")] == [
        "Dash",
        "Dash CoinJoin",
        "Cardano Byron",
        "Dash Identity top-up",
        "Dash Identity top-up 2",
        "Bitcoin 2",
    ]


def test_a_public_key_without_its_origin_claims_no_path_and_is_listed_as_watch_only(old: CommandLine) -> None:
    added = add(old, "litecoin-p2wpkh", "--xpub", XPUB)
    assert (added["path"], added["watch_only"]) == ("", True)
    own, watched = old("account", "list", "old", typed="correct horse\n").out.splitlines()[1:]
    assert "watch-only" not in own
    assert "watch-only" in watched


@pytest.mark.logs_warning("no-electrum-server")
def test_an_address_that_nobody_may_pay_says_so_and_asks_for_nothing(old: CommandLine) -> None:
    assert "Never give one to a payer" in str(add(old, NODES)["note"])
    refused = old.json("receive", "old", "2", "--amount", "1", "--unscanned")
    assert refused.error == "not-payable"
    given = old.json("receive", "old", "2", "--unscanned").object
    assert "Never give it to a payer" in given["note"]
    assert given["uri"] is None
    assert given["index"] == 0
    paid = old.json("receive", "old", "1", "--unscanned").object
    assert "note" not in paid


@pytest.mark.logs_warning("no-electrum-server")
def test_where_a_coin_has_no_links_an_amount_is_asked_for_without_one(old: CommandLine) -> None:
    add(old, "dash-platform")
    asked = old.json("receive", "old", "2", "--amount", "0.5", "--unscanned").object
    assert asked["uri"] is None
    assert asked["request"]["amount"] == 50_000_000_000
    assert asked["request"]["amount_text"] == "0.5 DASH"


@pytest.mark.logs_warning("no-electrum-server")
def test_a_plain_hand_out_is_not_said_to_outlast_its_command(old: CommandLine) -> None:
    assert old.json("receive", "old", "--unscanned").object["ends_with_command"] is True
    assert "ends_with_command" not in old.json("receive", "old", "--unscanned", "--hold", "1h").object


def test_only_an_account_whose_addresses_take_the_words_is_prepared(old: CommandLine) -> None:
    assert old.json("account", "prepare", "old", "1").error == "nothing-to-prepare"
    add(old, "cardano-byron")
    assert old.json("account", "prepare", "old", "2").object["made"] == 0


@pytest.mark.logs_warning("no-electrum-server")
def test_an_address_is_found_in_whatever_way_it_is_written(old: CommandLine) -> None:
    add(old, "bitcoin-cash-p2pkh")
    cash = old.json("receive", "old", "2", "--label", "Ann", "--unscanned").object["address"]
    bare = cash.removeprefix("bitcoincash:")
    assert old.json("release", "old", bare).object["address"] == cash
    for text in (bare.upper(), cash.upper(), f"{cash}?amount=1"):
        assert old.json("mark-used", "old", text).object["address"] == cash
    (bitcoin,) = old.json("addresses", "old", "1", "--limit", "1").objects
    link = f"BITCOIN:{bitcoin['address'].upper()}?amount=1"
    assert old.json("mark-used", "old", link).object["address"] == bitcoin["address"]


@pytest.mark.parametrize(
    ("address", "helps"),
    [
        ("bc1qac70jhvdq8eejqdguzcu48zls02gjc75af7kgq", True),
        ("DBus3bamQjgJULBJtYXpEzDWQRwF5iwxgC", False),
        ("bc1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3qccfmv3", False),
    ],
)
def test_scanning_more_is_advised_only_where_it_could_help(
    old: CommandLine, address: str, helps: bool
) -> None:
    refused = old.json("mark-used", "old", address)
    assert refused.error == "no-such-address"
    assert ("scan" in refused.object["error"]["hint"]) is helps
