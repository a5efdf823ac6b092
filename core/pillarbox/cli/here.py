"""A command in this process: an Application for as long as it takes, which answers others meanwhile."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from importlib import import_module
from typing import TYPE_CHECKING, Any

from pillarbox.app.local_socket import Answer, Json, LocalServer, Reply
from pillarbox.app.paths import Paths
from pillarbox.cli.prompts import ATTEMPTS, Prompts
from pillarbox.commands.command import Command, Desk, Replies, Where
from pillarbox.errors import PillarboxError
from pillarbox.model.progress import Progress

if TYPE_CHECKING:
    from pillarbox.app.application import Application

PROGRAM = "Pillarbox's command line"
QUIET = 1.0
"""Seconds after which waiting for the keychain is worth a word."""

Note = Callable[[str], None]


async def run_here(
    command: Command[Any], arguments: Any, paths: Paths, prompts: Prompts, note: Note
) -> Replies:
    """Start, open the wallet where needed, run, and stop."""
    # Most of the start-up time: only now, and not on the loop.
    application = await asyncio.to_thread(import_module, "pillarbox.app.application")
    app: Application = await application.Application.start(paths, program=PROGRAM)
    try:
        desk = Desk(app)
        opened = asyncio.Event()
        server = await LocalServer.start(paths.run, _after(opened, desk))
        try:
            try:
                if command.where is Where.OPEN_WALLET:
                    await _open(app, arguments.wallet, prompts, note)
            finally:
                opened.set()
            async with aclosing(desk.run(command, arguments)) as replies:
                async for reply in replies:
                    yield _of_this_process(command, reply)
        finally:
            await server.aclose()
    finally:
        await app.stop()
        # The loop's threads ended with the application; the command may have to begin again.
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor())


def _of_this_process(command: Command[Any], reply: Reply) -> Reply:
    """A plain hand-out is held by its process, which ends with the command here: that has to be told."""
    if command.name != "receive" or isinstance(reply, Progress) or reply["request"] is not None:
        return reply
    return {**reply, "ends_with_command": True}


def _after(opened: asyncio.Event, answer: Answer) -> Answer:
    """Answer others once the wallet is open: its lock says so a little earlier."""

    async def answer_then(name: str, given: Json) -> Replies:
        await opened.wait()
        async with aclosing(answer(name, given)) as replies:
            async for reply in replies:
                yield reply

    return answer_then


async def _open(app: "Application", name: str, prompts: Prompts, note: Note) -> None:
    """By the passphrase's file where one is given, by the keychain, or by asking."""
    if prompts.in_file("passphrase"):
        await app.open_wallet(name, prompts.passphrase("Passphrase"))
        return
    waiting = asyncio.get_running_loop().call_later(QUIET, note, "Waiting for the keychain ...")
    try:
        await app.open_wallet(name)
    except PillarboxError as error:
        waiting.cancel()
        if error.code.startswith("keychain-"):
            note(f"{error.text.title}. {error.text.message}")
        elif error.code != "not-in-keychain":
            raise
        await _open_by_asking(app, name, prompts, note)
    finally:
        waiting.cancel()


async def _open_by_asking(app: "Application", name: str, prompts: Prompts, note: Note) -> None:
    for attempt in range(1, ATTEMPTS + 1):
        try:
            await app.open_wallet(name, prompts.passphrase(f'Passphrase of "{name}"'))
        except PillarboxError as error:
            if error.code != "wrong-passphrase" or attempt == ATTEMPTS or not prompts.can_ask_again:
                raise
            prompts.forget_passphrase()
            note(error.text.message)
        else:
            return
