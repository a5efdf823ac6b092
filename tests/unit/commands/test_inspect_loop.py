"""`inspect` for Loop's formats: published vectors through the command line, and every refusal in words."""

import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from command_lines import CommandLine
from pillarbox.commands.inspect import inspect_text, inspector
from pillarbox.loop import backup_file, token_file
from pillarbox.loop.backup_file import Name, TokenFile
from pillarbox.loop.macaroon import Caveat
from pillarbox.secret import Secret

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "loop.json").read_text())
WHOLE, TRUTH = VECTORS["end_to_end"], VECTORS["go_ground_truth"]
FIXTURE, MINTED = TRUTH["pr1121_fixture"], TRUTH["minted"]
KEY = Secret(bytes.fromhex(WHOLE["backup_key"]))
PAYLOAD = backup_file.read(WHOLE["payload_json"].encode())
TOKEN = token_file.parse(PAYLOAD.token_files[0].data)
ADDRESSES = [
    *VECTORS["static_address"].values(),
    WHOLE["legacy_address"],
    *WHOLE["receive"],
    *WHOLE["change"],
]
PREFIXES = {
    "mainnet": "mainnet",
    "testnet": "testnet_signet",
    "signet": "testnet_signet",
    "regtest": "regtest",
}
BACKUP = {"hex": WHOLE["file_hex"], "key": WHOLE["backup_key"], "network": "mainnet"}


