"""lnd's recovery words: as lnd writes them, and each way in which they are wrong told apart."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.errors import InvalidInputError, PillarboxError
from pillarbox.keys import aez, aezeed, lnd
from pillarbox.keys.aezeed import (
    AezeedChecksumError,
    AezeedLengthError,
    AezeedPassphraseError,
    AezeedVersionError,
    AezeedWordError,
    CipherSeed,
)
from pillarbox.keys.mnemonic import word_list
from pillarbox.secret import Secret

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "aezeed.json").read_text())
PLAIN = VECTORS["lnd"][0]
WORDS: list[str] = PLAIN["words"].split()
SALT = bytes.fromhex(PLAIN["salt"])
ENTROPY = bytes.fromhex(PLAIN["entropy"])
NODE_FAMILY = 6


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """As lnd's own tests do, and for the same reason."""
    monkeypatch.setattr(aezeed, "COST", 16)


def secret(text: str) -> Secret:
    return Secret.from_text(text)


def spoken(words: list[str]) -> Secret:
    return secret(" ".join(words))


def require_case(case: dict[str, Any]) -> None:
    passphrase = secret(case["passphrase"])
    seed = aezeed.read(secret(case["words"]), passphrase)
    assert seed.entropy.reveal().hex() == case["entropy"]
    assert (seed.birthday, seed.version) == (case["birthday"], case["version"])
    assert aezeed.write(seed, bytes.fromhex(case["salt"]), passphrase).text() == case["words"]


@pytest.mark.parametrize("case", VECTORS["lnd"], ids=lambda case: case["passphrase"] or "without")
def test_words_that_lnd_made_are_read_and_written_word_for_word(case: dict[str, Any]) -> None:
    require_case(case)


@pytest.mark.parametrize("case", VECTORS["lnd_quick"], ids=lambda case: case["passphrase"] or "without")
def test_the_words_of_lnds_own_tests_come_out_at_their_cost(case: dict[str, Any], quick: None) -> None:
    require_case(case)


def test_words_lead_to_the_node_that_lnd_has_with_them() -> None:
    with lnd.root_of_words(secret(PLAIN["words"])) as root:
        node = lnd.public_key(root, 0, NODE_FAMILY, 0, strict=False)
    assert node.hex() == VECTORS["node_key"]


