"""Commands between programs of one user: streamed, cancelled with their asker, and private."""

import asyncio
import json
import os
import socket
import stat
import subprocess
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pillarbox.app import local_socket, local_transport
from pillarbox.app.local_socket import (
    AnswerLostError,
    Json,
    LocalServer,
    Reply,
    ToldError,
    ask,
    holder_of,
)
from pillarbox.app.local_transport import (
    AlreadyListeningError,
    LoopbackTransport,
    PeerUnreachableError,
    SocketFolderUnsafeError,
    Transport,
    UnixTransport,
)
from pillarbox.errors import FolderUnusableError, InvalidInputError
from pillarbox.files.folder_lock import FolderLock
from pillarbox.model.progress import Progress

NAME = str(os.getpid())
Ask = Callable[[str, Json], Awaitable[list[Reply]]]


class Desk:
    """Answers a few commands of its own, and notes what became of them."""

    def __init__(self) -> None:
        self.cancelled = asyncio.Event()
        self.waiting = asyncio.Event()

    async def __call__(self, command: str, arguments: Json) -> AsyncGenerator[Reply, None]:
        match command:
            case "echo":
                yield arguments
            case "count":
                for number in range(int(str(arguments["to"]))):
                    yield {"number": number}
            case "work":
                yield Progress(1, None, 2)
                yield Progress(2, 2)
                yield {"done": True}
            case "refuse":
                raise InvalidInputError(what="thing", why="It is not a thing.")
            case "break":
                raise RuntimeError("a defect")
            case "wait":
                self.waiting.set()
                try:
                    await asyncio.Event().wait()
                finally:
                    self.cancelled.set()


@pytest.fixture(params=[UnixTransport, LoopbackTransport])
def transport(request: pytest.FixtureRequest, tmp_path: Path) -> Transport:
    made: Transport = request.param(tmp_path / "run")
    return made


@pytest.fixture
async def desk() -> Desk:
    return Desk()


@pytest.fixture
async def served(desk: Desk, transport: Transport, tmp_path: Path) -> AsyncGenerator[Ask, None]:
    server = await LocalServer.start(tmp_path, desk, transport=transport)

    async def ask_it(command: str, arguments: Json) -> list[Reply]:
        return [reply async for reply in ask(tmp_path, NAME, command, arguments, transport=transport)]

    yield ask_it
    await server.aclose()


async def test_a_command_runs_there_and_its_objects_come_back(served: Ask) -> None:
    arguments = {"label": "Müller ☕", "count": 3, "none": None, "list": ["a"], "long": "x" * 100_000}
    assert await served("echo", arguments) == [arguments]


async def test_objects_stream_in_order(served: Ask) -> None:
    assert await served("count", {"to": 2000}) == [{"number": n} for n in range(2000)]


async def test_progress_is_told_beside_the_objects(served: Ask) -> None:
    assert await served("work", {}) == [Progress(1, None, 2), Progress(2, 2), {"done": True}]


async def test_an_error_comes_back_in_its_own_words(served: Ask) -> None:
    with pytest.raises(ToldError) as refused:
        await served("refuse", {})
    assert refused.value.text == InvalidInputError(what="thing", why="It is not a thing.").text


@pytest.mark.logs_warning("the command break failed")
async def test_a_defect_comes_back_as_an_internal_error_without_details(served: Ask) -> None:
    with pytest.raises(ToldError) as failed:
        await served("break", {})
    assert failed.value.text.code == "internal"
    assert "defect" not in str(failed.value)


async def test_many_ask_at_once(served: Ask) -> None:
    replies = await asyncio.gather(*(served("echo", {"number": n}) for n in range(200)))
    assert replies == [[{"number": n}] for n in range(200)]


async def test_leaving_cancels_the_command_there(served: Ask, desk: Desk) -> None:
    asking = asyncio.create_task(served("wait", {}))
    await desk.waiting.wait()
    asking.cancel()
    async with asyncio.timeout(5):
        await desk.cancelled.wait()
    with pytest.raises(asyncio.CancelledError):
        await asking


async def test_a_server_that_ends_says_so_and_cancels_what_runs(
    desk: Desk, transport: Transport, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_socket, "GRACE", 0.05)
    server = await LocalServer.start(tmp_path, desk, transport=transport)

    async def wait() -> None:
        async for _ in ask(tmp_path, NAME, "wait", {}, transport=transport):
            pass

    asking = asyncio.create_task(wait())
    await desk.waiting.wait()
    await server.aclose()
    assert desk.cancelled.is_set()
    with pytest.raises(ToldError) as told:
        await asking
    assert told.value.text.code == "ending"
    with pytest.raises(PeerUnreachableError):
        await transport.connect(NAME)


async def test_a_process_that_dies_in_the_middle_is_told_apart_from_a_refusal(
    tmp_path: Path, transport: Transport
) -> None:
    async def die(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b'{"accepted": true}\n{"object": {"half": ')
        writer.close()

    listener = await transport.listen("7", die)
    with pytest.raises(AnswerLostError):
        async for _ in ask(tmp_path, "7", "echo", {}, transport=transport):
            pass
    await listener.aclose()


