"""`receive` holds a request for as long as its account usually does, unless the command says otherwise."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from pillarbox.app.application import Application
from pillarbox.app.new_wallet import NewWallet, WordsSource
from pillarbox.app.paths import Paths
from pillarbox.commands.receive import HoldFor, ReceiveArguments, receive
from pillarbox.model.network import Network
from pillarbox.model.receiving import DAY, Hold
from pillarbox.secret import Secret
from pillarbox.wallet.wallet import Wallet


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[Application]:
    started = await Application.start(Paths(tmp_path / "data"))
    yield started
    await started.stop()


@pytest.fixture
async def wallet(app: Application) -> Wallet:
    words = WordsSource(Secret.from_text("abandon " * 11 + "about"), made_here=True)
    plan = NewWallet("w", Network.REGTEST, words, Secret.from_text("correct horse"), use_keychain=False)
    return (await app.create_wallet(plan)).wallet


async def given(app: Application, hold: HoldFor | None = None) -> Any:
    """What the command says of the one address that it hands out."""
    (only,) = [reply async for reply in receive(app, ReceiveArguments("w", label="Ann", hold=hold))]
    return only


async def test_an_accounts_own_hold_comes_before_the_programs(app: Application, wallet: Wallet) -> None:
    account = wallet.accounts.get().id
    before = app.clock.now()
    assert (await given(app))["held_until"] == pytest.approx(before + DAY, abs=5)
    await wallet.holding.set_usual(account, Hold(7 * DAY))
    assert (await given(app))["held_until"] == pytest.approx(before + 7 * DAY, abs=5)
    assert (await given(app, HoldFor.HOUR))["held_until"] == pytest.approx(before + 3600, abs=5)
    await wallet.holding.set_usual(account, Hold(None))
    assert (await given(app))["held_until_used"] is True
