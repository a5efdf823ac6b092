"""Commands between programs of one user: every process that has a wallet open answers for it here.

One connection carries one command. Lines of JSON, each at most LONGEST_LINE bytes:

    asks      {"pillarbox": 1, "command": "receive", "arguments": {...}}
    answers   {"accepted": true} at once,
              then any number of {"object": {...}} and {"progress": {"done", "total", "found"}},
              then {"end": true}; or at any point {"error": {"code", "title", "message", "hint"}}

Closing the connection cancels the command. Arguments may hold secrets, so neither side logs them.
"""

import asyncio
import json
import logging
import os
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import asdict
from pathlib import Path
from typing import Self

from pillarbox.app.local_transport import (
    LONGEST_LINE,
    PATIENCE,
    Listener,
    PeerUnreachableError,
    Transport,
    local_transport,
)
from pillarbox.errors import ErrorText, PillarboxError
from pillarbox.files.folder_lock import LOCK_FILE
from pillarbox.model.progress import Progress

log = logging.getLogger(__name__)

PROTOCOL = 1
WINDOW = "window"
"""The name that only the process with the window listens under."""
TURN = 0.005
"""Seconds of answering after which the loop gets a turn."""
LISTENING = 5.0
"""Seconds in which a process accepts a command, unless it hangs or is stopped."""
GRACE = 1.0
"""Seconds that commands under way have when their process ends."""

Json = Mapping[str, object]
Reply = Json | Progress
Answer = Callable[[str, Json], AsyncGenerator[Reply, None]]
"""From a command's name and its arguments to what it replies. Raises PillarboxError."""


class LocalProtocolError(PillarboxError):
    """Parameters: why."""

    code = "local-protocol"
    title = "Two Pillarbox programs did not understand each other"
    message = "A message over the private socket could not be read: {why}."
    hint = "Close both and start one again. Nothing was changed by this message."


class OtherVersionError(PillarboxError):
    """No parameters."""

    code = "other-version"
    title = "Another version of Pillarbox is running"
    message = "The running Pillarbox speaks another language on its private socket than this one."
    hint = "Close the running one, then try again."


class EndingError(PillarboxError):
    """No parameters."""

    code = "ending"
    title = "The running Pillarbox is closing"
    message = "The Pillarbox that has this wallet open was closing and did not finish this command."
    hint = "Try again in a moment."


class AnswerLostError(PillarboxError):
    """No parameters."""

    code = "answer-lost"
    title = "The running Pillarbox ended"
    message = (
        "The Pillarbox that has this wallet open ended before it answered. "
        "What it had saved is safe; an address it gave out is kept in its list."
    )
    hint = "Look at the wallet's addresses, then try again if needed."


class InternalError(PillarboxError):
    """Parameters: log."""

    code = "internal"
    title = "Pillarbox met a problem it does not know"
    message = "This command failed in a way nobody foresaw. What was saved before is safe."
    hint = "Try again. If it happens again, report it with the end of {log}, which holds no secrets."


class ToldError(PillarboxError):
    """An error that happened elsewhere (in another process, in a service), in its own words."""

    def __init__(self, told: ErrorText) -> None:
        super().__init__()
        self._told = told

    @property
    def text(self) -> ErrorText:
        return self._told


