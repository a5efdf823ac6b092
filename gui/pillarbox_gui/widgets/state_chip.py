"""An address's state: Unused, Reserved or Used."""

from PySide6.QtWidgets import QWidget

from pillarbox.model.address import AddressState
from pillarbox_gui.theme.theme import Theme
from pillarbox_gui.widgets.chip import Chip
from pillarbox_gui.wording.states import STATE_ICONS, state_word


class StateChip(Chip):
    """The state of one address, in a word or in a few ("Reserved until Friday 18:00")."""

    def __init__(
        self, theme: Theme, state: AddressState = AddressState.UNUSED, parent: QWidget | None = None
    ) -> None:
        super().__init__(theme, parent)
        self.set_state(state)

    def set_state(self, state: AddressState, text: str | None = None) -> None:
        """`text` stands in for the state's own word."""
        self.set_chip(lambda palette: palette.state(state), STATE_ICONS[state], text or state_word(state))
