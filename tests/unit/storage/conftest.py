"""Fixtures for the tests of the database."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from stored_things import draft

from pillarbox.model.account import Account
from pillarbox.secret import Secret
from pillarbox.storage import accounts
from pillarbox.storage.database import Database


@pytest.fixture
def key() -> Secret:
    return Secret(bytes(range(32)))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    folder = tmp_path / "wallet"
    folder.mkdir()
    return folder / "wallet.db"


@pytest.fixture
async def db(path: Path, key: Secret) -> AsyncIterator[Database]:
    """A new and empty database."""
    made = await Database.create(path, key)
    yield made
    await made.close()


@pytest.fixture
async def account(db: Database) -> Account:
    """The first account of `db`."""
    return await db.write(lambda tx: accounts.insert(tx, draft()))
