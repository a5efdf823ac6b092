"""What is known of a wallet that is not open."""

from dataclasses import dataclass

from pillarbox.app.wallet_folders import WalletFolder
from pillarbox.errors import ErrorText, PillarboxError
from pillarbox.model.account import WalletId
from pillarbox.model.network import Network
from pillarbox.vault.slots_file import read_slots


@dataclass(frozen=True, slots=True)
class WalletSummary:
    """What is known of a wallet without opening it."""

    name: str
    id: WalletId | None
    network: Network | None
    is_open: bool
    in_keychain: bool
    has_passphrase: bool
    trouble: ErrorText | None = None
    """Why its key file cannot be read. Then `id` and `network` are None, and nothing is known to open it."""


def read(folder: WalletFolder, is_open: bool) -> WalletSummary:
    """Raises what `read_slots` raises."""
    slots = read_slots(folder.slots)
    return WalletSummary(
        folder.name,
        slots.wallet,
        slots.network,
        is_open,
        slots.keychain is not None,
        slots.passphrase is not None,
    )


def read_or_trouble(folder: WalletFolder, is_open: bool) -> WalletSummary:
    """One that cannot be read says why."""
    try:
        return read(folder, is_open)
    except PillarboxError as error:
        return WalletSummary(folder.name, None, None, is_open, False, False, error.text)
