"""How safe the wallet is, and how to keep it so: nothing better than the truth."""

from PySide6.QtCore import QCoreApplication, Signal

from pillarbox.wallet.wallet import Wallet
from pillarbox_gui.pages.controls import Button, Card, Page, row, words
from pillarbox_gui.pages.look import Look
from pillarbox_gui.theme.tokens import Space
from pillarbox_gui.widgets.chip import Chip
from pillarbox_gui.wording.states import backup_words

translate = QCoreApplication.translate


class BackupsPage(Page):
    """The backup's state, and what the words do and do not bring back."""

    words_asked = Signal()

    def __init__(self, look: Look, wallet: Wallet) -> None:
        super().__init__(look.theme, translate("backups", "Backups"))
        said = backup_words(wallet.backup, look.calendar, look.now())
        state = Card(look.theme, Space.M, Space.L)
        chip = Chip(look.theme)
        chip.set_chip(lambda palette: palette.tone(said.tone), said.icon, said.text)
        state.body.addWidget(chip)
        state.body.addWidget(words(said.detail, wrap=True))
        self.body.addWidget(state)
        self.show_words = Button(
            look.theme, translate("backups", "Show the recovery words\N{HORIZONTAL ELLIPSIS}")
        )
        self.show_words.clicked.connect(self.words_asked)
        if wallet.watch_only:
            self.show_words.hide()
        line = row(look.theme)
        line.addWidget(self.show_words)
        line.addStretch()
        for number, (title, text) in enumerate(_advice(wallet.watch_only)):
            card = Card(look.theme, Space.XS, Space.L)
            card.body.addWidget(words(title, "strong", wrap=True))
            card.body.addWidget(words(text, "muted", wrap=True))
            if number == 0:
                card.body.addLayout(line)
            self.body.addWidget(card)
        self.body.addStretch()

    def close_page(self) -> None:
        """It listens to nothing."""


def _advice(watch_only: bool) -> tuple[tuple[str, str], ...]:
    if watch_only:
        return (
            (
                translate("backups", "This wallet watches, and cannot spend"),
                translate(
                    "backups",
                    "Its words or keys are elsewhere, and only they bring back the money: see that they are "
                    "kept safe there. To watch again, keep the public key or descriptor that you entered.",
                ),
            ),
        )
    return (
        (
            translate("backups", "Keep the recovery words on paper"),
            translate(
                "backups",
                "Write them by hand, in order, and keep them dry, private and away from this computer. Two "
                "copies in two places survive a fire. Whoever reads them can take the money.",
            ),
        ),
        (
            translate("backups", "What the words bring back"),
            translate(
                "backups",
                "The money of every account that was made from them, of any coin. On the other computer use "
                "Import a wallet: it brings back the first Bitcoin account of each kind (SegWit, Taproot, "
                "nested SegWit, legacy). Add the others there with Add account…, each by its kind and "
                "number: note these beside the words.",
            ),
        ),
        (
            translate("backups", "What they do not bring back"),
            translate(
                "backups",
                "Accounts that only watch: keep the public key or descriptor that each was made from; what "
                "brings back their money is elsewhere. Nor labels, payment requests, and who was shown which "
                "address: Pillarbox cannot write backup files yet, so these are on this computer only.",
            ),
        ),
    )
