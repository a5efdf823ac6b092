"""The window that the tour plays in, and the pictures of it."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QDialog, QWidget

from pillarbox.app.application import Application
from pillarbox.model.address import AddressRef, AddressState
from pillarbox.model.backup import BackupPhase
from pillarbox_gui.dialogs.question import Question
from pillarbox_gui.main_window import MainWindow
from pillarbox_gui.pages.wallet_view import WalletView
from pillarbox_gui.tour.simulated_chain import SimulatedChain
from pillarbox_gui.wizards.step_page import StepPage
from pillarbox_gui.wizards.wizard_view import WizardView

PATIENCE = 20.0
SETTLE = 0.12
"""Seconds in which gathered events and a layout arrive."""

P = TypeVar("P", bound=StepPage)
W = TypeVar("W", bound=QWidget)
D = TypeVar("D", bound=QDialog)
R = TypeVar("R")


class Stage:
    """The window, the chain behind it, and the pictures taken so far."""

    def __init__(self, window: MainWindow, app: Application, chain: SimulatedChain, out: Path) -> None:
        self.window = window
        self.app = app
        self.chain = chain
        self.words: tuple[str, ...] = ()
        """Of the tour's wallet, from the paper."""
        self.taken: list[tuple[str, str]] = []
        self._out = out

    async def picture(self, name: str, said: str) -> None:
        """The window as it is now, with the question in front of it where there is one."""
        await asyncio.sleep(SETTLE)
        shot = self.window.grab()
        for question in self._questions():
            painter = QPainter(shot)
            place = QRect(self._middle(question), question.size())
            painter.drawPixmap(place.topLeft(), question.grab())
            painter.setPen(self.window.look.theme.colour(self.window.look.theme.palette.field_border))
            painter.drawRect(place)
            painter.end()
        numbered = f"{len(self.taken) + 1:02d}-{name}"
        if not shot.save(str(self._out / f"{numbered}.png")):
            raise OSError(f"{self._out} does not take pictures")
        self.taken.append((numbered, said))

    async def until(self, wanted: Callable[[], W | None]) -> W:
        """Wait for something to be on the screen. Raises TimeoutError."""
        async with asyncio.timeout(PATIENCE):
            while (found := wanted()) is None:  # noqa: ASYNC110  # what a person does: look until it is there
                await asyncio.sleep(0.01)
        return found

    async def screen(self, kind: type[W]) -> W:
        """The screen of this kind, once it fills the window."""
        return await self.until(lambda: _as(self.window.screen_shown, kind))

    async def step(self, kind: type[P]) -> P:
        """The wizard's page of this kind, once it is shown and can be used."""
        wizard = await self.screen(WizardView)
        page = await self.until(lambda: _as(wizard.page, kind))
        return await self.until(lambda: page if page.isEnabled() else None)

    async def question(self, kind: type[D]) -> D:
        return await self.until(
            lambda: next((one for one in self.window.findChildren(kind) if one.isVisible()), None)
        )

    async def shown(self, question: Question[R], name: str, said: str) -> None:
        """A question that is put to nobody, and its picture."""
        asked = asyncio.create_task(question.ask())
        await self.until(lambda: question if question.isVisible() else None)
        await self.picture(name, said)
        question.reject()
        await asked

    async def calm(self, view: WalletView) -> None:
        """Wait until the last change is backed up, and what was said in passing is gone."""
        changed = BackupPhase.CHANGED
        await self.until(lambda: view if view.wallet.backup.phase is not changed else None)
        view.told.say("")

    async def reserved(self, view: WalletView, count: int) -> None:
        """Wait until so many addresses are shown as Reserved, and the one in hand is on the panel."""
        model = view.receive.model

        def shown() -> WalletView | None:
            return (
                view if model.in_state(AddressState.RESERVED) == count and view.receive.panel.detail else None
            )

        await self.until(shown)

    async def pay(self, view: WalletView, ref: AddressRef, amount: int, height: int = 0) -> None:
        """Somebody pays to an address."""
        self.chain.pay(await view.wallet.accounts.watch_key(ref), amount, height=height)

    def _questions(self) -> list[QDialog]:
        return [one for one in self.window.findChildren(QDialog) if one.isVisible()]

    def _middle(self, question: QDialog) -> QPoint:
        return QPoint(
            (self.window.width() - question.width()) // 2, (self.window.height() - question.height()) // 3
        )


def _as(widget: object, kind: type[W]) -> W | None:
    return widget if isinstance(widget, kind) else None
