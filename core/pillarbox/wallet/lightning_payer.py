"""The Lightning node that a wallet may pay with: how to reach it, kept in the encrypted database."""

import asyncio
from collections.abc import Callable

from pillarbox.errors import PillarboxError
from pillarbox.lightning.payers import Payer
from pillarbox.storage import l402_tokens
from pillarbox.storage import lightning_nodes as stored
from pillarbox.storage.database import Database, Tx
from pillarbox.storage.lightning_nodes import LightningNode


class NoPayerError(PillarboxError):
    """No parameters."""

    code = "no-lightning-node"
    title = "No Lightning node is set"
    message = "The wallet knows no node that could pay. Nothing was paid."
    hint = "Name one with --lnd, --lnd-macaroon-file and --lnd-cert; or pay by hand and give the preimage."


class NodeStillNeededError(PillarboxError):
    """Parameters: url."""

    code = "lightning-node-needed"
    title = "The node that was asked to pay is still needed"
    message = (
        "{url} was told to pay, and only it can say what became of that. Its settings were kept, and nothing "
        "was paid."
    )
    hint = (
        "Ask it once more, with its settings as they are. Where it is gone for good, the payment can be "
        "discarded two weeks after the invoice is over."
    )


class LightningPayer:
    """One node at most."""

    def __init__(self, db: Database, make: Callable[[LightningNode], Payer]) -> None:
        self._db = db
        self._make = make

    async def set(self, node: LightningNode) -> None:
        """From now on this one pays.

        Raises InvalidInputError for what names no node, NodeStillNeededError.
        """
        await asyncio.to_thread(self._make, node)

        def write(tx: Tx) -> None:
            _require_unneeded(tx, node.url)
            stored.put(tx, node)

        await self._db.write(write)

    async def forget(self) -> None:
        """Raises NodeStillNeededError."""

        def write(tx: Tx) -> None:
            _require_unneeded(tx, "")
            stored.remove(tx)

        await self._db.write(write)

    async def url(self) -> str:
        """Where the node is, "" without one."""
        node = await self._db.read(stored.get)
        return "" if node is None else node.url

    async def get(self) -> Payer:
        """Raises NoPayerError."""
        payer = await self.find()
        if payer is None:
            raise NoPayerError
        return payer

    async def find(self) -> Payer | None:
        """None where no node is set."""
        node = await self._db.read(stored.get)
        return None if node is None else await asyncio.to_thread(self._make, node)


def _require_unneeded(tx: Tx, next_url: str) -> None:
    """Another node would know nothing of a payment that this one was told to make."""
    pending, node = l402_tokens.pending(tx), stored.get(tx)
    if pending is not None and pending.sent_by and node is not None and node.url != next_url:
        raise NodeStillNeededError(url=node.url)