async def test_nobody_there_is_an_error_of_its_own(transport: Transport, tmp_path: Path) -> None:
    with pytest.raises(PeerUnreachableError):
        async for _ in ask(tmp_path, "1", "echo", {}, transport=transport):
            pass


async def test_a_second_listener_of_one_name_is_refused(
    desk: Desk, transport: Transport, tmp_path: Path
) -> None:
    server = await LocalServer.start(tmp_path, desk, local_socket.WINDOW, transport=transport)
    with pytest.raises(AlreadyListeningError):
        await LocalServer.start(tmp_path, desk, local_socket.WINDOW, transport=transport)
    await server.aclose()
    again = await LocalServer.start(tmp_path, desk, local_socket.WINDOW, transport=transport)
    await again.aclose()


GARBAGE = [
    b"\n",
    b"hello\n",
    b"[]\n",
    b"{}\n",
    b'{"pillarbox": 1}\n',
    b'{"pillarbox": 1, "command": 7, "arguments": {}}\n',
    b'{"pillarbox": 1, "command": "echo", "arguments": []}\n',
    b'{"pillarbox": 1, "command": "echo", "arguments": {}, "more": 1}\n',
    b'{"pillarbox": 2, "command": "echo", "arguments": {}}\n',
    b'{"pillarbox": true, "command": "echo", "arguments": {}}\n',
    b"[" * 200_000 + b"\n",
    b'{"pillarbox": 1, "command": "\xff", "arguments": {}}\n',
    b"x" * (local_transport.LONGEST_LINE + 10) + b"\n",
]


@pytest.mark.parametrize("line", GARBAGE, ids=lambda line: repr(line[:60]))
async def test_what_is_no_request_gets_one_line_that_says_so(
    line: bytes, served: Ask, transport: Transport
) -> None:
    reader, writer = await transport.connect(NAME)
    writer.write(line)
    told = json.loads(await reader.readline())
    assert set(told["error"]) == {"code", "title", "message", "hint"}
    assert told["error"]["code"] in {"local-protocol", "other-version"}
    assert await reader.read() == b""
    writer.close()
    assert await served("echo", {"still": "there"}) == [{"still": "there"}]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50, deadline=None)
@given(st.binary(max_size=200))
def test_whatever_bytes_come_the_server_goes_on(tmp_path: Path, sent: bytes) -> None:
    async def talk() -> None:
        transport = UnixTransport(tmp_path)
        server = await LocalServer.start(tmp_path, Desk(), transport=transport)
        _reader, writer = await transport.connect(NAME)
        writer.write(sent)
        writer.close()
        replies = [r async for r in ask(tmp_path, NAME, "echo", {"a": 1}, transport=transport)]
        await server.aclose()
        assert replies == [{"a": 1}]

    asyncio.run(talk())


async def test_a_reply_that_makes_no_sense_is_a_typed_error(transport: Transport, tmp_path: Path) -> None:
    for said in (b'{"object": {}}\n', b'{"accepted": true}\n{"object": 7}\n'):

        async def babble(
            reader: asyncio.StreamReader, writer: asyncio.StreamWriter, said: bytes = said
        ) -> None:
            await reader.readline()
            writer.write(said)
            writer.close()

        listener = await transport.listen("7", babble)
        with pytest.raises(local_socket.LocalProtocolError):
            async for _ in ask(tmp_path, "7", "echo", {}, transport=transport):
                pass
        await listener.aclose()


