"""What each step of the first run shows and asks."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from PySide6.QtCore import QCoreApplication, QSize
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QWidget,
)

from pillarbox.flows.create_wallet import (
    SHORTEST_PASSPHRASE,
    Answer,
    Done,
    EnterKeys,
    KeysEntered,
    Named,
    Naming,
    Protect,
    Protected,
    ShowWords,
    Start,
    Step,
    Verified,
    VerifyWords,
    Welcome,
    Written,
)
from pillarbox.model.network import Network
from pillarbox_gui.pages.controls import Button, take_role, words
from pillarbox_gui.pages.word_grid import WordGrid
from pillarbox_gui.theme.icons import app_icon
from pillarbox_gui.theme.theme import Theme
from pillarbox_gui.theme.tokens import Space
from pillarbox_gui.wizards.forms import hidden_field, labelled_form
from pillarbox_gui.wizards.step_page import StepPage
from pillarbox_gui.wording.networks import network_words

WORD_COUNTS = (12, 15, 18, 21, 24)
ICON = 64

translate = QCoreApplication.translate


class WelcomePage(StepPage):
    """Three ways in, each in a sentence."""

    def __init__(self, theme: Theme, _step: Welcome) -> None:
        super().__init__(
            theme,
            translate("create", "Welcome to Pillarbox"),
            translate(
                "create",
                "Pillarbox hands out every receive address exactly once, and tells you when it was paid.",
            ),
        )
        picture = QLabel()
        picture.setPixmap(app_icon().pixmap(QSize(theme.px(ICON), theme.px(ICON))))
        self.body.insertWidget(0, picture)
        self.choices: dict[Start, Button] = {}
        self._choice(
            Start.CREATE,
            translate("create", "Create a new wallet"),
            translate("create", "New recovery words are made, and you write them down."),
        )
        self._choice(
            Start.IMPORT,
            translate("create", "Import a wallet"),
            translate("create", "From recovery words, an extended public key, or an output descriptor."),
        )
        self.restore = Button(theme, translate("create", "Restore a backup"))
        self.restore.clicked.connect(self.restore_asked)
        self._offer(
            self.restore,
            translate("create", "From a backup file that Pillarbox wrote."),
        )

    def first(self) -> QWidget:
        return self.choices[Start.CREATE]

    def _choice(self, start: Start, text: str, explanation: str) -> None:
        button = Button(self.theme, text, "primary" if start is Start.CREATE else "")
        button.clicked.connect(lambda: self.answered.emit(start))
        self.choices[start] = button
        self._offer(button, explanation)

    def _offer(self, button: Button, explanation: str) -> None:
        button.setAccessibleDescription(explanation)
        self.body.addWidget(button)
        self.body.addWidget(words(explanation, "muted", wrap=True))
        self.body.addSpacing(self.theme.px(Space.S))


class NamingPage(StepPage):
    """A name, a network, and how many words."""

    def __init__(self, theme: Theme, step: Naming) -> None:
        super().__init__(theme, translate("create", "Name the wallet"))
        self.go_on = translate("create", "Continue")
        self.name = QLineEdit(step.name, maxLength=60)
        self.network = QComboBox()
        for network in Network:
            self.network.addItem(network_words(network))
        self.network.setCurrentIndex(list(Network).index(step.network))
        self.words = QComboBox()
        self.words.addItems([translate("create", "{n} words").format(n=n) for n in WORD_COUNTS])
        self.words.setCurrentIndex(WORD_COUNTS.index(step.words))
        fields = [
            (translate("create", "Wallet &name"), self.name),
            (translate("create", "Net&work"), self.network),
        ]
        if step.making:
            fields.append((translate("create", "&Recovery words"), self.words))
        else:
            self.words.setParent(self)
            self.words.hide()
        self.body.addLayout(labelled_form(theme, fields))
        self.say_trouble(step.error)

    def first(self) -> QWidget:
        return self.name

    def answer(self) -> Answer:
        network = list(Network)[self.network.currentIndex()]
        return Named(self.name.text(), network, WORD_COUNTS[self.words.currentIndex()])


class WordsPage(StepPage):
    """The words, numbered, to be written on paper."""

    def __init__(self, theme: Theme, step: ShowWords) -> None:
        super().__init__(
            theme,
            translate("create", "Write down these words"),
            translate(
                "create",
                "They bring the wallet back if this computer is lost, and open the backups that Pillarbox "
                "writes by itself. Whoever has them can take the money. Write them on paper, in this order. "
                "Do not photograph them.",
            ),
        )
        self.words = step.words
        self.go_on = translate("create", "I have written them down")
        self.body.addWidget(WordGrid(theme, step.words))

    def answer(self) -> Answer:
        return Written()


class VerifyPage(StepPage):
    """Some of the words, to prove that they are on paper."""

    def __init__(self, theme: Theme, step: VerifyWords) -> None:
        super().__init__(
            theme,
            translate("create", "Check what you wrote"),
            translate("create", "Enter these words from your paper. Going back shows all of them again."),
        )
        self.go_on = translate("create", "Check")
        self.fields = {position: QLineEdit() for position in step.positions}
        texts = {position: translate("create", "Word {n}").format(n=position) for position in step.positions}
        for position, field in self.fields.items():
            take_role(field, "mono")
            field.setText(step.entered.get(position, ""))
            field.setProperty("wrong", position == step.wrong)
        self._first = self.fields[step.wrong or step.positions[0]]
        fields = [(texts[position], field) for position, field in self.fields.items()]
        self.body.addLayout(labelled_form(theme, fields))
        self.say_trouble(step.error)

    def first(self) -> QWidget:
        return self._first

    def answer(self) -> Answer:
        return Verified({position: field.text() for position, field in self.fields.items()})


class KeysPage(StepPage):
    """Recovery words, a public key, or a descriptor: Pillarbox sees which."""

    def __init__(self, theme: Theme, step: EnterKeys) -> None:
        super().__init__(
            theme,
            translate("create", "Bring your wallet"),
            translate(
                "create",
                "Enter the recovery words, or an extended public key or output descriptor for a wallet that "
                "can watch but not spend.",
            ),
        )
        self.go_on = translate("create", "Continue")
        self.text = QPlainTextEdit(step.text)
        take_role(self.text, "mono")
        self.text.setTabChangesFocus(True)
        self.text.setFixedHeight(theme.px(120))
        self.extra = QLineEdit(step.bip39_passphrase)
        self.extra.setEchoMode(QLineEdit.EchoMode.Password)
        self.extra.setPlaceholderText(translate("create", "Leave empty unless you chose one"))
        self.body.addLayout(
            labelled_form(
                theme,
                [
                    (translate("create", "&Words or key"), self.text),
                    (translate("create", "&Extra passphrase (BIP39)"), self.extra),
                ],
            )
        )
        self.say_trouble(step.error)

    def first(self) -> QWidget:
        return self.text

    def answer(self) -> Answer:
        return KeysEntered(self.text.toPlainText(), self.extra.text())


class ProtectPage(StepPage):
    """The passphrase for this computer, and whether the keychain opens the wallet."""

    def __init__(self, theme: Theme, step: Protect) -> None:
        explanation = (
            translate(
                "create",
                "A passphrase protects the recovery words on this computer. It has at least {n} characters.",
            )
            if step.has_words
            else translate(
                "create",
                "A passphrase of at least {n} characters opens the wallet. With the keychain it may be "
                "empty.",
            )
        )
        super().__init__(
            theme,
            translate("create", "Protect the wallet"),
            explanation.format(n=SHORTEST_PASSPHRASE),
        )
        self.go_on = translate("create", "Make the wallet")
        self.passphrase = hidden_field(step.passphrase)
        self.repeated = hidden_field(step.repeated)
        self.body.addLayout(
            labelled_form(
                theme,
                [
                    (translate("create", "&Passphrase"), self.passphrase),
                    (translate("create", "The same a&gain"), self.repeated),
                ],
            )
        )
        self.keychain = QCheckBox(translate("create", "Open without asking, by this computer's &keychain"))
        self.keychain.setAccessibleName(self.keychain.text().replace("&", ""))
        self.keychain.setChecked(step.use_keychain)
        self.body.addWidget(self.keychain)
        self.say_trouble(step.error)

    def first(self) -> QWidget:
        return self.passphrase if self.passphrase.text() == self.repeated.text() else self.repeated

    def answer(self) -> object:
        return Protected(self.passphrase.text(), self.repeated.text(), self.keychain.isChecked())


class DonePage(StepPage):
    """The wallet is there."""

    def __init__(self, theme: Theme, step: Done) -> None:
        super().__init__(
            theme,
            translate("create", "{name} is ready").format(name=step.name),
            translate(
                "create",
                "First Pillarbox looks for what was paid to it before, so that it hands out no address that "
                "somebody has already. For that it asks a server: choose one in Settings, where none is "
                "chosen yet.",
            )
            if step.scans_first
            else translate("create", "Its addresses are made here, and each is handed out once."),
        )
        self.body.addWidget(words(_backups_words(step), "muted", wrap=True))
        self.go_on = translate("create", "Open the wallet")
        self.wallet = step.name
        if (trouble := step.keychain_trouble) is not None:
            opens = translate("create", "The passphrase you chose opens the wallet.")
            self.body.addWidget(words(f"{trouble.title}. {opens}", wrap=True))
            self.body.addWidget(words(trouble.message, "muted", wrap=True))


def _backups_words(step: Done) -> str:
    if step.has_words:
        return translate(
            "create",
            "From now on backups are written by themselves. Your recovery words open them, so they need no "
            "passphrase of their own: Backups shows where they are.",
        )
    return translate(
        "create",
        "Backups are written by themselves once a passphrase is set that opens them: the wallet has no "
        "recovery words for that. Set one in Backups.",
    )


_PAGES: Mapping[type[Step], Callable[[Theme, Any], StepPage]] = MappingProxyType(
    {
        Welcome: WelcomePage,
        Naming: NamingPage,
        ShowWords: WordsPage,
        VerifyWords: VerifyPage,
        EnterKeys: KeysPage,
        Protect: ProtectPage,
        Done: DonePage,
    }
)


def page_for(theme: Theme, step: Step) -> StepPage:
    """The page of a step."""
    return _PAGES[type(step)](theme, step)
