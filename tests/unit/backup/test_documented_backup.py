"""A reader written from docs/backup-format.md alone opens what Pillarbox writes."""

import unicodedata
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from backup_page_reader import File, Sections, key_of_passphrase, key_of_words, opened, whole
from pillarbox.app.application import Application
from pillarbox.app.new_wallet import NewWallet, PublicSource, WordsSource
from pillarbox.app.paths import Paths
from pillarbox.model.account import AccountId
from pillarbox.model.address import AddressRef
from pillarbox.model.network import Network
from pillarbox.model.receiving import RequestTerms
from pillarbox.secret import Secret
from pillarbox.vault.keychain import Keychain
from pillarbox.vault.sealed_words import RecoveryWords
from pillarbox.wallet.wallet import Wallet

WORDS = "abandon " * 11 + "about"
BIP39_PASSPHRASE = "Ångström"
PASSPHRASE = "pässphrase \N{LATIN SMALL LIGATURE FI}"
FIRST = AccountId(1)
ORDER = [
    *("wallet", "accounts", "requests", "hand-outs", "used", "labels", "counters", "account-counters"),
    *("candidates", "settings", "indexer-keys", "l402-tokens", "static-addresses", "lightning-nodes"),
    *("static-deposit-steps", "static-exits", "program"),
]
COMPUTES = pytest.mark.may_pause_the_loop("the page's reader works in the test")
XPUB = (
    "vpub5Y6cjg78GGuNLsaPhmYsiw4gYX3HoQiRBiSwDaBXKUafCt9bNwWQiitD"
    "k5VZ5BVxYnQdwoTyXSs2JHRPAgjAvtbBrf8ZhDYe2jWAqvZVnsc"
)


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[Application]:
    started = await Application.start(Paths(tmp_path / "data"), keychain=Keychain(backends=list))
    yield started
    await started.stop()


def secret(text: str) -> Secret:
    return Secret.from_text(text)


async def shop(app: Application, source: WordsSource | PublicSource) -> Wallet:
    """A wallet that promised one address to a payer, showed another, and has a name for a third."""
    plan = NewWallet("Shop 🦊", Network.REGTEST, source, secret("correct horse"), use_keychain=False)
    wallet = (await app.create_wallet(plan)).wallet
    await wallet.receiving.hand_out(FIRST, RequestTerms("Ada", amount=5), unscanned=True)
    await wallet.receiving.hand_out(FIRST, unscanned=True)
    await wallet.labels.set(AddressRef(FIRST, 1, 3), 'the "change"\n')
    return wallet


async def newest(wallet: Wallet) -> File:
    file, *_ = await wallet.backing_up.now()
    return whole_file(Path(file.folder, file.name))


def whole_file(path: Path) -> File:
    return whole(path.read_bytes())


def check(found: Sections) -> None:
    """Everything of the shop is found, where the page says."""
    assert list(found)[: len(ORDER)] == ORDER
    assert found["wallet"]["rows"] == [["Shop 🦊"]]
    assert [row[:3] for row in found["hand-outs"]["rows"]] == [[1, 0, 0], [1, 0, 1]]
    request = dict(zip(found["requests"]["fields"], found["requests"]["rows"][0], strict=True))
    assert (request["label"], request["amount"], request["ended_at"], request["ending"]) == (
        "Ada",
        5,
        None,
        "",
    )
    assert request["token"] == found["hand-outs"]["rows"][0][3]
    assert found["labels"]["rows"] == [[1, 0, 0, "Ada"], [1, 1, 3, 'the "change"']]
    assert found["counters"]["rows"] == [[1, 0, (1 << 31) + 2], [1, 1, 1 << 31]]
    assert [name for name, _ in found["program"]["rows"]] == ["settings", "server-pins"]


@COMPUTES
async def test_what_words_lock_is_read_by_its_page(app: Application) -> None:
    source = WordsSource(secret(WORDS), secret(BIP39_PASSPHRASE), made_here=True)
    wallet = await shop(app, source)
    file = await newest(wallet)
    assert file.header["lock"] == "words"
    assert file.header["fingerprint"] == wallet.fingerprint
    assert (file.header["wallet"], file.header["network"]) == (wallet.id, "regtest")
    check(opened(file, key_of_words(WORDS, BIP39_PASSPHRASE)))


@COMPUTES
async def test_what_a_passphrase_locks_is_read_by_its_page(app: Application) -> None:
    wallet = await shop(app, PublicSource(XPUB))
    await wallet.backing_up.set_passphrase(secret(PASSPHRASE))
    file = await newest(wallet)
    assert file.header["lock"] == "passphrase"
    check(opened(file, key_of_passphrase(PASSPHRASE, file.header)))


@COMPUTES
async def test_a_bundle_is_read_by_its_page(app: Application, tmp_path: Path) -> None:
    wallet = await shop(app, WordsSource(secret(WORDS), made_here=True))
    words = RecoveryWords(secret(WORDS), secret(""))
    passphrase = secret(unicodedata.normalize("NFD", PASSPHRASE))
    made = await wallet.backing_up.write_bundle(words, passphrase, tmp_path)
    file = whole_file(tmp_path / made.name)
    found = opened(file, key_of_passphrase(PASSPHRASE, file.header))
    check(found)
    assert found["words"]["rows"] == [[WORDS, ""]]
    assert "words" not in opened(await newest(wallet), key_of_words(WORDS))
