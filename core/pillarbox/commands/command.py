"""What the command line promises, as functions: `(app, arguments)` to JSON objects and progress.

They print nothing and ask nothing. The same function runs in the caller's own process, or in the one that has
the wallet open, behind the local socket.
"""

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from enum import Enum, auto
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pillarbox.app.local_socket import Json, Reply
from pillarbox.commands.arguments import decode
from pillarbox.errors import PillarboxError

if TYPE_CHECKING:
    from pillarbox.app.application import Application
    from pillarbox.wallet.wallet import Wallet

A = TypeVar("A")

Replies = AsyncGenerator[Reply, None]


class Where(Enum):
    """Which process runs a command."""

    WINDOW = auto()
    """The window's, where one is open, so that it shows what happens; else the caller's own."""
    HOLDER = auto()
    """The one that has the wallet open; else the caller's own, without opening it."""
    OPEN_WALLET = auto()
    """The one that has the wallet open; else the caller's own, which opens it first."""


@dataclass(frozen=True, slots=True)
class Command(Generic[A]):
    """One command. `arguments` is a class that `arguments.decode` understands.

    Unless it runs at the WINDOW, its arguments have the wallet's name in `wallet`.
    """

    name: str
    arguments: type[A]
    where: Where
    run: "Callable[[Application, A], Replies]"
    can_resume: bool = False
    """After its process ended another may run it again: it goes on, and what it replied stays true."""


class NoSuchCommandError(PillarboxError):
    """Parameters: command."""

    code = "no-such-command"
    title = "There is no such command"
    message = "This Pillarbox knows no command {command}."
    hint = "Look at the help; if another Pillarbox asked, use the same version of both."


class NotOpenHereError(PillarboxError):
    """Parameters: wallet."""

    code = "not-open-here"
    title = "The wallet is not open there"
    message = 'The Pillarbox that was asked does not have "{wallet}" open.'
    hint = "Open it there, or try again."


class PassphraseNeededError(PillarboxError):
    """Parameters: purpose."""

    code = "passphrase-needed"
    title = "The wallet's passphrase is needed"
    message = "{purpose}"
    hint = "Enter it when asked, or give a file that holds it with --passphrase-file."


class WordsNotGivenError(PillarboxError):
    """No parameters."""

    code = "recovery-words-needed"
    title = "The recovery words are needed"
    message = "There is nobody to ask for them. Nothing was changed."
    hint = "Enter them when asked, or give a file that holds them with --mnemonic-file."


class FilePassphraseNeededError(PillarboxError):
    """No parameters."""

    code = "file-passphrase-needed"
    title = "The backup's passphrase is needed"
    message = "A passphrase of its own locks this backup, and there is nobody to ask for it."
    hint = "Enter it when asked, or give a file that holds it with --backup-passphrase-file."


LOOP_WORDS = ("pay", "status", "discard", "deposits", "exit", "token", "recover")

_MODULES: Mapping[str, str] = MappingProxyType(
    {
        "wallet create": "wallets",
        "wallet import": "wallets",
        "wallet list": "wallets",
        "wallet show": "wallets",
        "wallet lock": "wallets",
        "wallet unlock": "wallets",
        "account add": "accounts",
        "account kinds": "accounts",
        "account list": "accounts",
        "account prepare": "accounts",
        "receive": "receive",
        "addresses": "addresses",
        "release": "addresses",
        "mark-used": "addresses",
        "sync": "sync",
        "balances": "balances",
        "backup now": "backups",
        "backup status": "backups",
        "backup drill": "backups",
        "backup bundle": "backups",
        "backup passphrase": "backups",
        "backup folders": "backups",
        "backup list": "backups",
        "backup verify": "backups",
        "backup verify-by-wallet": "backups",
        "restore": "restore",
        "restore into": "restore",
        **{f"loop {word}": "loop" for word in LOOP_WORDS},
    }
)
"""Only what is asked for is imported: a command line should start fast."""

COMMAND_NAMES = tuple(_MODULES)


def find_command(name: str) -> Command[Any]:
    """Raises NoSuchCommandError."""
    if name not in _MODULES:
        raise NoSuchCommandError(command=ascii(name[:40]))
    commands: tuple[Command[Any], ...] = import_module(f"pillarbox.commands.{_MODULES[name]}").COMMANDS
    return next(command for command in commands if command.name == name)


SHOW_WINDOW = "window show"
"""What a second start asks of the first: it answers with nothing and comes to the front."""


class Desk:
    """Answers commands for one running Application: for its own process and, over the socket, for others."""

    def __init__(self, app: "Application", show_window: Callable[[], None] | None = None) -> None:
        self._app = app
        self._show_window = show_window

    async def __call__(self, name: str, given: Json) -> Replies:
        """What `local_socket.Answer` asks for. Raises what decoding and the command raise."""
        if name == SHOW_WINDOW and self._show_window is not None:
            self._show_window()
            return
        command = find_command(name)
        async with aclosing(self.run(command, decode(command.arguments, given))) as replies:
            async for reply in replies:
                yield reply

    async def run(self, command: Command[A], arguments: A) -> Replies:
        """Raises NotOpenHereError, ScreenLockedError, and what the command raises."""
        if command.where is Where.OPEN_WALLET:
            self._require_ready(arguments)
        async with aclosing(command.run(self._app, arguments)) as replies:
            async for reply in replies:
                yield reply

    def _require_ready(self, arguments: Any) -> None:
        name = self._app.folder(arguments.wallet).name
        wallet = self._app.open_wallets.get(name)
        if wallet is None:
            raise NotOpenHereError(wallet=name)
        wallet.unlocking.require_unlocked()


def opened(app: "Application", name: str) -> "Wallet":
    """The open wallet that a command with `Where.OPEN_WALLET` is about."""
    return app.open_wallets[app.folder(name).name]
