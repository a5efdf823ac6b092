"""Why a pool hands nothing out."""

from pillarbox.errors import PillarboxError


class NothingToHandOutError(PillarboxError):
    """Base of all that keeps a pool from handing out one more address."""


class GapReachedError(NothingToHandOutError):
    """Parameters: gap_limit."""

    code = "gap-reached"
    title = "The gap limit is reached"
    message = (
        "{gap_limit} addresses in a row have been handed out and none of them was paid yet. "
        "If this wallet is ever restored elsewhere, a payment to an address beyond them may not be found."
    )
    hint = "Reuse the address that was held longest, extend beyond the gap limit, or cancel."


class NoKeySourceError(NothingToHandOutError):
    """No parameters."""

    code = "no-key-source"
    title = "The recovery words are needed for more addresses"
    message = (
        "Each address of this account is made with the recovery words, and all that were made ahead are "
        "handed out. Money on them is not affected."
    )
    hint = "Enter the wallet's passphrase to make more, or make a held address available again."


class PoolExhaustedError(NothingToHandOutError):
    """Parameters: last_index."""

    code = "pool-exhausted"
    title = "Every address is handed out"
    message = (
        "This account has no address beyond number {last_index}, and none of the others is free. "
        "Money on the addresses handed out before is not affected."
    )
    hint = "Make a held address available again, or add another account."
