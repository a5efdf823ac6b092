"""The first address of an account that is not made yet, and its path."""

import asyncio
from collections.abc import Awaitable, Callable

from PySide6.QtCore import QCoreApplication, Signal

from pillarbox.errors import PillarboxError
from pillarbox.wallet.new_account import Preview
from pillarbox_gui.pages.controls import Button, Card, row, words
from pillarbox_gui.pages.look import Look
from pillarbox_gui.tasks import TaskScope
from pillarbox_gui.theme.tokens import Space
from pillarbox_gui.widgets.chunked_address import grouped
from pillarbox_gui.wording.errors import error_words

SETTLED = 0.3
"""Seconds without a keystroke after which a preview is made."""

translate = QCoreApplication.translate

Derive = Callable[[], Awaitable[Preview]]
"""Raises what the account would be refused for."""


class AccountPreview(Card):
    """Shows what `derive` gives, or why it gives nothing. Only the newest question is answered."""

    changed = Signal()
    """It says something else, perhaps in more lines."""

    def __init__(self, look: Look) -> None:
        super().__init__(look.theme, Space.XS, Space.M)
        self._tasks = TaskScope(self, look.present)
        self.seen: Preview | None = None
        self.path = words("", "muted", wrap=True)
        self.address = words("", "mono", wrap=True)
        self.show_it = Button(look.theme, translate("account", "Show it"))
        heading = row(look.theme, Space.M)
        heading.addWidget(words(translate("account", "First address"), "strong"))
        heading.addStretch()
        heading.addWidget(self.show_it)
        self.body.addLayout(heading)
        self.body.addWidget(self.address)
        self.body.addWidget(self.path)
        self.setAccessibleName(translate("account", "First address"))
        self.say("")

    def say(self, text: str) -> None:
        """Why there is no address to see."""
        self._tasks.cancel("preview")
        self._show(None, text)

    def ask(self, derive: Derive, *, at_once: bool) -> None:
        """Show what `derive` gives: at once, or when nothing was typed for a moment."""

        self._show(None, translate("account", "Making it…"))  # not what was asked for before

        async def show() -> None:
            if not at_once:
                await asyncio.sleep(SETTLED)
            try:
                self._show(await derive(), "")
            except PillarboxError as error:
                said = error_words(error)
                self._show(None, f"{said.message} {said.hint}")

        self._tasks.start("preview", show)

    def _show(self, seen: Preview | None, text: str) -> None:
        self.seen = seen
        in_fours = "" if seen is None else " ".join(grouped(seen.address, 1))
        self.address.setText(in_fours)
        self.address.setAccessibleName("" if seen is None else seen.address)
        self.address.setVisible(seen is not None)
        self.path.setText(text if seen is None else seen.address_path)
        self.path.setVisible(bool(self.path.text()))
        self.changed.emit()
