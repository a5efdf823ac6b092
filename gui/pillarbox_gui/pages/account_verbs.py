"""What may be done with an account, or seen of an address elsewhere, each with its question."""

from collections.abc import Callable, Coroutine
from typing import Any

from PySide6.QtWidgets import QWidget

from pillarbox.app.settings import Settings
from pillarbox.model.account import AccountId
from pillarbox.model.address import AddressRef
from pillarbox.model.receiving import Hold
from pillarbox.wallet.wallet import Wallet
from pillarbox_gui.dialogs.account_settings import AccountSettingsQuestion
from pillarbox_gui.dialogs.explorer import ExplorerQuestion, explorer_link
from pillarbox_gui.dialogs.rename_account import RenameQuestion
from pillarbox_gui.pages.look import Look

AccountVerb = Callable[[Look, QWidget, Wallet, AccountId], Coroutine[Any, Any, None]]
"""The widget is the window that the question stands in front of."""


async def rename(look: Look, window: QWidget, wallet: Wallet, account: AccountId) -> None:
    name = await RenameQuestion(look.theme, window, wallet.accounts.get(account).label).ask()
    if name is not None:
        await wallet.accounts.rename(account, name)


async def set_up(usual: Hold, look: Look, window: QWidget, wallet: Wallet, account: AccountId) -> None:
    """Gap limit, what happens there, and the hold; `usual` is the program's."""
    accounts, own = wallet.accounts, await wallet.holding.usual(account)
    before = accounts.get(account)
    chosen = await AccountSettingsQuestion(look.theme, window, before, own, usual).ask()
    if chosen is None:
        return
    if chosen.gap_limit != before.gap_limit:
        await accounts.set_gap_limit(account, chosen.gap_limit)
    if chosen.at_limit is not before.at_limit:
        await accounts.set_at_limit(account, chosen.at_limit)
    if chosen.hold != own:
        await wallet.holding.set_usual(account, chosen.hold)


def link_of(wallet: Wallet, ref: AddressRef) -> str:
    """The address in its coin's block explorer. Raises AddressDamagedError."""
    coin = wallet.accounts.kind(ref.account).coin
    return explorer_link(coin, wallet.network, wallet.accounts.checked_text(ref))


async def may_show(look: Look, window: QWidget, settings: Settings, link: str) -> bool:
    """Whether the person lets the explorer learn of the address; asks, unless that was declined for good."""
    if not settings.values.ask_before_explorer:
        return True
    question = ExplorerQuestion(look.theme, window, link)
    agreed = bool(await question.ask())
    if agreed and question.never_again.isChecked():
        settings.change(ask_before_explorer=False)
    return agreed
