"""Pictures of every part, to be looked at: python tests/gui/gallery.py FOLDER

Light and dark, and again with the system's text at twice its size. For a screen of two device pixels a point
set QT_SCALE_FACTOR=2.
"""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from address_samples import ACCOUNT, Sample, address_text, snapshot
from PySide6.QtCore import QCoreApplication, QEvent, QLocale, Qt
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QRadioButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from pillarbox.errors import ErrorText
from pillarbox.model.address import AddressFlag, AddressRef, AddressState
from pillarbox.model.network import BITCOIN, Network
from pillarbox.model.progress import Progress
from pillarbox_gui.models.address_table import AddressTableModel
from pillarbox_gui.theme.style import set_role
from pillarbox_gui.theme.theme import SchemePreference, Theme
from pillarbox_gui.theme.tokens import Scale, Space, Tone
from pillarbox_gui.widgets.address_table import AddressTableView
from pillarbox_gui.widgets.amount_edit import AmountEdit
from pillarbox_gui.widgets.banner import Banner
from pillarbox_gui.widgets.chunked_address import ChunkedAddress
from pillarbox_gui.widgets.empty_state import EmptyState
from pillarbox_gui.widgets.gap_meter import GapMeter
from pillarbox_gui.widgets.qr_code import QrCode
from pillarbox_gui.widgets.state_bar import StateBar
from pillarbox_gui.widgets.state_chip import StateChip
from pillarbox_gui.wording.amounts import amount_words
from pillarbox_gui.wording.states import hold_sentence, hold_words
from pillarbox_gui.wording.times import DAY, Calendar

T = TypeVar("T")
NOW = 1_763_640_000
CALENDAR = Calendar(QLocale("en_GB"))
UNUSED, RESERVED, USED = AddressState


def labelled(text: str, role: str = "") -> QLabel:
    label = QLabel(text, wordWrap=role == "muted")
    if role:
        set_role(label, role)
    return label


def button(text: str, role: str = "", *, enabled: bool = True, checked: bool | None = None) -> QPushButton:
    made = QPushButton(text, enabled=enabled)
    if role:
        set_role(made, role)
    if checked is not None:
        made.setCheckable(True)
        made.setChecked(checked)
    return made


def card(theme: Theme, *parts: QWidget, margin: int = Space.L) -> QFrame:
    frame = QFrame()
    set_role(frame, "card")
    body = QVBoxLayout(frame)
    body.setContentsMargins(*(theme.px(margin),) * 4)
    body.setSpacing(theme.px(Space.M))
    for part in parts:
        body.addWidget(part)
    return frame


def line(theme: Theme, *parts: QWidget, stretch: bool = True) -> QWidget:
    held = QWidget()
    body = QHBoxLayout(held)
    body.setContentsMargins(0, 0, 0, 0)
    body.setSpacing(theme.px(Space.S))
    for part in parts:
        body.addWidget(part)
    if stretch:
        body.addStretch()
    return held


def page(theme: Theme, *parts: QWidget) -> QWidget:
    ground = QWidget()
    set_role(ground, "page")
    ground.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    body = QVBoxLayout(ground)
    body.setContentsMargins(*(theme.px(Space.XL),) * 4)
    body.setSpacing(theme.px(Space.L))
    for part in parts:
        body.addWidget(part)
    return ground


def controls(theme: Theme) -> QWidget:
    """Buttons, fields and labels in their states."""
    buttons = line(
        theme,
        button("New receive address", "primary"),
        button("Copy address"),
        button("Hold longer", "quiet"),
        button("Remove wallet", "danger"),
        button("Not now", enabled=False),
        button("Nor this", "primary", enabled=False),
    )
    chips = line(
        theme,
        button("All 21", "chip", checked=True),
        button("Unused 9", "chip", checked=False),
        button("Reserved 2", "chip", checked=False),
    )
    typed, wrong = AmountEdit(theme, BITCOIN, Network.MAINNET), AmountEdit(theme, BITCOIN, Network.TESTNET)
    typed.set_amount(1_250_000)
    wrong.setText("1,5")
    search = QLineEdit(placeholderText="Search address or label")
    choice = QComboBox()
    choice.addItems(["24 hours", "7 days", "Until paid"])
    spin = QSpinBox(maximum=1000, value=20)
    fields = line(theme, search, choice, spin, typed, wrong)
    picks = line(
        theme,
        QCheckBox("Keep until paid", checked=True),
        QCheckBox("Watch only"),
        QRadioButton("Light", checked=True),
        QRadioButton("Dark"),
    )
    notes = QPlainTextEdit("abandon abandon abandon abandon about")
    set_role(notes, "mono")
    notes.setFixedHeight(theme.px(72))
    return card(
        theme,
        labelled("Receiving", "title"),
        labelled("What explains", "muted"),
        buttons,
        chips,
        fields,
        picks,
        notes,
    )


