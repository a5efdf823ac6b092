"""The program `pillarbox`: a command, or without one the window."""

import asyncio
import contextlib
import logging
import os
import signal
import sys
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any

from pillarbox.app.local_socket import InternalError
from pillarbox.app.logs import LogUnwritableError, logging_to
from pillarbox.app.paths import Paths
from pillarbox.cli import parser
from pillarbox.cli.inspecting import SecretItemError, inspect_items
from pillarbox.cli.parser import Invocation, parse
from pillarbox.cli.prompts import Prompts
from pillarbox.cli.render import Renderer
from pillarbox.cli.running import Surroundings, perform
from pillarbox.cli.window import open_window, run_tour
from pillarbox.commands.arguments import ArgumentsError, decode
from pillarbox.commands.command import find_command
from pillarbox.commands.self_test import checks
from pillarbox.errors import ErrorText, PillarboxError

log = logging.getLogger(__name__)

DONE = 0
FAILED = 1
WRONG_USAGE = 2
INTERRUPTED = 130
NOBODY_READS = 141
TERMINATED = 143


class TerminatedError(Exception):
    """Somebody asked this process to end."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program; the exit status. `argv` is what follows its name, or None: as it was started."""
    try:
        invocation = parse(argv)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else WRONG_USAGE
    if sys.stdout is None or sys.stderr is None:
        return NOBODY_READS
    _write_any_character()
    renderer = Renderer(as_json=invocation.json, out=sys.stdout, err=sys.stderr)
    try:
        paths = Paths.choose(invocation.data_dir)
    except PillarboxError as error:
        renderer.error(error.text)
        return FAILED
    log_path = paths.log.with_name("command-line.log")
    try:
        return _run(invocation, paths, renderer, log_path)
    except PillarboxError as error:
        renderer.error(error.text)
        status = WRONG_USAGE if isinstance(error, (ArgumentsError, SecretItemError)) else FAILED
    except KeyboardInterrupt:
        status = INTERRUPTED
    except TerminatedError:
        status = TERMINATED
    except BrokenPipeError:
        _write_nowhere()
        status = NOBODY_READS
    except Exception as error:  # noqa: BLE001  # told and logged: a traceback is a bug
        _log_unexpected(error, log_path)
        _tell(renderer, InternalError(log=str(log_path)).text)
        status = FAILED
    return status


def _tell(renderer: Renderer, text: ErrorText) -> None:
    """The error may be that nothing can be written where replies go: then a person reads it beside them."""
    try:
        renderer.error(text)
    except OSError as error:
        _write_nowhere()
        renderer.note(f"The reply could not be written: {error.strerror}. {text.message}")


def _run(invocation: Invocation, paths: Paths, renderer: Renderer, log_path: Path) -> int:
    match invocation.command:
        case parser.WINDOW:
            return open_window(paths)
        case parser.TOUR:
            return run_tour(str(invocation.given.get("out", "")))
        case parser.INSPECT:
            return DONE if inspect_items(invocation.given, renderer) else FAILED
        case parser.SELF_TEST:
            with logging_to(log_path, also_stderr=invocation.verbose):
                return DONE if _to_the_end(_self_test(paths, renderer)) else FAILED
        case _:
            with logging_to(log_path, also_stderr=invocation.verbose):
                return _run_command(invocation, paths, renderer)


def _run_command(invocation: Invocation, paths: Paths, renderer: Renderer) -> int:
    prompts = Prompts(invocation.files)
    command = find_command(invocation.command)
    arguments = decode(command.arguments, prompts.complete(invocation.command, invocation.given))
    _to_the_end(perform(command, arguments, Surroundings(paths, prompts, renderer)))
    return DONE


async def _self_test(paths: Paths, renderer: Renderer) -> bool:
    whole = True
    async for check in checks(paths):
        renderer.reply(parser.SELF_TEST, check)
        whole = whole and bool(check["ok"])
    return whole


def _to_the_end(work: Coroutine[Any, Any, Any]) -> Any:
    """Run on a loop of its own. Ctrl+C and SIGTERM cancel the work, which cleans up; then they raise."""

    async def until_terminated() -> Any:
        task = asyncio.current_task()
        terminated = False

        def terminate() -> None:
            nonlocal terminated
            terminated = True
            if task is not None:
                task.cancel()

        with contextlib.suppress(NotImplementedError):  # Windows has no handlers on its loop
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, terminate)
        try:
            return await work
        except asyncio.CancelledError:
            if terminated:
                raise TerminatedError from None
            raise

    whole = until_terminated()
    try:
        with asyncio.Runner() as runner:
            return runner.run(whole)
    finally:
        # Interrupted before the loop took them, they would complain that nobody awaited them.
        whole.close()
        work.close()


def _write_any_character() -> None:
    """A terminal that lacks a character shows its number instead of ending the program."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def _write_nowhere() -> None:
    """Python would complain once more when it flushes standard output at the end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def _log_unexpected(error: Exception, path: Path) -> None:
    with contextlib.suppress(LogUnwritableError), logging_to(path):
        log.error("this command failed", exc_info=error)


if __name__ == "__main__":
    sys.exit(main())