@pytest.fixture
def pillarbox(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> CommandLine:
    monkeypatch.setenv("PILLARBOX_DATA_DIR", str(tmp_path / "data"))
    return CommandLine(monkeypatch, capsys)


def inspected(kind: str, item: object) -> dict[str, Any]:
    return inspect_text(inspector(kind), json.dumps(item))


def refused(kind: str, item: object) -> str:
    found = inspected(kind, item)
    assert found["ok"] is False
    assert found["error"]["code"] != "internal"
    return str(found["error"]["message"])


def through_the_command_line(pillarbox: CommandLine, kind: str, items: list[dict[str, Any]]) -> list[object]:
    ran = pillarbox("inspect", kind, typed="\n".join(map(json.dumps, items)))
    assert ran.status == (0 if all(found["ok"] for found in ran.objects) else 1)
    assert len(ran.objects) == len(items)
    return list(ran.objects)


def test_every_published_static_address_comes_out_on_every_network(pillarbox: CommandLine) -> None:
    cases = [(case, network) for case in ADDRESSES for network in PREFIXES]
    named = ("client_pubkey", "server_pubkey", "expiry")
    items = [{name: case[name] for name in named} | {"network": network} for case, network in cases]
    assert through_the_command_line(pillarbox, "static-address", items) == [
        {
            "ok": True,
            "address": case["addresses"][PREFIXES[network]],
            "pkscript": case["pkscript"],
            "timeout_script": case["timeout_script"],
            "internal_key": case["internal_key_xonly"],
            "output_key": case["output_key_xonly"],
            "control_block": case["control_block"],
        }
        for case, network in cases
    ]


ADDRESS_ITEM = {
    "client_pubkey": ADDRESSES[0]["client_pubkey"],
    "server_pubkey": ADDRESSES[0]["server_pubkey"],
    "expiry": 65_535,
    "network": "mainnet",
}


@pytest.mark.parametrize(
    "change",
    [
        {"expiry": 0},
        {"expiry": 65_536},
        {"expiry": -1},
        {"expiry": True},
        {"expiry": "10"},
        {"client_pubkey": "02" * 32},
        {"client_pubkey": "05" + "00" * 32},
        {"server_pubkey": "04" + "11" * 64},
        {"server_pubkey": "xy"},
        {"network": "simnet"},
        {"extra": 1},
    ],
)
def test_parameters_of_no_address_are_refused(change: dict[str, object]) -> None:
    assert inspected("static-address", ADDRESS_ITEM)["ok"] is True
    assert refused("static-address", ADDRESS_ITEM | change)


@pytest.mark.parametrize("missing", ADDRESS_ITEM)
def test_a_missing_part_is_named(missing: str) -> None:
    assert missing in refused("static-address", {k: v for k, v in ADDRESS_ITEM.items() if k != missing})


def test_every_published_key_of_lnd_comes_out_and_where_it_differs_both(pillarbox: CommandLine) -> None:
    items, expected = [], []
    for case in VECTORS["lnd_keys"]:
        for family, keys in case["pubkeys"].items():
            for index, key in keys.items():
                items.append(key_item(case, int(family), int(index)))
                expected.append({"ok": True, "pubkey": key, "bip32_pubkey": key})
    for case in VECTORS["hd_leading_zero"]["lnd_cases"]:
        items.append(key_item(case, 42060, 0))
        both = [case[name]["pub_42060_0"] for name in ("lnd_btcwallet", "standard_bip32")]
        expected.append({"ok": True, "pubkey": both[0], "bip32_pubkey": both[1]})
    assert through_the_command_line(pillarbox, "lnd-key", items) == expected


def key_item(case: dict[str, Any], family: int, index: int) -> dict[str, Any]:
    return {"seed": case["seed"], "coin_type": case["coin_type"], "family": family, "index": index}


@pytest.mark.parametrize(
    "change",
    [{"seed": "00" * 15}, {"seed": "00" * 65}, {"index": 2**31}, {"family": -1}, {"coin_type": None}],
)
def test_what_leads_to_no_key_is_refused(change: dict[str, object]) -> None:
    assert refused("lnd-key", {"seed": "00" * 16, "coin_type": 0, "family": 6, "index": 0} | change)


@pytest.mark.parametrize(
    ("case", "opened_by", "network"),
    [
        (WHOLE, {"key": WHOLE["backup_key"]}, "mainnet"),
        (WHOLE, {"seed": WHOLE["seed"]}, "mainnet"),
        (FIXTURE, {"key": FIXTURE["key"]}, "testnet"),
    ],
    ids=["key", "seed", "fixture"],
)
def test_a_published_backup_is_shown_whole(
    case: dict[str, Any], opened_by: dict[str, str], network: str
) -> None:
    item = {"hex": case["file_hex"], "network": network, "name": case["filename"], **opened_by}
    found, payload = inspected("loop-backup", item), json.loads(case["payload_json"])
    assert found["ok"] is True
    assert found["payload"] == payload
    assert found["token_id"] == payload["l402_token_id"]
    assert found["created_at"] == payload["l402_token_created_at"]
    assert found["network"] == network
    assert found["static_address"]["expiry"] == payload["static_address"]["expiry"]
    nameless = {name: value for name, value in item.items() if name != "name"}
    assert inspected("loop-backup", nameless) == found


def test_the_address_of_a_backup_is_shown_as_people_pay_to_it() -> None:
    found = inspected("loop-backup", BACKUP)["static_address"]
    assert found["address"] == WHOLE["legacy_address"]["addresses"]["mainnet"]
    assert found["client_pubkey"] == WHOLE["legacy_address"]["client_pubkey"]


def test_both_derivations_of_a_seed_are_tried() -> None:
    (case,) = VECTORS["hd_leading_zero"]["lnd_cases"][:1]
    for name in ("lnd_btcwallet", "standard_bip32"):
        key = Secret(bytes.fromhex(case[name]["backup_shared_key"]))
        sealed = backup_file.seal(WHOLE["payload_json"].encode(), key, bytes(24)).hex()
        assert inspected("loop-backup", {"hex": sealed, "seed": case["seed"], "network": "mainnet"})["ok"]


def test_a_file_is_judged_by_its_own_name_or_by_the_one_that_is_given(tmp_path: Path) -> None:
    path = tmp_path / WHOLE["filename"]
    path.write_bytes(bytes.fromhex(WHOLE["file_hex"]))
    item = {"path": str(path), "key": WHOLE["backup_key"], "network": "mainnet"}
    assert inspected("loop-backup", item)["ok"] is True
    other = str(Name(1, PAYLOAD.l402_token_id))
    assert "another time" in refused("loop-backup", item | {"name": other})
    renamed = path.rename(tmp_path / "renamed.enc")
    assert "Its name" in refused("loop-backup", item | {"path": str(renamed)})
    assert inspected("loop-backup", item | {"path": str(renamed), "name": WHOLE["filename"]})["ok"] is True


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"hex": VECTORS["negative"]["too_short_31"]}, "too short"),
        ({"hex": VECTORS["negative"]["bad_magic"]}, "unknown format"),
        ({"hex": VECTORS["negative"]["header_only_32"]}, "does not open"),
        ({"key": "00" * 32}, "does not open"),
        ({"key": "00" * 31}, "32 bytes"),
        ({"key": 5}, "must be a text"),
        ({"network": "testnet"}, "network mainnet"),
        ({"name": "backup.enc"}, "Its name"),
        ({"path": "x"}, "exactly one of hex, path"),
        ({"seed": "00"}, "exactly one of key, seed"),
    ],
)
def test_a_backup_that_cannot_be_used_is_refused_for_that(change: dict[str, object], why: str) -> None:
    assert why in refused("loop-backup", BACKUP | change)


