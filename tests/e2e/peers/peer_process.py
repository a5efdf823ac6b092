"""A program that runs beside the tests and never outlives them."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

STOP_SECONDS = 5


class PeerFailedError(Exception):
    """A peer ended, or did not become ready. The message holds the end of its log."""


class PeerProcess:
    """Writes its output to `folder/NAME.log`. It must end when its standard input does.

    The tests hold that input's other end: even if they are killed, it closes, and the program goes with them.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        folder: Path,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._log = folder / f"{name}.log"
        own = {"PATH": os.environ["PATH"], "HOME": str(folder)}
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command,
                cwd=folder,
                env={**own, **(environment or {})},
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    @property
    def output(self) -> str:
        return self._log.read_text(errors="replace")

    def check_alive(self) -> None:
        """Raises PeerFailedError if it has ended."""
        status = self._process.poll()
        if status is not None:
            raise self.failed(f"ended with status {status}")

    def failed(self, why: str) -> PeerFailedError:
        """The error to raise about this program."""
        return PeerFailedError(f"{self._log.stem} {why}:\n{self.output[-2000:]}")

    def stop(self) -> None:
        """End it, by force if it does not go by itself. May be called again."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
