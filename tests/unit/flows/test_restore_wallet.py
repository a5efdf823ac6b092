"""Getting a wallet back, led step by step, in a running Pillarbox."""

import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from pillarbox.app.application import Application
from pillarbox.app.new_wallet import NewWallet, PublicSource, WordsSource
from pillarbox.app.paths import Paths
from pillarbox.flows.restore_steps import (
    Choose,
    ChooseFile,
    Chosen,
    Confirmed,
    Done,
    EnterPassphrase,
    EnterPublic,
    EnterWords,
    FileChosen,
    FoldersChosen,
    Mode,
    Options,
    OptionsChosen,
    PassphraseEntered,
    Preview,
    Protect,
    Protected,
    PublicEntered,
    ScanWider,
    SearchFolders,
    Source,
    WordsEntered,
)
from pillarbox.flows.restore_wallet import RestoreWallet
from pillarbox.flows.restore_wallet_ports import restore_wallet_flow
from pillarbox.model.account import AccountId, ScanState
from pillarbox.model.network import Network
from pillarbox.model.receiving import RequestTerms
from pillarbox.model.restoring import Outcome
from pillarbox.secret import Secret
from pillarbox.vault.keychain import Keychain
from pillarbox.wallet.backup_sealing import SUFFIX
from pillarbox.wallet.wallet import Wallet

WORDS = "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about"
OTHER = "legal winner thank year wave sausage worth useful legal winner thank yellow"
XPUB = (
    "vpub5Y6cjg78GGuNLsaPhmYsiw4gYX3HoQiRBiSwDaBXKUafCt9bNwWQiitD"
    "k5VZ5BVxYnQdwoTyXSs2JHRPAgjAvtbBrf8ZhDYe2jWAqvZVnsc"
)
PASSPHRASE = "correct horse"
SECRET = Secret.from_text(PASSPHRASE)
PROTECTED = Protected(PASSPHRASE, PASSPHRASE, use_keychain=False)


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[Application]:
    started = await Application.start(Paths(tmp_path / "data"), keychain=Keychain(backends=list))
    yield started
    await started.stop()


@pytest.fixture
async def shop(app: Application) -> Wallet:
    """A wallet that handed out two addresses, and was backed up."""
    source = WordsSource(Secret.from_text(WORDS), made_here=True)
    made = await app.create_wallet(NewWallet("Shop", Network.REGTEST, source, SECRET, use_keychain=False))
    for name in ("Ada", "Bob"):
        await made.wallet.receiving.hand_out(AccountId(1), RequestTerms(name))
        await made.wallet.backing_up.now()
    return made.wallet


@pytest.fixture
def folder(app: Application, shop: Wallet, tmp_path: Path) -> Path:
    """A copy of its backups elsewhere, as on a stick."""
    return shutil.copytree(app.paths.backups / "Shop", tmp_path / "stick")


def newest(folder: Path) -> str:
    return str(max(folder.glob(f"shop-*{SUFFIX}"), key=lambda path: int(path.stem.rpartition("-")[2])))


async def opened_by_words(app: Application, place: str) -> RestoreWallet:
    flow = restore_wallet_flow(app)
    await flow.answer(Chosen(Source.BACKUP, place))
    if isinstance(flow.step, ChooseFile):
        await flow.answer(FileChosen(flow.step.chosen))
    await flow.answer(WordsEntered(WORDS))
    return flow


async def test_a_backup_and_its_words_bring_everything_back(app: Application, folder: Path) -> None:
    await app.close_wallet("Shop")
    flow = await opened_by_words(app, newest(folder))
    assert isinstance(flow.step, Preview)
    assert flow.step.contents is not None
    assert [account.label for account in flow.step.contents.accounts] == ["Bitcoin"]
    assert (flow.step.contents.counts["requests"], flow.step.contents.fingerprint) == (2, "73c5da0a")
    options = await flow.answer(Confirmed())
    assert isinstance(options, Options)
    assert (options.name, options.network, options.modes) == ("Shop", Network.REGTEST, (Mode.NEW,))
    await flow.answer(OptionsChosen(Mode.NEW, "Again"))
    done = await flow.answer(PROTECTED)
    assert isinstance(done, Done)
    assert done.report is not None
    assert done.report.counted("requests", Outcome.RESTORED) == 2
    wallet = app.open_wallets["Again"]
    account = wallet.accounts.get()
    assert account.scan_state is ScanState.UNSCANNED
    columns = wallet.accounts.columns(account.id, 0)
    assert [columns.labels.get(index) for index in range(3)] == ["Ada", "Bob", None]


