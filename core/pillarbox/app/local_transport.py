"""Byte streams between programs of one user on one machine, closed to everybody else.

Where the system has Unix sockets: one of mode 0600 in a folder of mode 0700, the kernel vouching for peers.
Elsewhere: TCP on the loopback address, on which both sides prove that they can read a private file.
"""

import asyncio
import hashlib
import hmac
import json
import logging
import os
import secrets
import socket
import stat
import struct
import sys
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from pillarbox.errors import PillarboxError
from pillarbox.files.install import install_file
from pillarbox.files.private_folder import make_private_folder
from pillarbox.files.refusals import refusals_told

log = logging.getLogger(__name__)

LONGEST_LINE = 1 << 20
"""Bytes, the line feed included, in either direction."""
BACKLOG = 1024
"""Askers at once. Beyond it asyncio takes a Unix socket for connected that is not, and asking fails."""
PATIENCE = 10.0
"""Seconds within which a peer must say who it is and what it wants."""
LONGEST_SOCKET_PATH = 100
"""Bytes. The kernels' own limits are 104 and more."""
TURNS_TO_ACCEPT = 3
_LONGEST_NAME = "9999999999.sock"

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class SocketFolderUnsafeError(PillarboxError):
    """Parameters: folder."""

    code = "socket-folder-unsafe"
    title = "The folder for Pillarbox's private socket is not private"
    message = "{folder} belongs to another user or is open to others, so Pillarbox does not listen there."
    hint = "Remove that folder, or choose a data folder with a shorter name."


class AlreadyListeningError(PillarboxError):
    """Parameters: name."""

    code = "already-listening"
    title = "Pillarbox is running already"
    message = "Another Pillarbox with the same data folder answers as {name}."
    hint = "Go on there."


class PeerUnreachableError(Exception):
    """Nobody answers under this name, or somebody whom it does not belong to. No person reads this."""


class Listener(Protocol):
    """Accepts until closed. Closing does not end connections that stand."""

    async def aclose(self) -> None: ...


class Transport(Protocol):
    """How programs find each other, by names such as a process number, below one folder."""

    async def listen(self, name: str, serve: Serve) -> Listener:
        """Call `serve` for every peer that is this user.

        Raises AlreadyListeningError, DiskFullError, FolderUnusableError.
        """
        ...

    async def connect(self, name: str) -> Streams:
        """Raises PeerUnreachableError."""
        ...


def local_transport(folder: Path) -> Transport:
    """What this system offers."""
    return LoopbackTransport(folder) if sys.platform == "win32" else UnixTransport(folder)


class UnixTransport:
    """Unix sockets in `folder`, or in a short folder of its own where the path would be too long for one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder if _fits(folder) else _short_folder(folder)
        self._is_short = self._folder != folder

    async def listen(self, name: str, serve: Serve) -> Listener:
        with refusals_told(self._folder):
            self._make_folder()
            self._sweep()
        path = self._folder / f"{name}.sock"

        async def serve_own(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if _peer_is_this_user(writer):
                await serve(reader, writer)
            else:
                log.warning("somebody else's program was turned away from the private socket")
                writer.close()

        await _refuse_if_answered(self, name)
        with refusals_told(self._folder):
            bound = self._bind(path)
        server = await asyncio.start_unix_server(serve_own, sock=bound, limit=LONGEST_LINE, backlog=BACKLOG)
        return _Listening(server, path, self._leave)

    async def connect(self, name: str) -> Streams:
        try:
            streams = await asyncio.open_unix_connection(self._folder / f"{name}.sock", limit=LONGEST_LINE)
        except OSError as error:
            raise PeerUnreachableError(f"no answer from {name}") from error
        if not _peer_is_this_user(streams[1]):
            streams[1].close()
            raise PeerUnreachableError(f"{name} is another user's")
        return streams

    def _bind(self, path: Path) -> socket.socket:
        try:
            return _bind(path)
        except FileNotFoundError:  # the last program that listened has just removed the short folder
            self._make_folder()
            return _bind(path)

    def _leave(self) -> None:
        """Nothing stays in a place that all users share, unless others listen there still."""
        if self._is_short:
            with suppress(OSError):
                self._folder.rmdir()

    def _make_folder(self) -> None:
        if not self._is_short:
            make_private_folder(self._folder)
            return
        # A folder in a place that all users share: somebody may have made it first.
        self._folder.mkdir(mode=0o700, exist_ok=True)
        found = self._folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
            raise SocketFolderUnsafeError(folder=str(self._folder))

    def _sweep(self) -> None:
        """Remove what killed processes left."""
        for path in self._folder.glob("*.sock"):
            if path.stem.isdigit() and not _is_running(int(path.stem)):
                path.unlink(missing_ok=True)


async def _refuse_if_answered(transport: Transport, name: str) -> None:
    try:
        _, writer = await transport.connect(name)
    except PeerUnreachableError:
        return
    writer.close()
    raise AlreadyListeningError(name=name)


def _bind(path: Path) -> socket.socket:
    """A listening socket at `path`, where nobody answered: what is there was left by a killed process."""
    path.unlink(missing_ok=True)
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        bound.bind(str(path))
        path.chmod(0o600)
        bound.listen(BACKLOG)
    except BaseException:
        bound.close()
        raise
    return bound


def _fits(folder: Path) -> bool:
    return len(os.fsencode(folder / _LONGEST_NAME)) <= LONGEST_SOCKET_PATH


def _short_folder(folder: Path) -> Path:
    """The same one for every program that uses `folder`, and for no other."""
    place = Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir())
    if not _fits(place / f"pillarbox-{'0' * 28}"):
        place = Path("/tmp")  # noqa: S108  # its folder is checked to be ours before use
    mark = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    return place / f"pillarbox-{os.geteuid()}-{mark}"


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def _peer_is_this_user(writer: asyncio.StreamWriter) -> bool:
    """As far as the kernel tells; where it does not, the folder's mode keeps others out."""
    if not hasattr(socket, "SO_PEERCRED"):
        return True
    credentials = struct.Struct("3i")
    packed = writer.get_extra_info("socket").getsockopt(
        socket.SOL_SOCKET, socket.SO_PEERCRED, credentials.size
    )
    _pid, uid, _gid = credentials.unpack(packed)
    return bool(uid == os.geteuid())