class LocalServer:
    """Answers commands of this user's other programs until closed."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._listeners: list[Listener] = []
        self._running: set[asyncio.Task[None]] = set()
        self._ending = False

    @classmethod
    async def start(
        cls, folder: Path, answer: Answer, *names: str, transport: Transport | None = None
    ) -> Self:
        """Listen under this process's number and under `names`, such as WINDOW.

        Raises AlreadyListeningError, SocketFolderUnsafeError.
        """
        server = cls(answer)
        way = transport or local_transport(folder)
        try:
            for name in (*names, str(os.getpid())):
                server._listeners.append(await way.listen(name, server._serve))
        except BaseException:
            await server.aclose()
            raise
        return server

    async def aclose(self) -> None:
        """Accept nobody more; commands under way have GRACE seconds, then they are cancelled and told so."""
        for listener in self._listeners:
            await listener.aclose()
        self._listeners.clear()
        running = self._running
        if running:
            await asyncio.wait(running, timeout=GRACE)
        self._ending = True
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  # streams call this in a task of its own
        self._running.add(task)
        try:
            await self._serve_one(reader, writer)
        except asyncio.CancelledError:
            if not self._ending:
                raise
        finally:
            self._running.discard(task)
            writer.close()

    async def _serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                line = await _read_line(reader)
            if not line:
                return
            command, arguments = _parse_request(line)
        except (TimeoutError, ConnectionError):
            return
        except PillarboxError as error:
            _send(writer, {"error": asdict(error.text)})
            return
        _send(writer, {"accepted": True})
        work = asyncio.create_task(self._reply(command, arguments, writer), name=f"command {command}")
        gone = asyncio.create_task(reader.read(1), name="peer")
        try:
            await asyncio.wait((work, gone), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (work, gone):
                task.cancel()
            await asyncio.gather(work, gone, return_exceptions=True)

    async def _reply(self, command: str, arguments: Json, writer: asyncio.StreamWriter) -> None:
        """Stream what the command replies, giving the loop a turn between replies that come in a burst."""
        turn = time.monotonic() + TURN
        try:
            async with aclosing(self._answer(command, arguments)) as replies:
                async for reply in replies:
                    _send(writer, _frame(reply))
                    await writer.drain()
                    if time.monotonic() > turn:
                        await asyncio.sleep(0)
                        turn = time.monotonic() + TURN
            _send(writer, {"end": True})
        except PillarboxError as error:
            _send(writer, {"error": asdict(error.text)})
        except asyncio.CancelledError:
            if self._ending:
                _send(writer, {"error": asdict(EndingError().text)})
            raise
        except ConnectionError:
            return
        except Exception:
            log.exception("the command %s failed", command)
            _send(writer, {"error": asdict(InternalError(log="the log file of the running Pillarbox").text)})


async def ask(
    folder: Path, name: str, command: str, arguments: Json, *, transport: Transport | None = None
) -> AsyncGenerator[Reply, None]:
    """What the process that listens as `name` replies. Leaving the iteration cancels the command there.

    Raises PeerUnreachableError where nobody listens or answers, ToldError for what the command raised there,
    AnswerLostError, LocalProtocolError.
    """
    reader, writer = await (transport or local_transport(folder)).connect(name)
    try:
        _send(writer, {"pillarbox": PROTOCOL, "command": command, "arguments": arguments})
        try:
            async with asyncio.timeout(LISTENING):
                await writer.drain()
                accepted = await _read_message(reader)
        except TimeoutError:
            raise PeerUnreachableError(f"{name} does not answer") from None
        if accepted != {"accepted": True}:
            _read_reply(accepted)
            raise LocalProtocolError(why="the command was neither accepted nor refused")
        while (reply := _read_reply(await _read_message(reader))) is not None:
            yield reply
    except ConnectionError as error:
        raise AnswerLostError from error
    finally:
        writer.close()


def holder_of(wallet_folder: Path) -> str | None:
    """The name under which the process that has (or had) a wallet open listens, by the folder's lock file."""
    try:
        holder = json.loads((wallet_folder / LOCK_FILE).read_bytes())
        return str(int(holder["pid"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


async def _read_line(reader: asyncio.StreamReader) -> bytes:
    """A whole line, or nothing at the end of the stream."""
    try:
        line = await reader.readline()
    except ValueError as error:
        raise LocalProtocolError(why=f"it is longer than {LONGEST_LINE} bytes") from error
    return line if line.endswith(b"\n") else b""


async def _read_message(reader: asyncio.StreamReader) -> Json:
    """Raises AnswerLostError at the end of the stream."""
    line = await _read_line(reader)
    if not line:
        raise AnswerLostError
    return _parse(line)


def _parse(line: bytes) -> Json:
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        raise LocalProtocolError(why="it is not JSON") from None
    if not isinstance(message, dict):
        raise LocalProtocolError(why="it is not an object")
    return message


def _parse_request(line: bytes) -> tuple[str, Json]:
    message = _parse(line)
    version = message.get("pillarbox")
    if version != PROTOCOL or isinstance(version, bool):
        raise OtherVersionError
    command, arguments = message.get("command"), message.get("arguments")
    if not isinstance(command, str) or not isinstance(arguments, dict) or len(message) != 3:
        raise LocalProtocolError(why="it is not a command with its arguments")
    return command, arguments


def _frame(reply: Reply) -> Json:
    return {"progress": asdict(reply)} if isinstance(reply, Progress) else {"object": reply}


def _read_reply(message: Json) -> Reply | None:
    """None at the end. Raises what the command raised."""
    match message:
        case {"object": dict() as found}:
            return found
        case {"progress": {"done": int(done), "total": int() | None as total, "found": int(found)}}:
            return Progress(done, total, found)
        case {"error": {"code": str(code), "title": str(title), "message": str(text), "hint": str(hint)}}:
            raise ToldError(ErrorText(code, title, text, hint))
        case {"end": True}:
            return None
        case _:
            raise LocalProtocolError(why="it is no kind of reply that this version knows")


def _send(writer: asyncio.StreamWriter, message: Json) -> None:
    writer.write(json.dumps(message, separators=(",", ":")).encode() + b"\n")
