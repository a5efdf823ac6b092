"""What is asked before something is done to an address that somebody might do by accident."""

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QWidget

from pillarbox_gui import actions
from pillarbox_gui.dialogs.message import Confirmation
from pillarbox_gui.theme.theme import Theme

translate = QCoreApplication.translate


def release_question(theme: Theme, window: QWidget) -> Confirmation:
    """A payment request is a promise to somebody."""
    return Confirmation(
        theme,
        window,
        translate("receive", "End this payment request?"),
        translate(
            "receive",
            "Whoever was shown the address may still pay to it, and the money still arrives. But the "
            "address may be offered to somebody else then.",
        ),
        actions.RELEASE.text(),
    )


def mark_used_question(theme: Theme, window: QWidget) -> Confirmation:
    return Confirmation(
        theme,
        window,
        translate("receive", "Mark this address as used?"),
        translate(
            "receive", "It is never handed out again. It stays watched, and you can take the mark back."
        ),
        actions.MARK_USED.text(),
    )
