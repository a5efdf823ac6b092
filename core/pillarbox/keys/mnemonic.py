"""Recovery words (BIP39): made from entropy, read in any of the known languages, turned into a seed.

Words, entropy and seeds are secrets. No error says a word, only where it stands.
"""

import hashlib
import secrets
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType, TracebackType
from typing import Self

from pillarbox.errors import InvalidInputError, PillarboxError
from pillarbox.keys.numbering import without_numbers
from pillarbox.secret import Secret

ENGLISH = "english"
ENTROPY_BYTES: Mapping[int, int] = MappingProxyType({12: 16, 15: 20, 18: 24, 21: 28, 24: 32})
"""Number of words -> bytes of entropy."""
_ROUNDS = 2048


class MnemonicLengthError(PillarboxError):
    """Parameters: count."""

    code = "mnemonic-length"
    title = "The number of recovery words is wrong"
    message = "There are {count} words. Recovery words come as 12, 15, 18, 21 or 24."
    hint = "Check that none is missing or written twice. Nothing was changed."


class MnemonicWordError(PillarboxError):
    """Parameters: position (counts from 1), language."""

    code = "mnemonic-word"
    title = "Word {position} is not a recovery word"
    message = "Word {position} is not in the {language} list, which the other words fit best."
    hint = "Compare word {position} with your written copy, letter by letter."


class MnemonicChecksumError(PillarboxError):
    """No parameters."""

    code = "mnemonic-checksum"
    title = "These recovery words do not belong together"
    message = (
        "Every word is in the list, but their checksum does not match: at least one is another word than on "
        "your written copy, or two stand in the wrong order. They would open a different, empty wallet."
    )
    hint = "Compare every word and the order with your written copy."


@dataclass(frozen=True, slots=True)
class Mnemonic:
    """Words that passed the checksum: in canonical form, separated by single spaces, and what they encode.

    A context manager: both are wiped at the end.
    """

    words: Secret
    entropy: Secret
    language: str

    def seed(self, passphrase: Secret | None = None) -> Secret:
        """The 64-byte seed. BIP39 has no wrong passphrase: each one opens a wallet of its own."""
        extra = unicodedata.normalize("NFKD", passphrase.text()) if passphrase else ""
        return Secret(
            hashlib.pbkdf2_hmac("sha512", self.words.reveal(), f"mnemonic{extra}".encode(), _ROUNDS)
        )

    def wipe(self) -> None:
        """Overwrite words and entropy."""
        self.words.wipe()
        self.entropy.wipe()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.wipe()


@cache
def word_lists() -> Mapping[str, tuple[str, ...]]:
    """The 2048 words of each language in NFKD, under names such as `chinese-simplified`."""
    # Loaded when words are first asked for: bip-utils costs 0.2 s and 30 MB, and has no type information.
    from bip_utils import Bip39Languages  # type: ignore[import-untyped]  # noqa: PLC0415
    from bip_utils.bip.bip39.bip39_mnemonic_utils import (  # type: ignore[import-untyped]  # noqa: PLC0415
        Bip39WordsListGetter,
    )

    getter = Bip39WordsListGetter()
    lists = {language.name: getter.GetByLanguage(language) for language in Bip39Languages}
    return MappingProxyType(
        {
            name.lower().replace("_", "-"): tuple(
                unicodedata.normalize("NFKD", words.GetWordAtIdx(number)) for number in range(words.Length())
            )
            for name, words in lists.items()
        }
    )


def word_list(language: str) -> tuple[str, ...]:
    """The words of one language. Raises InvalidInputError for one that is not known."""
    lists = word_lists()
    if language not in lists:
        raise InvalidInputError(what="language", why=f"The known ones are {', '.join(lists)}.")
    return lists[language]


@cache
def _numbers(language: str) -> Mapping[str, int]:
    return {_plain(word): number for number, word in enumerate(word_list(language))}


def _plain(word: str) -> str:
    """Small letters without accents. No list needs them to tell two words apart; keyboards may lack them."""
    decomposed = unicodedata.normalize("NFKD", word.lower())
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def generate(word_count: int = 12, language: str = ENGLISH) -> Mnemonic:
    """New words from the system's randomness. Raises MnemonicLengthError for any other count than BIP39's."""
    if word_count not in ENTROPY_BYTES:
        raise MnemonicLengthError(count=word_count)
    return from_entropy(Secret(secrets.token_bytes(ENTROPY_BYTES[word_count])), language)


def from_entropy(entropy: Secret, language: str = ENGLISH) -> Mnemonic:
    """The words of 16, 20, 24, 28 or 32 bytes, which it takes over.

    Raises InvalidInputError for other sizes, or for an unknown language.
    """
    if len(entropy) not in ENTROPY_BYTES.values():
        raise InvalidInputError(what="entropy", why="Recovery words hold 16, 20, 24, 28 or 32 bytes.")
    checksum_bits = len(entropy) // 4
    bits = int.from_bytes(entropy.reveal(), "big") << checksum_bits | _checksum(entropy)
    count = (len(entropy) * 8 + checksum_bits) // 11
    listed = word_list(language)
    words = " ".join(listed[bits >> shift & 2047] for shift in range(11 * (count - 1), -1, -11))
    return Mnemonic(Secret.from_text(words), entropy, language)


def read(words: Secret, language: str | None = None) -> Mnemonic:
    """Reads words in one language, or in whichever fits. Case, accents and extra spaces do not matter.

    Nor do their numbers, where they are numbered in order.

    Raises MnemonicLengthError, MnemonicWordError or MnemonicChecksumError.
    """
    given = [_plain(word) for word in without_numbers(words.text().split())]
    if len(given) not in ENTROPY_BYTES:
        raise MnemonicLengthError(count=len(given))
    candidates = tuple(word_lists()) if language is None else (language,)
    fitting = [name for name in candidates if _known(given, name) == len(given)]
    for name in fitting:
        entropy = _entropy([_numbers(name)[word] for word in given])
        if entropy is not None:
            return from_entropy(entropy, name)
    if fitting:
        raise MnemonicChecksumError
    likeliest = max(candidates, key=lambda name: _known(given, name))
    wrong = next(place for place, word in enumerate(given, 1) if word not in _numbers(likeliest))
    raise MnemonicWordError(position=wrong, language=likeliest)


def _known(given: Sequence[str], language: str) -> int:
    """How many of the words the language has."""
    numbers = _numbers(language)
    return sum(word in numbers for word in given)


def _entropy(numbers: Sequence[int]) -> Secret | None:
    """What 11-bit word numbers encode, or None where the checksum does not match."""
    bits = 0
    for number in numbers:
        bits = bits << 11 | number
    checksum_bits = len(numbers) // 3
    entropy = Secret((bits >> checksum_bits).to_bytes(ENTROPY_BYTES[len(numbers)], "big"))
    return entropy if _checksum(entropy) == bits & (1 << checksum_bits) - 1 else None


def _checksum(entropy: Secret) -> int:
    """The first bits of the entropy's SHA-256, one for each four bytes."""
    return hashlib.sha256(entropy.reveal()).digest()[0] >> 8 - len(entropy) // 4
