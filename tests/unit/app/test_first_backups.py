"""Files that the first version with backups wrote: every later one opens them and brings all of them back.

The files are never made anew. A section or a field that comes later is not in them, and needs no change here.
"""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from backup_page_reader import File, Sections, key_of_passphrase, key_of_words, opened, whole
from pillarbox.app import restoring
from pillarbox.app.application import Application
from pillarbox.app.paths import Paths
from pillarbox.app.restoring import Opened
from pillarbox.model.restoring import Outcome
from pillarbox.secret import Secret
from pillarbox.vault.keychain import Keychain
from pillarbox.vault.sealed_words import RecoveryWords
from pillarbox.wallet.wallet import Wallet

VECTORS = Path(__file__).parents[2] / "vectors"
BY_WORDS, BUNDLE = (VECTORS / f"backup-1-{lock}.pillarbox-backup" for lock in ("words", "bundle"))
KNOWN = json.loads((VECTORS / "backup-1.json").read_text(encoding="utf-8"))
SECTIONS: Sections = KNOWN["sections"]
PASSPHRASE = "correct horse"
AWAY = pytest.mark.logs_warning("a Loop backup could not be written: backup-folder-missing")
"""The folder that backups are put into too is on another computer."""
ADDRESSES = {
    (1, 0): "bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu",
    (2, 0): "bc1p5cyxnuxmeuwuvkwfem96lqzszd02n6xdcjrs20cac6yqjjwudpxqkedrcr",
    (3, 2): "bc1p4q2dw9c7r4mjjl8n8kp7zdgjmkwv3yvf3fj37mrv5chkv0jxz4zq0rgx9m",
}
"""The first of some branches, by account: as BIP84, BIP86 and Loop's own vectors have them."""


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[Application]:
    started = await Application.start(Paths(tmp_path / "data"), keychain=Keychain(backends=list))
    yield started
    await started.stop()


async def by_words(app: Application) -> Opened:
    words = RecoveryWords(Secret.from_text(KNOWN["words"]), Secret.from_text(""))
    found = await restoring.find([BY_WORDS])
    return restoring.required(*await restoring.open_by_words(app.kinds, found, words))


async def by_passphrase(app: Application) -> Opened:
    found = await restoring.find_one(BUNDLE)
    return await restoring.open_by_passphrase(app.kinds, found, Secret.from_text(KNOWN["passphrase"]))


def as_known(found: Sections) -> dict[str, list[dict[str, Any]]]:
    """The records of the sections that the first version wrote, with the fields it wrote, by section."""
    return {
        name: [
            {field: value for field, value in zip(found[name]["fields"], row, strict=True) if field in fields}
            for row in found[name]["rows"]
        ]
        for name, fields in ((name, section["fields"]) for name, section in SECTIONS.items())
    }


async def written_again(wallet: Wallet) -> Sections:
    """What the wallet's own next backup says."""
    file, *_ = await wallet.backing_up.now()
    return opened(whole_file(Path(file.folder, file.name)), key_of_words(KNOWN["words"]))


def whole_file(path: Path) -> File:
    return whole(path.read_bytes())


def test_they_still_say_what_they_said() -> None:
    words, bundle = (whole_file(file) for file in (BY_WORDS, BUNDLE))
    assert (words.header, bundle.header) == (KNOWN["words_header"], KNOWN["bundle_header"])
    assert opened(words, key_of_words(KNOWN["words"])) == SECTIONS
    assert opened(bundle, key_of_passphrase(KNOWN["passphrase"], bundle.header)) == {
        **SECTIONS,
        "words": {"version": 1, "fields": ["words", "bip39_passphrase"], "rows": [[KNOWN["words"], ""]]},
    }


@AWAY
@pytest.mark.parametrize("opening", [by_words, by_passphrase])
async def test_they_are_restored_whole(app: Application, opening: Any) -> None:
    found: Opened = await opening(app)
    made = await restoring.restore_new(app, found, "Back", Secret.from_text(PASSPHRASE), use_keychain=False)
    wallet = made.made.wallet
    assert {item.outcome for item in made.report.items} <= {Outcome.RESTORED, Outcome.UNCHANGED}
    again = as_known(await written_again(wallet))
    assert again.pop("wallet") == [{"name": "Back"}]
    assert again == {name: rows for name, rows in as_known(SECTIONS).items() if name != "wallet"}
    assert app.settings.values.hold_hours == 48
    for (account, branch), text in ADDRESSES.items():
        assert wallet.accounts.columns(account, branch).texts[0] == text


@AWAY
async def test_restoring_one_twice_changes_nothing(app: Application) -> None:
    found = await by_words(app)
    await restoring.restore_new(app, found, "Back", Secret.from_text(PASSPHRASE), use_keychain=False)
    report = await restoring.restore_into(app, await by_words(app), "Back", restoring.Options())
    assert {item.outcome for item in report.items} == {Outcome.UNCHANGED}
