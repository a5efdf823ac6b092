"""Accounts whose addresses only name something: nothing in the window invites anybody to pay there."""

import pytest
from PySide6.QtWidgets import QLabel, QMenu
from window_bench import PASSPHRASE, WindowBench, click, in_a_window_of, until

from pillarbox.accounts import KINDS
from pillarbox.accounts.dash import PlatformNodeKind
from pillarbox.secret import Secret
from pillarbox_gui.dialogs.payment_request import PaymentRequestQuestion
from pillarbox_gui.pages.wallet_view import WalletView
from pillarbox_gui.theme.tokens import Tone

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")

NODES = KINDS.with_kind(PlatformNodeKind())


async def nodes(bench: WindowBench) -> WalletView:
    bench.window.resize(1280, 800)
    await bench.wallet_of_words()
    view = await bench.shown("Safe")
    with Secret.from_text(PASSPHRASE) as passphrase:
        async with view.wallet.unlocking.root(passphrase) as root:
            added = await view.wallet.accounts.add("dash-provider-platform-node", root=root)
    view.show_account(added.id)
    return view


async def taken(view: WalletView) -> None:
    click(view.receive.list.new_address)
    await until(lambda: view.receive.panel.detail is not None and not view.receive._tasks.running("detail"))


@in_a_window_of(NODES)
async def test_that_coins_are_lost_there_is_a_warning(bench: WindowBench) -> None:
    view = await nodes(bench)
    notice = view.receive.list.notice
    assert notice.isVisible()
    assert notice._tone is Tone.WAITING
    assert notice._icon_name == "warning"
    assert notice.property("role") == "banner"


@in_a_window_of(NODES)
async def test_no_payment_can_be_requested(bench: WindowBench) -> None:
    view = await nodes(bench)
    menu = QMenu(view)
    view.receive.fill_account_menu(menu)
    assert view.receive.list.request.isHidden()
    assert not any("Request" in act.text() for act in menu.actions())
    view.receive._request_act.trigger()
    assert not bench.window.findChildren(PaymentRequestQuestion)
    view.show_account(view.wallet.accounts.all()[0].id)
    await until(view.receive.list.request.isVisible)
    assert view.receive._request_act.isEnabled()


@in_a_window_of(NODES)
async def test_a_node_id_has_neither_code_nor_link_and_is_never_called_a_receive_address(
    bench: WindowBench,
) -> None:
    view = await nodes(bench)
    assert view.receive.list.new_address.text() == "Next node id"
    await taken(view)
    panel = view.receive.panel
    assert panel.qr.isHidden()
    assert panel.link.isHidden()
    assert panel.copy.isVisible()
    said = "\n".join(label.text() for label in panel.findChildren(QLabel) if label.isVisible())
    assert "Coins sent to these addresses are lost" in said
    assert "arrives" not in said


@in_a_window_of(NODES)
async def test_its_page_and_the_line_below_say_that_no_server_tells_of_it(bench: WindowBench) -> None:
    view = await nodes(bench)
    assert view.connection.accessibleName() == "No server tells of this account"
