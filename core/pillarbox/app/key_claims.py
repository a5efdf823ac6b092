"""Of two open wallets with one account key only one hands out, also where another process has the other.

Two pools on one key would give one address to two payers.
"""

from hashlib import sha256

from pillarbox.files.byte_claims import NUMBERS, ByteClaims

ELSEWHERE = ""
"""Stands for a wallet that another process has open."""


class KeyClaims:
    """Which open wallet hands out the addresses of which account key. First come, first served."""

    def __init__(self, others: ByteClaims) -> None:
        self._others = others
        self._holders: dict[str, str] = {}

    def holds(self, same_key: str, wallet: str) -> bool:
        """Whether the wallet of that name has claimed a key."""
        return self._holders.get(same_key) == wallet

    def claim(self, same_key: str, wallet: str) -> str | None:
        """Claim a key for the wallet of that name. None: it has it; else the name of the one that does.

        Raises OSError.
        """
        holder = self._holders.get(same_key)
        if holder is None:
            if not self._others.claim(_number(same_key)):
                return ELSEWHERE
            holder = self._holders[same_key] = wallet
        return None if holder == wallet else holder

    def release_all(self, wallet: str) -> None:
        """The wallet was closed: others may hand out."""
        for same_key in [key for key, holder in self._holders.items() if holder == wallet]:
            del self._holders[same_key]
            self._others.release(_number(same_key))

    def close(self) -> None:
        """Nothing is open any more."""
        self._holders.clear()
        self._others.close()


def _number(same_key: str) -> int:
    return int.from_bytes(sha256(same_key.encode()).digest()[:8], "big") % NUMBERS
