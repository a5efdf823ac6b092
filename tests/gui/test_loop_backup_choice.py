"""Loop backups that cannot be used stop whatever would be paid: three ways on, and none of them by itself."""

import asyncio
from pathlib import Path

import pytest
from loop_backup_file import put_loop_backup
from PySide6.QtWidgets import QWidget
from static_world import StaticWorld, with_a_server
from window_bench import PASSPHRASE, WORDS, click, until

from pillarbox.keys import mnemonic
from pillarbox.keys.root import Root
from pillarbox.secret import Secret
from pillarbox_gui.dialogs.loop_backup_choice import BackupChoice, LoopBackupQuestion
from pillarbox_gui.dialogs.loop_payment import LoopPaymentQuestion
from pillarbox_gui.dialogs.message import Confirmation
from pillarbox_gui.dialogs.passphrase import PassphraseQuestion

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")

FAR_OUT = 2_600
"""A key that is not looked at usually."""


def root_of(words: str) -> Root:
    with Secret.from_text(words) as text, mnemonic.read(text) as read:
        return Root.of(read, Secret(b""))


async def backup_on_a_stick(world: StaticWorld, index: int, words: str = WORDS) -> Path:
    return await asyncio.to_thread(put_loop_backup, world.folder / "stick", root_of(words), index)


def will_choose(world: StaticWorld, file: Path | None) -> None:
    async def choose(_before: QWidget, _title: str, _offered: str) -> Path | None:
        return file

    world.view.choose_file = choose


async def ended(world: StaticWorld) -> None:
    await until(lambda: not world.view._tasks.running("add account"))


async def nothing_is_paid(world: StaticWorld) -> bool:
    return await world.view.wallet.loop.desk.pending() is None


@with_a_server
async def test_leaving_pays_nothing_and_changes_nothing(world: StaticWorld) -> None:
    world.unusable_backup()
    choice = await world.stopped_by_backups()
    said = choice.accessibleDescription()
    assert "ab" * 32 in said
    assert "nothing was paid" in said
    choice.reject()
    await ended(world)
    assert await nothing_is_paid(world)
    assert "loop-static" not in world.kinds()


@with_a_server
async def test_another_file_brings_the_address_back_unpaid(world: StaticWorld) -> None:
    world.unusable_backup()
    will_choose(world, await backup_on_a_stick(world, 3))
    click((await world.stopped_by_backups()).choices[BackupChoice.OTHER_FILE])
    await world.words_entered()
    await world.made()
    assert await nothing_is_paid(world)


@with_a_server
async def test_choosing_no_file_after_all_pays_nothing(world: StaticWorld) -> None:
    world.unusable_backup()
    will_choose(world, None)
    click((await world.stopped_by_backups()).choices[BackupChoice.OTHER_FILE])
    await ended(world)
    assert await nothing_is_paid(world)
    assert "loop-static" not in world.kinds()


@with_a_server
async def test_after_a_file_of_other_words_the_three_ways_are_there_again(world: StaticWorld) -> None:
    world.unusable_backup()
    stranger = "legal winner thank year wave sausage worth useful legal winner thank yellow"
    will_choose(world, await backup_on_a_stick(world, 0, stranger))
    click((await world.stopped_by_backups()).choices[BackupChoice.OTHER_FILE])
    await world.words_entered()
    again = await world.bench.question(LoopBackupQuestion)
    assert "1700000000123456789" in again.accessibleDescription()
    again.reject()
    await ended(world)
    assert await nothing_is_paid(world)
    assert "loop-static" not in world.kinds()


@pytest.mark.qt_log_ignore(r"does not support (propagateSizeHints|raise|grabbing the keyboard)")
@with_a_server
async def test_the_other_wallet_is_chosen_from_the_menu_of_wallets(world: StaticWorld) -> None:
    world.unusable_backup()
    opened = []
    world.view.sidebar.wallet_menu.aboutToShow.connect(lambda: opened.append(True))
    click((await world.stopped_by_backups()).choices[BackupChoice.OTHER_WALLET])
    await until(lambda: bool(opened))
    world.view.sidebar.wallet_menu.close()
    await ended(world)
    assert await nothing_is_paid(world)


@with_a_server
async def test_beginning_anew_says_what_it_means_and_leads_to_the_payment(world: StaticWorld) -> None:
    world.unusable_backup()
    click((await world.stopped_by_backups()).choices[BackupChoice.ANEW])
    asked = await world.bench.question(PassphraseQuestion)
    assert "wants to be paid" in asked.accessibleDescription()
    assert await nothing_is_paid(world)
    await world.words_entered()
    payment = await world.bench.question(LoopPaymentQuestion)
    assert not await nothing_is_paid(world)
    payment.reject()
    assert len(list(world.loop_folder.glob("*.enc"))) == 1


@with_a_server
async def test_beginning_anew_costs_no_more_than_was_allowed(world: StaticWorld) -> None:
    world.unusable_backup()
    click((await world.stopped_by_backups(most=99)).choices[BackupChoice.ANEW])
    await world.words_entered()
    asked = await world.bench.question(PassphraseQuestion)
    await until(asked.trouble.isVisible)
    assert "99 is the most" in asked.trouble.text()
    assert await nothing_is_paid(world)
    asked.reject()
    await ended(world)


@with_a_server
async def test_a_key_far_out_is_found_by_whoever_looks_further(world: StaticWorld) -> None:
    world.unusable_backup()
    will_choose(world, await backup_on_a_stick(world, FAR_OUT))
    click((await world.stopped_by_backups()).choices[BackupChoice.OTHER_FILE])
    await world.words_entered()
    further = await world.bench.question(Confirmation)
    assert "up to number 2500" in further.accessibleDescription()
    click(further.go_on)
    await world.words_entered()
    await world.made()
    assert await nothing_is_paid(world)


@with_a_server
async def test_a_key_far_out_in_the_wallets_own_folder_is_looked_for_too(world: StaticWorld) -> None:
    await asyncio.to_thread(put_loop_backup, world.loop_folder, root_of(WORDS), FAR_OUT)
    question = await world.asking()
    question.server.setText(world.url)
    question.proof.setText(PASSPHRASE)
    click(question.go_on)
    click((await world.bench.question(Confirmation)).go_on)
    await world.words_entered()
    await world.made()
    assert await nothing_is_paid(world)


@with_a_server
async def test_whoever_does_not_look_further_pays_nothing(world: StaticWorld) -> None:
    world.unusable_backup()
    will_choose(world, await backup_on_a_stick(world, FAR_OUT))
    click((await world.stopped_by_backups()).choices[BackupChoice.OTHER_FILE])
    await world.words_entered()
    click((await world.bench.question(Confirmation)).cancel)
    await ended(world)
    assert await nothing_is_paid(world)
