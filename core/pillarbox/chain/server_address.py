"""Where an Electrum server or a SOCKS5 proxy is, in the form people write it."""

import re
from dataclasses import dataclass
from ipaddress import IPv6Address
from typing import Self

from pillarbox.errors import InvalidInputError

_FORM = re.compile(
    r"(?:\[(?P<v6>[0-9A-Fa-f:.]+)\]|(?P<name>[^\s:\[\]/@]+)):(?P<port>\d{1,5})(?P<rest>.*)", re.ASCII
)
_LABEL = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)", re.ASCII)


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """An Electrum server: `HOST:PORT[:t|s]`, IPv6 in brackets; s (TLS) unless said otherwise."""

    host: str
    port: int
    tls: bool = True

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises InvalidInputError."""
        host, port, rest = _split("server", text)
        if rest not in ("", ":t", ":s"):
            raise InvalidInputError(
                what="server", why=f'"{text}" ends in neither :t (plain TCP) nor :s (TLS).'
            )
        return cls(host, port, rest != ":t")

    @property
    def onion(self) -> bool:
        """Whether only Tor can reach it."""
        return self.host.endswith(".onion")

    @property
    def host_port(self) -> str:
        """What a certificate is pinned to."""
        return _join(self.host, self.port)

    def __str__(self) -> str:
        return f"{self.host_port}:{'s' if self.tls else 't'}"


@dataclass(frozen=True, slots=True)
class ProxyAddress:
    """A SOCKS5 proxy: `HOST:PORT`. It resolves the names of servers, so none reaches the local resolver."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises InvalidInputError."""
        host, port, rest = _split("proxy", text)
        if rest:
            raise InvalidInputError(what="proxy", why=f'"{text}" is not of the form HOST:PORT.')
        return cls(host, port)

    def __str__(self) -> str:
        return _join(self.host, self.port)


def _split(what: str, text: str) -> tuple[str, int, str]:
    """Host (lower case, no brackets), port and whatever follows."""
    match = _FORM.fullmatch(text.strip())
    if match is None:
        raise InvalidInputError(what=what, why=f'"{text}" is not of the form HOST:PORT.')
    if not 1 <= (port := int(match["port"])) <= 0xFFFF:
        raise InvalidInputError(what=what, why=f"{port} is not a port: ports go from 1 to 65535.")
    return _host(what, match["v6"], match["name"]), port, match["rest"]


def _host(what: str, v6: str | None, name: str | None) -> str:
    if v6 is not None:
        try:
            return str(IPv6Address(v6))
        except ValueError:
            raise InvalidInputError(what=what, why=f'"{v6}" is not an IPv6 address.') from None
    host = (name or "").lower().removesuffix(".")
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in host.split(".")):
        raise InvalidInputError(what=what, why=f'"{name}" is not the name or the address of a computer.')
    return host


def _join(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
