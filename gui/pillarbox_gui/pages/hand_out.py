"""Asking for an address, with the questions that may stand in the way."""

from PySide6.QtWidgets import QWidget

from pillarbox.errors import PillarboxError
from pillarbox.model.account import AccountId, AtLimit
from pillarbox.model.receiving import HandOut, RequestTerms
from pillarbox.wallet.receiving import NotScannedError, Receiving
from pillarbox_gui.dialogs.gap_limit import GapLimitQuestion, NotScannedQuestion
from pillarbox_gui.theme.theme import Theme

GAP_REACHED = "gap-reached"


async def hand_out(
    receiving: Receiving, account: AccountId, terms: RequestTerms | None, theme: Theme, window: QWidget
) -> HandOut | None:
    """One address, or None where the person would rather not. Raises what else stands in the way."""
    at_limit: AtLimit | None = None
    unscanned = False
    while True:
        try:
            return await receiving.hand_out(account, terms, at_limit=at_limit, unscanned=unscanned)
        except NotScannedError as error:
            if not await NotScannedQuestion(theme, window, error).ask():
                return None
            unscanned = True
        except PillarboxError as error:
            if error.code != GAP_REACHED or at_limit is not None:
                raise
            at_limit = await GapLimitQuestion(theme, window, error).ask()
            if at_limit is None:
                return None
