"""Makes a static address with its server, through the questions that stand in the way."""

from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QWidget

from pillarbox.errors import ErrorText, PillarboxError
from pillarbox.model.account import Account
from pillarbox.secret import Secret
from pillarbox.wallet.loop_restore import USUAL_SCAN, WIDEST_SCAN
from pillarbox.wallet.wallet import Wallet
from pillarbox_gui.dialogs.account_plan import (
    KEY_NOT_FOUND,
    NO_USABLE_BACKUP,
    AccountPlan,
    Halted,
    asks_first,
)
from pillarbox_gui.dialogs.choose_place import ChooseFile
from pillarbox_gui.dialogs.loop_backup_choice import BackupChoice, LoopBackupQuestion, further_question
from pillarbox_gui.dialogs.loop_payment import LoopPaymentQuestion, Paying
from pillarbox_gui.dialogs.passphrase import PassphraseQuestion
from pillarbox_gui.pages.look import Look
from pillarbox_gui.wording.errors import error_words
from pillarbox_gui.wording.loop import anew_words_needed, backup_words_needed, words_needed

Outcome = Account | PillarboxError | None
"""The account, what must be asked first, or that the person went away."""
UseWords = Callable[[Secret], Awaitable[Account]]

translate = QCoreApplication.translate


class StaticAdding:
    """Each step is kept by the wallet before the next one, so leaving a question loses nothing."""

    def __init__(
        self,
        look: Look,
        window: QWidget,
        wallet: Wallet,
        other_wallet: Callable[[], None],
        choose_file: ChooseFile,
    ) -> None:
        """`other_wallet` leads to where another one is opened."""
        self._look = look
        self._window = window
        self._wallet = wallet
        self._other_wallet = other_wallet
        self._choose_file = choose_file

    async def finish(self, halted: Halted) -> Account | None:
        """From where the server or a backup asked for something; None where that waits."""
        plan, outcome = halted.plan, await self._past(halted.error, halted.plan)
        while isinstance(outcome, PillarboxError):
            outcome = await self._past(outcome, plan)
        if outcome is not None and plan.label and outcome.label != plan.label:
            await self._wallet.accounts.rename(outcome.id, plan.label)
        return outcome

    async def _past(self, error: PillarboxError, plan: AccountPlan) -> Outcome:
        if error.code == NO_USABLE_BACKUP:
            return await self._past_backups(error, plan)
        if error.code == KEY_NOT_FOUND:
            return await self._further(error, None)
        return await self._past_payment(plan.most)

    async def _past_payment(self, most: int) -> Outcome:
        desk = self._wallet.loop.desk
        pending = await desk.pending()
        if pending is None:
            return None
        question = LoopPaymentQuestion(self._look, self._window, pending, await desk.node(), desk)
        if await question.ask() is not Paying.PAID:
            return None
        verb = translate("loop", "Make the static address")
        return await self._with_words(words_needed(), verb, partial(self._go_on, pending.server, most))

    async def _past_backups(self, error: PillarboxError, plan: AccountPlan) -> Outcome:
        choice = await LoopBackupQuestion(self._look.theme, self._window, error_words(error)).ask()
        match choice:
            case BackupChoice.OTHER_FILE:
                return await self._from_file()
            case BackupChoice.OTHER_WALLET:
                self._other_wallet()
                return None
            case BackupChoice.ANEW:
                anew = partial(self._go_on, plan.server, plan.most, new_generation=True)
                return await self._with_words(anew_words_needed(), translate("loop", "Begin anew"), anew)
            case None:
                return None

    async def _from_file(self) -> Outcome:
        offered = translate("loop", "Loop backups")
        title = translate("loop", "Which Loop backup?")
        file = await self._choose_file(self._window, title, f"{offered} (*.enc)")
        if file is None:
            return None
        outcome = await self._from_backup(file, USUAL_SCAN, translate("loop", "Open the backup"))
        if isinstance(outcome, PillarboxError) and outcome.code == KEY_NOT_FOUND:
            return await self._further(outcome, file)
        return outcome

    async def _further(self, error: PillarboxError, file: Path | None) -> Outcome:
        """No key fits as far as was looked: once more, much further. Without a file it is the latest one."""
        if not await further_question(self._look.theme, self._window, error_words(error)).ask():
            return None
        return await self._from_backup(file, WIDEST_SCAN, translate("loop", "Look further"))

    async def _from_backup(self, file: Path | None, last_key: int, verb: str) -> Outcome:
        return await self._with_words(backup_words_needed(), verb, partial(self._restore, file, last_key))

    async def _go_on(
        self, server: str, most: int, passphrase: Secret, *, new_generation: bool = False
    ) -> Account:
        async with self._wallet.unlocking.root(passphrase) as root:
            return await self._wallet.loop.accounts.go_on(
                server, root, new_generation=new_generation, most=1000 * most
            )

    async def _restore(self, file: Path | None, last_key: int, passphrase: Secret) -> Account:
        async with self._wallet.unlocking.root(passphrase) as root:
            return await self._wallet.loop.restore_from(file, root, last_key)

    async def _with_words(self, said: ErrorText, verb: str, use: UseWords) -> Outcome:
        outcome: Outcome = None

        async def work(passphrase: Secret) -> None:
            nonlocal outcome
            try:
                outcome = await use(passphrase)
            except PillarboxError as error:
                if not asks_first(error):
                    raise
                outcome = error

        await PassphraseQuestion(self._look, self._window, said, verb, work).ask()
        return outcome
