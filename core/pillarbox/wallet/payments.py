"""What was received, as kept."""

from pillarbox.model.account import AccountId
from pillarbox.model.address import AddressRef
from pillarbox.model.payment import Payment
from pillarbox.storage import chain_history
from pillarbox.storage.database import Database


class Payments:
    """Received payments, newest first."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def of_address(self, ref: AddressRef) -> list[Payment]:
        return await self._db.read(lambda tx: chain_history.payments_of(tx, ref))

    async def of_account(self, account: AccountId, limit: int) -> list[Payment]:
        return await self._db.read(lambda tx: chain_history.payments(tx, account, limit))
