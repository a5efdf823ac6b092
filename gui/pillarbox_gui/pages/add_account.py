"""Adds accounts to a wallet by what was entered in its question."""

from pillarbox.model.account import Account, ScanState
from pillarbox.secret import Secret
from pillarbox.wallet.new_account import Preview
from pillarbox.wallet.wallet import Wallet
from pillarbox_gui.dialogs.account_plan import AccountPlan


class AccountAdding:
    """The words are opened for one preview, or for one account, and closed again."""

    def __init__(self, wallet: Wallet) -> None:
        self._wallet = wallet

    async def next_number(self, kind: str) -> int:
        return await self._wallet.accounts.next_number(kind)

    async def pending_server(self) -> str:
        pending = await self._wallet.loop.desk.pending()
        return "" if pending is None else pending.server

    async def preview(self, plan: AccountPlan) -> Preview:
        accounts = self._wallet.accounts
        if plan.public:
            return await accounts.preview(plan.kind, public=plan.proof.strip())
        with Secret.from_text(plan.proof) as passphrase:
            async with self._wallet.unlocking.root(passphrase) as root:
                return await accounts.preview(plan.kind, number=plan.number, root=root, extras=plan.extras)

    async def add(self, plan: AccountPlan) -> Account:
        """Its past is looked for, unless all of the wallet was made here."""
        accounts, scanning = self._wallet.accounts, self._wallet.scanning
        if plan.server:
            return await self._add_of_server(plan)
        if plan.public:
            added = await accounts.add(
                plan.kind, label=plan.label, public=plan.proof.strip(), scan_state=ScanState.UNSCANNED
            )
        else:
            with Secret.from_text(plan.proof) as passphrase:
                async with self._wallet.unlocking.root(passphrase) as root:
                    added = await accounts.add(
                        plan.kind,
                        label=plan.label,
                        number=plan.number,
                        root=root,
                        extras=plan.extras,
                        scan_state=self._past(),
                    )
        if added.scan_state is ScanState.UNSCANNED:
            scanning.start(added.id)
        return added

    async def _add_of_server(self, plan: AccountPlan) -> Account:
        """Begins, or goes on where an earlier time ended. Raises what comes first, such as a payment."""
        with Secret.from_text(plan.proof) as passphrase:
            async with self._wallet.unlocking.root(passphrase) as root:
                made = await self._wallet.loop.accounts.go_on(plan.server, root, most=1000 * plan.most)
        if plan.label and made.label != plan.label:
            await self._wallet.accounts.rename(made.id, plan.label)
        return made

    def _past(self) -> ScanState:
        made_here = all(account.scan_state is ScanState.MADE_HERE for account in self._wallet.accounts.all())
        return ScanState.MADE_HERE if made_here else ScanState.UNSCANNED
