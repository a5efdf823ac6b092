"""Which addresses the table shows: by text, by state; and beside it the gap meter."""

from collections.abc import Mapping

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QButtonGroup, QLineEdit, QSizePolicy

from pillarbox.model.address import AddressState
from pillarbox_gui.models.address_order import ALL_STATES
from pillarbox_gui.pages.controls import Button
from pillarbox_gui.theme.theme import Theme
from pillarbox_gui.widgets.gap_meter import GapMeter
from pillarbox_gui.widgets.reflow import Reflow
from pillarbox_gui.wording.amounts import group_digits
from pillarbox_gui.wording.states import state_word

SEARCH_WIDTH = 140
"""At least."""

translate = QCoreApplication.translate


class AddressFilter(Reflow):
    """One line; in a narrow window the states stand below the rest. The meter's words give way first."""

    changed = Signal()

    def __init__(self, theme: Theme) -> None:
        search, meter = _search_field(theme), GapMeter(theme)
        states = {state: _state_button(theme) for state in (None, *AddressState)}
        chips = list(states.values())
        super().__init__(
            theme,
            [[search, *chips, meter]],
            [[search, meter], chips],
            [[search, meter], chips[:2], chips[2:]],
        )
        self.search, self.states, self.meter = search, states, meter
        group = QButtonGroup(self)
        for chip in chips:
            group.addButton(chip)
        states[None].setChecked(True)
        search.textChanged.connect(self.changed)
        group.buttonClicked.connect(self.changed)

    @property
    def chosen(self) -> frozenset[AddressState]:
        """The states to be shown."""
        state = next(state for state, button in self.states.items() if button.isChecked())
        return ALL_STATES if state is None else frozenset({state})

    def tell_counts(self, counts: Mapping[AddressState, int]) -> None:
        self.states[None].say(translate("receive", "All {n}").format(n=group_digits(sum(counts.values()))))
        for state, count in counts.items():
            self.states[state].say(f"{state_word(state)} {group_digits(count)}")

    def tell_gap(self, unused_run: int, gap_limit: int) -> None:
        self.meter.set_gap(unused_run, gap_limit)
        self._fit_meter()

    def take_away(self) -> None:
        """Show every address again."""
        self.search.clear()
        self.states[None].setChecked(True)
        self.changed.emit()

    def refit(self) -> None:
        super().refit()
        self._fit_meter()

    def _fit_meter(self) -> None:
        self.meter.fit(self.room_for(self.meter))


def _search_field(theme: Theme) -> QLineEdit:
    field = QLineEdit()
    field.setClearButtonEnabled(True)
    field.setPlaceholderText(translate("receive", "Search address or label"))
    field.setAccessibleName(field.placeholderText())
    field.setMinimumWidth(theme.px(SEARCH_WIDTH))
    return field


def _state_button(theme: Theme) -> Button:
    button = Button(theme, "", "chip")
    button.setCheckable(True)
    button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
    return button