async def test_a_folder_offers_its_newest_backup_first(app: Application, folder: Path) -> None:
    (folder / f"noise{SUFFIX}").write_bytes(b"noise")
    flow = restore_wallet_flow(app)
    step = await flow.answer(Chosen(Source.BACKUP, str(folder)))
    assert isinstance(step, ChooseFile)
    assert step.chosen == newest(folder)
    assert step.files[-1].trouble is not None
    assert step.files[-1].trouble.code == "not-a-backup"
    refused = await flow.answer(FileChosen(step.files[-1].path))
    assert isinstance(refused, ChooseFile)
    assert refused.error == step.files[-1].trouble


async def test_wrong_words_are_told_from_damage_and_can_be_corrected(app: Application, folder: Path) -> None:
    flow = restore_wallet_flow(app)
    await flow.answer(Chosen(Source.BACKUP, newest(folder)))
    step = await flow.answer(WordsEntered(OTHER))
    assert isinstance(step, EnterWords)
    assert step.error is not None
    assert step.error.code == "backup-other-words"
    assert "73c5da0a" in step.error.message
    assert step.words == OTHER
    step = await flow.answer(WordsEntered("abandon"))
    assert isinstance(step, EnterWords)
    assert step.error is not None
    assert step.error.code == "mnemonic-length"
    assert isinstance(await flow.answer(WordsEntered(WORDS)), Preview)


async def test_the_words_alone_find_backups_in_the_data_folder_and_in_others(
    app: Application, folder: Path
) -> None:
    flow = restore_wallet_flow(app)
    await flow.answer(Chosen(Source.WORDS))
    assert isinstance(await flow.answer(WordsEntered(WORDS)), SearchFolders)
    step = await flow.answer(FoldersChosen(()))
    assert isinstance(step, Preview)
    assert step.contents is not None
    assert str(app.paths.backups) in step.contents.path
    flow.back()
    shutil.rmtree(app.paths.backups)
    step = await flow.answer(FoldersChosen((str(folder), str(folder / "nowhere"))))
    assert isinstance(step, Preview)
    assert step.contents is not None
    assert step.contents.path == newest(folder)


async def test_words_that_open_backups_of_several_wallets_are_asked_which(
    app: Application, shop: Wallet
) -> None:
    source = WordsSource(Secret.from_text(WORDS), made_here=True)
    trial = NewWallet("Trial", Network.SIGNET, source, SECRET, use_keychain=False)
    await (await app.create_wallet(trial)).wallet.backing_up.now()
    flow = restore_wallet_flow(app)
    await flow.answer(Chosen(Source.WORDS))
    await flow.answer(WordsEntered(WORDS))
    step = await flow.answer(FoldersChosen(()))
    assert isinstance(step, ChooseFile)
    assert {file.network for file in step.files} == {Network.REGTEST, Network.SIGNET}
    for file in step.files:
        seen = await flow.answer(FileChosen(file.path))
        assert isinstance(seen, Preview)
        assert seen.contents is not None
        assert (seen.contents.path, seen.contents.network) == (file.path, file.network)
        assert isinstance(flow.back(), ChooseFile)
    assert isinstance(flow.back(), SearchFolders)
    assert isinstance(await flow.answer(FoldersChosen((), network=Network.REGTEST)), Preview)


async def test_the_words_alone_bring_back_what_they_can(app: Application, folder: Path) -> None:
    flow = restore_wallet_flow(app)
    await flow.answer(Chosen(Source.WORDS))
    await flow.answer(WordsEntered(OTHER))
    step = await flow.answer(FoldersChosen((str(folder),)))
    assert isinstance(step, Preview)
    assert step.contents is None
    assert {file.trouble.code for file in step.passed_over if file.trouble} == {"backup-other-words"}
    options = await flow.answer(Confirmed())
    assert isinstance(options, Options)
    assert options.asks_network
    await flow.answer(OptionsChosen(Mode.NEW, "Alone", network=Network.REGTEST, gap_limit=40))
    done = await flow.answer(PROTECTED)
    assert isinstance(done, Done)
    assert done.report is None
    assert app.open_wallets["Alone"].accounts.get().gap_limit == 40