@pytest.mark.parametrize("path", ["nowhere.enc", ".", "x\0y", "x" * 5_000])
def test_a_path_that_leads_to_no_file_is_refused(path: str, tmp_path: Path) -> None:
    item = {"path": f"{tmp_path}/{path}", "key": "00" * 32, "network": "mainnet"}
    assert "cannot be read" in refused("loop-backup", item)


def generation(created_at: int, *, key: Secret = KEY, network: str = "mainnet", paid: bool = True) -> bytes:
    token = replace(TOKEN, created_at=created_at, preimage=TOKEN.preimage if paid else bytes(32))
    payload = replace(
        PAYLOAD,
        network=network,
        l402_token_created_at=created_at,
        token_files=(TokenFile(token_file.NAME, token_file.serialise(token)),),
    )
    return backup_file.seal(backup_file.write(payload), key, bytes(24))


def name_at(created_at: int) -> str:
    return str(Name(created_at, PAYLOAD.l402_token_id))


def test_of_twelve_files_the_latest_valid_one_is_chosen(tmp_path: Path) -> None:
    files = {
        name_at(-5): generation(-5),
        name_at(100): generation(100),
        name_at(300): generation(300),
        name_at(400): generation(400)[:-1],
        name_at(500): generation(500, key=Secret(bytes(32))),
        name_at(600): generation(600, network="testnet"),
        name_at(700): generation(100),
        name_at(800): generation(800, paid=False),
        name_at(900): b"",
        f"L402_backup_950_{PAYLOAD.l402_token_id.upper()}.enc": generation(950),
        f"{name_at(960)}.tmp": generation(960),
        "l402.token": TOKEN.macaroon.serialise(),
    }
    assert len(files) == 12
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    item = {"dir": str(tmp_path), "key": WHOLE["backup_key"], "network": "mainnet"}
    found = inspected("loop-backups", item)
    assert found["latest"] == name_at(300)
    assert [each["name"] for each in found["candidates"]] == [
        f"L402_backup_950_{PAYLOAD.l402_token_id.upper()}.enc",
        *(name_at(at) for at in (900, 800, 700, 600, 500, 400, 300, 100, -5)),
    ]
    assert [each["ok"] for each in found["candidates"]] == [False] * 7 + [True] * 3
    assert all(("error" in each) is not each["ok"] for each in found["candidates"])
    by_seed = {"dir": str(tmp_path), "seed": WHOLE["seed"], "network": "mainnet"}
    assert inspected("loop-backups", by_seed) == found


