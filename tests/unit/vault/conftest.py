"""A keychain in memory, and a wallet's slots around it."""

from collections.abc import Iterable
from functools import partial
from pathlib import Path

import pytest
from fake_keyring import FakeKeyring

from pillarbox.files.install import install_file
from pillarbox.model.account import WalletId
from pillarbox.secret import Secret
from pillarbox.vault.keychain import Backend, Keychain
from pillarbox.vault.slots import Slots


@pytest.fixture
def wallet() -> WalletId:
    return WalletId("0123456789abcdef" * 2)


@pytest.fixture
def keyring() -> FakeKeyring:
    return FakeKeyring()


@pytest.fixture
def keychain(keyring: FakeKeyring) -> Keychain:
    def backends() -> Iterable[Backend]:
        return [keyring]

    return Keychain(backends=backends)


@pytest.fixture
def slots_path(tmp_path: Path) -> Path:
    return tmp_path / "slots.json"


@pytest.fixture
def slots(slots_path: Path, keychain: Keychain) -> Slots:
    return Slots(slots_path, keychain, partial(install_file, replace=True))


@pytest.fixture
def passphrase() -> Secret:
    return Secret.from_text("correct horse")
