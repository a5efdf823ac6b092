"""What a wallet needs of the world for Loop: servers, a payer, blocks, a folder for backups."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pillarbox.lightning.payers import Payer
from pillarbox.loop.l402 import Challenge
from pillarbox.loop.token_file import Token
from pillarbox.model.network import Network
from pillarbox.storage.lightning_nodes import LightningNode


class Answer(Protocol):
    """What a server says when it registers a client key."""

    @property
    def server_key(self) -> bytes: ...
    @property
    def expiry(self) -> int: ...


class Server(Protocol):
    """A server of static addresses."""

    @property
    def url(self) -> object:
        """Its text is the same for every way to write the address."""
        ...

    async def demand(self) -> Challenge | None:
        """What it wants to be paid for a token; None where it wants none."""
        ...

    async def new_address(self, client_key: bytes, token: Token) -> Answer: ...


class Blocks(Protocol):
    """The chain that a wallet is on, as far as anybody told."""

    def height(self, network: Network) -> int:
        """0 while it is not known."""
        ...

    def on_block(self, network: Network, receive: Callable[[int], None]) -> Callable[[], None]:
        """Call `receive` with each new height, until told to end by what is returned."""
        ...


@dataclass(frozen=True, slots=True)
class LoopSurroundings:
    """`server` and `payer` make one for an address and for a node; they raise InvalidInputError."""

    server: Callable[[str], Server]
    payer: Callable[[LightningNode], Payer]
    blocks: Blocks
    backups: Callable[[Network], Path]
    """The folder of a network's backups."""
