"""Fixtures for the tests of an open wallet's services."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from wallet_bench import ROOT, Bench

from pillarbox.wallet.wallet import Wallet


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    """A wallet folder that a test opens, closes and opens again."""
    made = Bench(tmp_path)
    yield made
    await made.close()


@pytest.fixture
async def wallet(bench: Bench) -> Wallet:
    """An open wallet with account 0 of the first kind, made here and watched."""
    opened = await bench.open()
    await opened.accounts.add("bitcoin-p2wpkh", number=0, root=ROOT)
    await opened.watching.caught_up()
    return opened
