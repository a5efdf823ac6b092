"""Balance reports mark addresses Used, for kinds whose usage nothing else proves."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pillarbox.accounts.kind import UsageProof
from pillarbox.errors import PillarboxError
from pillarbox.model.account import AccountId, ScanState
from pillarbox.storage import addresses
from pillarbox.storage.database import Database, Tx
from pillarbox.wallet.open_accounts import OpenAccounts
from pillarbox.wallet.usage_recording import UsageRecording

if TYPE_CHECKING:
    from pillarbox.chain.balance_report import BalanceReport


class NoReportTakenError(PillarboxError):
    """Parameters: account, kind."""

    code = "no-report-taken"
    title = "This account takes no balance report"
    message = "{kind} learns in another way which of its addresses were paid. Nothing was changed."
    hint = "Choose an account of a kind that takes reports, such as Dash platform payments."


@dataclass(frozen=True, slots=True)
class Applied:
    """How many addresses of a report became Used, stayed as they were, or are not the account's."""

    used: int
    unchanged: int
    unknown: int
    missing: int
    """How many of the account's addresses the report does not name: nothing is known of these."""


class BalanceReports:
    """Applies reports to accounts."""

    def __init__(
        self,
        accounts: OpenAccounts,
        db: Database,
        recording: UsageRecording,
        set_scan_state: Callable[[AccountId, ScanState], Awaitable[None]],
    ) -> None:
        self._set_scan_state = set_scan_state
        self._accounts = accounts
        self._db = db
        self._recording = recording

    async def apply(self, account: AccountId, report: "BalanceReport") -> Applied:
        """A positive balance marks Used for good; zero changes nothing.

        Applied again to the rows that this adds to the look-ahead, until none becomes Used. If it names every
        row then, the account's past is known. Raises NoReportTakenError, NoSuchAccountError.
        """
        opened = self._accounts.get(account)
        if opened.kind.usage is not UsageProof.BALANCE_REPORT:
            raise NoReportTakenError(account=account, kind=opened.kind.title)
        used = 0
        while True:
            ours, keys = await self._db.read(lambda tx: self._find(tx, account, report))
            newly_used = await self._recording.record([], used=keys) if keys else 0
            used += newly_used
            if not newly_used:
                missing = sum(branch.pool.count for branch in opened.branches.values()) - ours
                if not missing and opened.account.scan_state is ScanState.UNSCANNED:
                    await self._set_scan_state(account, ScanState.SCANNED)
                return Applied(used, ours - used, len(report.balances) - ours, missing)

    def _find(self, tx: Tx, account: AccountId, report: "BalanceReport") -> tuple[int, list[bytes]]:
        """How many addresses are the account's; the watch keys of those that the report makes Used.

        An address marked by hand is among these: the report makes the mark final.
        """
        ours, keys = 0, []
        branches = self._accounts.get(account).branches
        final = {
            number: {index for index, by_hand in addresses.used(tx, account, number) if not by_hand}
            for number in branches
        }
        for text, balance in report.balances.items():
            ref = addresses.find_text(tx, text)
            if ref is None or ref.account != account:
                continue
            ours += 1
            if balance and ref.index not in final[ref.branch]:
                keys += addresses.watch_keys(tx, account, ref.branch, [ref.index])
        return ours, keys