def states(theme: Theme) -> QWidget:
    """Chips, gap meters and bars."""
    held = StateChip(theme)
    held.set_state(RESERVED, hold_words(NOW + 2 * DAY, False, NOW, CALENDAR))
    meters = []
    for run, limit in ((0, 20), (3, 20), (17, 20), (700, 1000)):
        meter = GapMeter(theme)
        meter.set_gap(run, limit)
        meters.append(meter)
    bars = []
    for counts in ((12, 2, 7), (0, 1, 100_000), (0, 0, 0)):
        bar = StateBar(theme)
        bar.set_counts(*counts)
        bars.append(bar)
    chips = [StateChip(theme, state) for state in AddressState]
    return card(theme, line(theme, *chips, held), line(theme, *meters), line(theme, *bars, stretch=False))


def banners(theme: Theme) -> QWidget:
    """Wrong, busy with and without an end, and told."""
    wrong, scan, wait, told = (Banner(theme) for _ in range(4))
    wrong.tell_error(
        ErrorText("x", "The server speaks for another chain", "It follows testnet.", "Choose another server.")
    )
    scan.tell_busy("Looking for used addresses: 340 of 1 000", Progress(340, 1000), "Stop")
    wait.tell_busy("Connecting")
    told.tell(Tone.QUIET, "info", "This address was shown before", "A late payment may still arrive on it.")
    return card(theme, wrong, scan, wait, told)


def panel(theme: Theme) -> QWidget:
    """The one address in hand."""
    code, address = QrCode(theme), ChunkedAddress(theme)
    text = address_text(14)
    code.set_text(f"BITCOIN:{text.upper()}")
    address.set_address(text)
    chip = StateChip(theme)
    chip.set_state(RESERVED, hold_words(NOW + 2 * DAY, False, NOW, CALENDAR))
    facts = [
        line(theme, labelled(name, "muted"), labelled(value), stretch=False)
        for name, value in (
            ("Asked", amount_words(1_250_000, BITCOIN, Network.MAINNET)),
            ("Path", "m/84'/0'/0'/0/14"),
        )
    ]
    sentence = labelled(hold_sentence(NOW + 2 * DAY, False, NOW, CALENDAR), "muted")
    copies = line(theme, button("Copy address"), button("Payment link"), stretch=False)
    made = card(theme, chip, code, address, copies, *facts, sentence)
    made.setFixedWidth(theme.px(312))
    return made


def table(theme: Theme, model: AddressTableModel) -> QWidget:
    """Rows in every state."""
    view = AddressTableView(theme, model)
    view.choose(AddressRef(ACCOUNT, 0, 14))
    framed = card(theme, view, margin=1)
    framed.setMinimumSize(theme.px(840), theme.px(560))
    return framed


def sample_model(theme: Theme) -> AddressTableModel:
    def fail(error: BaseException) -> None:
        raise error

    async def inline(work: Callable[[], T], /) -> T:
        return work()

    known = {index: Sample() for index in range(21)} | {
        14: Sample(RESERVED, label="Invoice 2041 · Harbour Café", held_until=NOW + 2 * DAY),
        13: Sample(RESERVED, label="Mara, rent for December"),
        12: Sample(USED, received=420_000, payments=1, label="Workshop deposit"),
        11: Sample(flags=AddressFlag.HANDED_OUT_BEFORE),
        10: Sample(USED, AddressFlag.REUSED, 133_700, 3, label="Donations page"),
        9: Sample(USED, AddressFlag.UNCONFIRMED, 1_250_000, 1, label="Invoice 2040 · Harbour Café, again"),
        8: Sample(USED, AddressFlag.PAYMENT_VANISHED),
    }
    model = AddressTableModel(lambda: NOW, CALENDAR, inline, fail, theme)
    model.show(snapshot(known), BITCOIN, Network.MAINNET)
    model.sort(0, Qt.SortOrder.DescendingOrder)
    return model


def empty(theme: Theme) -> QWidget:
    made = EmptyState(
        theme,
        "receive",
        "No addresses here yet",
        "Take a new receive address for each payer. Pillarbox shows you when it is paid.",
        "New receive address",
    )
    made.setMinimumHeight(theme.px(280))
    return card(theme, made)


def pages(theme: Theme) -> dict[str, QWidget]:
    """Every picture by its name."""
    return {
        "controls": page(theme, controls(theme)),
        "states": page(theme, states(theme)),
        "banners": page(theme, banners(theme)),
        "address": page(theme, panel(theme)),
        "table": page(theme, table(theme, sample_model(theme))),
        "empty": page(theme, empty(theme)),
    }


@contextmanager
def themed(app: QApplication, scale: Scale) -> Iterator[Theme]:
    theme = Theme(app, SchemePreference.LIGHT, scale)
    yield theme
    theme.deleteLater()


def main(folder: Path) -> None:
    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    folder.mkdir(parents=True, exist_ok=True)
    for percent in (100, 200):
        with themed(app, Scale(percent / 100)) as theme:
            for name, widget in pages(theme).items():
                widget.resize(widget.sizeHint())
                widget.show()
                for scheme in (SchemePreference.LIGHT, SchemePreference.DARK):
                    theme.prefer(scheme)
                    app.processEvents()
                    widget.grab().save(str(folder / f"{name}-{scheme}-{percent}.png"))
                widget.close()
                widget.deleteLater()
            QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
