"""Secrets from the person: by a hidden prompt, a file, or standard input. Never from the command line."""

import getpass
import sys
from collections.abc import Mapping
from pathlib import Path

from pillarbox.cli.ending import interruptible
from pillarbox.cli.input import BYTE_ORDER_MARK, STDIN, opened_input, unreadable
from pillarbox.commands.backup_files import needs_passphrase
from pillarbox.commands.command import (
    FilePassphraseNeededError,
    PassphraseNeededError,
    WordsNotGivenError,
)
from pillarbox.commands.typed_words import are_fewer_than_any
from pillarbox.errors import InvalidInputError, PillarboxError
from pillarbox.flows.create_wallet import SHORTEST_PASSPHRASE
from pillarbox.secret import Secret

LARGEST_FILE = 1 << 16
"""Bytes."""
ATTEMPTS = 3
_BY_BACKUP = frozenset({"backup bundle", "backup passphrase", "backup verify", "restore", "restore into"})


class PassphrasesDifferError(PillarboxError):
    """No parameters."""

    code = "passphrases-differ"
    title = "The two passphrases differ"
    message = "The passphrase was not the same both times."
    hint = "Start again. Nothing was changed."


class Prompts:
    """Asks for secrets. `files` says which of them is in which file; "-" is standard input."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self._files = files
        self._stdin_is_taken = STDIN in files.values()
        self._passphrase: Secret | None = None

    def in_file(self, name: str) -> bool:
        return name in self._files

    @property
    def can_ask_again(self) -> bool:
        """Whether a person is there to correct a wrong answer."""
        return not self.in_file("passphrase") and sys.stdin is not None and sys.stdin.isatty()

    def complete(self, command: str, given: Mapping[str, object]) -> dict[str, object]:
        """A command's arguments with the secrets it cannot do without: asked for where no file has them."""
        secrets = {name: self.read_file(name) for name in self._files if name != "passphrase"}
        found = {**given, **secrets}
        if command == "wallet import" and not {"mnemonic", "xpub", "descriptor"} & set(found):
            found["mnemonic"] = self.words()
        if command in _BY_BACKUP:
            self._complete_backup(command, found)
        if command in ("wallet create", "wallet import"):
            watch_only = command == "wallet import" and "mnemonic" not in found
            optional = watch_only and found.get("keychain", True) is True
            found["passphrase"] = self.new_passphrase(optional=optional)
        return found

    def _complete_backup(self, command: str, found: dict[str, object]) -> None:
        """What opens a backup, and what is to open what is made of it."""
        if command in ("backup bundle", "backup passphrase"):
            if "backup_passphrase" not in found:
                found["backup_passphrase"] = self._new_typed("New passphrase of the backup", optional=False)
            else:
                found["backup_passphrase"] = _long_enough(self.read_file("backup_passphrase"))
            return
        place = found.get("file") or found.get("place")
        if command == "restore into" and Path(str(place)).is_dir():
            return  # the newest that the wallet opens itself
        if not {"mnemonic", "backup_passphrase", "lnd_seed"} & set(found):
            if place is not None and needs_passphrase(str(place)):
                found["backup_passphrase"] = self._ask(
                    "Passphrase of the backup", needed=FilePassphraseNeededError()
                )
            elif command != "restore into":
                found["mnemonic"] = self.words()
        if command == "restore" and not found.get("dry_run"):
            has_words = not {"mnemonic", "lnd_seed"}.isdisjoint(found)
            found["passphrase"] = self.new_passphrase(optional=not has_words)

    def read_file(self, name: str) -> Secret:
        """The secret in the file given for it, without the line's end. Raises FileUnreadableError."""
        path = self._files[name]
        with interruptible(), opened_input(path) as file:
            data = file.read(LARGEST_FILE + 1)
        if len(data) > LARGEST_FILE:
            raise unreadable(path, "it is far larger than any secret")
        return _text(data.removeprefix(BYTE_ORDER_MARK), path)

    def passphrase(self, purpose: str) -> Secret:
        """The wallet's passphrase, from its file or by asking once. Raises PassphraseNeededError."""
        if self._passphrase is None:
            in_file = self.in_file("passphrase")
            self._passphrase = self.read_file("passphrase") if in_file else self._ask(purpose)
        return self._passphrase.copy()

    def forget_passphrase(self) -> None:
        """It was the wrong one: ask again next time."""
        self._passphrase = None

    def new_passphrase(self, *, optional: bool) -> Secret | None:
        """A passphrase to set, asked twice where a person types it. None: left empty, if that is allowed."""
        if self.in_file("passphrase"):
            return _long_enough(self.read_file("passphrase"))
        return self._new_typed("New passphrase", optional=optional)

    def _new_typed(self, purpose: str, *, optional: bool) -> Secret | None:
        attempt = 1
        while True:
            try:
                return self._type_new_passphrase(purpose, optional)
            except (InvalidInputError, PassphrasesDifferError) as error:
                if attempt == ATTEMPTS or not self.can_ask_again:
                    raise
                sys.stderr.write(f"{error.text.message}\n")
                attempt += 1

    def _type_new_passphrase(self, purpose: str, optional: bool) -> Secret | None:
        empty = "; empty: the keychain alone" if optional else ""
        typed = self._ask(f"{purpose} ({SHORTEST_PASSPHRASE} characters at least{empty})")
        if optional and not typed:
            return None
        _long_enough(typed)
        if self.can_ask_again and self._ask("The same again") != typed:
            raise PassphrasesDifferError
        return typed

    def words(self) -> Secret:
        """Typed in the clear: a person has to see what they copy. Raises WordsNotGivenError."""
        purpose = "Recovery words, separated by spaces; or a line each, and an empty line at the end"
        return self._ask(purpose, hidden=False, needed=WordsNotGivenError())

    def _ask(self, purpose: str, *, hidden: bool = True, needed: PillarboxError | None = None) -> Secret:
        """Raises `needed` where nobody can answer, or else PassphraseNeededError."""
        answer = None
        with interruptible():
            if sys.stdin is not None and sys.stdin.isatty():
                answer = _typed(f"{purpose}: ", hidden=hidden)
                answer = answer if hidden else _rest_of_words(answer)
            elif sys.stdin is not None and not self._stdin_is_taken:
                answer = _line()
        if not answer:
            raise needed or PassphraseNeededError(
                purpose=f"There is nobody to ask for it ({purpose[0].lower()}{purpose[1:]})."
            )
        return _text(answer.removeprefix(BYTE_ORDER_MARK), STDIN)