async def test_since_when_an_account_may_have_received_is_never_said_to_be_later_than_it_was(
    app: Application, shop: Wallet, folder: Path
) -> None:
    for name, birthday, told in (("Eyes", None, 0), ("Known", 1_600_000_000, 1_600_000_000)):
        flow = restore_wallet_flow(app)
        await flow.answer(Chosen(Source.WORDS))
        await flow.answer(WordsEntered(OTHER))
        await flow.answer(FoldersChosen(()))
        await flow.answer(Confirmed())
        await flow.answer(OptionsChosen(Mode.NEW, name, network=Network.REGTEST, birthday=birthday))
        await flow.answer(PROTECTED)
        (account,) = app.open_wallets[name].accounts.all()
        assert account.created_at == told
        await app.close_wallet(name)
    made_here = shop.accounts.get().created_at
    for name, birthday in (("Later", made_here + 9), ("Earlier", 1_600_000_000)):
        flow = await opened_by_words(app, newest(folder))
        await flow.answer(Confirmed())
        await flow.answer(OptionsChosen(Mode.NEW, name, birthday=birthday))
        await flow.answer(PROTECTED)
        (account,) = app.open_wallets[name].accounts.all()
        assert account.created_at == min(birthday, made_here)
        await app.close_wallet(name)


async def test_once_it_is_restored_more_is_looked_for_as_often_as_asked(app: Application) -> None:
    flow = restore_wallet_flow(app)
    await flow.answer(Chosen(Source.PUBLIC))
    await flow.answer(PublicEntered(XPUB))
    await flow.answer(OptionsChosen(Mode.NEW, "Eyes", network=Network.REGTEST))
    done = await flow.answer(PROTECTED)
    assert isinstance(done, Done)
    assert done.gap_limit is None
    for gap_limit in (60, 120):
        step = await flow.answer(ScanWider(gap_limit))
        assert step == replace(done, gap_limit=gap_limit)
        (account,) = app.open_wallets["Eyes"].accounts.all()
        assert account.gap_limit == gap_limit
    refused = await flow.answer(ScanWider(10_000))
    assert isinstance(refused, Done)
    assert refused.error is not None
    assert "1 to 1000" in refused.error.message


async def test_a_bundle_needs_only_its_passphrase(app: Application, shop: Wallet, tmp_path: Path) -> None:
    async with shop.unlocking.words(SECRET) as words:
        file = await shop.backing_up.write_bundle(words, Secret.from_text("bundle's own"), tmp_path)
    await app.close_wallet("Shop")
    flow = restore_wallet_flow(app)
    step = await flow.answer(Chosen(Source.BACKUP, str(tmp_path / file.name)))
    assert isinstance(step, EnterPassphrase)
    step = await flow.answer(PassphraseEntered("another one"))
    assert isinstance(step, EnterPassphrase)
    assert step.error is not None
    assert step.error.code == "backup-passphrase"
    await flow.answer(PassphraseEntered("bundle's own"))
    await flow.answer(Confirmed())
    protect = await flow.answer(OptionsChosen(Mode.NEW, "From the bundle"))
    assert isinstance(protect, Protect)
    assert protect.has_words
    assert isinstance(await flow.answer(PROTECTED), Done)
    restored = app.open_wallets["From the bundle"]
    async with restored.unlocking.words(SECRET) as words:
        assert words.words.text() == WORDS


async def test_a_wallet_without_words_comes_back_by_its_backup_passphrase(app: Application) -> None:
    plan = NewWallet("Eyes", Network.REGTEST, PublicSource(XPUB), SECRET, use_keychain=False)
    eyes = (await app.create_wallet(plan)).wallet
    await eyes.backing_up.set_passphrase(Secret.from_text("only for backups"))
    (file, *_) = await eyes.backing_up.now()
    await app.close_wallet("Eyes")
    flow = restore_wallet_flow(app)
    await flow.answer(Chosen(Source.BACKUP, str(Path(file.folder, file.name))))
    await flow.answer(PassphraseEntered("only for backups"))
    await flow.answer(Confirmed())
    await flow.answer(OptionsChosen(Mode.NEW, "Eyes again"))
    assert isinstance(await flow.answer(PROTECTED), Done)
    again = app.open_wallets["Eyes again"]
    assert again.watch_only
    await again.backing_up.now()
    assert not again.backup.needs_passphrase