@pytest.mark.parametrize("case", VECTORS["aez_encrypt"], ids=lambda case: str(len(case["c"]) // 2))
def test_published_texts_are_enciphered_and_deciphered(case: dict[str, Any]) -> None:
    key, text, tau = Secret(bytes.fromhex(case["k"])), bytes.fromhex(case["m"]), case["tau"]
    vectors = [bytes.fromhex(case["nonce"]), *map(bytes.fromhex, case["data"])]
    sealed = aez.encipher(key, vectors, text, tau)
    assert sealed.hex() == case["c"]
    assert aez.decipher(key, vectors, sealed, tau) == text
    if tau:
        assert aez.decipher(key, [*vectors, b""], sealed, tau) is None


@pytest.mark.parametrize("case", VECTORS["aez_hash"], ids=lambda case: str(case["tau"]))
def test_published_hashes_come_out(case: dict[str, Any]) -> None:
    cipher = aez._Cipher.of(Secret(bytes.fromhex(case["k"])))
    hashed = cipher.hashed(case["tau"], [bytes.fromhex(vector) for vector in case["data"]])
    assert hashed.to_bytes(16, "big").hex() == case["v"]


@pytest.mark.parametrize("size", [0, 15, 32])
def test_texts_of_other_sizes_are_not_enciphered(size: int) -> None:
    with pytest.raises(ValueError, match="16 to 31"):
        aez.encipher(Secret(bytes(48)), [b""], bytes(size), 0)


def test_a_checksum_of_the_standard_comes_out() -> None:
    assert aezeed.crc32c(b"123456789") == 0xE3069283
    assert aezeed.crc32c(b"") == 0


def test_case_and_spaces_do_not_matter(quick: None) -> None:
    words = VECTORS["lnd_quick"][0]["words"]
    assert aezeed.read(secret(f"  {words.upper().replace(' ', '  ')}\n")).entropy.reveal() == ENTROPY


def test_words_may_be_numbered_in_order(quick: None) -> None:
    numbered = "\n".join(f"{number}. {word}" for number, word in enumerate(WORDS, 1))
    with pytest.raises(AezeedPassphraseError):
        aezeed.read(secret(numbered), secret("another"))
    swapped = numbered.replace("\n2. ", "\n3. ", 1)
    with pytest.raises(AezeedLengthError):
        aezeed.read(secret(swapped))


@pytest.mark.parametrize("count", [0, 12, 23, 25])
def test_another_number_of_words_is_named(count: int) -> None:
    with pytest.raises(AezeedLengthError) as refused:
        aezeed.read(spoken((WORDS * 2)[:count]))
    assert refused.value.parameters == {"count": count}


def test_a_word_that_is_not_in_the_list_is_named_by_its_place_alone() -> None:
    with pytest.raises(AezeedWordError) as refused:
        aezeed.read(spoken([*WORDS[:6], "systim", *WORDS[7:]]))
    assert refused.value.parameters == {"position": 7}
    assert "systim" not in str(refused.value)


@given(st.integers(0, 23), st.sampled_from(word_list("english")))
def test_one_wrong_word_is_a_mistake_in_the_words_and_not_in_the_passphrase(place: int, word: str) -> None:
    if word == WORDS[place]:
        return
    with pytest.raises(AezeedChecksumError):
        aezeed.read(spoken([*WORDS[:place], word, *WORDS[place + 1 :]]))


def test_two_words_in_the_wrong_order_are_a_mistake_in_the_words() -> None:
    with pytest.raises(AezeedChecksumError):
        aezeed.read(spoken([WORDS[1], WORDS[0], *WORDS[2:]]))


def test_words_of_bip39_are_not_lnds() -> None:
    with pytest.raises(AezeedChecksumError):
        aezeed.read(secret(f"{'abandon ' * 23}art"))


def test_a_wrong_passphrase_and_a_missing_one_are_told(quick: None) -> None:
    bare, locked = VECTORS["lnd_quick"]
    with pytest.raises(AezeedPassphraseError):
        aezeed.read(secret(locked["words"]))
    with pytest.raises(AezeedPassphraseError):
        aezeed.read(secret(bare["words"]), secret("x"))
    assert aezeed.read(secret(bare["words"]), secret("")).entropy.reveal() == ENTROPY


def rewritten(at: int, value: int) -> Secret:
    """Words that belong together, with one byte changed: what a newer lnd may write."""
    body = bytearray(aezeed._bytes(aezeed._numbers_of(WORDS)))[:-4]
    body[at] = value
    bits = int.from_bytes(bytes(body) + aezeed.crc32c(body).to_bytes(4, "big"), "big")
    return spoken([word_list("english")[bits >> 11 * (23 - place) & 2047] for place in range(24)])


def test_a_newer_form_is_named_whatever_the_passphrase_is() -> None:
    with pytest.raises(AezeedVersionError) as refused:
        aezeed.read(rewritten(0, 44), secret("kek"))
    assert refused.value.parameters == {"version": 44}


def test_a_newer_kind_of_seed_is_named(quick: None, monkeypatch: pytest.MonkeyPatch) -> None:
    newer = CipherSeed(Secret(ENTROPY), 5, version=2)
    with pytest.raises(InvalidInputError):
        aezeed.write(newer, SALT)
    monkeypatch.setattr(aezeed, "LATEST_SEED", 2)
    words = aezeed.write(newer, SALT)
    monkeypatch.setattr(aezeed, "LATEST_SEED", 1)
    with pytest.raises(AezeedVersionError, match="version 2"):
        aezeed.read(words)


seeds = st.builds(
    CipherSeed, st.binary(min_size=16, max_size=16).map(Secret), st.integers(0, 65_535), st.integers(0, 1)
)


@given(seeds, st.binary(min_size=5, max_size=5), st.none() | st.text().map(secret))
def test_what_is_written_is_read(seed: CipherSeed, salt: bytes, passphrase: Secret | None) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(aezeed, "COST", 16)
        read = aezeed.read(aezeed.write(seed, salt, passphrase), passphrase)
    assert read == seed
    assert read.born_at == 1_231_006_505 + seed.birthday * 86_400


@given(st.text())
def test_any_text_is_refused_in_words(text: str) -> None:
    with pytest.raises(PillarboxError):
        aezeed.read(secret(text))


@pytest.mark.parametrize(
    ("seed", "salt"),
    [
        (CipherSeed(Secret(ENTROPY[1:]), 0), SALT),
        (CipherSeed(Secret(ENTROPY), 65_536), SALT),
        (CipherSeed(Secret(ENTROPY), -1), SALT),
        (CipherSeed(Secret(ENTROPY), 0), SALT[1:]),
    ],
)
def test_what_the_words_have_no_room_for_is_refused(seed: CipherSeed, salt: bytes) -> None:
    with pytest.raises(InvalidInputError):
        aezeed.write(seed, salt)


def test_a_seed_is_wiped_and_shows_nothing() -> None:
    with CipherSeed(Secret(ENTROPY), 0) as seed:
        assert ENTROPY.hex() not in repr(seed)
    assert seed.entropy.wiped
