"""Others' address libraries as oracles: questions to a Node script, and its answers in order."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from peers.set_up import NpmPeer

HERE = Path(__file__).resolve().parent
LOCKED = HERE / "oracles"
ANSWER_SECONDS = 120


class OracleRefusedError(Exception):
    """The library did not accept the question; the message is its own."""


@dataclass(frozen=True, slots=True)
class Oracle:
    """`script` is the name of one beside this file."""

    peer: NpmPeer
    script: str

    def ask(self, name: str, **question: object) -> Any:
        """The answer to one question. Raises OracleRefusedError."""
        return self.ask_all(name, [question])[0]

    def ask_all(self, name: str, questions: Sequence[Mapping[str, object]]) -> list[Any]:
        """An answer for each. Raises OracleRefusedError for the first that is refused."""
        replies = self._replies(name, questions)
        for reply in replies:
            if not reply["ok"]:
                raise OracleRefusedError(reply["why"])
        return [reply["answer"] for reply in replies]

    def read_all(self, name: str, texts: Sequence[str]) -> list[Any]:
        """What the library reads in each text, None where it refuses it."""
        return [reply.get("answer") for reply in self._replies(name, [{"text": text} for text in texts])]

    def _replies(self, name: str, questions: Sequence[Mapping[str, object]]) -> list[dict[str, Any]]:
        lines = "".join(json.dumps({"ask": name, **question}) + "\n" for question in questions)
        done = subprocess.run(
            [self.peer.node, HERE / self.script, self.peer.node_modules],
            input=lines,
            capture_output=True,
            text=True,
            timeout=ANSWER_SECONDS,
            check=True,
        )
        replies = [json.loads(line) for line in done.stdout.splitlines()]
        assert len(replies) == len(questions), done.stderr
        return replies
