"""What happens to a deposit, and which of them a use may take."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.loop.deposits import (
    FINAL,
    TRANSITIONS,
    Event,
    Standing,
    State,
    TransitionError,
    UnusableDepositError,
    Use,
    after,
    eligible,
    listed,
    require_usable,
)

TIP = 1_000
CONFIRMED = Standing("a:0", 500, 900, 144)
WAITING = Standing("b:0", 9_000, 0, 144)
OVER = Standing("c:0", 700, 856, 144)
IN_USE = Standing("d:0", 700, 950, 144, State.LOOPING_IN)
GONE = Standing("e:0", 700, 950, 144, visible=False)
REPLACED = Standing("f:0", 700, 0, 144, State.REPLACED)
ALL = (WAITING, CONFIRMED, OVER, IN_USE, GONE, REPLACED)


@pytest.mark.parametrize(
    ("state", "events", "end"),
    [
        (State.DEPOSITED, [Event.LOOP_IN_INITIATED, Event.LOOPED_IN], State.LOOPED_IN),
        (State.DEPOSITED, [Event.WITHDRAW_INITIATED, Event.EXPIRY, Event.WITHDRAWN], State.WITHDRAWN),
        (State.DEPOSITED, [Event.OPENING_CHANNEL, Event.ERROR, Event.EXPIRY], State.PUBLISH_EXPIRY_SWEEP),
        (
            State.DEPOSITED,
            [Event.EXPIRY, Event.EXPIRY_PUBLISHED, Event.RECOVER, Event.EXPIRY_PUBLISHED, Event.EXPIRY_SWEPT],
            State.EXPIRED,
        ),
        (State.LOOPING_IN, [Event.SWEEPING_HTLC_TIMEOUT, Event.HTLC_TIMEOUT_SWEPT], State.HTLC_TIMEOUT_SWEPT),
        (State.DEPOSITED, [Event.VANISHED, Event.SEEN_AGAIN], State.DEPOSITED),
    ],
)
def test_a_deposit_goes_its_way(state: State, events: list[Event], end: State) -> None:
    for event in events:
        state = after(state, event)
    assert state is end


@given(st.sampled_from(State), st.sampled_from(Event))
def test_every_event_moves_a_deposit_or_is_refused(state: State, event: Event) -> None:
    try:
        assert after(state, event) in State
    except TransitionError:
        assert event not in TRANSITIONS[state]


@pytest.mark.parametrize("state", sorted(FINAL))
def test_what_is_over_stays_so(state: State) -> None:
    assert set(TRANSITIONS[state].values()) <= {state}
    assert after(state, Event.EXPIRY) is state


def test_an_unconfirmed_deposit_never_expires() -> None:
    assert not WAITING.expired(10**9)
    assert WAITING.recoverable_at() is None
    assert not CONFIRMED.expired(1_043)
    assert CONFIRMED.expired(1_044)
    assert CONFIRMED.recoverable_at() == 1_044


def test_only_what_is_seen_and_free_is_listed() -> None:
    assert listed(ALL) == [WAITING, CONFIRMED, OVER]


def test_a_loop_in_prefers_confirmed_deposits_and_may_take_others() -> None:
    assert eligible(ALL, Use.LOOP_IN, TIP) == [CONFIRMED, WAITING]


@pytest.mark.parametrize("use", [Use.WITHDRAWAL, Use.CHANNEL_OPEN])
def test_the_other_uses_take_confirmed_deposits_alone(use: Use) -> None:
    assert eligible(ALL, use, TIP) == [CONFIRMED]
    with pytest.raises(UnusableDepositError, match=r"b:0.*in no block"):
        require_usable([CONFIRMED, WAITING], use, TIP)


def test_an_unconfirmed_one_that_is_chosen_for_a_loop_in_is_warned_of() -> None:
    assert require_usable([CONFIRMED, WAITING], Use.LOOP_IN, TIP) == [WAITING]


@pytest.mark.parametrize("deposit", [OVER, IN_USE, GONE, REPLACED])
def test_what_cannot_be_used_is_refused_by_name(deposit: Standing) -> None:
    for use in Use:
        with pytest.raises(UnusableDepositError, match=deposit.outpoint):
            require_usable([deposit], use, TIP)