async def test_a_process_that_hangs_counts_as_unreachable(
    transport: Transport, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_socket, "LISTENING", 0.05)
    awake = asyncio.Event()

    async def hang(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await awake.wait()
        writer.close()

    listener = await transport.listen("7", hang)
    with pytest.raises(PeerUnreachableError):
        async for _ in ask(tmp_path, "7", "echo", {}, transport=transport):
            pass
    awake.set()
    await listener.aclose()


async def test_an_asker_who_says_nothing_is_dropped(
    served: Ask, transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_socket, "PATIENCE", 0.05)
    reader, writer = await transport.connect(NAME)
    assert await reader.read() == b""
    writer.close()


async def test_socket_and_folder_are_private(desk: Desk, tmp_path: Path) -> None:
    run = tmp_path / "run"
    server = await LocalServer.start(run, desk, transport=UnixTransport(run))
    found = (run / f"{NAME}.sock").lstat()
    assert stat.S_ISSOCK(found.st_mode)
    assert stat.S_IMODE(found.st_mode) == 0o600
    assert stat.S_IMODE(run.lstat().st_mode) == 0o700
    await server.aclose()
    assert not any(run.iterdir())


@pytest.fixture
def ended_process() -> int:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    return gone.pid


async def test_what_a_killed_process_left_is_swept(desk: Desk, tmp_path: Path, ended_process: int) -> None:
    left = tmp_path / f"{ended_process}.sock"
    stale = tmp_path / f"{NAME}.sock"
    for path in (left, stale):
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind(str(path))
    server = await LocalServer.start(tmp_path, desk, transport=UnixTransport(tmp_path))
    assert not left.exists()
    assert [r async for r in ask(tmp_path, NAME, "echo", {}, transport=UnixTransport(tmp_path))] == [{}]
    await server.aclose()


async def test_a_long_data_folder_still_gets_a_socket(desk: Desk, tmp_path: Path) -> None:
    deep = tmp_path / ("long-name-" * 12) / "run"
    server = await LocalServer.start(deep, desk, transport=UnixTransport(deep))
    assert [r async for r in ask(deep, NAME, "echo", {"a": 1}, transport=UnixTransport(deep))] == [{"a": 1}]
    await server.aclose()


async def test_the_last_to_listen_in_a_short_folder_removes_it(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setattr(local_transport, "LONGEST_SOCKET_PATH", len(str(tmp_path)) + 70)
    deep = tmp_path / ("long-name-" * 12)
    transport = UnixTransport(deep)
    window = await LocalServer.start(deep, desk, local_socket.WINDOW, transport=transport)
    other = await transport.listen("1", lambda *_: asyncio.sleep(0))
    await window.aclose()
    assert [path.name for path in local_transport._short_folder(deep).iterdir()] == ["1.sock"]
    await other.aclose()
    assert not local_transport._short_folder(deep).exists()


async def test_a_short_folder_that_is_removed_just_then_is_made_again(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setattr(local_transport, "LONGEST_SOCKET_PATH", len(str(tmp_path)) + 70)
    deep = tmp_path / ("long-name-" * 12)
    transport = UnixTransport(deep)

    async def leave(*_: object) -> None:
        local_transport._short_folder(deep).rmdir()

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(local_transport, "_refuse_if_answered", leave)
        server = await LocalServer.start(deep, desk, transport=transport)
    assert [r async for r in ask(deep, NAME, "echo", {}, transport=transport)] == [{}]
    await server.aclose()


async def test_a_folder_that_cannot_be_used_is_named(
    desk: Desk, tmp_path: Path, transport: Transport
) -> None:
    (tmp_path / "run").write_text("a file where the folder should be")
    with pytest.raises(FolderUnusableError) as refused:
        await LocalServer.start(tmp_path, desk, transport=transport)
    assert str(tmp_path / "run") in refused.value.text.message


async def test_a_short_folder_that_somebody_else_made_open_is_refused(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setattr(local_transport, "LONGEST_SOCKET_PATH", len(str(tmp_path)) + 70)
    deep = tmp_path / ("long-name-" * 12)
    local_transport._short_folder(deep).mkdir()
    local_transport._short_folder(deep).chmod(0o711)
    with pytest.raises(SocketFolderUnsafeError):
        await LocalServer.start(deep, desk, transport=UnixTransport(deep))


@pytest.mark.logs_warning("turned away")
async def test_another_user_is_turned_away(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    transport = UnixTransport(tmp_path)
    server = await LocalServer.start(tmp_path, desk, transport=transport)
    with monkeypatch.context() as other_user:
        other_user.setattr(os, "geteuid", lambda: 12345)
        with pytest.raises(PeerUnreachableError):
            await transport.connect(NAME)
        reader, writer = await asyncio.open_unix_connection(tmp_path / f"{NAME}.sock")
        assert await reader.read() == b""
        writer.close()
    await server.aclose()


@pytest.mark.logs_warning("turned away")
async def test_who_cannot_read_the_token_is_turned_away(desk: Desk, tmp_path: Path) -> None:
    transport = LoopbackTransport(tmp_path)
    server = await LocalServer.start(tmp_path, desk, transport=transport)
    path = tmp_path / f"{NAME}.port"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    known = json.loads(path.read_text())
    path.write_text(json.dumps({**known, "token": "00" * 32}))
    with pytest.raises(PeerUnreachableError):
        await transport.connect(NAME)
    await asyncio.sleep(0.01)
    await server.aclose()


async def test_a_program_that_took_over_the_port_learns_nothing(tmp_path: Path) -> None:
    heard: list[bytes] = []

    async def impostor(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(os.urandom(64))
        heard.append(await reader.read(10_000))
        writer.close()

    server = await asyncio.start_server(impostor, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    (tmp_path / "7.port").write_text(json.dumps({"port": port, "token": "11" * 32}))
    with pytest.raises(PeerUnreachableError):
        async for _ in ask(
            tmp_path, "7", "unlock", {"passphrase": "s3cret"}, transport=LoopbackTransport(tmp_path)
        ):
            pass
    server.close()
    assert not any(b"s3cret" in said for said in heard)


def test_the_lock_file_names_the_holder(tmp_path: Path) -> None:
    assert holder_of(tmp_path) is None
    with FolderLock.acquire(tmp_path, "Pillarbox"):
        assert holder_of(tmp_path) == NAME
    assert holder_of(tmp_path) is None
    (tmp_path / "lock").write_bytes(b'{"pid": []}')
    assert holder_of(tmp_path) is None
