"""The gap-limit walk: what it asks, when it ends, and that it goes on where it stood."""

from collections.abc import Iterable
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.model.address import AddressState
from pillarbox.model.progress import Progress
from pillarbox.pool.discovery import GapWalk
from pillarbox.pool.gap_window import NOTHING, scan_reach

histories = st.sets(st.integers(0, 300), max_size=60)
gap_limits = st.integers(1, 40)


@dataclass(frozen=True)
class Saved:
    scanned_to: int
    highest_used: int | None


def walk_all(walk: GapWalk, used: Iterable[int], at_most: int = 200) -> set[int]:
    """Walk to the end over a branch with this history; what was found."""
    met: set[int] = set()
    while asked := walk.ask(at_most):
        answer = set(used) & set(asked)
        walk.take(asked, answer)
        met |= answer
    return met


def by_the_rule(used: set[int], gap_limit: int) -> set[int]:
    """What one who asks index by index, and stops after `gap_limit` unused ones, finds."""
    found, index, run = set(), 0, 0
    while run < gap_limit:
        run = 0 if index in used else run + 1
        found |= {index} & used
        index += 1
    return found


@given(used=histories, gap_limit=gap_limits, at_most=st.integers(1, 250))
def test_a_walk_finds_at_least_what_the_gap_rule_finds(used: set[int], gap_limit: int, at_most: int) -> None:
    walk = GapWalk(gap_limit)
    met = walk_all(walk, used, at_most)
    assert by_the_rule(used, gap_limit) <= met <= used
    assert walk.done
    assert walk.found == len(met)
    assert walk.highest_used == max(met, default=NOTHING)
    assert walk.scanned_to >= walk.highest_used + 1 + gap_limit


@given(used=histories, gap_limit=gap_limits)
def test_asking_one_by_one_is_the_gap_rule_itself(used: set[int], gap_limit: int) -> None:
    walk = GapWalk(gap_limit)
    assert walk_all(walk, used, at_most=1) == by_the_rule(used, gap_limit)
    assert walk.scanned_to == walk.end


@given(used=histories, gap_limit=gap_limits)
def test_what_is_found_lies_below_the_reach_that_states_tell(used: set[int], gap_limit: int) -> None:
    states = bytearray(400)
    for index in used:
        states[index] = AddressState.USED
    reach = scan_reach(states, gap_limit)
    assert by_the_rule(used, gap_limit) == {index for index in used if index < reach}


@given(used=histories, gap_limit=gap_limits, stop_after=st.integers(0, 5), at_most=st.integers(1, 60))
def test_a_walk_that_was_stopped_goes_on_to_the_same_end(
    used: set[int], gap_limit: int, stop_after: int, at_most: int
) -> None:
    stopped = GapWalk(gap_limit)
    met: set[int] = set()
    for _ in range(stop_after):
        if asked := stopped.ask(at_most):
            stopped.take(asked, used & set(asked))
            met |= used & set(asked)
    resumed = GapWalk.resume(gap_limit, Saved(stopped.scanned_to, stopped.highest_used))
    met |= walk_all(resumed, used, at_most)
    assert by_the_rule(used, gap_limit) <= met <= used
    assert resumed.done


@given(used=histories, gap_limit=st.integers(1, 20), wider=st.integers(1, 60))
def test_a_larger_gap_goes_on_from_where_the_smaller_one_ended(
    used: set[int], gap_limit: int, wider: int
) -> None:
    walk = GapWalk(gap_limit)
    met = walk_all(walk, used)
    ended_at = walk.scanned_to
    walk.widen(wider)
    first = walk.ask(1000)
    assert not first or first.start == ended_at
    met |= walk_all(walk, used)
    assert by_the_rule(used, max(gap_limit, wider)) <= met


def test_an_empty_branch_takes_one_question_of_the_gap_limit() -> None:
    walk = GapWalk(20)
    assert walk.ask(1000) == range(20)
    walk.take(range(20), [])
    assert walk.done
    assert not walk.ask(1000)


def test_a_long_history_takes_few_questions() -> None:
    walk = GapWalk(20)
    questions = 0
    while asked := walk.ask(500):
        walk.take(asked, [index for index in asked if index < 2000])
        questions += 1
    assert walk.found == 2000
    assert questions <= 12


def test_progress_grows_with_what_is_found() -> None:
    walk = GapWalk(5)
    assert walk.progress == Progress(0, 5, 0)
    walk.take(walk.ask(3), [1])
    assert walk.progress == Progress(3, 7, 1)


def test_a_branch_is_never_asked_past_its_last_index() -> None:
    walk = GapWalk(20, last_index=7)
    assert walk.ask(100) == range(8)
    walk.take(range(8), range(8))
    assert walk.done


def test_a_walk_without_a_past_starts_at_the_beginning() -> None:
    assert GapWalk.resume(20, None) == GapWalk(20)
    assert GapWalk.resume(20, Saved(20, None)).done


def test_a_walk_goes_on_from_what_became_known_meanwhile() -> None:
    walk = GapWalk.resume(20, Saved(20, None), highest_used=79)
    assert walk.ask(1000) == range(20, 100)
    assert GapWalk.resume(20, Saved(20, 9), highest_used=3).highest_used == 9
    assert GapWalk.resume(20, None, highest_used=3).ask(1000) == range(24)


def test_a_walk_goes_on_past_what_is_refused_and_the_next_one_begins_there() -> None:
    walk = GapWalk(5)
    walk.take(walk.ask(1000), used=[1], refused=[2, 4])
    assert walk.known_to == 2
    walk.take(walk.ask(1000), used=[], refused=[5])
    assert walk.done
    assert (walk.scanned_to, walk.known_to) == (7, 2)
    again = GapWalk.resume(5, Saved(walk.known_to, walk.highest_used))
    assert again.ask(1000) == range(2, 7)
    again.take(range(2, 7), used=[])
    assert again.known_to == 7


@pytest.mark.parametrize(
    ("asked", "used"), [(range(1, 5), []), (range(5), [5]), (range(5), [-1]), (range(0, 5, 2), [])]
)
def test_an_answer_to_another_question_is_refused(asked: range, used: list[int]) -> None:
    walk = GapWalk(20)
    with pytest.raises(ValueError, match="another question"):
        walk.take(asked, used)
    assert walk == GapWalk(20)


def test_asking_about_nothing_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="at least one"):
        GapWalk(20).ask(0)
