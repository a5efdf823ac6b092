"""Asking for an address, with the questions that may stand in the way."""

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QWidget

from pillarbox.errors import PillarboxError
from pillarbox.model.account import AccountId, AtLimit
from pillarbox.model.receiving import HandOut, RequestTerms
from pillarbox.secret import Secret
from pillarbox.wallet.hand_out_refusals import NotScannedError
from pillarbox.wallet.wallet import Wallet
from pillarbox_gui.dialogs.gap_limit import GapLimitQuestion, NotScannedQuestion, Unscanned
from pillarbox_gui.dialogs.passphrase import PassphraseQuestion
from pillarbox_gui.pages.look import Look
from pillarbox_gui.wording.errors import error_words

GAP_REACHED = "gap-reached"
WORDS_NEEDED = frozenset({"no-key-source", "words-needed"})

translate = QCoreApplication.translate


async def hand_out(
    wallet: Wallet,
    account: AccountId,
    terms: RequestTerms | None,
    look: Look,
    window: QWidget,
    choose_server: Callable[[], None] | None,
) -> HandOut | None:
    """One address, or None where the person would rather not. Raises what else stands in the way.

    `choose_server` leads to where one is chosen; None where that is done.
    """
    at_limit: AtLimit | None = None
    unscanned = made_more = False
    while True:
        try:
            return await wallet.receiving.hand_out(account, terms, at_limit=at_limit, unscanned=unscanned)
        except NotScannedError as error:
            answer = await NotScannedQuestion(look.theme, window, error, choose_server is not None).ask()
            if answer is Unscanned.CHOOSE_SERVER and choose_server is not None:
                choose_server()
            if answer is not Unscanned.HAND_OUT:
                return None
            unscanned = True
        except PillarboxError as error:
            if error.code in WORDS_NEEDED and not made_more and await wallet.unlocking.has_words():
                made_more = await make_more(wallet, account, look, window, error)
                if not made_more:
                    return None
                continue
            if error.code != GAP_REACHED or at_limit is not None:
                raise
            choices = wallet.accounts.gap_choices(account)
            at_limit = await GapLimitQuestion(look, window, error, choices).ask()
            if at_limit is None:
                return None


async def make_more(
    wallet: Wallet, account: AccountId, look: Look, window: QWidget, why: PillarboxError
) -> bool:
    """Ask for the passphrase and make rows ahead with the words; False where the person would rather not."""

    async def make(passphrase: Secret) -> None:
        async with wallet.unlocking.root(passphrase) as root:
            await wallet.accounts.make_rows(account, root)

    verb = translate("gap", "Make more addresses")
    return bool(await PassphraseQuestion(look, window, error_words(why), verb, make).ask())
