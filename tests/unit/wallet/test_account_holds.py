"""How long an account's payment requests are usually held, and what front ends know of its kind."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.unit.accounts.toy_kind import HARDENED_TOY, TOY
from wallet_bench import ROOT, Bench

from pillarbox.accounts import KINDS, Kinds
from pillarbox.accounts.dash_platform import DASH_PLATFORM
from pillarbox.model.account import AccountId
from pillarbox.model.network import Network
from pillarbox.model.receiving import Hold
from pillarbox.wallet.kind_facts import ToldBy, kind_choices, told_by
from pillarbox.wallet.open_accounts import NoSuchAccountError


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    made = Bench(tmp_path, Kinds((*KINDS, TOY)))
    yield made
    await made.close()


@pytest.mark.parametrize("hold", [Hold(3600), Hold(None)])
async def test_an_account_keeps_its_own_hold_through_a_restart(bench: Bench, hold: Hold) -> None:
    wallet = await bench.open()
    first = (await wallet.accounts.add("toy", number=0, root=ROOT)).id
    other = (await wallet.accounts.add("toy", number=1, root=ROOT, label="Other")).id
    assert await wallet.holding.usual(first) is None
    await wallet.holding.set_usual(first, hold)
    await bench.close()
    again = await bench.open()
    assert await again.holding.usual(first) == hold
    assert await again.holding.usual(other) is None
    await again.holding.set_usual(first, None)
    assert await again.holding.usual(first) is None


async def test_an_account_that_is_not_there_has_no_hold_to_set(bench: Bench) -> None:
    wallet = await bench.open()
    with pytest.raises(NoSuchAccountError):
        await wallet.holding.set_usual(AccountId(99), Hold(3600))


def test_kinds_are_offered_coin_by_coin_and_only_those_of_the_network() -> None:
    first, *others = KINDS
    mixed = (first, TOY, *others, HARDENED_TOY)
    offered = kind_choices(mixed, Network.REGTEST)
    coins = [choice.coin.name for choice in offered]
    assert [coin for coin in dict.fromkeys(coins) for _ in range(coins.count(coin))] == coins
    words = {choice.name for choice in offered if choice.needs_words}
    assert words == {"toy-hardened", "dash-provider-platform-node"}
    assert [choice.name for choice in offered if choice.needs_server] == ["loop-static"]
    assert "toy" not in [choice.name for choice in kind_choices(mixed, Network.SIGNET)]


def test_who_tells_of_payments_is_the_kinds_own() -> None:
    told = [told_by(kind) for kind in (TOY, DASH_PLATFORM, HARDENED_TOY)]
    assert told == [ToldBy.SERVER, ToldBy.REPORT, ToldBy.NOBODY]
