"""A Loop backup and the seed of an lnd node make a wallet, by the widgets a user touches."""

import asyncio
import json
from pathlib import Path
from typing import Any, TypeVar

import pytest
from loop_backup_file import put_loop_backup
from PySide6.QtWidgets import QLabel, QWidget
from window_bench import PASSPHRASE, WindowBench, click, in_a_window, until

from pillarbox.accounts.loop_static import StaticAccount
from pillarbox.keys import lnd
from pillarbox.keys.root import Root
from pillarbox.model.network import Network
from pillarbox.secret import Secret
from pillarbox_gui.pages.wallet_view import WalletView
from pillarbox_gui.wizards.restore_loop import LoopPreviewPage, LoopSeedPage
from pillarbox_gui.wizards.restore_options import OptionsPage
from pillarbox_gui.wizards.restore_pages import ChoosePage, ProtectPage
from pillarbox_gui.wizards.restore_preview import DonePage
from pillarbox_gui.wizards.step_page import StepPage
from pillarbox_gui.wizards.wizard_view import WizardView

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")

WHOLE: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "vectors" / "loop.json").read_text(encoding="utf-8")
)["end_to_end"]
ROOT_KEY = (
    "xprv9s21ZrQH143K3GJpoapnV8SFfukcVBSfeCficPSGfubmSFDxo1kuH"
    "nLisriDvSnRRuL2Qrg5ggqHKNVpxR86QEC8w35uxmGoggxtQTPvfUu"
)
"""Of the seed that the published backup was made with."""

P = TypeVar("P", bound=StepPage)


def stick(bench: WindowBench) -> Path:
    """The published backup, and a later file that no key opens."""
    folder = bench.app.paths.root.parent / "stick"
    folder.mkdir()
    (folder / WHOLE["filename"]).write_bytes(bytes.fromhex(WHOLE["file_hex"]))
    (folder / f"L402_backup_1900000000000000000_{'ab' * 32}.enc").write_bytes(bytes(200))
    return folder


async def shown(wizard: WizardView, kind: type[P]) -> P:
    await until(lambda: isinstance(wizard.page, kind) and wizard.page.isEnabled())
    assert isinstance(wizard.page, kind)
    return wizard.page


async def go_on(wizard: WizardView, kind: type[P]) -> P:
    click(wizard.go_on)
    return await shown(wizard, kind)


async def at_the_seed(bench: WindowBench) -> tuple[WizardView, LoopSeedPage]:
    bench.window.show_restore()
    wizard = await bench.screen(WizardView)
    page = await shown(wizard, ChoosePage)
    page.place.setText(str(stick(bench)))
    page.loop.click()
    return wizard, await shown(wizard, LoopSeedPage)


def said_in(page: QWidget) -> str:
    return "\n".join(label.accessibleName() or label.text() for label in page.findChildren(QLabel))


@in_a_window
async def test_the_root_key_brings_the_static_address_back(bench: WindowBench) -> None:
    wizard, seed = await at_the_seed(bench)
    seed.text.setPlainText(ROOT_KEY)
    said = said_in(await go_on(wizard, LoopPreviewPage))
    assert WHOLE["legacy_address"]["addresses"]["mainnet"] in said
    assert "ab" * 32 in said
    options = await go_on(wizard, OptionsPage)
    options.name.setText("Loop")
    options.gap_limit.setValue(40)
    protect = await go_on(wizard, ProtectPage)
    protect.passphrase.setText(PASSPHRASE)
    protect.repeated.setText(PASSPHRASE)
    await go_on(wizard, DonePage)
    click(wizard.go_on)
    view = await bench.screen(WalletView)
    (account,) = view.wallet.accounts.all()
    assert (account.kind, account.gap_limit) == ("loop-static", 40)


@in_a_window
async def test_a_seed_that_opens_none_of_them_is_refused_in_place(bench: WindowBench) -> None:
    wizard, seed = await at_the_seed(bench)
    seed.text.setPlainText("00" * 16)
    click(wizard.go_on)
    await until(lambda: wizard.page is not seed)
    again = await shown(wizard, LoopSeedPage)
    assert "None of the Loop backups can be used" in said_in(again)
    assert again.text.toPlainText() == "00" * 16


@in_a_window
async def test_a_key_far_out_is_found_by_whoever_looks_further(bench: WindowBench) -> None:
    folder = bench.app.paths.root.parent / "far"
    with Secret.from_text("00" * 16) as text:
        root = Root.of_node(await asyncio.to_thread(lnd.root_of_text, text, None))
    await asyncio.to_thread(put_loop_backup, folder, root, 2_600)
    bench.window.show_restore()
    wizard = await bench.screen(WizardView)
    page = await shown(wizard, ChoosePage)
    page.place.setText(str(folder))
    page.loop.click()
    seed = await shown(wizard, LoopSeedPage)
    assert not seed.further.isVisible()
    seed.text.setPlainText("00" * 16)
    seed.network.setCurrentIndex(list(Network).index(Network.REGTEST))
    click(wizard.go_on)
    await until(lambda: wizard.page is not seed)
    seed = await shown(wizard, LoopSeedPage)
    assert "up to number 2500" in said_in(seed)
    seed.further.click()
    assert "static address" in said_in(await shown(wizard, LoopPreviewPage))
    options = await go_on(wizard, OptionsPage)
    options.name.setText("Far")
    protect = await go_on(wizard, ProtectPage)
    protect.passphrase.setText(PASSPHRASE)
    protect.repeated.setText(PASSPHRASE)
    await go_on(wizard, DonePage)
    (account,) = bench.app.open_wallets["Far"].accounts.all()
    assert StaticAccount.read(account.params, Network.REGTEST).client_key_index == 2_600
