"""Where a Cardano indexer is, and the key it may want, in the forms people enter them."""

import re
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Self
from urllib.parse import urlsplit

from pillarbox.errors import InvalidInputError
from pillarbox.secret import Secret

_HOST = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?|\[[0-9A-Fa-f:.]+\]", re.ASCII)
_IP = re.compile(r"\d+\.\d+\.\d+\.\d+|\[.*\]", re.ASCII)
_PATH = re.compile(r"(?:/[A-Za-z0-9._~-]+)*/?", re.ASCII)
_KEY = re.compile(r"[!-~]{1,200}", re.ASCII)


@dataclass(frozen=True, slots=True)
class IndexerAddress:
    """The root of a Blockfrost-compatible interface, such as https://cardano-mainnet.blockfrost.io/api/v0."""

    url: str
    """Without a slash at its end."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises InvalidInputError. Plain http is for this computer, the local network and onion services."""
        plain = text.strip()
        try:
            parts = urlsplit(plain)
            port = parts.port
        except ValueError:
            raise _unusable("it is not a web address") from None
        if parts.scheme not in ("http", "https"):
            raise _unusable("it does not start with https://")
        if parts.username is not None or parts.password is not None:
            raise _unusable("a name or a password does not belong into it; the project key has its own place")
        if "?" in plain or "#" in plain or not _PATH.fullmatch(parts.path):
            raise _unusable("it is not of the form https://HOST/PATH")
        host = parts.netloc if port is None else parts.netloc.rpartition(":")[0]
        if not _HOST.fullmatch(host) or parts.hostname is None or _numbers_no_computer(host):
            raise _unusable("it names no computer")
        if parts.scheme == "http" and not close_by(parts.hostname):
            raise _unusable(
                "with http:// anybody on the way could read your addresses and change the answers. "
                "Write https://; http:// is for an indexer on this computer or in your own network"
            )
        return cls(f"{parts.scheme}://{parts.netloc.lower()}{parts.path}".rstrip("/"))

    @property
    def origin(self) -> str:
        """Who answers there: a project key is for one of these alone."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def onion(self) -> bool:
        """Whether only Tor can reach it."""
        return (urlsplit(self.url).hostname or "").endswith(".onion")

    def __str__(self) -> str:
        return self.url


def read_project_key(text: str) -> Secret:
    """A project key as it is sent. Raises InvalidInputError, which does not repeat the key."""
    plain = text.strip()
    if not _KEY.fullmatch(plain):
        raise InvalidInputError(
            what="project key", why="A project key is one word of letters, digits and signs, without spaces."
        )
    return Secret.from_text(plain)


def _unusable(why: str) -> InvalidInputError:
    return InvalidInputError(what="indexer address", why=f"{why[0].upper()}{why[1:]}.")


def _numbers_no_computer(host: str) -> bool:
    """Whether it is written as an IP address, and is none."""
    if not _IP.fullmatch(host):
        return False
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return True
    return False


def close_by(host: str) -> bool:
    """Whether plain http does: for this computer, the local network and onion services."""
    if host == "localhost" or host.endswith(".onion"):
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_private or address.is_link_local
