"""The Lightning node that a wallet may pay with: how to reach it, kept in the encrypted database."""

import asyncio
from collections.abc import Callable

from pillarbox.errors import PillarboxError
from pillarbox.lightning.payers import Payer
from pillarbox.storage import lightning_nodes as stored
from pillarbox.storage.database import Database
from pillarbox.storage.lightning_nodes import LightningNode


class NoPayerError(PillarboxError):
    """No parameters."""

    code = "no-lightning-node"
    title = "No Lightning node is set"
    message = "The wallet knows no node that could pay. Nothing was paid."
    hint = "Name one with --lnd, --lnd-macaroon-file and --lnd-cert; or pay by hand and give the preimage."


class LightningPayer:
    """One node at most."""

    def __init__(self, db: Database, make: Callable[[LightningNode], Payer]) -> None:
        self._db = db
        self._make = make

    async def set(self, node: LightningNode) -> None:
        """From now on this one pays. Raises InvalidInputError for what names no node."""
        await asyncio.to_thread(self._make, node)
        await self._db.write(lambda tx: stored.put(tx, node))

    async def forget(self) -> None:
        await self._db.write(stored.remove)

    async def url(self) -> str:
        """Where the node is, "" without one."""
        node = await self._db.read(stored.get)
        return "" if node is None else node.url

    async def get(self) -> Payer:
        """Raises NoPayerError."""
        node = await self._db.read(stored.get)
        if node is None:
            raise NoPayerError
        return await asyncio.to_thread(self._make, node)
