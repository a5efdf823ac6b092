"""What a connection needs of the headers of its chain: proven ones or shown ones."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from pillarbox.bitcoin.headers import Header
from pillarbox.chain.chain_rules import ChainRules

if TYPE_CHECKING:
    from pillarbox.chain.electrum_server import ElectrumServer


@dataclass(frozen=True, slots=True)
class HeadersChange:
    """The chain has grown to `height`; blocks from `replaced_from` on (None: none) are others than before."""

    height: int
    replaced_from: int | None


class Headers(Protocol):
    """Block headers of one chain, each known by its double SHA-256. One server is followed at a time."""

    @property
    def rules(self) -> ChainRules: ...

    @property
    def height(self) -> int | None:
        """Of the last block; None while there is none."""
        ...

    @property
    def shared_height(self) -> int:
        """Up to here the server that was followed last shows the same blocks as this chain."""
        ...

    def on_change(self, receive: Callable[[HeadersChange], None]) -> Callable[[], None]:
        """Call `receive` with every change, until told to end by what is returned."""
        ...

    async def load(self) -> None:
        """Take up what was kept on disk."""
        ...

    async def follow(self, server: "ElectrumServer") -> None:
        """Follow `server` to its tip. Raises ElectrumError, which may not have ended the connection."""
        ...

    async def recall(self, server: "ElectrumServer", heights: Iterable[int]) -> None:
        """Have what `holds` is asked for at hand. Raises as `follow` does."""
        ...

    def holds(self, height: int, block: bytes) -> bool:
        """Whether the block of this hash, once proven at this height, is still part of the chain."""
        ...

    async def headers_at(self, server: "ElectrumServer", heights: Iterable[int]) -> dict[int, Header]:
        """The headers at `heights`, none of them above `height`, as far as they are to be had.

        None up to `shared_height` is missing. Raises as `follow` does.
        """
        ...
