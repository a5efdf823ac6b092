"""The menu of one address in the table."""

from collections.abc import Callable
from functools import partial
from typing import Protocol

from PySide6.QtWidgets import QMenu

from pillarbox.model.address import Address, AddressFlag, AddressRef, AddressState
from pillarbox.model.receiving import Hold
from pillarbox_gui import actions
from pillarbox_gui.actions import Act
from pillarbox_gui.dialogs.payment_request import hold_choices
from pillarbox_gui.theme.theme import Theme


class AddressVerbs(Protocol):
    """What may be done with an address."""

    def copy_address(self, ref: AddressRef) -> None: ...
    def hold(self, ref: AddressRef, hold: Hold) -> None: ...
    def release(self, ref: AddressRef) -> None: ...
    def mark_used(self, ref: AddressRef) -> None: ...
    def undo_mark_used(self, ref: AddressRef) -> None: ...


def fill_address_menu(
    menu: QMenu, theme: Theme, address: Address, verbs: AddressVerbs, edit_label: Callable[[], None]
) -> None:
    ref = address.ref
    menu.addAction(Act(actions.COPY_ADDRESS, theme, menu, lambda: verbs.copy_address(ref)))
    menu.addAction(Act(actions.RENAME, theme, menu, edit_label))
    if address.state is AddressState.RESERVED:
        keep = menu.addMenu(actions.KEEP.text())
        for text, hold in hold_choices():
            keep.addAction(text).triggered.connect(partial(verbs.hold, ref, hold))
        menu.addAction(Act(actions.RELEASE, theme, menu, lambda: verbs.release(ref)))
    if address.state is not AddressState.USED:
        menu.addAction(Act(actions.MARK_USED, theme, menu, lambda: verbs.mark_used(ref)))
    elif AddressFlag.MARKED_BY_HAND in address.flags:
        menu.addAction(Act(actions.UNDO_MARK_USED, theme, menu, lambda: verbs.undo_mark_used(ref)))
