"""Going from account to account: what is in sight, and whose connection is told of."""

import asyncio

import pytest
from test_chain_servers import ON_DASH, SERVER
from window_bench import ACCOUNT, PASSPHRASE, WindowBench, in_a_window, in_a_window_of, until

from pillarbox.accounts import KINDS
from pillarbox.accounts.coins import DASH_P2PKH
from pillarbox.events import ConnectionChanged
from pillarbox.model.account import AccountId, AtLimit, WalletId
from pillarbox.model.address import AddressRef
from pillarbox.model.network import Chain
from pillarbox.model.progress import ConnectionPhase, ConnectionState
from pillarbox.secret import Secret
from pillarbox_gui.pages.account_card import AccountCard
from pillarbox_gui.pages.overview import OverviewPage
from pillarbox_gui.pages.wallet_view import WalletView
from pillarbox_gui.theme.tokens import Tone
from pillarbox_gui.wording.amounts import NOTHING, UNIT_SPACE

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")

COINS = KINDS.with_kind(DASH_P2PKH)
MANY = 12


async def with_accounts(bench: WindowBench, kind: str, count: int) -> tuple[WalletView, list[AccountId]]:
    await bench.wallet_of_words()
    view = await bench.shown("Safe")
    with Secret.from_text(PASSPHRASE) as passphrase:
        async with view.wallet.unlocking.root(passphrase) as root:
            added = [(await view.wallet.accounts.add(kind, root=root)).id for _ in range(count)]
    return view, added


def in_sight(view: WalletView, index: int, account: AccountId) -> bool:
    table = view.receive.list.table
    row = view.receive.model.position_of(AddressRef(account, 0, index))
    return row is not None and table.viewport().rect().contains(table.visualRect(table.model().index(row, 1)))


@in_a_window
async def test_each_account_is_shown_from_its_top_or_with_the_address_in_hand(bench: WindowBench) -> None:
    bench.window.resize(1024, 640)
    view, (other,) = await with_accounts(bench, "bitcoin-p2tr", 1)
    await view.wallet.accounts.set_at_limit(ACCOUNT, AtLimit.EXTEND)
    await view.wallet.receiving.hand_out_many(ACCOUNT, 80)
    view.show_account(ACCOUNT)
    await until(lambda: in_sight(view, 79, ACCOUNT))
    view.show_account(other)
    await until(lambda: in_sight(view, 0, other))
    await view.wallet.receiving.hand_out_many(other, 4)
    view.show_account(ACCOUNT)
    view.show_account(other)
    await until(lambda: in_sight(view, 0, other) and in_sight(view, 3, other))


@in_a_window
async def test_of_many_accounts_the_chosen_one_is_whole_in_sight(bench: WindowBench) -> None:
    bench.window.resize(1024, 640)
    view, added = await with_accounts(bench, "bitcoin-p2tr", MANY)
    few = AccountCard(bench.window.look.theme, view.sidebar._cards[ACCOUNT].facts).sizeHint().height()
    for account in (added[-1], ACCOUNT, added[5]):
        view.show_account(account)
        card = view.sidebar._cards[account]
        assert card.sizeHint().height() < few
        await until(lambda card=card: card.visibleRegion().boundingRect() == card.rect())


@in_a_window_of(COINS)
async def test_the_line_below_tells_of_the_chain_of_the_account_that_is_shown(bench: WindowBench) -> None:
    view, (dash,) = await with_accounts(bench, "dash-p2pkh", 1)
    bench.chain.state = ConnectionState(ConnectionPhase.CONNECTED, SERVER, 7)
    view.show_account(dash)
    assert view.connection.accessibleName() == "Dash: No server chosen"
    view.show_account(ACCOUNT)
    assert view.connection.accessibleName() == "127.0.0.1 · block 7"


@in_a_window_of(COINS)
async def test_an_account_says_that_its_own_server_does_not_answer(bench: WindowBench) -> None:
    view, (dash,) = await with_accounts(bench, "dash-p2pkh", 1)
    known, told = bench.app.connections.state, ConnectionState(ConnectionPhase.OFFLINE, SERVER)

    def state(chain: Chain, wallet: WalletId | None = None) -> ConnectionState:
        return told if chain == ON_DASH else known(chain, wallet)

    def hear(phase: ConnectionPhase) -> None:
        nonlocal told
        told = ConnectionState(phase, SERVER)
        bench.app.events.publish(ConnectionChanged(None, 1, ON_DASH, told))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bench.app.connections, "state", state)
        view.show_account(dash)
        notice = view.receive.list.notice
        assert notice.isVisible()
        assert notice.accessibleName().startswith("Dash: Offline")
        assert view.connection.accessibleName() == "Dash: Offline"
        hear(ConnectionPhase.CONNECTING)  # as it does again and again
        await asyncio.sleep(0.05)
        assert notice.isVisible()
        hear(ConnectionPhase.REFUSED)
        await until(lambda: notice._tone is Tone.BAD)
        hear(ConnectionPhase.CONNECTED)
        await until(notice.isHidden)
        hear(ConnectionPhase.OFFLINE)
        view.show_account(ACCOUNT)
        assert "Dash" not in notice.accessibleName() or notice.isHidden()


@in_a_window_of(COINS)
async def test_two_coins_of_one_ticker_are_named_beside_their_sums(bench: WindowBench) -> None:
    view, _ = await with_accounts(bench, "dash-p2pkh", 1)
    with Secret.from_text(PASSPHRASE) as passphrase:
        async with view.wallet.unlocking.root(passphrase) as root:
            await view.wallet.accounts.add("dash-platform", root=root)
    overview = view.page("overview")
    assert isinstance(overview, OverviewPage)
    sums = [f"{NOTHING}{UNIT_SPACE}tDASH ({title})" for title in ("Dash", "Dash Platform")]
    assert overview._total_words()[1:] == sums
