"""Ways to run the command line in tests."""

import io
import json
import os
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pillarbox.cli.main import main

PASSPHRASE = "correct horse"
WORDS = f"{'abandon ' * 11}about"
HOLDER = Path(__file__).with_name("wallet_holder.py")


@dataclass(frozen=True)
class Outcome:
    """What a run of the program left."""

    status: int
    out: str
    err: str

    @property
    def objects(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def object(self) -> dict[str, Any]:
        (found,) = self.objects
        return found

    @property
    def error(self) -> str:
        """The code of the error that the run ended with."""
        assert self.object["ok"] is False
        code: str = self.object["error"]["code"]
        return code


class Input(io.TextIOWrapper):
    """Standard input as a test gives it; nobody sits there unless said so."""

    def __init__(self, text: str, *, is_terminal: bool = False) -> None:
        super().__init__(io.BytesIO(text.encode(errors="surrogateescape")), encoding="utf-8")
        self._is_terminal = is_terminal

    def isatty(self) -> bool:
        return self._is_terminal


class CommandLine:
    """Runs `main` in this process."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def __call__(self, *argv: str, typed: str = "", is_terminal: bool = False) -> Outcome:
        self._monkeypatch.setattr(sys, "stdin", Input(typed, is_terminal=is_terminal))
        status = main(argv)
        captured = self._capsys.readouterr()
        return Outcome(status, captured.out, captured.err)

    def json(self, *argv: str, typed: str = f"{PASSPHRASE}\n") -> Outcome:
        """With --json, and the passphrase on standard input where it is asked for."""
        return self(*argv, "--json", typed=typed)


class Program:
    """Starts processes of the program in one data folder, and ends those that are left."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self._started: list[subprocess.Popen[bytes]] = []
        self._callers: list[socket.socket] = []
        self._servers: dict[int, socket.socket] = {}
        self.environment = {
            **os.environ,
            "PILLARBOX_DATA_DIR": str(data_dir),
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        }

    def start(self, *argv: str) -> "subprocess.Popen[bytes]":
        return self.run(sys.executable, "-m", "pillarbox.cli.main", *argv)

    def finish(self, process: "subprocess.Popen[bytes]", typed: str = f"{PASSPHRASE}\n") -> Outcome:
        """What the process left, its status as a shell shows it: 130 after Ctrl+C, either way it may end.

        CPython ends itself by the signal if that met it while it made a dataclass.
        """
        out, err = process.communicate(typed.encode(), timeout=60)
        status = process.returncode if process.returncode >= 0 else 128 - process.returncode
        return Outcome(status, out.decode(), err.decode())

    def json(self, *argv: str, typed: str = f"{PASSPHRASE}\n") -> Outcome:
        return self.finish(self.start(*argv, "--json"), typed)

    def hold(self, wallet: str) -> "subprocess.Popen[bytes]":
        """Another Pillarbox, which has the wallet open and answers for it."""
        return self._be_ready(self.run(sys.executable, str(HOLDER), "hold", wallet))

    def be_window(self) -> "subprocess.Popen[bytes]":
        """Another Pillarbox, which answers as the window does, and prints "shown" when it is to be."""
        return self._be_ready(self.run(sys.executable, str(HOLDER), "window"))

    def silent_server(self) -> int:
        """The port of a server that takes calls and says nothing."""
        server = socket.create_server(("127.0.0.1", 0))
        port: int = server.getsockname()[1]
        self._servers[port] = server
        return port

    def wait_for_caller(self, port: int) -> None:
        server = self._servers[port]
        server.settimeout(30)
        self._callers.append(server.accept()[0])

    def end_all(self) -> None:
        for end in (*self._servers.values(), *self._callers):
            end.close()
        for process in self._started:
            process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout, process.stderr):
                if stream is not None:
                    stream.close()

    def _be_ready(self, process: "subprocess.Popen[bytes]") -> "subprocess.Popen[bytes]":
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(f"{PASSPHRASE}\n".encode())
        process.stdin.flush()
        assert process.stdout.readline() == b"ready\n"
        return process

    def run(self, *argv: str) -> "subprocess.Popen[bytes]":
        process = subprocess.Popen(
            argv,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self._started.append(process)
        return process
