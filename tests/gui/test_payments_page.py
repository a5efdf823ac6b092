"""What was received, in windows and amounts of every size; and what the page says while there is nothing."""

import asyncio

import pytest
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QLabel
from window_bench import PASSPHRASE, WindowBench, click, in_a_window, new_address, until

from pillarbox.events import ConnectionChanged
from pillarbox.model.network import BITCOIN, Chain, Network
from pillarbox.model.progress import ConnectionPhase, ConnectionState
from pillarbox.secret import Secret
from pillarbox_gui.pages.payments import ACCOUNT as ACCOUNT_COLUMN
from pillarbox_gui.pages.payments import AMOUNT, COLUMNS, PaymentsPage
from pillarbox_gui.pages.settings import SettingsPage
from pillarbox_gui.pages.wallet_view import WalletView

SMALL = 1024, 640
LABEL = [column.key for column in COLUMNS].index("label")

# What the offscreen platform says of every window that has a least size.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")


def payments(view: WalletView) -> PaymentsPage:
    view.show_page("payments")
    page = view.page("payments")
    assert isinstance(page, PaymentsPage)
    return page


@in_a_window
async def test_every_digit_of_an_amount_is_seen_in_a_small_window(bench: WindowBench) -> None:
    view = await bench.watching_wallet()
    ref = await new_address(view)
    await view.wallet.labels.set(ref, "Invoice 2041 · Harbour Café")
    bench.pay(view, ref.index, 2_099_999_999_999_999, 968_412)
    bench.window.setMinimumSize(1, 1)
    bench.window.resize(*SMALL)
    page = payments(view)
    await until(lambda: page.model.rowCount() == 1 and page.table.isVisible())
    await asyncio.sleep(0.05)
    amount = page.model.index(0, AMOUNT).data()
    mono = QFontMetrics(bench.window.look.theme.fonts.mono_muted)
    assert page.table.columnWidth(AMOUNT) > mono.horizontalAdvance(amount)
    assert page.table.columnWidth(LABEL) >= 160
    assert page.table.horizontalHeader().length() <= page.table.viewport().width()
    assert page.model.index(0, len(COLUMNS) - 1).data() == "In block 968\N{NARROW NO-BREAK SPACE}412"


@in_a_window
async def test_the_account_is_named_where_there_is_more_than_one(bench: WindowBench) -> None:
    await bench.wallet_of_words()
    view = await bench.shown("Safe")
    ref = await new_address(view)
    bench.pay(view, ref.index, 700)
    bench.window.resize(1440, 820)
    page = payments(view)
    await until(lambda: page.model.rowCount() == 1)
    assert page.table.isColumnHidden(ACCOUNT_COLUMN)
    async with view.wallet.unlocking.root(Secret.from_text(PASSPHRASE)) as root:
        await view.wallet.accounts.add("bitcoin-p2tr", root=root)
    view.show_page("receive")
    view.show_page("payments")
    await until(lambda: not page.table.isColumnHidden(ACCOUNT_COLUMN))


@in_a_window
async def test_without_a_server_nothing_can_be_seen_and_the_page_leads_to_one(bench: WindowBench) -> None:
    view = await bench.watching_wallet()
    page = payments(view)
    await until(page.none.isVisible)
    assert page.none.button.isVisible()
    assert any("server" in label.text() for label in page.none.findChildren(QLabel))
    click(page.none.button)
    settings = view.page("settings")
    assert isinstance(settings, SettingsPage)
    assert settings.isVisible()


@in_a_window
async def test_with_a_server_the_page_promises_payments_and_asks_for_nothing(bench: WindowBench) -> None:
    view = await bench.watching_wallet()
    page = payments(view)
    await until(page.none.isVisible)
    bench.chain.state = ConnectionState(ConnectionPhase.CONNECTED, "here", 7)
    bench.app.events.publish(ConnectionChanged(None, 1, Chain(BITCOIN, Network.REGTEST), bench.chain.state))
    assert not page.none.button.isVisible()
    assert any("seconds after" in label.text() for label in page.none.findChildren(QLabel))
