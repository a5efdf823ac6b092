"""What people call their addresses."""

from pillarbox.events import LabelsChanged, Publish
from pillarbox.model.account import WalletId
from pillarbox.model.address import AddressRef
from pillarbox.storage import labels, meta
from pillarbox.storage.database import Database, Tx
from pillarbox.wallet.open_accounts import OpenAccounts

LONGEST = 200


class Labels:
    """Labels of addresses, kept with the wallet."""

    def __init__(self, wallet: WalletId, accounts: OpenAccounts, db: Database, publish: Publish) -> None:
        self._wallet = wallet
        self._accounts = accounts
        self._db = db
        self._publish = publish

    async def set(self, ref: AddressRef, text: str) -> None:
        """Name an address; "" takes its name away. At most 200 characters are kept."""
        branch = self._accounts.branch(ref)
        plain = " ".join(text.split())[:LONGEST]

        def write(tx: Tx) -> None:
            labels.put(tx, ref, plain)
            meta.bump_revision(tx)

        await self._db.write(write)
        if plain:
            branch.labels[ref.index] = plain
        else:
            branch.labels.pop(ref.index, None)
        revision = self._accounts.revisions.next()
        self._publish(LabelsChanged(self._wallet, revision, ref.account, ref.branch, (ref.index,)))
