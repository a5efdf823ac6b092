"""Deposits to static addresses: their states, what moves them, and what each use may take."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from pillarbox.errors import PillarboxError


class State(StrEnum):
    """As Loop names them."""

    DEPOSITED = "Deposited"
    WITHDRAWING = "Withdrawing"
    WITHDRAWN = "Withdrawn"
    LOOPING_IN = "LoopingIn"
    LOOPED_IN = "LoopedIn"
    SWEEP_HTLC_TIMEOUT = "SweepHtlcTimeout"
    HTLC_TIMEOUT_SWEPT = "HtlcTimeoutSwept"
    PUBLISH_EXPIRY_SWEEP = "PublishExpirySweep"
    WAIT_FOR_EXPIRY_SWEEP = "WaitForExpirySweep"
    EXPIRED = "Expired"
    OPENING_CHANNEL = "OpeningChannel"
    CHANNEL_PUBLISHED = "ChannelPublished"
    REPLACED = "Replaced"
    """Its transaction left the mempool or the chain before it was used. Kept as history, listed nowhere."""


class Event(StrEnum):
    START = "OnStart"
    EXPIRY = "OnExpiry"
    EXPIRY_PUBLISHED = "OnExpiryPublished"
    EXPIRY_SWEPT = "OnExpirySwept"
    WITHDRAW_INITIATED = "OnWithdrawInitiated"
    WITHDRAWN = "OnWithdrawn"
    LOOP_IN_INITIATED = "OnLoopInInitiated"
    LOOPED_IN = "OnLoopedIn"
    SWEEPING_HTLC_TIMEOUT = "OnSweepingHtlcTimeout"
    HTLC_TIMEOUT_SWEPT = "OnHtlcTimeoutSwept"
    OPENING_CHANNEL = "OnOpeningChannel"
    CHANNEL_PUBLISHED = "OnChannelPublished"
    VANISHED = "OnVanished"
    SEEN_AGAIN = "OnSeenAgain"
    RECOVER = "OnRecover"
    ERROR = "OnError"


FINAL = frozenset(
    {State.WITHDRAWN, State.LOOPED_IN, State.HTLC_TIMEOUT_SWEPT, State.EXPIRED, State.CHANNEL_PUBLISHED}
)

TRANSITIONS: Mapping[State, Mapping[Event, State]] = MappingProxyType(
    {
        State.DEPOSITED: {
            Event.EXPIRY: State.PUBLISH_EXPIRY_SWEEP,
            Event.WITHDRAW_INITIATED: State.WITHDRAWING,
            Event.LOOP_IN_INITIATED: State.LOOPING_IN,
            Event.OPENING_CHANNEL: State.OPENING_CHANNEL,
            Event.SWEEPING_HTLC_TIMEOUT: State.SWEEP_HTLC_TIMEOUT,
            Event.VANISHED: State.REPLACED,
            Event.RECOVER: State.DEPOSITED,
            Event.ERROR: State.DEPOSITED,
        },
        State.REPLACED: {Event.SEEN_AGAIN: State.DEPOSITED, Event.VANISHED: State.REPLACED},
        State.PUBLISH_EXPIRY_SWEEP: {
            Event.EXPIRY_PUBLISHED: State.WAIT_FOR_EXPIRY_SWEEP,
            Event.RECOVER: State.PUBLISH_EXPIRY_SWEEP,
            Event.ERROR: State.DEPOSITED,
        },
        State.WAIT_FOR_EXPIRY_SWEEP: {
            Event.EXPIRY_SWEPT: State.EXPIRED,
            Event.RECOVER: State.PUBLISH_EXPIRY_SWEEP,
            Event.ERROR: State.DEPOSITED,
        },
        State.WITHDRAWING: {
            Event.WITHDRAWN: State.WITHDRAWN,
            Event.WITHDRAW_INITIATED: State.WITHDRAWING,
            Event.RECOVER: State.WITHDRAWING,
            Event.EXPIRY: State.WITHDRAWING,
            Event.ERROR: State.DEPOSITED,
        },
        State.LOOPING_IN: {
            Event.LOOPED_IN: State.LOOPED_IN,
            Event.EXPIRY: State.PUBLISH_EXPIRY_SWEEP,
            Event.SWEEPING_HTLC_TIMEOUT: State.SWEEP_HTLC_TIMEOUT,
            Event.LOOP_IN_INITIATED: State.LOOPING_IN,
            Event.RECOVER: State.LOOPING_IN,
            Event.ERROR: State.DEPOSITED,
        },
        State.SWEEP_HTLC_TIMEOUT: {
            Event.HTLC_TIMEOUT_SWEPT: State.HTLC_TIMEOUT_SWEPT,
            Event.RECOVER: State.SWEEP_HTLC_TIMEOUT,
        },
        State.OPENING_CHANNEL: {
            Event.CHANNEL_PUBLISHED: State.CHANNEL_PUBLISHED,
            Event.ERROR: State.DEPOSITED,
            Event.RECOVER: State.OPENING_CHANNEL,
            Event.EXPIRY: State.OPENING_CHANNEL,
        },
        **{
            state: {Event.EXPIRY: state, **({Event.WITHDRAWN: state} if state is State.WITHDRAWN else {})}
            for state in FINAL
        },
    }
)


class TransitionError(ValueError):
    """No such event is known in this state."""


def after(state: State, event: Event) -> State:
    """The state that follows; the same one where nothing is to be kept. Raises TransitionError."""
    following = TRANSITIONS[state].get(event)
    if following is None:
        raise TransitionError(f"{event} does not happen to a deposit that is {state}")
    return following


@dataclass(frozen=True, slots=True)
class Standing:
    """A deposit as a choice among several sees it. `confirmed_at`: height, 0 while it waits for a block."""

    outpoint: str
    amount: int
    confirmed_at: int
    expiry: int
    state: State = State.DEPOSITED
    visible: bool = True

    @property
    def confirmed(self) -> bool:
        return self.confirmed_at > 0

    def expired(self, tip: int) -> bool:
        """Whether the client alone can take it back at a chain of this height: never while unconfirmed."""
        return self.confirmed and tip >= self.confirmed_at + self.expiry

    def recoverable_at(self) -> int | None:
        """The first height at which it needs no server any more; None while it waits for a block."""
        return self.confirmed_at + self.expiry if self.confirmed else None


class Use(StrEnum):
    LOOP_IN = "loop-in"
    WITHDRAWAL = "withdrawal"
    CHANNEL_OPEN = "channel open"


class UnusableDepositError(PillarboxError):
    """Parameters: outpoint, use, why."""

    code = "deposit-unusable"
    title = "This deposit cannot be used for that"
    message = "{outpoint} cannot go into a {use}: {why}. Nothing was done, and the money is where it was."
    hint = "Choose other deposits, or wait until it is confirmed."


def listed(deposits: Iterable[Standing]) -> list[Standing]:
    """Those that may be shown and chosen: seen on the chain or in the mempool, and not in use."""
    return [each for each in deposits if each.visible and each.state is State.DEPOSITED]


def eligible(deposits: Iterable[Standing], use: Use, tip: int) -> list[Standing]:
    """What an automatic choice may take, in the order it should: confirmed ones first, larger ones first.

    A loop-in may take unconfirmed ones, since their waiting time has not begun; the other two take none.
    """
    usable = [each for each in listed(deposits) if not each.expired(tip)]
    if use is not Use.LOOP_IN:
        usable = [each for each in usable if each.confirmed]
    return sorted(usable, key=lambda each: (not each.confirmed, -each.amount, each.outpoint))


def require_usable(chosen: Sequence[Standing], use: Use, tip: int) -> list[Standing]:
    """Those of a choice by hand that are unconfirmed, to be warned of. Raises UnusableDepositError."""
    for each in chosen:
        if not each.visible or each.state is not State.DEPOSITED:
            raise UnusableDepositError(outpoint=each.outpoint, use=use, why="it is gone, or in use already")
        if each.expired(tip):
            raise UnusableDepositError(outpoint=each.outpoint, use=use, why="its waiting time is over")
        if not each.confirmed and use is not Use.LOOP_IN:
            raise UnusableDepositError(outpoint=each.outpoint, use=use, why="it is in no block yet")
    return [each for each in chosen if not each.confirmed]
