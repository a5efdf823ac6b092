"""The project keys that indexers want of a wallet, kept in its encrypted database."""

from collections.abc import Awaitable, Callable

from pillarbox.chain.cardano_address import read_project_key
from pillarbox.model.network import Chain
from pillarbox.secret import Secret
from pillarbox.storage import indexer_keys
from pillarbox.storage.database import Database


class ProjectKeys:
    """One key a chain. Nobody is shown a key again once it is kept."""

    def __init__(self, db: Database, changed: Callable[[Chain], Awaitable[None]]) -> None:
        self._db = db
        self._changed = changed

    async def get(self, chain: Chain) -> Secret | None:
        """The key, to be wiped after use."""
        return await self._db.read(lambda tx: indexer_keys.get(tx, chain.name))

    async def has(self, chain: Chain) -> bool:
        key = await self.get(chain)
        if key is None:
            return False
        key.wipe()
        return True

    async def keep(self, chain: Chain, text: str) -> None:
        """Use this key from now on, or none for "". Raises InvalidInputError."""
        if text.strip():
            with read_project_key(text) as key:
                await self._db.write(lambda tx: indexer_keys.put(tx, chain.name, key))
        else:
            await self._db.write(lambda tx: indexer_keys.remove(tx, chain.name))
        await self._changed(chain)
