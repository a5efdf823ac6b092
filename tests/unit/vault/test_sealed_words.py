"""Recovery words at rest."""

import pytest

from pillarbox.model.account import WalletId
from pillarbox.secret import Secret
from pillarbox.vault.sealed_words import RecoveryWords, SealedWordsDamagedError, open_words, seal_words

PASSPHRASE = "TREZOR ä"
KEY = Secret(b"\x01" * 32)
WORDS = "legal winner thank year wave sausage worth useful legal winner thank yellow"


def recovery(words: str = WORDS, passphrase: str = PASSPHRASE) -> RecoveryWords:
    return RecoveryWords(Secret.from_text(words), Secret.from_text(passphrase))


def test_words_come_back_with_their_passphrase(wallet: WalletId) -> None:
    opened = open_words(KEY, wallet, seal_words(KEY, wallet, recovery()))
    assert (opened.words.text(), opened.bip39_passphrase.text()) == (WORDS, PASSPHRASE)
    opened.wipe()
    assert opened.words.wiped
    assert opened.bip39_passphrase.wiped


def test_no_sealed_blob_shows_words_or_how_many_there_are(wallet: WalletId) -> None:
    blob = seal_words(KEY, wallet, recovery())
    assert b"legal" not in blob
    assert len(blob) == len(seal_words(KEY, wallet, recovery(WORDS + " " + WORDS, "")))
    assert blob != seal_words(KEY, wallet, recovery())


@pytest.mark.parametrize("change", [0, 5, 20, -1])
def test_a_damaged_blob_is_told(wallet: WalletId, change: int) -> None:
    blob = bytearray(seal_words(KEY, wallet, recovery()))
    blob[change] ^= 1
    with pytest.raises(SealedWordsDamagedError):
        open_words(KEY, wallet, bytes(blob))


@pytest.mark.parametrize("blob", [b"", b"\x01", b"\x01short"])
def test_a_truncated_blob_is_told(wallet: WalletId, blob: bytes) -> None:
    with pytest.raises(SealedWordsDamagedError):
        open_words(KEY, wallet, blob)


def test_words_open_only_by_their_own_key_and_for_their_own_wallet(wallet: WalletId) -> None:
    blob = seal_words(KEY, wallet, recovery())
    with pytest.raises(SealedWordsDamagedError):
        open_words(Secret(b"\x02" * 32), wallet, blob)
    with pytest.raises(SealedWordsDamagedError):
        open_words(KEY, WalletId("f" * 32), blob)
