"""A static address in the window: its deposits in plain words, and each taken back without the server."""

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QWidget
from static_world import EXPIRY, StaticWorld, with_a_server
from window_bench import ACCOUNT, click, until

from pillarbox.bitcoin.transaction import Transaction
from pillarbox_gui.dialogs.static_address import StaticAddressQuestion
from pillarbox_gui.dialogs.take_back import TakeBackQuestion
from pillarbox_gui.wording.amounts import UNIT_SPACE

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")

BLOCK = 100


def said_in(widget: QWidget) -> str:
    return "\n".join(
        label.accessibleName() or label.text()
        for label in widget.findChildren(QLabel)
        if not label.isHidden()
    )


async def opened(world: StaticWorld) -> StaticAddressQuestion:
    await until(world.view.static.banner.action.isVisible)
    click(world.view.static.banner.action)
    return await world.bench.question(StaticAddressQuestion)


@with_a_server
async def test_other_accounts_have_no_such_line(world: StaticWorld) -> None:
    account = await world.with_address()
    await until(world.view.static.isVisible)
    world.view.show_account(ACCOUNT)
    assert world.view.static.isHidden()
    world.view.show_account(account)
    await until(world.view.static.isVisible)
    assert "No deposits yet" in said_in(world.view.static)


@with_a_server
async def test_deposits_are_told_with_the_block_that_frees_them(world: StaticWorld) -> None:
    account = await world.with_address()
    world.tip(BLOCK + 5)
    await world.deposit(account, 50_000, height=BLOCK)
    await until(lambda: "1 deposit" in said_in(world.view.static))
    question = await opened(world)
    said = said_in(question)
    assert "Spent together with the server" in said
    assert "6 confirmations" in said
    assert f"block {BLOCK + EXPIRY}, about" in said
    assert "Written once; it does not change with use." in said
    assert str(world.bench.app.paths.root / "loop" / "regtest") in said
    assert not question.takers
    await world.deposit(account, 20_000, height=0)
    await until(lambda: "Waits for its block" in said_in(question))
    question.reject()


@with_a_server
async def test_a_fee_that_is_next_to_nothing_is_not_called_none(world: StaticWorld) -> None:
    account = await world.with_address()
    world.tip(BLOCK + EXPIRY)
    await world.deposit(account, 5_000_000, height=BLOCK)
    await until(lambda: "1 deposit" in said_in(world.view.static))
    question = await opened(world)
    (taker,) = question.takers.values()
    click(taker)
    taking = await world.bench.question(TakeBackQuestion)
    taking.rate.setText("2")
    click(taking.show_it)
    await until(taking.sign.isEnabled)
    assert f"259{UNIT_SPACE}sat, less than 0.1 % of the deposit" in said_in(taking)
    taking.reject()
    question.reject()


@with_a_server
async def test_after_its_time_a_deposit_is_taken_back_by_the_wallet_alone(world: StaticWorld) -> None:
    account = await world.with_address()
    world.tip(BLOCK + EXPIRY)
    await world.deposit(account, 50_000, height=BLOCK)
    await until(lambda: "1 deposit" in said_in(world.view.static))
    question = await opened(world)
    (taker,) = question.takers.values()
    click(taker)
    taking = await world.bench.question(TakeBackQuestion)
    for wrong in ("", "two", "nan", "0.5", "9999"):
        taking.rate.setText(wrong)
        click(taking.show_it)
        await until(taking.trouble.isVisible)
        assert not taking.sign.isEnabled()
    taking.rate.setText("2")
    click(taking.show_it)
    await until(taking.sign.isEnabled)
    assert f"259{UNIT_SPACE}sat, 0.5 % of the deposit" in said_in(taking)
    assert taking.hex.isHidden()
    click(taking.sign)
    await world.words_entered()
    await until(taking.copy.isVisible)
    click(taking.copy)
    transaction = Transaction.parse(bytes.fromhex(QGuiApplication.clipboard().text()))
    assert transaction.outputs[0].amount == 50_000 - 259
    assert len(transaction.inputs[0].witness) == 3
    await until(lambda: taking.focusWidget() is taking.copy)
    taking.rate.setText("3")
    assert taking.hex.isHidden()
    taking.reject()
    question.reject()
