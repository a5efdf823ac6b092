"""Of two open wallets with one account key only one hands out.

Two pools on one key would give one address to two payers.
"""

from pillarbox.model.account import WalletId


class KeyClaims:
    """Which open wallet hands out the addresses of which account key. First come, first served."""

    def __init__(self) -> None:
        self._holders: dict[str, tuple[WalletId, str]] = {}

    def claim(self, same_key: str, wallet: WalletId, name: str) -> str | None:
        """Claim a key for a wallet. None: it has it; else the name of the wallet that does."""
        holder, holder_name = self._holders.setdefault(same_key, (wallet, name))
        return None if holder == wallet else holder_name

    def release_all(self, wallet: WalletId) -> None:
        """The wallet was closed: others may hand out."""
        self._holders = {key: held for key, held in self._holders.items() if held[0] != wallet}
