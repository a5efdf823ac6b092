"""What each column of the address table says."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

from pillarbox.model.address import AddressFlag
from pillarbox.model.network import Coin, Network
from pillarbox_gui.models.address_rows import AddressRows
from pillarbox_gui.models.column import Column, Face
from pillarbox_gui.wording.amounts import NOTHING, amount_figures, spoken_amount
from pillarbox_gui.wording.states import address_sentence, flag_sentence, note, state_word
from pillarbox_gui.wording.times import Calendar

translate = QCoreApplication.translate


@dataclass(frozen=True, slots=True)
class AddressWords:
    """Rows, and whose words they are told in. `now` gives Unix seconds."""

    rows: AddressRows
    coin: Coin
    network: Network
    now: Callable[[], int]
    calendar: Calendar

    def index(self, row: int) -> str:
        return str(self.rows.indices[row])

    def state(self, row: int) -> str:
        return state_word(self.rows.facts(row).state)

    def address(self, row: int) -> str:
        return self.rows.texts[row]

    def label(self, row: int) -> str:
        return self.rows.labels.get(row, "")

    def received(self, row: int) -> str:
        amount = self.rows.received[row]
        return amount_figures(amount, self.coin) if amount else NOTHING

    def note(self, row: int) -> str:
        return note(self.rows.facts(row), self.now(), self.calendar)

    def flag_sentences(self, row: int) -> str:
        """A line for each flag, or nothing."""
        flags = self.rows.facts(row).flags
        return "\n".join(flag_sentence(flag) for flag in AddressFlag if flag & flags)

    def sentence(self, row: int) -> str:
        """The whole row for a screen reader."""
        address = address_sentence(self.rows.facts(row), self.now(), self.calendar)
        if not (amount := self.rows.received[row]):
            return address
        return translate("addresses", "{address}, received {amount}").format(
            address=address, amount=spoken_amount(amount, self.coin, self.network)
        )


ADDRESS_COLUMNS: tuple[Column[AddressWords], ...] = (
    Column(
        "index",
        lambda _: translate("addresses", "#"),
        AddressWords.index,
        Face.MUTED,
        right=True,
        width=56,
        least=40,
    ),
    Column(
        "state",
        lambda _: translate("addresses", "State"),
        AddressWords.state,
        Face.CHIP,
        width=122,
        least=112,
    ),
    Column(
        "address",
        lambda _: translate("addresses", "Address"),
        AddressWords.address,
        Face.ADDRESS,
        width=170,
        least=100,
    ),
    Column(
        "label",
        lambda _: translate("addresses", "Label"),
        AddressWords.label,
        width=200,
        least=72,
        stretch=True,
        editable=True,
    ),
    Column(
        "received",
        lambda words: translate("addresses", "Received ({unit})").format(
            unit=words.coin.ticker_on(words.network)
        ),
        AddressWords.received,
        Face.MONO,
        right=True,
        width=146,
        least=112,
        gives_way=1,
    ),
    Column(
        "note",
        lambda _: translate("addresses", "Note"),
        AddressWords.note,
        Face.MUTED,
        width=160,
        least=138,
        gives_way=2,
    ),
)
"""In the order of `SortBy`."""
