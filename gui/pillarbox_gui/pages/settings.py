"""What the user chooses for the whole program, and how the connection is."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QFrame,
    QLabel,
    QLineEdit,
    QScrollArea,
    QSizePolicy,
    QSpinBox,
    QWidget,
)

from pillarbox.app.connections import Connections
from pillarbox.app.settings import Settings
from pillarbox.errors import PillarboxError
from pillarbox.events import ConnectionChanged, Events
from pillarbox.model.network import BITCOIN, Chain, Network
from pillarbox.model.progress import ConnectionPhase, ConnectionState
from pillarbox.wallet.project_keys import ProjectKeys
from pillarbox_gui.dialogs.server_certificate import TrustQuestion
from pillarbox_gui.pages.connection_line import ConnectionLine
from pillarbox_gui.pages.controls import Button, Card, Page, column, row, take_role, words
from pillarbox_gui.pages.look import Look
from pillarbox_gui.pages.project_key_field import ProjectKeyField
from pillarbox_gui.tasks import Again, TaskScope
from pillarbox_gui.theme.theme import SchemePreference
from pillarbox_gui.theme.tokens import Space
from pillarbox_gui.wording.errors import error_words

translate = QCoreApplication.translate


class SettingsPage(Page):
    """Each field is kept as soon as it is left."""

    def __init__(
        self,
        look: Look,
        events: Events,
        settings: Settings,
        connections: Connections,
        network: Network,
        keys: ProjectKeys,
    ) -> None:
        super().__init__(look.theme, translate("settings", "Settings"))
        self._look = look
        self._settings = settings
        self._connections = connections
        self._keys = keys
        self._tasks = TaskScope(self, look.present)
        self._chains = [chain for chain in connections.chains if chain.network is network]
        """Those that the wallet can have accounts on: other networks' servers are chosen in their wallets."""
        self._lines: dict[Chain, ConnectionLine] = {}
        self._labels: list[QLabel] = []
        inside = QWidget()
        take_role(inside, "clear")
        cards = column(look.theme, Space.L)
        cards.addWidget(self._connection_card(network))
        cards.addWidget(self._servers_card())
        cards.addWidget(self._habits_card())
        cards.addStretch(1)
        for label in self._labels:
            label.ensurePolished()
        width = max(label.sizeHint().width() for label in self._labels)
        for label in self._labels:
            label.setMinimumWidth(width)
        inside.setLayout(cards)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(inside)
        self.body.addWidget(area, 1)
        self._subscription = events.subscribe(ConnectionChanged, self._hear)
        for chain in self._lines:
            self._tell_connection(chain, connections.state(chain))

    def close_page(self) -> None:
        self._subscription.close()
        self._tasks.cancel_all()

    def _connection_card(self, network: Network) -> Card:
        """Bitcoin's connection, and below it that of each other coin that a server was chosen for."""
        theme = self._look.theme
        card = Card(theme, Space.S, Space.L)
        card.body.addWidget(words(translate("settings", "Connection"), "large"))
        for chain in self._chains:
            line = ConnectionLine(theme, "" if chain.coin == BITCOIN else chain.coin.title)
            line.trust.clicked.connect(self._truster(chain))
            self._lines[chain] = line
            card.body.addWidget(line)
        own = self._lines[Chain(BITCOIN, network)]
        self.connection, self.trust = own.chip, own.trust
        return card

    def _servers_card(self) -> Card:
        theme = self._look.theme
        card = Card(theme, Space.S, Space.L)
        card.body.addWidget(words(translate("settings", "Servers"), "large"))
        card.body.addWidget(
            words(
                translate(
                    "settings",
                    "An Electrum server tells Pillarbox of payments. Write HOST:PORT, with :t at the end for "
                    "plain TCP or :s for TLS. Of several, with commas between, the first that answers is "
                    "used. Your own server learns nothing that you do not know. Cardano is told of by an "
                    "indexer, named by its web address.",
                ),
                "muted",
                wrap=True,
            )
        )
        form = _form(self._look)
        self.servers: dict[str, QLineEdit] = {}
        """By `Chain.name`."""
        self.use_server: dict[str, Button] = {}
        self.project_keys: dict[str, ProjectKeyField] = {}
        for chain in self._chains:
            field = QLineEdit(self._known_servers(chain))
            local = chain.network is Network.REGTEST
            keyed = chain in self._connections.keyed_chains
            example = "127.0.0.1:50001:t" if local else "electrum.example:50002:s"
            field.setPlaceholderText("https://indexer.example/api/v0" if keyed else example)
            keep = self._server_keeper(chain)
            field.editingFinished.connect(keep)
            field.textChanged.connect(partial(self._offer_to_use, chain))
            self.servers[chain.name] = field
            use = self.use_server[chain.name] = Button(theme, translate("settings", "Use this server"))
            use.clicked.connect(keep)
            use.hide()
            named = chain.coin.title
            self._add(form, named, field, use)
            if keyed:
                key = ProjectKeyField(self._look, self._tasks, self._keys, chain)
                self.project_keys[chain.name] = key
                self._add(form, translate("settings", "{coin} project key").format(coin=named), key)
        self.proxy = QLineEdit(self._settings.values.proxy)
        self.proxy.setPlaceholderText("127.0.0.1:9050")
        self.proxy.editingFinished.connect(self._keep_proxy)
        self._add(form, translate("settings", "SOCKS5 proxy"), self.proxy)
        card.body.addLayout(form)
        self.trouble = words("", "strong", wrap=True)
        self.trouble.hide()
        card.body.addWidget(self.trouble)
        return card

    def _habits_card(self) -> Card:
        theme, values = self._look.theme, self._settings.values
        card = Card(theme, Space.S, Space.L)
        card.body.addWidget(words(translate("settings", "Habits"), "large"))
        form = _form(self._look)
        self.appearance = QComboBox()
        self.appearance.addItems(
            [
                translate("settings", "As the system"),
                translate("settings", "Light"),
                translate("settings", "Dark"),
            ]
        )
        self.appearance.setCurrentIndex(list(SchemePreference).index(SchemePreference(values.appearance)))
        self.appearance.activated.connect(self._keep_appearance)
        self._add(form, translate("settings", "Appearance"), self.appearance)
        self.hold = _number(1, 8760, values.hold_hours, translate("settings", " hours"), theme.px(Space.M))
        self.hold.editingFinished.connect(lambda: self._keep(hold_hours=self.hold.value()))
        self._add(form, translate("settings", "Keep a requested address for"), self.hold)
        self.lock = _number(
            0, 1440, values.lock_minutes, translate("settings", " minutes"), theme.px(Space.M)
        )
        self.lock.setSpecialValueText(translate("settings", "Never"))
        self.lock.editingFinished.connect(lambda: self._keep(lock_minutes=self.lock.value()))
        self._add(form, translate("settings", "Lock the screen when idle for"), self.lock)
        card.body.addLayout(form)
        return card

    def _add(self, form: QFormLayout, text: str, *parts: QWidget) -> None:
        """A row of a field, which the label names, and what may stand beside it."""
        label = QLabel(text)
        label.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        label.setBuddy(parts[0])
        parts[0].setAccessibleName(text)
        line = row(self._look.theme)
        for part in parts:
            line.addWidget(part, 1 if part is parts[0] else 0)
        form.addRow(label, line)
        self._labels.append(label)

    def _hear(self, event: ConnectionChanged) -> None:
        if event.chain in self._lines:
            self._tell_connection(event.chain, event.state)

    def _tell_connection(self, chain: Chain, state: ConnectionState) -> None:
        self._lines[chain].tell(state)
        self._lines[chain].setVisible(chain.coin == BITCOIN or state.phase is not ConnectionPhase.UNSET)

    def _truster(self, chain: Chain) -> Callable[[], object]:
        return lambda: self._tasks.start("trust", partial(self._ask_to_trust, chain), Again.REJECT)

    async def _ask_to_trust(self, chain: Chain) -> None:
        state = self._connections.state(chain)
        server = state.server
        if await TrustQuestion(self._look.theme, self.window(), server, state.certificate).ask():
            self._connections.pins.forget(server.rpartition(":")[0])
            self._connections.use_server(chain, server)

    def _known_servers(self, chain: Chain) -> str:
        return ", ".join(self._settings.values.servers_for(chain.name))

    def _server_keeper(self, chain: Chain) -> Callable[[], None]:
        return lambda: self._keep_server(chain)

    def _offer_to_use(self, chain: Chain, text: str) -> None:
        if "," in text:
            offer = translate("settings", "Use these servers")
        elif text.strip():
            offer = translate("settings", "Use this server")
        else:
            offer = translate("settings", "Use no server")
        self.use_server[chain.name].say(offer)
        self.use_server[chain.name].setVisible(text.strip() != self._known_servers(chain))

    def _keep_server(self, chain: Chain) -> None:
        field = self.servers[chain.name]
        text = field.text().strip()
        if text == self._known_servers(chain):
            self._say_trouble(field, None)
            return
        try:
            self._connections.use_servers(chain, text)
        except PillarboxError as error:
            self._say_trouble(field, error)
            return
        kept = self._known_servers(chain)
        field.setText(kept)
        self._offer_to_use(chain, kept)
        self._say_trouble(field, None)

    def _keep_proxy(self) -> None:
        try:
            self._connections.use_proxy(self.proxy.text())
        except PillarboxError as error:
            self._say_trouble(self.proxy, error)
            return
        self._say_trouble(self.proxy, None)

    def _say_trouble(self, field: QLineEdit, error: PillarboxError | None) -> None:
        said = None if error is None else error_words(error)
        self.trouble.setText("" if said is None else f"{said.title}. {said.message} {said.hint}")
        self.trouble.setVisible(said is not None)
        field.setProperty("wrong", said is not None)
        field.style().unpolish(field)
        field.style().polish(field)

    def _keep_appearance(self) -> None:
        preference = list(SchemePreference)[self.appearance.currentIndex()]
        self._keep(appearance=preference.value)
        self._look.theme.prefer(preference)

    def _keep(self, **changes: str | int) -> None:
        try:
            self._settings.change(**changes)
        except PillarboxError as error:
            self._look.present(error)


def _form(look: Look) -> QFormLayout:
    form = QFormLayout()
    form.setVerticalSpacing(look.theme.px(Space.S))
    form.setHorizontalSpacing(look.theme.px(Space.L))
    form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
    return form


def _number(least: int, most: int, value: int, unit: str, indent: int) -> QSpinBox:
    """`indent`: pixels; Qt leaves no padding at the left of a spin box whose buttons are styled."""
    field = QSpinBox()
    field.setRange(least, most)
    field.setValue(value)
    field.setSuffix(unit)
    field.lineEdit().setTextMargins(indent, 0, 0, 0)
    return field