def _typed(prompt: str, *, hidden: bool) -> bytes:
    """A line as it was typed, its end included; nothing at the end of the input (Ctrl+D)."""
    if not hidden:
        sys.stderr.write(prompt)
        sys.stderr.flush()
        return _line()
    try:
        return getpass.getpass(prompt, stream=sys.stderr).encode(errors="surrogateescape") + b"\n"
    except EOFError:
        return b""
    except UnicodeDecodeError:
        raise InvalidInputError(
            what="passphrase", why="What was typed is not text in UTF-8. Check the terminal's character set."
        ) from None


def _rest_of_words(line: bytes) -> bytes:
    """More lines, where fewer words are in the first than there can be: a person enters them one by one.

    What is pasted and not read would end up in the shell, and in its history.
    """
    lines = [line]
    if are_fewer_than_any(line.decode(errors="replace")):
        while lines[-1].strip():
            lines.append(_line())
    return b" ".join(each.strip() for each in lines).strip()


def _line() -> bytes:
    with opened_input(STDIN) as lines:
        return lines.readline(LARGEST_FILE)


def _text(data: bytes, path: str) -> Secret:
    try:
        data.decode()
    except UnicodeDecodeError:
        raise unreadable(path, "it is not text in UTF-8") from None
    return Secret(data.removesuffix(b"\n").removesuffix(b"\r"))


def _long_enough(passphrase: Secret) -> Secret:
    if len(passphrase.text()) < SHORTEST_PASSPHRASE:
        raise InvalidInputError(
            what="passphrase", why=f"A passphrase has at least {SHORTEST_PASSPHRASE} characters."
        )
    return passphrase
