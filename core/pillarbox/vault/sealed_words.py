"""Recovery words at rest: sealed under a key that only the wallet's passphrase opens."""

import json
from dataclasses import dataclass

from pillarbox.errors import PillarboxError
from pillarbox.model.account import WalletId
from pillarbox.secret import Secret
from pillarbox.vault.box import seal, unseal

_VERSION = b"\x01"
_STEP = 512
"""Boxes grow in such steps, so that their size does not tell how many words there are."""


class SealedWordsDamagedError(PillarboxError):
    """No parameters."""

    code = "words-damaged"
    title = "The recovery words cannot be read"
    message = (
        "The recovery words kept in this wallet do not open, though its passphrase is right: they were "
        "damaged or come from another wallet. Addresses and history are not affected."
    )
    hint = "Use your written copy of the words. Restore the wallet from them, and check the disk."


@dataclass(frozen=True, slots=True)
class RecoveryWords:
    """The words as one text, and the BIP39 passphrase, empty where there is none. Wipe both after use."""

    words: Secret
    bip39_passphrase: Secret

    def wipe(self) -> None:
        self.words.wipe()
        self.bip39_passphrase.wipe()


def seal_words(words_key: Secret, wallet: WalletId, recovery: RecoveryWords) -> bytes:
    """A blob for the database. `words_key` comes from the slots."""
    plain = json.dumps(
        {"words": recovery.words.text(), "bip39_passphrase": recovery.bip39_passphrase.text()}
    ).encode()
    padded = plain.ljust(-(-len(plain) // _STEP) * _STEP)
    return _VERSION + seal(words_key, padded, _purpose(wallet))


def open_words(words_key: Secret, wallet: WalletId, blob: bytes) -> RecoveryWords:
    """The words of this wallet. Raises SealedWordsDamagedError."""
    plain = unseal(words_key, blob[1:], _purpose(wallet)) if blob[:1] == _VERSION else None
    if plain is None:
        raise SealedWordsDamagedError
    with plain:
        fields = json.loads(plain.reveal())
    return RecoveryWords(Secret.from_text(fields["words"]), Secret.from_text(fields["bip39_passphrase"]))


def _purpose(wallet: WalletId) -> bytes:
    return b"pillarbox words " + wallet.encode()
