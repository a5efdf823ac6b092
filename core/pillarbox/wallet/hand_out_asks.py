"""Who asks for an address, and waits for the answer."""

import asyncio
from collections import deque
from dataclasses import dataclass, field

from pillarbox.model.account import AtLimit
from pillarbox.model.receiving import HandOut, RequestTerms
from pillarbox.wallet.hand_out_record import Given, Running
from pillarbox.wallet.open_accounts import OpenBranch

BATCH = 128
"""How many are served in one transaction."""


def _unanswered() -> "asyncio.Future[HandOut]":
    return asyncio.get_running_loop().create_future()


@dataclass(slots=True, eq=False)
class Ask:
    """One address that somebody waits for. Made on the running loop."""

    branch: OpenBranch
    terms: RequestTerms | None
    at_limit: AtLimit
    unscanned: bool
    taken: set[int]
    """What the same caller was given: reusing the oldest hold never takes one of these."""
    answer: "asyncio.Future[HandOut]" = field(default_factory=_unanswered)
    displaced: Running | None = None
    """What held the address that was given, under "reuse the oldest"."""


def take_batch(asks: deque[Ask]) -> list[Ask]:
    """The next asks that one critical section can serve. Where a person must be asked, one at a time."""
    first = asks[0]
    most = BATCH if first.at_limit is AtLimit.EXTEND else 1
    batch: list[Ask] = []
    while asks and len(batch) < most:
        ask = asks[0]
        if ask.branch is not first.branch or ask.at_limit is not first.at_limit:
            break
        asks.popleft()
        if not ask.answer.done():
            batch.append(ask)
    return batch


def handed_out(branch: OpenBranch, gift: Given, record: Running) -> HandOut:
    """What its asker is told."""
    reservation = gift.reservation
    return HandOut(
        ref=gift.ref,
        text=reservation.address,
        path=branch.deriver.path(gift.ref.branch, reservation.index),
        token=reservation.token,
        shown_at=reservation.at,
        held_until=record.held_until,
        request=record.request,
        handed_out_before=reservation.handed_out_before,
        unscanned=gift.unscanned,
    )


def refuse(ask: Ask, error: BaseException) -> None:
    """Tell why there is no address, unless somebody was told something."""
    if not ask.answer.done():
        ask.answer.set_exception(error)
