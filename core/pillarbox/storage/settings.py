"""What the user set for one wallet: JSON values by name."""

import json
from typing import Any

from pillarbox.storage.database import Tx

USUAL_HOLD = "usual-hold"
"""Of one account, whose id follows after a slash: seconds, or null until used."""


def get(tx: Tx, name: str, default: Any = None) -> Any:
    text = tx.value("SELECT value FROM settings WHERE name = ?", (name,))
    return default if text is None else json.loads(text)


def put(tx: Tx, name: str, value: Any) -> None:
    """Any JSON value."""
    tx.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (name, json.dumps(value)))


def remove(tx: Tx, name: str) -> None:
    tx.execute("DELETE FROM settings WHERE name = ?", (name,))


def all_settings(tx: Tx) -> dict[str, Any]:
    return {
        name: json.loads(text) for name, text in tx.rows("SELECT name, value FROM settings ORDER BY name")
    }
