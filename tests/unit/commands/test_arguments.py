"""Arguments as JSON and back: what fits passes unchanged, what does not is refused in words."""

from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.commands.arguments import LARGEST_NUMBER, ArgumentsError, decode, encode
from pillarbox.commands.command import COMMAND_NAMES, find_command
from pillarbox.errors import InvalidInputError, PillarboxError
from pillarbox.secret import Secret


class Taste(StrEnum):
    SWEET = "sweet"
    SOUR = "sour"


@dataclass(frozen=True, slots=True)
class Order:
    name: str
    count: int = 1
    taste: Taste | None = None
    wrapped: bool = False
    note: str | None = None
    key: Secret | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self.count > 100:
            raise InvalidInputError(what="count", why="Too many.")


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
orders = st.builds(
    Order,
    name=texts,
    count=st.integers(0, 100),
    taste=st.none() | st.sampled_from(Taste),
    wrapped=st.booleans(),
    note=st.none() | texts,
    key=st.none() | texts.map(Secret.from_text),
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(orders)
def test_arguments_survive_the_way_to_json_and_back(order: Order) -> None:
    assert decode(Order, encode(order)) == order


@pytest.mark.parametrize(
    ("given_json", "told"),
    [
        ({}, "name"),
        ({"name": 7}, "name"),
        ({"name": None}, "name"),
        ({"name": "a", "count": True}, "count"),
        ({"name": "a", "count": 1.0}, "count"),
        ({"name": "a", "count": -1}, "count"),
        ({"name": "a", "count": LARGEST_NUMBER + 1}, "count"),
        ({"name": "a", "wrapped": 1}, "wrapped"),
        ({"name": "a", "taste": "bitter"}, "sweet, sour"),
        ({"name": "a", "note": []}, "note"),
        ({"name": "a", "colour": "red"}, "colour"),
        ({"name": "lone \udc80 surrogate"}, "UTF-8"),
        ({"name": "nul \0"}, "no text has"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(given_json: dict[str, object], told: str) -> None:
    with pytest.raises(ArgumentsError) as refused:
        decode(Order, given_json)
    assert told in refused.value.text.message


def test_a_class_may_refuse_values_itself() -> None:
    with pytest.raises(InvalidInputError):
        decode(Order, {"name": "a", "count": 101})


def test_no_secret_shows_in_a_refusal_or_a_representation() -> None:
    with pytest.raises(ArgumentsError) as refused:
        decode(Order, {"name": "a", "key": ["hunter2"]})
    assert "hunter2" not in str(refused.value)
    assert "hunter2" not in repr(decode(Order, {"name": "a", "key": "hunter2"}))


@pytest.mark.parametrize("name", COMMAND_NAMES)
def test_every_command_is_found_by_its_name(name: str) -> None:
    assert find_command(name).name == name


@given(
    st.sampled_from(COMMAND_NAMES), st.dictionaries(st.text(max_size=10), json_values, max_size=4), st.data()
)
def test_any_json_is_arguments_or_a_refusal_in_words(
    name: str, unknown: dict[str, Any], data: st.DataObject
) -> None:
    command = find_command(name)
    names = sorted(command.arguments.__dataclass_fields__)
    some = data.draw(st.dictionaries(st.sampled_from(names), json_values, max_size=6)) if names else {}
    for given_json in (some, {**some, **unknown}):
        with suppress(PillarboxError):
            decoded = decode(command.arguments, given_json)
            assert decode(command.arguments, encode(decoded)) == decoded
