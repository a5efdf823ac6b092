"""One command, from its arguments to what is shown: wherever it belongs, and again where its wallet moved."""

import asyncio
import time
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any

from pillarbox.app.paths import Paths
from pillarbox.app.wallet_folders import NoSuchWalletError, WalletFolders
from pillarbox.cli.here import run_here
from pillarbox.cli.prompts import ATTEMPTS, Prompts
from pillarbox.cli.remote import run_remotely
from pillarbox.cli.render import OutputUnwritableError, Renderer
from pillarbox.commands.command import Command, Replies
from pillarbox.errors import PillarboxError
from pillarbox.model.progress import Progress

PATIENCE = 10.0
"""Seconds that another short command may keep the wallet, or take to close it."""
PAUSE = 0.05
_MOVED = frozenset({"ending", "wallet-in-use"})
"""Codes of errors that say: another process has the wallet just now, or no longer."""


class WordsNotShownError(PillarboxError):
    """Parameters: wallet."""

    code = "words-not-shown"
    title = "The recovery words could not be shown"
    message = (
        'The output does not take them, so nobody would ever have seen the words of "{wallet}". '
        "The wallet was not kept."
    )
    hint = "Create it again where its words can be shown."


class WordsNeverShownError(PillarboxError):
    """Parameters: wallet, folder."""

    code = "words-never-shown"
    title = "This wallet's recovery words were never shown"
    message = (
        'The wallet "{wallet}" was made, and the output does not take its words. '
        "If this computer fails, money in it could not be brought back."
    )
    hint = "Do not use it. Close Pillarbox, remove {folder}, and create another."


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every command needs of the program."""

    paths: Paths
    prompts: Prompts
    renderer: Renderer


async def perform(command: Command[Any], arguments: Any, around: Surroundings) -> None:
    """Run a command and show its replies. Raises what it raises.

    Where only the passphrase leads on, it is asked for, and the command begins again.
    """
    attempt = 1
    deadline = time.monotonic() + PATIENCE
    while True:
        began = time.monotonic()
        try:
            await _show(command, await _replies(command, arguments, around), around.renderer)
        except (BrokenPipeError, OutputUnwritableError) as error:
            if command.name == "wallet create":
                raise _unseen(arguments.wallet, around.paths) from error
            raise
        except PillarboxError as error:
            code = error.text.code
            if around.renderer.shown and not command.can_resume:
                raise
            if time.monotonic() - began > PATIENCE:
                deadline = time.monotonic() + PATIENCE
            if code in _MOVED and time.monotonic() < deadline:
                await asyncio.sleep(PAUSE)
            elif _passphrase_would_help(code, arguments, around.prompts, attempt):
                attempt += 1
                arguments = replace(arguments, passphrase=_ask_passphrase(error, around))
            else:
                raise
        else:
            return


async def _replies(command: Command[Any], arguments: Any, around: Surroundings) -> Replies:
    elsewhere = await run_remotely(command, arguments, around.paths)
    if elsewhere is not None:
        return elsewhere
    return run_here(command, arguments, around.paths, around.prompts, around.renderer.note)


async def _show(command: Command[Any], replies: Replies, renderer: Renderer) -> None:
    try:
        async with aclosing(replies):
            async for reply in replies:
                if isinstance(reply, Progress):
                    renderer.progress(reply)
                else:
                    renderer.reply(command.name, reply)
        if renderer.shown == 0:
            renderer.nothing(command.name)
    finally:
        renderer.finish(command.name)


def _unseen(name: str, paths: Paths) -> PillarboxError:
    """What became of a wallet whose words could not be shown: where it was made here, it is gone again."""
    try:
        folder = WalletFolders(paths.wallets).find(name)
    except NoSuchWalletError:
        return WordsNotShownError(wallet=name)
    return WordsNeverShownError(wallet=name, folder=str(folder.path))


def _passphrase_would_help(code: str, arguments: Any, prompts: Prompts, attempt: int) -> bool:
    if not hasattr(arguments, "passphrase"):
        return False
    if code == "passphrase-needed":
        return arguments.passphrase is None
    return code == "wrong-passphrase" and prompts.can_ask_again and attempt <= ATTEMPTS


def _ask_passphrase(error: PillarboxError, around: Surroundings) -> Any:
    if error.text.code == "wrong-passphrase":
        around.prompts.forget_passphrase()
        around.renderer.note(error.text.message)
    return around.prompts.passphrase("Passphrase")
