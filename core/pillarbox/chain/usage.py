"""What a chain tells about scripts: asked once, or watched for as long as the program runs.

Serves pools, deposits and shared wallets alike; the watch key is the output script itself.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from pillarbox.model.account import WalletId
from pillarbox.model.network import Chain
from pillarbox.model.payment import ScriptHistory, Sighting
from pillarbox.secret import Secret


@dataclass(frozen=True, slots=True)
class Asker:
    """Which wallet asks. Some servers want a key of each: read when it is needed, and wiped after use."""

    wallet: WalletId
    project_key: Callable[[Chain, str], Awaitable[Secret | None]]
    """For a chain, at the indexer of an origin."""


class Watch(Protocol):
    """A standing question. Iterate it from one task; `add` and `aclose` may come from any other on the loop.

    For every script added it yields the state once when it is first known, untouched scripts included, and
    again whenever it changes: a payment, a confirmation, its proof, a reorganisation that takes it back. One
    that the server refuses is told as refused, and asked for again with each block and each connection. What
    changed while there was no connection is told after the next one. A state replaces the one before, and
    holds what was proven for as long as its block stands. Trouble with servers is told by the connection's
    state, never by the iteration, which ends only by `aclose`.
    """

    def add(self, scripts: Iterable[bytes], seen: Iterable[Sighting] = ()) -> None:
        """Watch these output scripts too. Those already watched stay as they are.

        `seen` is what an earlier run was told of them. What it calls proven, in a block that is still part of
        the chain, is not proven anew, which saves a wallet with a long past most of the traffic of a restart.
        """
        ...

    def __aiter__(self) -> AsyncIterator[list[ScriptHistory]]: ...

    async def __anext__(self) -> list[ScriptHistory]:
        """The next batch: never empty, each script at most once, at most a few thousand of them."""
        ...

    async def aclose(self) -> None:
        """Forget the scripts and end the iteration. May be called again."""
        ...


class UsageSource(Protocol):
    """Anything that can tell the history of output scripts."""

    async def history(self, scripts: Sequence[bytes]) -> Sequence[ScriptHistory]:
        """All that is known of each script now, in the order asked.

        Waits for a connection where there is none, and asks the next server where one fails or refuses;
        cancel it, or put a time-out around it, to stop waiting. Raises NoServerError where no server is
        configured.
        """
        ...

    def watch(self) -> Watch:
        """A new watch over no script yet."""
        ...