async def test_an_open_wallet_takes_what_it_lacks_and_nothing_the_second_time(
    app: Application, folder: Path
) -> None:
    await app.close_wallet("Shop")
    source = WordsSource(Secret.from_text(WORDS))
    await app.create_wallet(NewWallet("Bare", Network.REGTEST, source, SECRET, use_keychain=False))
    for restored in (2, 0):
        flow = restore_wallet_flow(app, "Bare")
        await flow.answer(Chosen(Source.BACKUP, str(folder)))
        step = await flow.answer(FileChosen(newest(folder)))
        assert isinstance(step, Preview)
        assert step.merged["Bare"].counted("requests", Outcome.RESTORED) == restored
        await flow.answer(Confirmed())
        done = await flow.answer(OptionsChosen(Mode.MERGE, into="Bare"))
        assert isinstance(done, Done)
        assert done.report == step.merged["Bare"]
    given = await app.open_wallets["Bare"].receiving.hand_out(AccountId(1), None, unscanned=True)
    assert given.ref.index == 2


async def test_another_wallets_backup_is_not_merged(app: Application, folder: Path) -> None:
    source = WordsSource(Secret.from_text(OTHER))
    await app.create_wallet(NewWallet("Else", Network.REGTEST, source, SECRET, use_keychain=False))
    flow = restore_wallet_flow(app, "Else")
    await flow.answer(Chosen(Source.BACKUP, str(folder)))
    step = await flow.answer(FileChosen(newest(folder)))
    assert isinstance(step, ChooseFile)
    assert step.error is not None
    assert step.error.code == "backup-other-words"


async def test_a_public_key_alone_makes_a_watching_wallet(app: Application) -> None:
    flow = restore_wallet_flow(app)
    assert isinstance(await flow.answer(Chosen(Source.PUBLIC)), EnterPublic)
    step = await flow.answer(PublicEntered("nonsense"))
    assert isinstance(step, EnterPublic)
    assert step.error is not None
    await flow.answer(PublicEntered(XPUB))
    await flow.answer(OptionsChosen(Mode.NEW, "Eyes", network=Network.REGTEST))
    assert isinstance(await flow.answer(PROTECTED), Done)
    assert app.open_wallets["Eyes"].watch_only


async def test_going_back_keeps_what_was_entered_and_cancelling_forgets_it(
    app: Application, folder: Path
) -> None:
    flow = await opened_by_words(app, newest(folder))
    await flow.answer(Confirmed())
    step = flow.back(OptionsChosen(Mode.NEW, "Half-typed"))
    assert isinstance(step, Preview)
    again = await flow.answer(Confirmed())
    assert isinstance(again, Options)
    assert again.name == "Half-typed"
    while flow.can_go_back:
        flow.back()
    assert flow.step == Choose(Source.BACKUP, newest(folder))
    await flow.cancel()
    assert flow.step == Choose()
    assert WORDS not in repr(flow._draft)
    assert sorted(summary.name for summary in app.wallet_summaries()) == ["Shop"]


async def test_a_name_that_is_taken_and_a_short_passphrase_keep_their_steps(
    app: Application, folder: Path
) -> None:
    flow = await opened_by_words(app, newest(folder))
    await flow.answer(Confirmed())
    step = await flow.answer(OptionsChosen(Mode.NEW, "Shop"))
    assert isinstance(step, Options)
    assert step.error is not None
    assert step.error.code == "wallet-exists"
    await flow.answer(OptionsChosen(Mode.NEW, "Again"))
    step = await flow.answer(Protected("short", "short", use_keychain=False))
    assert isinstance(step, Protect)
    assert step.error is not None
    assert isinstance(await flow.answer(PROTECTED), Done)


async def test_an_answer_to_another_step_is_a_mistake_of_the_program(app: Application) -> None:
    with pytest.raises(TypeError, match="Confirmed does not answer Choose"):
        await restore_wallet_flow(app).answer(Confirmed())
