import subprocess
import sys
import unicodedata

import pytest
from bip_utils import (
    Bip39Languages,
    Bip39MnemonicDecoder,
    Bip39MnemonicEncoder,
    Bip39SeedGenerator,
)
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.errors import InvalidInputError
from pillarbox.keys import mnemonic
from pillarbox.keys.mnemonic import (
    ENTROPY_BYTES,
    MnemonicChecksumError,
    MnemonicLengthError,
    MnemonicWordError,
)
from pillarbox.secret import Secret

ABANDON = "abandon " * 11 + "about"

PUBLISHED = [
    (
        "00" * 16,
        ABANDON,
        (
            "c55257c360c07c72029aebc1b53c05ed0362ada38ead3e3e9efa3708e5349553"
            "1f09a6987599d18264c1e1c92f2cf141630c7a3c4ab7c81b2f001698e7463b04"
        ),
    ),
    (
        "7f" * 16,
        "legal winner thank year wave sausage worth useful legal winner thank yellow",
        (
            "2e8905819b8723fe2c1d161860e5ee1830318dbf49a83bd451cfb8440c28bd6f"
            "a457fe1296106559a3c80937a1c1069be3a3a5bd381ee6260e8d9739fce1f607"
        ),
    ),
    (
        "80" * 16,
        "letter advice cage absurd amount doctor acoustic avoid letter advice cage above",
        (
            "d71de856f81a8acc65e6fc851a38d4d7ec216fd0796d0a6827a3ad6ed5511a30"
            "fa280f12eb2e47ed2ac03b5c462a0358d18d69fe4f985ec81778c1b370b652a8"
        ),
    ),
    (
        "ff" * 16,
        "zoo " * 11 + "wrong",
        (
            "ac27495480225222079d7be181583751e86f571027b0497b5b5d11218e0a8a13"
            "332572917f0f8e5a589620c6f15b11c61dee327651a14c34e18231052e48c069"
        ),
    ),
]

LANGUAGES = [language.name.lower().replace("_", "-") for language in Bip39Languages]

entropies = st.sampled_from(sorted(ENTROPY_BYTES.values())).flatmap(
    lambda size: st.binary(min_size=size, max_size=size)
)


def secret(text: str) -> Secret:
    return Secret.from_text(text)


@pytest.mark.parametrize(("entropy", "words", "seed"), PUBLISHED)
def test_the_published_vectors(entropy: str, words: str, seed: str) -> None:
    made = mnemonic.from_entropy(Secret(bytes.fromhex(entropy)))
    assert made.words.text() == words
    read = mnemonic.read(secret(words))
    assert (read.entropy.reveal().hex(), read.language) == (entropy, "english")
    assert read.seed(secret("TREZOR")).reveal().hex() == seed


@pytest.mark.parametrize("language", LANGUAGES)
@given(entropy=entropies)
def test_words_equal_another_implementation_in_every_language(language: str, entropy: bytes) -> None:
    other = Bip39Languages[language.upper().replace("-", "_")]
    expected = str(Bip39MnemonicEncoder(other).Encode(entropy))
    assert mnemonic.from_entropy(Secret(entropy), language).words.text() == expected
    assert mnemonic.read(secret(expected), language).entropy.reveal() == entropy
    assert Bip39MnemonicDecoder(other).Decode(expected) == entropy


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("passphrase", ["", "TREZOR", "café ㍍ガバヴァ", " "])
def test_seeds_equal_another_implementation(language: str, passphrase: str) -> None:
    words = mnemonic.from_entropy(Secret(bytes(range(32))), language)
    expected = Bip39SeedGenerator(words.words.text()).Generate(passphrase)
    assert words.seed(secret(passphrase)).reveal() == expected


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_language_is_found(language: str) -> None:
    words = mnemonic.from_entropy(Secret(bytes(range(1, 33))), language).words
    assert mnemonic.read(words).language == language


def test_every_language_is_known_and_has_2048_words() -> None:
    lists = mnemonic.word_lists()
    assert list(lists) == LANGUAGES
    assert {len(set(words)) for words in lists.values()} == {2048}


@pytest.mark.parametrize("count", ENTROPY_BYTES)
def test_new_words_have_the_asked_number_and_differ_each_time(count: int) -> None:
    first, second = mnemonic.generate(count), mnemonic.generate(count)
    assert len(first.words.text().split()) == count
    assert first.words != second.words


@pytest.mark.parametrize("language", ["french", "korean", "spanish"])
def test_composed_and_decomposed_letters_are_the_same_words(language: str) -> None:
    made = mnemonic.from_entropy(Secret(bytes(range(32))), language)
    composed = unicodedata.normalize("NFC", made.words.text())
    assert composed != made.words.text()
    assert mnemonic.read(secret(composed)).seed() == made.seed()


