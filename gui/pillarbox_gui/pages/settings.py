"""What the user chooses for the whole program, and how the connection is."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QCoreApplication, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from pillarbox.app.connections import Connections
from pillarbox.app.settings import Settings
from pillarbox.errors import PillarboxError
from pillarbox.events import ConnectionChanged, Events
from pillarbox.model.network import BITCOIN, Chain, Network
from pillarbox.model.progress import ConnectionPhase, ConnectionState
from pillarbox.wallet.wallet import Wallet
from pillarbox_gui.dialogs.server_certificate import TrustQuestion
from pillarbox_gui.pages.connection_line import ConnectionLine
from pillarbox_gui.pages.controls import (
    Button,
    Card,
    Page,
    column,
    field_name,
    row,
    scroll_area,
    take_role,
    words,
)
from pillarbox_gui.pages.look import Look
from pillarbox_gui.pages.project_key_field import ProjectKeyField
from pillarbox_gui.tasks import Again, TaskScope
from pillarbox_gui.theme.theme import SchemePreference
from pillarbox_gui.theme.tokens import Space
from pillarbox_gui.widgets.banner import Banner
from pillarbox_gui.wording.errors import error_words

translate = QCoreApplication.translate


class SettingsPage(Page):
    """Each field is kept as soon as it is left."""

    def __init__(
        self, look: Look, events: Events, settings: Settings, connections: Connections, wallet: Wallet
    ) -> None:
        super().__init__(look.theme, translate("settings", "Settings"))
        self._look = look
        self._settings = settings
        self._connections = connections
        self._wallet = wallet
        self._tasks = TaskScope(self, look.present)
        self._chains = [chain for chain in connections.chains if chain.network is wallet.network]
        """Those that the wallet can have accounts on: other networks' servers are chosen in their wallets."""
        self._lines: dict[Chain, ConnectionLine] = {}
        self._labels: list[QLabel] = []
        self._rows: dict[QWidget, tuple[QFormLayout, QLabel]] = {}
        """Of each field its form, and the label before it."""
        self.troubles: dict[QWidget, Banner] = {}
        """Below each field that was refused once, why."""
        inside = QWidget()
        take_role(inside, "clear")
        cards = column(look.theme, Space.L)
        inside.setLayout(cards)
        # From the outside in: Qt styles a part anew, with all that is in it, whenever it gets a parent.
        self._area = scroll_area(inside)
        self.body.addWidget(self._area, 1)
        self._lay_out_connections(self._card(cards, translate("settings", "Connection")))
        self._lay_out_servers(self._card(cards, translate("settings", "Servers")))
        self._lay_out_habits(self._card(cards, translate("settings", "Habits")))
        cards.addStretch(1)
        width = max(label.sizeHint().width() for label in self._labels)
        for label in self._labels:
            label.setMinimumWidth(width)
        self._subscription = events.subscribe(ConnectionChanged, self._hear)

    def close_page(self) -> None:
        self._subscription.close()
        self._tasks.cancel_all()

    def choose_server(self, chain: Chain) -> None:
        """Bring the field for this chain's server into view, to be typed in."""
        self.servers[chain].setFocus()
        self._area.ensureWidgetVisible(self.servers[chain])

    def _card(self, cards: QVBoxLayout, title: str) -> QVBoxLayout:
        card = Card(self._look.theme, Space.S, Space.L)
        cards.addWidget(card)
        card.body.addWidget(words(title, "large"))
        return card.body

    def _lay_out_connections(self, body: QVBoxLayout) -> None:
        """Bitcoin's connection, and below it that of each other coin once a server was chosen for it."""
        self._line_room = body
        for chain in self._chains:
            self._tell_connection(chain, self._state(chain))
        own = self._lines[Chain(BITCOIN, self._wallet.network)]
        self.connection, self.trust = own.chip, own.trust

    def _lay_out_servers(self, body: QVBoxLayout) -> None:
        body.addWidget(
            words(
                translate(
                    "settings",
                    "An Electrum server tells Pillarbox of payments. Write HOST:PORT, with :t at the end for "
                    "plain TCP or :s for TLS. Of several, with commas between, the first that answers is "
                    "used. Your own server learns nothing that you do not know. For Cardano, enter the web "
                    "address of one indexer (Blockfrost-compatible); no more than one is asked.",
                ),
                "muted",
                wrap=True,
            )
        )
        form = self._form(body)
        self.servers: dict[Chain, QLineEdit] = {}
        self.use_server: dict[Chain, Button] = {}
        self.project_keys: dict[Chain, ProjectKeyField] = {}
        for chain in self._chains:
            self._add_server(form, chain)
        self.proxy = QLineEdit(self._settings.values.proxy)
        self.proxy.setPlaceholderText("127.0.0.1:9050")
        self.proxy.editingFinished.connect(self._keep_proxy)
        self._add(form, translate("settings", "SOCKS5 proxy"), self.proxy)

    def _add_server(self, form: QFormLayout, chain: Chain) -> None:
        field = self.servers[chain] = QLineEdit(self._known_servers(chain))
        keyed = chain in self._connections.keyed_chains
        local = chain.network is Network.REGTEST
        example = "127.0.0.1:50001:t" if local else "electrum.example:50002:s"
        field.setPlaceholderText("https://indexer.example/api/v0" if keyed else example)
        keep = partial(self._keep_server, chain)
        field.editingFinished.connect(keep)
        field.textChanged.connect(partial(self._offer_to_use, chain))
        use = self.use_server[chain] = Button(self._look.theme, translate("settings", "Use this server"))
        use.clicked.connect(keep)
        use.hide()
        named = chain.coin.title
        self._add(form, named, field, use)
        if keyed:
            key = ProjectKeyField(self._look, self._tasks, self._wallet.project_keys, chain)
            self.project_keys[chain] = key
            self._add(form, translate("settings", "{coin} project key").format(coin=named), key)

    def _lay_out_habits(self, body: QVBoxLayout) -> None:
        indent, values = self._look.theme.px(Space.M), self._settings.values
        form = self._form(body)
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
        self.hold = _number(1, 8760, values.hold_hours, translate("settings", " hours"), indent)
        self.hold.editingFinished.connect(lambda: self._keep(hold_hours=self.hold.value()))
        self._add(form, translate("settings", "Keep a requested address for"), self.hold)
        self.lock = _number(0, 1440, values.lock_minutes, translate("settings", " minutes"), indent)
        self.lock.setSpecialValueText(translate("settings", "Never"))
        self.lock.editingFinished.connect(lambda: self._keep(lock_minutes=self.lock.value()))
        self._add(form, translate("settings", "Lock the screen when idle for"), self.lock)
        self.ask_explorer = QCheckBox(translate("settings", "Ask before opening an explorer"))
        self.ask_explorer.setAccessibleName(self.ask_explorer.text())
        self.ask_explorer.clicked.connect(lambda ask: self._keep(ask_before_explorer=ask))
        form.setWidget(form.rowCount(), QFormLayout.ItemRole.FieldRole, self.ask_explorer)

    def showEvent(self, event: QShowEvent) -> None:
        """The explorer's own question changes what is set here."""
        super().showEvent(event)
        self.ask_explorer.setChecked(self._settings.values.ask_before_explorer)

    def _form(self, body: QVBoxLayout) -> QFormLayout:
        form = QFormLayout()
        form.setVerticalSpacing(self._look.theme.px(Space.S))
        form.setHorizontalSpacing(self._look.theme.px(Space.L))
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        body.addLayout(form)
        return form

    def _add(self, form: QFormLayout, text: str, *parts: QWidget) -> None:
        """A row of a field, which the label names, and what may stand beside it."""
        label = field_name(text, parts[0])
        line = row(self._look.theme)
        self._rows[parts[0]] = form, label
        form.addRow(label, line)
        for part in parts:
            line.addWidget(part, 1 if part is parts[0] else 0)
        self._labels.append(label)

    def _state(self, chain: Chain) -> ConnectionState:
        return self._connections.state(chain, self._wallet.id)

    def _hear(self, event: ConnectionChanged) -> None:
        if event.chain in self._chains and event.wallet in (None, self._wallet.id):
            self._tell_connection(event.chain, event.state)

    def _tell_connection(self, chain: Chain, state: ConnectionState) -> None:
        needed = chain.coin == BITCOIN or state.phase is not ConnectionPhase.UNSET
        if needed and chain not in self._lines:
            line = ConnectionLine(self._look.theme, chain.coin.title)
            line.trust.clicked.connect(self._truster(chain))
            self._line_room.addWidget(line)
            self._lines[chain] = line
        if chain in self._lines:
            self._lines[chain].tell(state)
            self._lines[chain].setVisible(needed)

    def _truster(self, chain: Chain) -> Callable[[], object]:
        return lambda: self._tasks.start("trust", partial(self._ask_to_trust, chain), Again.REJECT)

    async def _ask_to_trust(self, chain: Chain) -> None:
        state = self._state(chain)
        server = state.server
        if await TrustQuestion(self._look.theme, self.window(), server, state.certificate).ask():
            self._connections.pins.forget(server.rpartition(":")[0])
            self._connections.use_server(chain, server)

    def _known_servers(self, chain: Chain) -> str:
        return ", ".join(self._settings.values.servers_for(chain.name))

    def _offer_to_use(self, chain: Chain, text: str) -> None:
        if "," in text:
            offer = translate("settings", "Use these servers")
        elif text.strip():
            offer = translate("settings", "Use this server")
        else:
            offer = translate("settings", "Use no server")
        self.use_server[chain].say(offer)
        self.use_server[chain].setVisible(text.strip() != self._known_servers(chain))

    def _keep_server(self, chain: Chain) -> None:
        field = self.servers[chain]
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
        if chain in self.project_keys:
            self.project_keys[chain].refresh()

    def _keep_proxy(self) -> None:
        try:
            self._connections.use_proxy(self.proxy.text())
        except PillarboxError as error:
            self._say_trouble(self.proxy, error)
            return
        self._say_trouble(self.proxy, None)

    def _say_trouble(self, field: QLineEdit, error: PillarboxError | None) -> None:
        if error is not None:
            if field not in self.troubles:
                self.troubles[field] = Banner(self._look.theme)
                form, label = self._rows[field]
                form.insertRow(_row_of(label, form) + 1, "", self.troubles[field])
            self.troubles[field].tell_error(error_words(error))
            self.troubles[field].dismiss.hide()
            # Where it lies is known once it is laid out.
            QTimer.singleShot(0, self, lambda: self._area.ensureWidgetVisible(self.troubles[field]))
        elif field in self.troubles:
            self.troubles[field].hide()
        field.setProperty("wrong", error is not None)
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


def _row_of(label: QLabel, form: QFormLayout) -> int:
    names = (form.itemAt(row, QFormLayout.ItemRole.LabelRole) for row in range(form.rowCount()))
    return next(row for row, item in enumerate(names) if item is not None and item.widget() is label)


def _number(least: int, most: int, value: int, unit: str, indent: int) -> QSpinBox:
    """`indent`: pixels; Qt leaves no padding at the left of a spin box whose buttons are styled."""
    field = QSpinBox()
    field.setRange(least, most)
    field.setValue(value)
    field.setSuffix(unit)
    field.lineEdit().setTextMargins(indent, 0, 0, 0)
    return field
