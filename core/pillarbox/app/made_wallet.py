"""What making a wallet gives."""

from dataclasses import dataclass

from pillarbox.errors import ErrorText
from pillarbox.model.restoring import RestoreReport
from pillarbox.wallet.wallet import Wallet


@dataclass(frozen=True, slots=True)
class MadeWallet:
    """A wallet just made and open, and why the keychain does not hold its key, where it was to."""

    wallet: Wallet
    keychain_trouble: ErrorText | None


@dataclass(frozen=True, slots=True)
class RestoredAndOpen:
    """A wallet made of a backup, and what came of each part of it."""

    made: MadeWallet
    report: RestoreReport
