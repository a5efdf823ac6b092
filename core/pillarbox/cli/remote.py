"""A command in the process that has its wallet open, over that process's private socket."""

import os
from contextlib import aclosing
from typing import Any

from pillarbox.app.local_socket import WINDOW, Reply, ToldError, ask, holder_of
from pillarbox.app.local_transport import PeerUnreachableError
from pillarbox.app.paths import Paths
from pillarbox.app.wallet_folders import WalletFolders
from pillarbox.commands.arguments import encode
from pillarbox.commands.command import Command, NotOpenHereError, Replies, Where


async def run_remotely(command: Command[Any], arguments: Any, paths: Paths) -> Replies | None:
    """The replies of the process whose business this is; None where no other one answers, or has the wallet.

    A name left in the wallet's lock file may be that of a stranger by now: the lock itself decides then.

    Raises NoSuchWalletError, and what the command raises before its first reply.
    """
    name = _process_to_ask(command, arguments, paths)
    if name is None:
        return None
    replies = ask(paths.run, name, command.name, encode(arguments))
    try:
        first = await anext(replies, None)
    except PeerUnreachableError:
        return None
    except ToldError as error:
        if error.text.code == NotOpenHereError.code:
            return None
        raise
    return _rejoined(first, replies)


def _process_to_ask(command: Command[Any], arguments: Any, paths: Paths) -> str | None:
    if command.where is Where.WINDOW:
        return WINDOW
    holder = holder_of(WalletFolders(paths.wallets).find(arguments.wallet).path)
    return None if holder == str(os.getpid()) else holder


async def _rejoined(first: Reply | None, rest: Replies) -> Replies:
    async with aclosing(rest):
        if first is not None:
            yield first
            async for reply in rest:
                yield reply
