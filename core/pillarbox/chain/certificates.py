"""Which certificates are trusted: those an authority vouches for, else the one that was seen first."""

import asyncio
import logging
import ssl
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

from pillarbox.errors import PillarboxError

log = logging.getLogger(__name__)

VOUCHED_FOR = b""
"""The pin of a server that once showed a certificate of an authority."""


class PinStore(Protocol):
    """Remembers, for each `host:port`, what its certificate has to be. Kept between runs by whoever gives it.

    A pin is the SHA-256 of the certificate's DER form (32 bytes), taken on first use from a server whose
    certificate no authority vouches for; or b"" for a server that an authority has vouched for, which
    nothing less will do for afterwards.
    """

    def get(self, host_port: str) -> bytes | None:
        """The pin, or None for a server not seen before."""
        ...

    def set(self, host_port: str, pin: bytes) -> None: ...


class PinsOfThisRun:
    """A PinStore that goes on where nothing can be kept: it remembers by itself what the store did not take.

    A full disk would else keep Pillarbox from every server that it has not met before.
    """

    def __init__(self, store: PinStore) -> None:
        self._store = store
        self._unkept: dict[str, bytes] = {}

    def get(self, host_port: str) -> bytes | None:
        kept = self._store.get(host_port)
        return self._unkept.get(host_port) if kept is None else kept

    def set(self, host_port: str, pin: bytes) -> None:
        self._unkept[host_port] = pin
        try:
            self._store.set(host_port, pin)
        except (OSError, PillarboxError) as error:
            log.warning("the certificate of %s could not be kept: %s", host_port, error)
        else:
            del self._unkept[host_port]


def fingerprint(transport: asyncio.BaseTransport) -> bytes:
    """SHA-256 of the certificate at the other end of a TLS connection."""
    link: ssl.SSLObject = transport.get_extra_info("ssl_object")
    return sha256(link.getpeercert(binary_form=True) or b"").digest()


def readable(pin: bytes) -> str:
    """A fingerprint as people compare it, in pairs; or what stands in its place."""
    return pin.hex(":").upper() if pin else "a certificate that an authority vouched for"


@dataclass(frozen=True, slots=True)
class Contexts:
    """How to connect: demanding that an authority vouches, or to look first and judge afterwards."""

    vouched: ssl.SSLContext
    pinned: ssl.SSLContext


async def load_contexts() -> Contexts:
    """Reads the system's authorities, which takes tens of milliseconds: in a thread."""
    return await asyncio.to_thread(_contexts)


def _contexts() -> Contexts:
    pinned = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    pinned.check_hostname = False
    pinned.verify_mode = ssl.CERT_NONE
    return Contexts(ssl.create_default_context(), pinned)
