"""What every key of a wallet is made from, in hand for one operation."""

from types import TracebackType
from typing import Self

from pillarbox.keys.mnemonic import Mnemonic
from pillarbox.secret import Secret


class Root:
    """The seed of BIP39, and what it was made from, which other standards start at. Wiped at the end.

    `entropy` is None where nothing but a seed is known: no words lead back from it.
    """

    __slots__ = ("entropy", "passphrase", "seed")

    def __init__(self, seed: Secret, entropy: Secret | None, passphrase: Secret) -> None:
        """Takes all three over, and wipes them."""
        self.seed = seed
        self.entropy = entropy
        self.passphrase = passphrase

    @classmethod
    def of(cls, words: Mnemonic, passphrase: Secret | None = None) -> Self:
        """Of recovery words and their BIP39 passphrase; slow by design (PBKDF2, 2048 rounds)."""
        extra = passphrase.copy() if passphrase else Secret(b"")
        return cls(words.seed(extra), words.entropy.copy(), extra)

    @classmethod
    def of_seed(cls, seed: Secret) -> Self:
        """Of a seed alone (64 bytes where BIP39 made it)."""
        return cls(seed.copy(), None, Secret(b""))

    def wipe(self) -> None:
        """Overwrite all of it. May be called again."""
        self.seed.wipe()
        self.passphrase.wipe()
        if self.entropy is not None:
            self.entropy.wipe()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.wipe()

    def __repr__(self) -> str:
        return "<root>"
