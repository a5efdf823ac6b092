"""Arithmetic of the gap limit: how far rows are derived, watched and handed out.

An index counts from 0; NOTHING stands for "no such index yet". "Beyond" always means a higher index.
"""

from pillarbox.model.address import AddressState

NOTHING = -1
MIN_GAP_LIMIT = 1
MAX_GAP_LIMIT = 1000


def clamp_gap_limit(gap_limit: int) -> int:
    """The nearest gap limit a pool keeps."""
    return max(MIN_GAP_LIMIT, min(gap_limit, MAX_GAP_LIMIT))


def frontier(highest_used: int, highest_reserved: int) -> int:
    """The last index that somebody may pay, as far as states tell; the window reaches on from here."""
    return max(highest_used, highest_reserved)


def rows_needed(frontier: int, gap_limit: int) -> int:
    """How many rows (indices 0 to n-1) leave `gap_limit` of them beyond the frontier."""
    return frontier + 1 + gap_limit


def last_within_gap(highest_used: int, gap_limit: int) -> int:
    """The last index another wallet finds from the same keys, if it stops after `gap_limit` unused ones."""
    return highest_used + gap_limit


def unused_run(highest_used: int, highest_handed_out: int) -> int:
    """How many indices in a row, the last ones handed out, have never been used."""
    return max(0, highest_handed_out - highest_used)


def scan_reach(states: bytes | bytearray, gap_limit: int) -> int:
    """The first index that a scan from 0 with this gap limit never asks about.

    `states` holds one AddressState an index. Whatever is used at or beyond the result, another wallet
    that applies the gap rule to the same keys does not find.
    """
    last = NOTHING
    while (found := states.rfind(AddressState.USED, last + 1, rows_needed(last, gap_limit))) != NOTHING:
        last = found
    return rows_needed(last, gap_limit)
