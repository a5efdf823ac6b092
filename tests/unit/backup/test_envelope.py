"""Backup files: what opens them, and what is said of those that do not open."""

import hashlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.backup import envelope
from pillarbox.backup.envelope import (
    BackupError,
    Cost,
    DamagedBackupError,
    Facts,
    Lock,
    NewerBackupError,
    NotABackupError,
    WrongPassphraseError,
    WrongWordsError,
)
from pillarbox.secret import Secret

KEY, OTHER = Secret(bytes(range(32))), Secret(bytes(32))
BY_WORDS = Facts("0" * 32, "73c5da0a", "mainnet", 1_700_000_000, 7, Lock.WORDS)
BY_PASSPHRASE = Facts("0" * 32, "", "regtest", 1, 0, Lock.PASSPHRASE, salt=bytes(16), cost=Cost(65_536, 3, 4))
FILE = envelope.seal(BY_WORDS, b"content", KEY, bytes(24))


@pytest.mark.parametrize("facts", [BY_WORDS, BY_PASSPHRASE])
def test_a_file_says_who_wrote_it_and_opens_with_its_key(facts: Facts) -> None:
    read = envelope.read(envelope.seal(facts, b"content", KEY, bytes(24)))
    assert read.facts == facts
    assert envelope.unseal(read, KEY) == b"content"


@pytest.mark.parametrize(
    ("facts", "refusal"), [(BY_WORDS, WrongWordsError), (BY_PASSPHRASE, WrongPassphraseError)]
)
def test_a_whole_file_that_does_not_open_is_another_wallets_or_another_passphrases(
    facts: Facts, refusal: type[BackupError]
) -> None:
    read = envelope.read(envelope.seal(facts, b"content", KEY, bytes(24)))
    with pytest.raises(refusal) as refused:
        envelope.unseal(read, OTHER)
    assert facts.fingerprint in str(refused.value)


@pytest.mark.parametrize(
    "facts",
    [replace(BY_WORDS, created_at=1 << 62), replace(BY_WORDS, revision=(1 << 53) + 1)],
    ids=["no date", "no next revision"],
)
def test_facts_that_cannot_be_are_damage(facts: Facts) -> None:
    with pytest.raises(DamagedBackupError):
        envelope.read(envelope.seal(facts, b"content", KEY, bytes(24)))


def test_the_beginning_of_a_file_tells_its_facts() -> None:
    assert envelope.read_facts(FILE[: envelope.BEGINNING]) == BY_WORDS
    with pytest.raises(BackupError):
        envelope.read_facts(FILE[:40])


@given(st.integers(10, len(FILE) - 1), st.integers(1, 255))
def test_any_changed_byte_is_damage_and_never_a_wrong_key(at: int, change: int) -> None:
    damaged = FILE[:at] + bytes([FILE[at] ^ change]) + FILE[at + 1 :]
    with pytest.raises(DamagedBackupError):
        envelope.read(damaged)


@given(st.integers(8, len(FILE) - 1))
def test_a_file_that_is_cut_off_is_damaged(end: int) -> None:
    with pytest.raises(DamagedBackupError):
        envelope.read(FILE[:end])
    with pytest.raises(DamagedBackupError):
        envelope.read(FILE + b"\0")


@given(st.binary(max_size=200))
def test_noise_is_no_backup(noise: bytes) -> None:
    with pytest.raises(NotABackupError):
        envelope.read(b"x" + noise)
    with pytest.raises(BackupError):
        envelope.read(envelope.MAGIC + b"\0\1" + noise)


def test_a_newer_format_is_named() -> None:
    with pytest.raises(NewerBackupError, match="format 2"):
        envelope.read(envelope.MAGIC + b"\0\2" + FILE[10:])


def test_the_facts_cannot_be_changed_without_the_key() -> None:
    changed = FILE[:-32].replace(b"73c5da0a", b"00000000")
    whole = changed + hashlib.sha256(changed).digest()
    read = envelope.read(whole)
    assert read.facts.fingerprint == "00000000"
    with pytest.raises(WrongWordsError):
        envelope.unseal(read, KEY)
