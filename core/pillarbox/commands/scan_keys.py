"""How many client keys of Loop's may be tried for a backup that does not name its own."""

from pillarbox.errors import InvalidInputError

WIDEST_SCAN = 100_000
"""As in `wallet/loop_restore.py`, which a command that goes to another process does not load."""


def require_scan(last_key: int | None) -> None:
    """Raises InvalidInputError for more than anybody waits for."""
    if last_key is not None and last_key > WIDEST_SCAN:
        raise InvalidInputError(what="number of keys", why=f"It is {WIDEST_SCAN} at most.")