def test_capitals_extra_spaces_and_missing_accents_do_not_matter() -> None:
    assert mnemonic.read(secret(f"\n  {ABANDON.upper()}\t ")).words.text() == ABANDON
    spanish = mnemonic.from_entropy(Secret(bytes(16)), "spanish")
    assert "á" in unicodedata.normalize("NFC", spanish.words.text())
    unaccented = unicodedata.normalize("NFC", spanish.words.text()).replace("á", "a")
    assert mnemonic.read(secret(unaccented)).words == spanish.words


def test_each_passphrase_opens_a_wallet_of_its_own() -> None:
    words = mnemonic.read(secret(ABANDON))
    assert words.seed() == words.seed(secret(""))
    assert words.seed() != words.seed(secret(" ")) != words.seed(secret("TREZOR"))


@pytest.mark.parametrize("position", [1, 7, 12])
def test_a_wrong_word_is_named_by_its_place(position: int) -> None:
    words = ABANDON.split()
    words[position - 1] = "abandn"
    with pytest.raises(MnemonicWordError) as caught:
        mnemonic.read(secret(" ".join(words)))
    assert caught.value.parameters == {"position": position, "language": "english"}
    assert "abandn" not in str(caught.value)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_wrong_word_is_looked_for_in_the_language_of_the_others(language: str) -> None:
    words = mnemonic.from_entropy(Secret(bytes(range(1, 33))), language).words.text().split()
    words[4] = "xyzzy"
    with pytest.raises(MnemonicWordError) as caught:
        mnemonic.read(secret(" ".join(words)))
    assert caught.value.parameters == {"position": 5, "language": language}


@pytest.mark.parametrize("words", ["abandon " * 12, "zoo " * 24, "above " * 18])
def test_words_that_do_not_belong_together_have_an_error_of_their_own(words: str) -> None:
    with pytest.raises(MnemonicChecksumError):
        mnemonic.read(secret(words))


@pytest.mark.parametrize("count", [0, 1, 11, 13, 25])
def test_a_wrong_number_of_words_is_named(count: int) -> None:
    with pytest.raises(MnemonicLengthError) as caught:
        mnemonic.read(secret("abandon " * count))
    assert caught.value.parameters == {"count": count}
    with pytest.raises(MnemonicLengthError):
        mnemonic.generate(count)


@pytest.mark.parametrize("size", [0, 15, 17, 33, 64])
def test_entropy_of_another_size_is_refused(size: int) -> None:
    with pytest.raises(InvalidInputError):
        mnemonic.from_entropy(Secret(bytes(size)))


def test_an_unknown_language_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InvalidInputError, match="chinese-simplified"):
        mnemonic.generate(12, "klingon")


def test_words_are_wiped_and_never_shown() -> None:
    with mnemonic.read(secret(ABANDON)) as words:
        assert "abandon" not in repr(words)
    assert words.words.wiped
    assert words.entropy.wiped


def test_bip_utils_is_loaded_only_when_words_are_asked_for() -> None:
    code = "import sys, pillarbox.accounts, pillarbox.keys.mnemonic; print('bip_utils' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "False"


NUMBERED = {
    "apart": "{number}. {word} ",
    "bare": "{number} {word} ",
    "together": "{number}.{word} ",
    "in brackets": "{number}) {word} ",
    "a line each": "{number}.\t{word}\n",
}


@pytest.mark.parametrize("form", NUMBERED.values(), ids=NUMBERED)
def test_words_may_be_numbered_in_order(form: str) -> None:
    for words in (ABANDON, "legal winner thank year wave sausage worth useful legal winner thank yellow"):
        numbered = "".join(form.format(number=at, word=word) for at, word in enumerate(words.split(), 1))
        with mnemonic.read(Secret.from_text(numbered)) as read:
            assert read.words.text() == words


@pytest.mark.parametrize(
    "numbered",
    [
        "2. abandon " + " ".join(f"{number}. abandon" for number in range(2, 12)) + " 12. about",
        "1. abandon " * 11 + "1. about",
        " ".join(f"{number}. abandon" for number in range(11)) + " 11. about",
        "1. " + ABANDON,
        " ".join(f"abandon {number}." for number in range(1, 12)) + " about 12.",
        " ".join(f"{number}abandon" for number in range(1, 12)) + " 12about",
        " ".join(f"{number}- abandon" for number in range(1, 12)) + " 12- about",
    ],
)
def test_words_that_are_numbered_in_any_other_way_are_refused(numbered: str) -> None:
    with pytest.raises((MnemonicLengthError, MnemonicWordError)):
        mnemonic.read(Secret.from_text(numbered))
