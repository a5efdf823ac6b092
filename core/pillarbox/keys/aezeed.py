"""lnd's recovery words (aezeed, version 0): 24 words that hold 16 bytes of entropy and a birthday.

33 bytes, as 11-bit numbers of BIP39's English list: version (1 byte, 0), sealed seed (23), salt (5),
CRC-32C of all that (4). The seed is its own version (1), days since Bitcoin's first block (2) and
entropy (16). AEZ seals it under scrypt of a passphrase, with four bytes that tell a wrong one. The entropy
is BIP32's seed as it is.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import TracebackType
from typing import Self

from pillarbox.errors import InvalidInputError, PillarboxError
from pillarbox.keys import aez
from pillarbox.keys.mnemonic import ENGLISH, word_list
from pillarbox.keys.numbering import without_numbers
from pillarbox.secret import Secret

WORD_COUNT = 24
ENTROPY_SIZE = 16
SALT_SIZE = 5
VERSION = 0
"""Of the sealed form."""
LATEST_SEED = 1
"""Of what is sealed: 0, and 1 since lnd has taproot accounts. Both derive the same keys."""
DAY = 86_400
COST = 32_768
"""scrypt's N; r is 8 and p is 1."""
_GENESIS = 1_231_006_505
"""Time of Bitcoin's first block, Unix seconds."""
_EXPANSION = 4
_CHECKSUM_SIZE = 4
_SIZE = 33
_NO_PASSPHRASE = b"aezeed"
_NO_NONCE = b""
_POLYNOMIAL = 0x82F63B78
"""Of CRC-32C (Castagnoli), bits reversed."""


class AezeedLengthError(PillarboxError):
    """Parameters: count."""

    code = "aezeed-length"
    title = "The number of lnd's recovery words is wrong"
    message = "There are {count} words. lnd's recovery words come as 24."
    hint = "Check that none is missing or written twice. Nothing was changed."


class AezeedWordError(PillarboxError):
    """Parameters: position (counts from 1). The word itself is in no message."""

    code = "aezeed-word"
    title = "Word {position} is not a recovery word"
    message = "Word {position} is not in the list that lnd takes its words from."
    hint = "Compare word {position} with your written copy, letter by letter."


class AezeedChecksumError(PillarboxError):
    """No parameters."""

    code = "aezeed-checksum"
    title = "These are not lnd's recovery words as it wrote them"
    message = (
        "Every word is in the list, but their checksum does not match: at least one is another word than on "
        "your written copy, or two stand in the wrong order. The passphrase was not tried."
    )
    hint = "Compare every word and the order. Words of another kind of wallet (BIP39) are not lnd's."


class AezeedPassphraseError(PillarboxError):
    """No parameters."""

    code = "aezeed-passphrase"
    title = "This passphrase does not open lnd's recovery words"
    message = "The words are whole, and another passphrase sealed them; without one, none was set here."
    hint = "Enter the cipher seed passphrase, which is not the one that unlocks lnd's wallet."


class AezeedVersionError(PillarboxError):
    """Parameters: version."""

    code = "aezeed-version"
    title = "A newer lnd made these recovery words"
    message = "The words are whole, and of version {version}, which this Pillarbox does not know."
    hint = "Install the newest Pillarbox, or restore them in lnd. Nothing was changed."


@dataclass(frozen=True, slots=True)
class CipherSeed:
    """What the words hold. `birthday`: days since Bitcoin's first block.

    A context manager: the entropy is wiped at the end.
    """

    entropy: Secret
    birthday: int
    version: int = 0

    @property
    def born_at(self) -> int:
        """Unix seconds; no coin is older."""
        return _GENESIS + self.birthday * DAY

    def wipe(self) -> None:
        """Overwrite the entropy."""
        self.entropy.wipe()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.wipe()


def read(words: Secret, passphrase: Secret | None = None) -> CipherSeed:
    """Slow by design (scrypt), and only for words that belong together. Case and extra spaces do not
    matter, nor do numbers in order.

    Raises AezeedLengthError, AezeedWordError, AezeedChecksumError, AezeedVersionError, AezeedPassphraseError.
    """
    with Secret(_bytes(_numbers_of(without_numbers(words.text().lower().split())))) as whole:
        data = whole.reveal()
    body, checksum = data[:-_CHECKSUM_SIZE], data[-_CHECKSUM_SIZE:]
    if crc32c(body).to_bytes(_CHECKSUM_SIZE, "big") != checksum:
        raise AezeedChecksumError
    version, sealed, salt = body[0], body[1:-SALT_SIZE], body[-SALT_SIZE:]
    if version != VERSION:
        raise AezeedVersionError(version=version)
    with _key(passphrase, salt) as key:
        seed = aez.decipher(key, (_NO_NONCE, bytes((version,)) + salt), sealed, _EXPANSION)
    if seed is None:
        raise AezeedPassphraseError
    if seed[0] > LATEST_SEED:
        raise AezeedVersionError(version=seed[0])
    return CipherSeed(Secret(seed[3:]), int.from_bytes(seed[1:3], "big"), seed[0])


def write(seed: CipherSeed, salt: bytes, passphrase: Secret | None = None) -> Secret:
    """The words, separated by single spaces. `salt`: SALT_SIZE random bytes. Raises InvalidInputError."""
    if len(seed.entropy) != ENTROPY_SIZE or len(salt) != SALT_SIZE:
        raise InvalidInputError(what="seed", why="lnd's words hold 16 bytes of entropy and 5 of salt.")
    if not (0 <= seed.birthday < 1 << 16 and 0 <= seed.version <= LATEST_SEED):
        raise InvalidInputError(what="seed", why="lnd's words have no room for this birthday or version.")
    plain = bytes((seed.version,)) + seed.birthday.to_bytes(2, "big") + seed.entropy.reveal()
    head = bytes((VERSION,))
    with _key(passphrase, salt) as key:
        body = head + aez.encipher(key, (_NO_NONCE, head + salt), plain, _EXPANSION) + salt
    bits = int.from_bytes(body + crc32c(body).to_bytes(_CHECKSUM_SIZE, "big"), "big")
    listed = word_list(ENGLISH)
    places = range(11 * (WORD_COUNT - 1), -1, -11)
    return Secret.from_text(" ".join(listed[bits >> place & 2047] for place in places))


def crc32c(data: bytes) -> int:
    """The CRC of RFC 3720, which `zlib` does not have."""
    remainder = 0xFFFFFFFF
    for byte in data:
        remainder ^= byte
        for _ in range(8):
            remainder = remainder >> 1 ^ (_POLYNOMIAL if remainder & 1 else 0)
    return remainder ^ 0xFFFFFFFF


def _key(passphrase: Secret | None, salt: bytes) -> Secret:
    secret = passphrase.reveal() if passphrase else _NO_PASSPHRASE
    return Secret(hashlib.scrypt(secret, salt=salt, n=COST, r=8, p=1, maxmem=1 << 26, dklen=32))


@cache
def _places() -> Mapping[str, int]:
    return {word: number for number, word in enumerate(word_list(ENGLISH))}


def _numbers_of(words: Sequence[str]) -> Iterable[int]:
    if len(words) != WORD_COUNT:
        raise AezeedLengthError(count=len(words))
    places = _places()
    for position, word in enumerate(words, 1):
        if word not in places:
            raise AezeedWordError(position=position)
    return [places[word] for word in words]


def _bytes(numbers: Iterable[int]) -> bytes:
    """11-bit numbers, side by side."""
    bits = 0
    for number in numbers:
        bits = bits << 11 | number
    return bits.to_bytes(_SIZE, "big")