@pytest.mark.skipif(sys.platform == "win32", reason="pipes and links are not for everybody there")
def test_an_odd_folder_is_listed_whole(tmp_path: Path) -> None:
    (tmp_path / name_at(1)).write_bytes(generation(1))
    (tmp_path / name_at(2)).mkdir()
    (tmp_path / name_at(3)).symlink_to(tmp_path / name_at(1))
    (tmp_path / name_at(4)).symlink_to(tmp_path / "nowhere")
    (tmp_path / name_at(5)).symlink_to(tmp_path / name_at(5))
    (tmp_path / name_at(6)).symlink_to(tmp_path)
    os.mkfifo(tmp_path / name_at(7))
    with (tmp_path / name_at(8)).open("wb") as huge:
        huge.truncate(1 << 40)
    (tmp_path / name_at(9)).symlink_to("/dev/zero")
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff")).write_bytes(b"")
    found = inspected(
        "loop-backups", {"dir": str(tmp_path), "key": WHOLE["backup_key"], "network": "mainnet"}
    )
    assert found["latest"] == name_at(1)
    assert {each["name"]: each.get("error", {}).get("message", "") for each in found["candidates"]} == {
        name_at(9): "It cannot be read: It is no ordinary file. It was left as it is.",
        name_at(8): "It is far larger than these backups are. It was left as it is.",
        name_at(7): "It cannot be read: It is no ordinary file. It was left as it is.",
        name_at(6): "It cannot be read: Is a directory. It was left as it is.",
        name_at(5): "It cannot be read: Too many levels of symbolic links. It was left as it is.",
        name_at(4): "It cannot be read: No such file or directory. It was left as it is.",
        name_at(3): "Its name has another time than its payload. It was left as it is.",
        name_at(1): "",
    }


def test_an_empty_folder_has_no_latest_and_a_missing_one_is_told(tmp_path: Path) -> None:
    item = {"dir": str(tmp_path), "key": "00" * 32, "network": "regtest"}
    assert inspected("loop-backups", item) == {"ok": True, "latest": None, "candidates": []}
    for wrong in ("nowhere", "x\0y"):
        assert "cannot be listed" in refused("loop-backups", item | {"dir": str(tmp_path / wrong)})


def test_a_published_token_is_shown() -> None:
    found = inspected("l402-token", {"hex": MINTED["token_file_paid"]})
    assert found == {
        "ok": True,
        "token_id": MINTED["token_id"],
        "payment_hash": MINTED["payment_hash"],
        "preimage": MINTED["preimage"],
        "paid": True,
        "amount_msat": MINTED["amount_paid_msat"],
        "fee_msat": MINTED["routing_fee_msat"],
        "created_at": MINTED["created_at_ns"],
        "caveats": {"services": "loop:0", "loop_capabilities": "static,out"},
        "warnings": [],
    }
    assert inspect_text(inspector("l402-token"), MINTED["token_file_paid"]) == found
    assert inspected("l402-token", {"hex": MINTED["token_file_pending"]})["paid"] is False


def test_what_is_odd_about_a_token_is_said() -> None:
    found = inspected("l402-token", {"hex": FIXTURE["token_file_paid"]})
    assert found["warnings"] == ["the preimage is not the one of the payment"]
    narrowed = TOKEN.macaroon.narrowed(b"no condition")
    for caveats in (narrowed.caveats, (Caveat(b"a=b", b"vid", b"location"),)):
        odd = replace(TOKEN, macaroon=replace(narrowed, caveats=caveats))
        (warning,) = inspected("l402-token", {"hex": token_file.serialise(odd).hex()})["warnings"]
        assert "caveats" in warning


@pytest.mark.parametrize("case", VECTORS["token_negative"], ids=lambda case: case["error"][:24])
def test_a_published_broken_token_is_refused(case: dict[str, Any]) -> None:
    if "not paid" in case["error"]:
        assert inspected("l402-token", {"hex": case["hex"]})["paid"] is False
    else:
        assert refused("l402-token", {"hex": case["hex"]})


def test_one_broken_item_does_not_stop_the_rest(pillarbox: CommandLine) -> None:
    ran = pillarbox("inspect", "loop-backup", typed=f"nonsense\n{json.dumps(BACKUP)}\n{{\n")
    assert [found["ok"] for found in ran.objects] == [False, True, False]
    assert ran.status == 1


@pytest.mark.parametrize("secret", ["key", "seed"])
def test_what_opens_a_backup_is_not_taken_from_the_command_line(pillarbox: CommandLine, secret: str) -> None:
    item = json.dumps({"hex": "00", secret: "00" * 32, "network": "mainnet"})
    ran = pillarbox("inspect", "loop-backup", item, "--json")
    assert ran.status != 0
    assert ran.error == "secret-on-command-line"
    assert "00" * 32 not in ran.out + ran.err
