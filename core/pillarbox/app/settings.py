"""What the user set for the whole program: declared once, typed, kept in one readable file."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from pillarbox.app.server_texts import server_text
from pillarbox.chain.server_address import ProxyAddress
from pillarbox.errors import InvalidInputError, PillarboxError
from pillarbox.events import Events, SettingsChanged
from pillarbox.files.install import install_file
from pillarbox.model.network import Network


class SettingsUnreadableError(PillarboxError):
    """Parameters: path, why."""

    code = "settings-unreadable"
    title = "The settings file cannot be read"
    message = "{path} is not what Pillarbox wrote: {why}. Wallets and addresses are not affected."
    hint = "Correct the file, or move it away to start with the usual settings."


@dataclass(frozen=True, slots=True)
class Values:
    """The settings themselves. A name here is the name in the file."""

    servers: dict[str, list[str]] = field(default_factory=dict)
    """By `Chain.name`, in order of preference: as `server_text` gives them."""
    proxy: str = ""
    """SOCKS5 proxy as HOST:PORT, or ""."""
    appearance: str = "system"
    """"system", "light" or "dark"."""
    hold_hours: int = 24
    """How long a payment request is held unless the user says otherwise."""
    ask_before_explorer: bool = True
    """Whether a person is asked before a block explorer learns of an address."""
    lock_minutes: int = 15
    """Idle minutes before the screen is locked; 0: never."""

    def text(self) -> str:
        """As the file has them."""
        return json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n"

    @property
    def proxy_address(self) -> ProxyAddress | None:
        return ProxyAddress.parse(self.proxy) if self.proxy else None

    def servers_for(self, chain: str) -> tuple[str, ...]:
        """`chain` is a `Chain.name`."""
        return tuple(self.servers.get(chain, ()))


_CHECKS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "servers": (
        "a list of servers for each network, or coin/network",
        lambda v: (
            isinstance(v, dict)
            and {name.rpartition("/")[2] for name in v} <= {network.value for network in Network}
            and all(isinstance(s, list) and all(isinstance(t, str) for t in s) for s in v.values())
        ),
    ),
    "proxy": ("a text", lambda v: isinstance(v, str)),
    "appearance": ("system, light or dark", lambda v: v in ("system", "light", "dark")),
    "hold_hours": ("1 to 8760", lambda v: type(v) is int and 1 <= v <= 8760),
    "ask_before_explorer": ("true or false", lambda v: isinstance(v, bool)),
    "lock_minutes": ("0 to 1440", lambda v: type(v) is int and 0 <= v <= 1440),
}


class Settings:
    """Reads the file once, writes it whole at each change, and tells the event hub."""

    def __init__(self, path: Path, events: Events) -> None:
        self._path = path
        self._events = events
        self._revision = 0
        self.values = self._read()

    def change(self, **changes: Any) -> None:
        """Check, write, then apply. Raises SettingsUnreadableError for a value that does not fit."""
        for name, value in changes.items():
            self._check(name, value)
        values = replace(self.values, **changes)
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        install_file(self._path, values.text().encode(), replace=True)
        self.values = values
        self._revision += 1
        self._events.publish(SettingsChanged(None, self._revision, tuple(changes)))

    def _check(self, name: str, value: Any) -> None:
        wanted, fits = _CHECKS[name]
        if not fits(value):
            raise SettingsUnreadableError(path=str(self._path), why=f"{name} should be {wanted}")
        try:
            _parse_addresses(name, value)
        except InvalidInputError as error:
            raise SettingsUnreadableError(path=str(self._path), why=error.text.message) from error

    def _read(self) -> Values:
        try:
            stored = json.loads(self._path.read_bytes())
        except FileNotFoundError:
            return Values()
        except OSError as error:
            why = error.strerror or type(error).__name__
            raise SettingsUnreadableError(path=str(self._path), why=why) from error
        except (ValueError, RecursionError) as error:
            raise SettingsUnreadableError(path=str(self._path), why="it is not JSON") from error
        if not isinstance(stored, dict):
            raise SettingsUnreadableError(path=str(self._path), why="it holds no settings")
        known = {f.name for f in fields(Values)}
        kept = {name: value for name, value in stored.items() if name in known}
        for name, value in kept.items():
            self._check(name, value)
        return Values(**kept)


def _parse_addresses(name: str, value: Any) -> None:
    """Raises InvalidInputError for a server or a proxy that is none."""
    if name == "servers":
        for chain, text in ((chain, text) for chain, texts in value.items() for text in texts):
            server_text(chain, text)
    if name == "proxy" and value:
        ProxyAddress.parse(value)
