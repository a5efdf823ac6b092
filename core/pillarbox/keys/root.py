"""What every key of a wallet is made from, in hand for one operation."""

from types import TracebackType
from typing import Self

from pillarbox.keys.bip32 import PrivateNode
from pillarbox.keys.mnemonic import Mnemonic
from pillarbox.secret import Secret


class Root:
    """The seed of BIP39, and what it was made from, which other standards start at. Wiped at the end.

    `entropy` is None where nothing but a seed is known: no words lead back from it. `node` is what stands in
    for a seed where only the root key is known; the seed is empty then.
    """

    __slots__ = ("entropy", "node", "passphrase", "seed")

    def __init__(
        self, seed: Secret, entropy: Secret | None, passphrase: Secret, node: PrivateNode | None = None
    ) -> None:
        """Takes them all over, and wipes them."""
        self.seed = seed
        self.entropy = entropy
        self.passphrase = passphrase
        self.node = node

    @classmethod
    def of(cls, words: Mnemonic, passphrase: Secret | None = None) -> Self:
        """Of recovery words and their BIP39 passphrase; slow by design (PBKDF2, 2048 rounds)."""
        extra = passphrase.copy() if passphrase else Secret(b"")
        return cls(words.seed(extra), words.entropy.copy(), extra)

    @classmethod
    def of_seed(cls, seed: Secret) -> Self:
        """Of a seed alone (64 bytes where BIP39 made it)."""
        return cls(seed.copy(), None, Secret(b""))

    @classmethod
    def of_node(cls, node: PrivateNode) -> Self:
        """Of a BIP32 root node, as another program's; takes it over."""
        return cls(Secret(b""), None, Secret(b""), node)

    @property
    def bip32(self) -> Secret | PrivateNode:
        """What BIP32 derives from: the seed, or the node that stands in for it."""
        return self.seed if self.node is None else self.node

    def master(self) -> PrivateNode:
        """A root node of the caller's own, to be wiped."""
        return PrivateNode.from_seed(self.seed) if self.node is None else self.node.descendant(())

    def wipe(self) -> None:
        """Overwrite all of it. May be called again."""
        self.seed.wipe()
        self.passphrase.wipe()
        if self.node is not None:
            self.node.wipe()
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
