"""What a person sees in the window when a real payment arrives."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from peers.bdk_peer import Words
from peers.payer import output_script
from peers.regtest import Regtest
from PySide6.QtWidgets import QApplication
from running_wallet import TO_NOTICE, TO_SCAN, make_wallet, running

from pillarbox.model.address import AddressState
from pillarbox.model.network import BITCOIN
from pillarbox_gui.main_window import MainWindow
from pillarbox_gui.models.address_order import SortBy
from pillarbox_gui.models.column import STATE_ROLE
from pillarbox_gui.pages.receive import ReceivePage
from pillarbox_gui.pages.wallet_view import WalletView
from pillarbox_gui.theme.theme import Theme
from pillarbox_gui.wording.amounts import amount_figures

pytestmark = pytest.mark.e2e


async def shown(condition: Callable[[], bool], seconds: float) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110  # a screen has no event for what it shows
            await asyncio.sleep(0.01)


async def wallet_view(window: MainWindow) -> WalletView:
    await shown(lambda: isinstance(window.screen_shown, WalletView), TO_SCAN)
    assert isinstance(window.screen_shown, WalletView)
    return window.screen_shown


def state_in_hand(page: ReceivePage) -> AddressState | None:
    """What the panel says of the address in hand."""
    return None if page.panel.detail is None else page.panel.detail.address.state


@pytest.mark.may_pause_the_loop("opening a wallet builds all its pages in one turn")
async def test_a_payment_turns_the_row_and_the_panel_used_within_two_seconds(
    qapp: QApplication, regtest: Regtest, tmp_path: Path
) -> None:
    async with running(tmp_path, regtest) as app:
        await make_wallet(app, Words.fresh().text, made_here=True)
        window = MainWindow(app, Theme(qapp))
        try:
            window.show()
            window.start()
            page = (await wallet_view(window)).receive

            page.list.new_address.click()
            await shown(lambda: state_in_hand(page) is AddressState.RESERVED, TO_NOTICE)
            assert page.panel.detail is not None
            address = page.panel.detail.address
            row = page.model.position_of(address.ref)
            assert row is not None
            cell = page.model.index(row, SortBy.STATE)
            assert cell.data(STATE_ROLE) is AddressState.RESERVED

            script = output_script(address.text)
            txid = await asyncio.to_thread(regtest.payer.pay, script, 12_345_000)
            await asyncio.to_thread(regtest.wait_until_known, script, txid)

            await shown(lambda: cell.data(STATE_ROLE) is AddressState.USED, TO_NOTICE)
            await shown(lambda: state_in_hand(page) is AddressState.USED, TO_NOTICE)
            assert page.model.index(row, SortBy.RECEIVED).data() == amount_figures(12_345_000, BITCOIN)
        finally:
            window.retire()
