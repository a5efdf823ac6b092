"""The Lightning node that may pay for a wallet: its macaroon stays in the encrypted database."""

from dataclasses import dataclass, field

from pillarbox.backup.sections import Field
from pillarbox.secret import Secret
from pillarbox.storage import meta
from pillarbox.storage.database import Tx
from pillarbox.storage.table_section import TableSection

_ONLY = "lnd"


@dataclass(frozen=True, slots=True)
class LightningNode:
    """An lnd: its REST address, a macaroon that may pay, and its own certificate (PEM)."""

    url: str
    macaroon: Secret = field(repr=False)
    certificate: str


def get(tx: Tx) -> LightningNode | None:
    row = tx.row("SELECT url, macaroon, certificate FROM lightning_nodes WHERE name = ?", (_ONLY,))
    return None if row is None else LightningNode(row[0], Secret(row[1]), row[2])


def put(tx: Tx, node: LightningNode) -> None:
    """Instead of the one there was."""
    tx.execute(
        "INSERT OR REPLACE INTO lightning_nodes VALUES (?, ?, ?, ?)",
        (_ONLY, node.url, node.macaroon.reveal(), node.certificate),
    )
    meta.bump_revision(tx)


def remove(tx: Tx) -> None:
    tx.execute("DELETE FROM lightning_nodes WHERE name = ?", (_ONLY,))
    meta.bump_revision(tx)


SECTION_LIGHTNING_NODES = TableSection(
    "lightning-nodes",
    "The Lightning node",
    "lightning_nodes",
    (Field("name", str), Field("url", str), Field("macaroon", bytes), Field("certificate", str)),
    ("name",),
)
