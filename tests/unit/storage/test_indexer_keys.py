"""The project keys of a wallet's indexers."""

from pathlib import Path

from pillarbox.secret import Secret
from pillarbox.storage import indexer_keys
from pillarbox.storage.database import Database

HOST, OTHER_HOST = "https://indexer.example", "https://other.example"
KEY = "mainnetSecretProjectKey0123456789"


def contents(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


async def test_a_project_key_is_kept_for_each_chain_and_indexer_and_replaced_and_removed(
    db: Database,
) -> None:
    own, others = ("cardano/mainnet", HOST), [("cardano/testnet", HOST), ("cardano/mainnet", OTHER_HOST)]
    assert await db.read(lambda tx: indexer_keys.get(tx, *own)) is None
    await db.write(lambda tx: indexer_keys.put(tx, *own, Secret.from_text("older")))
    await db.write(lambda tx: indexer_keys.put(tx, *own, Secret.from_text(KEY)))
    assert await db.read(lambda tx: indexer_keys.get(tx, *own)) == Secret.from_text(KEY)
    for other in others:
        assert await db.read(lambda tx, other=other: indexer_keys.get(tx, *other)) is None
    await db.write(lambda tx: indexer_keys.remove(tx, *own))
    assert await db.read(lambda tx: indexer_keys.get(tx, *own)) is None


async def test_a_project_key_is_nowhere_readable_in_the_wallets_files(db: Database, tmp_path: Path) -> None:
    await db.write(lambda tx: indexer_keys.put(tx, "cardano/mainnet", HOST, Secret.from_text(KEY)))
    written = contents(tmp_path)
    assert written
    assert KEY.encode() not in written
