"""Shows a flow: one page a step, with back, cancel and go on."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QCoreApplication, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QLineEdit, QProgressBar, QScrollArea, QWidget

from pillarbox.flows.flow import Flow
from pillarbox_gui.dialogs.message import Confirmation
from pillarbox_gui.pages.controls import Button, clear, column, row, take_role
from pillarbox_gui.pages.look import Look
from pillarbox_gui.tasks import Again, TaskScope
from pillarbox_gui.theme.tokens import Space
from pillarbox_gui.wizards.step_page import TROUBLE, StepPage

WIDTH = 620
ABOVE = 48

translate = QCoreApplication.translate


class WizardView(QWidget):
    """`done` names the wallet that is there now; `left` says that the person went away."""

    done = Signal(str)
    left = Signal()
    restore_asked = Signal()

    def __init__(
        self,
        look: Look,
        flow: Flow[Any],
        page_for: Callable[[Any], StepPage],
        can_leave: Callable[[], bool],
        words_were_shown: Callable[[], bool] = lambda: False,
    ) -> None:
        """`can_leave`: whether there is anything else to show. `words_were_shown`: somebody may have written
        down words that no wallet is made of yet.
        """
        super().__init__()
        take_role(self, "page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._look = look
        self._flow = flow
        self._page_for = page_for
        self._can_leave = can_leave
        self._words_were_shown = words_were_shown
        self._tasks = TaskScope(self, look.present)
        theme = look.theme
        self.back = Button(theme, translate("wizard", "Back"), "", "chevron-left")
        self.back.clicked.connect(self._go_back)
        self.cancel = Button(theme, translate("wizard", "Cancel"), "quiet")
        self.cancel.clicked.connect(self._cancel)
        self.go_on = Button(theme, "", "primary")
        self.go_on.clicked.connect(self._go_on)
        self._busy = QProgressBar()
        self._busy.setRange(0, 0)
        self._busy.setTextVisible(False)
        self._busy.setAccessibleName(translate("wizard", "Working"))
        self._lay_out()
        self._show(flow.step)

    @property
    def page(self) -> StepPage:
        return self._page

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.go_on.isVisible():
            self._go_on()
            return
        super().keyPressEvent(event)

    def _lay_out(self) -> None:
        theme = self._look.theme
        inside = QWidget()
        take_role(inside, "clear")
        self._place = column(theme, 0)
        middle = row(theme, 0)
        middle.addStretch(1)
        narrow = QWidget()
        take_role(narrow, "clear")
        narrow.setMaximumWidth(theme.px(WIDTH))
        narrow.setMinimumWidth(theme.px(WIDTH) // 2)
        narrow_column = column(theme, Space.L, Space.XL)
        # From the top: centred, the title would move with whatever stands below it.
        narrow_column.addSpacing(theme.px(ABOVE))
        narrow_column.addLayout(self._place)
        narrow_column.addWidget(self._busy)
        buttons = row(theme)
        buttons.addWidget(self.back)
        buttons.addWidget(self.cancel)
        buttons.addStretch()
        buttons.addWidget(self.go_on)
        narrow_column.addLayout(buttons)
        narrow_column.addStretch(1)
        narrow.setLayout(narrow_column)
        middle.addWidget(narrow, 100)
        middle.addStretch(1)
        inside.setLayout(middle)
        area = self._area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(inside)
        whole = column(theme, 0)
        whole.addWidget(area)
        self.setLayout(whole)

    def _show(self, step: object) -> None:
        clear(self._place)
        self._page = self._page_for(step)
        self._page.answered.connect(self._answer)
        self._page.go_on_changed.connect(self.go_on.say)
        self._page.restore_asked.connect(self.restore_asked)
        self._place.addWidget(self._page)
        self._set_busy(False)
        self.back.setVisible(self._flow.can_go_back)
        self.cancel.setVisible(not self._page.wallet and (self._flow.can_go_back or self._can_leave()))
        self.go_on.setVisible(bool(self._page.go_on))
        self.go_on.say(self._page.go_on)
        if (first := self._page.first()) is not None:
            first.setFocus()
            if isinstance(first, QLineEdit):
                first.selectAll()
        elif self._page.go_on:
            self.go_on.setFocus()
        else:
            self.back.setFocus()
        QTimer.singleShot(
            0, self, self._bring_trouble_into_view
        )  # where it lies is known once it is laid out

    def _bring_trouble_into_view(self) -> None:
        trouble = self._page.findChild(QWidget, TROUBLE)
        if isinstance(trouble, QWidget):
            self._area.ensureWidgetVisible(trouble)

    def _go_back(self) -> None:
        self._show(self._flow.back(self._page.answer()))

    def _go_on(self) -> None:
        if self._page.wallet:
            self.done.emit(self._page.wallet)
        elif (answer := self._page.answer()) is not None:
            self._answer(answer)

    def _answer(self, answer: object) -> None:
        async def take() -> None:
            self._set_busy(True)
            try:
                step = await self._flow.answer(answer)
            except Exception:
                self._set_busy(False)
                raise
            self._show(step)

        self._tasks.start("answer", take, Again.REJECT)

    def _cancel(self) -> None:
        async def forget() -> None:
            if self._words_were_shown() and not await self._ask_to_forget_words():
                return
            beginning = not self._flow.can_go_back
            await self._flow.cancel()
            self._show(self._flow.step)
            if beginning or self._can_leave():
                self.left.emit()

        self._tasks.start("answer", forget, Again.REJECT)

    async def _ask_to_forget_words(self) -> bool:
        question = Confirmation(
            self._look.theme,
            self.window(),
            translate("wizard", "Throw these words away?"),
            translate(
                "wizard",
                "No wallet was made of them yet. Pillarbox forgets them and makes others next time, so what "
                "you wrote down will bring nothing back. Nobody can have paid to them.",
            ),
            translate("wizard", "Throw them away"),
        )
        question.cancel.say(translate("wizard", "Keep them"))
        return bool(await question.ask())

    def _set_busy(self, busy: bool) -> None:
        self._busy.setVisible(busy)
        for widget in (self._page, self.back, self.cancel, self.go_on):
            widget.setDisabled(busy)
