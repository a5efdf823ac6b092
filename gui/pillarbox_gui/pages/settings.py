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
from pillarbox.model.network import Network
from pillarbox.model.progress import ConnectionPhase, ConnectionState
from pillarbox_gui.dialogs.server_certificate import TrustQuestion
from pillarbox_gui.pages.controls import Button, Card, Page, column, row, take_role, words
from pillarbox_gui.pages.look import Look
from pillarbox_gui.tasks import Again, TaskScope
from pillarbox_gui.theme.theme import SchemePreference
from pillarbox_gui.theme.tokens import Space
from pillarbox_gui.widgets.chip import Chip
from pillarbox_gui.wording.errors import error_words
from pillarbox_gui.wording.networks import network_words
from pillarbox_gui.wording.states import connection_words

CERTIFICATE_CHANGED = "certificate-changed"

translate = QCoreApplication.translate


class SettingsPage(Page):
    """Each field is kept as soon as it is left."""

    def __init__(
        self, look: Look, events: Events, settings: Settings, connections: Connections, network: Network
    ) -> None:
        super().__init__(look.theme, translate("settings", "Settings"))
        self._look = look
        self._settings = settings
        self._connections = connections
        self._tasks = TaskScope(self, look.present)
        self._network = network
        self._labels: list[QLabel] = []
        inside = QWidget()
        take_role(inside, "clear")
        cards = column(look.theme, Space.L)
        cards.addWidget(self._connection_card())
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
        self._tell_connection(connections.state(network))

    def close_page(self) -> None:
        self._subscription.close()
        self._tasks.cancel_all()

    def _connection_card(self) -> Card:
        theme = self._look.theme
        card = Card(theme, Space.S, Space.L)
        card.body.addWidget(words(translate("settings", "Connection"), "large"))
        self.connection = Chip(theme)
        self._detail = words("", wrap=True)
        self.trust = Button(theme, translate("settings", "Trust the new certificate"))
        self.trust.clicked.connect(self._trust)
        line = row(theme)
        line.addWidget(self.trust)
        line.addStretch()
        for part in (self.connection, self._detail):
            card.body.addWidget(part)
        card.body.addLayout(line)
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
                    "used. Your own server learns nothing that you do not know.",
                ),
                "muted",
                wrap=True,
            )
        )
        form = _form(self._look)
        self.servers: dict[Network, QLineEdit] = {}
        self.use_server: dict[Network, Button] = {}
        for network in Network:
            field = QLineEdit(self._known_servers(network))
            local = network is Network.REGTEST
            field.setPlaceholderText("127.0.0.1:50001:t" if local else "electrum.example:50002:s")
            keep = self._server_keeper(network)
            field.editingFinished.connect(keep)
            field.textChanged.connect(partial(self._offer_to_use, network))
            self.servers[network] = field
            use = self.use_server[network] = Button(theme, translate("settings", "Use this server"))
            use.clicked.connect(keep)
            use.hide()
            self._add(form, network_words(network), field, use)
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
        if event.network is self._network:
            self._tell_connection(event.state)

    def _tell_connection(self, state: ConnectionState) -> None:
        said = connection_words(state)
        self.connection.set_chip(lambda palette: palette.tone(said.tone), said.icon, said.text)
        unset = state.phase is ConnectionPhase.UNSET
        below = translate("settings", "Name a server below, and you see payments as they arrive.")
        self._detail.setText(below if unset else said.detail)
        self.trust.setVisible(state.error is not None and state.error.code == CERTIFICATE_CHANGED)

    def _trust(self) -> None:
        self._tasks.start("trust", self._ask_to_trust, Again.REJECT)

    async def _ask_to_trust(self) -> None:
        state = self._connections.state(self._network)
        server = state.server
        if await TrustQuestion(self._look.theme, self.window(), server, state.certificate).ask():
            self._connections.pins.forget(server.rpartition(":")[0])
            self._connections.use_server(self._network, server)

    def _known_servers(self, network: Network) -> str:
        return ", ".join(self._settings.values.servers_for(network))

    def _server_keeper(self, network: Network) -> Callable[[], None]:
        return lambda: self._keep_server(network)

    def _offer_to_use(self, network: Network, text: str) -> None:
        if "," in text:
            offer = translate("settings", "Use these servers")
        elif text.strip():
            offer = translate("settings", "Use this server")
        else:
            offer = translate("settings", "Use no server")
        self.use_server[network].say(offer)
        self.use_server[network].setVisible(text.strip() != self._known_servers(network))

    def _keep_server(self, network: Network) -> None:
        field = self.servers[network]
        text = field.text().strip()
        if text == self._known_servers(network):
            self._say_trouble(field, None)
            return
        try:
            self._connections.use_servers(network, text)
        except PillarboxError as error:
            self._say_trouble(field, error)
            return
        kept = self._known_servers(network)
        field.setText(kept)
        self._offer_to_use(network, kept)
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