class _Listening:
    def __init__(self, server: asyncio.Server, path: Path, leave: Callable[[], None]) -> None:
        """`path` is what others find the server by; `leave` is called when it is gone."""
        self._server = server
        self._path = path
        self._leave = leave

    async def aclose(self) -> None:
        self._path.unlink(missing_ok=True)
        self._leave()
        # asyncio asserts that no connection is still being accepted when a server closes.
        for _ in range(TURNS_TO_ACCEPT):
            await asyncio.sleep(0)
        self._server.close()


class LoopbackTransport:
    """TCP on 127.0.0.1; the port and a random token are in a private file below `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def listen(self, name: str, serve: Serve) -> Listener:
        path = self._folder / f"{name}.port"
        await _refuse_if_answered(self, name)
        token = secrets.token_bytes(32)

        async def serve_proven(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if await _prove(reader, writer, token, b"listens", b"connects"):
                await serve(reader, writer)
            else:
                log.warning("a program that cannot read the token was turned away from the private port")
                writer.close()

        server = await asyncio.start_server(serve_proven, "127.0.0.1", 0, limit=LONGEST_LINE, backlog=BACKLOG)
        port = server.sockets[0].getsockname()[1]
        try:
            with refusals_told(self._folder):
                make_private_folder(self._folder)
                install_file(path, json.dumps({"port": port, "token": token.hex()}).encode(), replace=True)
        except PillarboxError:
            server.close()
            raise
        return _Listening(server, path, lambda: None)

    async def connect(self, name: str) -> Streams:
        try:
            known = json.loads((self._folder / f"{name}.port").read_bytes())
            port, token = int(known["port"]), bytes.fromhex(known["token"])
            reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=LONGEST_LINE)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise PeerUnreachableError(f"no answer from {name}") from error
        if await _prove(reader, writer, token, b"connects", b"listens"):
            return reader, writer
        writer.close()
        raise PeerUnreachableError(f"{name} is another program's")


async def _prove(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, token: bytes, own: bytes, other: bytes
) -> bool:
    """Both sides send a nonce, then a proof over both nonces; the token itself never travels."""
    nonce = secrets.token_bytes(32)
    try:
        async with asyncio.timeout(PATIENCE):
            writer.write(nonce)
            nonces = sorted((nonce, await reader.readexactly(32)))
            writer.write(hmac.digest(token, b"".join((own, *nonces)), "sha256"))
            proof = await reader.readexactly(32)
    except (asyncio.IncompleteReadError, ConnectionError, TimeoutError):
        return False
    return hmac.compare_digest(proof, hmac.digest(token, b"".join((other, *nonces)), "sha256"))
