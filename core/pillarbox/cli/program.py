"""One run of the program: a command, or without one the window."""

import contextlib
import logging
import os
import sys
from collections.abc import Sequence
from contextlib import aclosing
from pathlib import Path

from pillarbox.app.local_socket import InternalError
from pillarbox.app.logs import logging_to
from pillarbox.app.paths import Paths
from pillarbox.cli import parser
from pillarbox.cli.ending import TerminatedError, run_to_the_end
from pillarbox.cli.inspecting import SecretItemError, inspect_items
from pillarbox.cli.parser import Invocation, parse
from pillarbox.cli.prompts import Prompts
from pillarbox.cli.render import Renderer
from pillarbox.cli.running import Surroundings, perform
from pillarbox.cli.window import open_window, run_tour
from pillarbox.commands.arguments import ArgumentsError, decode
from pillarbox.commands.command import find_command
from pillarbox.commands.self_test import checks
from pillarbox.commands.serving import PayArguments, ServeArguments, pay, serve
from pillarbox.errors import PillarboxError

log = logging.getLogger(__name__)

DONE = 0
FAILED = 1
WRONG_USAGE = 2
NOBODY_READS = 141
TERMINATED = 143


def run(argv: Sequence[str] | None = None) -> int:
    """The exit status. Raises KeyboardInterrupt. `argv` is as for `main`."""
    try:
        return _status(argv)
    finally:
        _let_go_of_output()


def _status(argv: Sequence[str] | None) -> int:
    try:
        invocation = parse(argv)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else WRONG_USAGE
    if sys.stdout is None or sys.stderr is None:
        return NOBODY_READS
    _write_any_character()
    renderer = Renderer(as_json=invocation.json, out=sys.stdout, err=sys.stderr, given=invocation.given)
    try:
        paths = Paths.choose(invocation.data_dir)
    except PillarboxError as error:
        renderer.error(error.text)
        return FAILED
    return _run(invocation, paths, renderer)


def _run(invocation: Invocation, paths: Paths, renderer: Renderer) -> int:
    log_path = paths.log.with_name("command-line.log")
    try:
        return _do(invocation, paths, renderer, log_path)
    except PillarboxError as error:
        renderer.error(error.text)
        return WRONG_USAGE if isinstance(error, (ArgumentsError, SecretItemError)) else FAILED
    except TerminatedError:
        return TERMINATED
    except BrokenPipeError:
        return NOBODY_READS
    except Exception as error:  # noqa: BLE001  # told and logged: a traceback is a bug
        _log_unexpected(error, log_path)
        renderer.error(InternalError(log=str(log_path)).text)
        return FAILED


def _do(invocation: Invocation, paths: Paths, renderer: Renderer, log_path: Path) -> int:
    match invocation.command:
        case parser.WINDOW:
            return open_window(paths)
        case parser.TOUR:
            return run_tour(str(invocation.given.get("out", "")))
        case parser.INSPECT:
            with logging_to(log_path, also_stderr=invocation.verbose, late=True):
                return DONE if inspect_items(invocation.given, renderer) else FAILED
        case parser.SELF_TEST:
            with logging_to(log_path, also_stderr=invocation.verbose):
                return DONE if run_to_the_end(_self_test(paths, renderer)) else FAILED
        case parser.SERVE | parser.PAY_TEST_INVOICE:
            with logging_to(log_path.with_name("server.log"), also_stderr=invocation.verbose):
                return _run_server_command(invocation, paths, renderer)
        case _:
            with logging_to(log_path, also_stderr=invocation.verbose):
                return _run_command(invocation, paths, renderer)


def _run_command(invocation: Invocation, paths: Paths, renderer: Renderer) -> int:
    prompts = Prompts(invocation.files)
    command = find_command(invocation.command)
    arguments = decode(command.arguments, prompts.complete(invocation.command, invocation.given))
    run_to_the_end(perform(command, arguments, Surroundings(paths, prompts, renderer)))
    return DONE


def _run_server_command(invocation: Invocation, paths: Paths, renderer: Renderer) -> int:
    """These need no wallet, and so no Application."""

    async def serve_until_ended() -> None:
        async with aclosing(serve(decode(ServeArguments, invocation.given), paths)) as replies:
            async for listening in replies:
                renderer.reply(invocation.command, listening)

    if invocation.command == parser.PAY_TEST_INVOICE:
        paid = run_to_the_end(pay(decode(PayArguments, invocation.given)))
        renderer.reply(invocation.command, paid)
    else:
        with contextlib.suppress(KeyboardInterrupt, TerminatedError):  # that is how a server is ended
            run_to_the_end(serve_until_ended())
    return DONE


async def _self_test(paths: Paths, renderer: Renderer) -> bool:
    whole = True
    async for check in checks(paths):
        renderer.reply(parser.SELF_TEST, check)
        whole = whole and bool(check["ok"])
    return whole


def _write_any_character() -> None:
    """A terminal that lacks a character shows its number instead of ending the program."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def _let_go_of_output() -> None:
    """What could not be written was told of: Python would complain once more when it ends."""
    if sys.stdout is None:
        return
    try:
        sys.stdout.flush()
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def _log_unexpected(error: Exception, path: Path) -> None:
    with contextlib.suppress(PillarboxError), logging_to(path):
        log.error("this command failed", exc_info=error)
