"""The project keys that indexers want of a wallet, kept in its encrypted database."""

from collections.abc import Awaitable, Callable

from pillarbox.chain.cardano_address import IndexerAddress, read_project_key
from pillarbox.errors import InvalidInputError
from pillarbox.model.network import Chain
from pillarbox.secret import Secret
from pillarbox.storage import indexer_keys
from pillarbox.storage.database import Database


class ProjectKeys:
    """One key a chain and indexer, sent to no other. Nobody is shown a key again once it is kept."""

    def __init__(
        self,
        db: Database,
        indexer: Callable[[Chain], IndexerAddress | None],
        changed: Callable[[Chain], Awaitable[None]],
    ) -> None:
        """`indexer` tells the one that the user has set; `changed` is told of each change."""
        self._db = db
        self._indexer = indexer
        self._changed = changed

    async def get(self, chain: Chain, origin: str) -> Secret | None:
        """The key for the indexer of this origin, to be wiped after use."""
        return await self._db.read(lambda tx: indexer_keys.get(tx, chain.name, origin))

    async def has(self, chain: Chain) -> bool:
        """Whether there is one for the indexer that is set."""
        address = self._indexer(chain)
        key = None if address is None else await self.get(chain, address.origin)
        if key is None:
            return False
        key.wipe()
        return True

    async def keep(self, chain: Chain, text: str) -> None:
        """Send this key to the indexer that is set, from now on, or none for "". Raises InvalidInputError."""
        address = self._indexer(chain)
        if address is None:
            why = f"It is sent to one indexer alone, and none is set for {chain.coin.title} yet."
            raise InvalidInputError(what="project key", why=why)
        if text.strip():
            with read_project_key(text) as key:
                await self._db.write(lambda tx: indexer_keys.put(tx, chain.name, address.origin, key))
        else:
            await self._db.write(lambda tx: indexer_keys.remove(tx, chain.name, address.origin))
        await self._changed(chain)
