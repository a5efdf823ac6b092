"""JSON in turns says the same as JSON at once, and lets the loop go on meanwhile."""

import asyncio
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.chain import large_json

ROOM = " " * large_json.LARGE
"""Makes any text a large one."""

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda children: (
        st.lists(children, max_size=5) | st.dictionaries(st.text(max_size=5), children, max_size=5)
    ),
)


@given(values, st.sampled_from([None, 1]), st.booleans())
async def test_a_large_text_is_read_as_the_standard_reader_does(
    value: object, indent: int | None, ascii_only: bool
) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    assert await large_json.load(ROOM + text + ROOM) == value
    assert await large_json.load(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[1, 2",
        "[1 2]",
        "[1,]",
        "[,1]",
        '{"a" 1}',
        '{"a": 1,}',
        "{1: 2}",
        '{"a": 1',
        '"a',
        "nul",
        "[] []",
        "}",
    ],
)
async def test_a_large_text_that_is_not_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        await large_json.load(ROOM + text)


async def test_endless_nesting_is_refused() -> None:
    with pytest.raises(RecursionError):
        await large_json.load("[" * 1_000_000)


@pytest.fixture
def long_history() -> str:
    history = [{"tx_hash": f"{number:064x}", "height": number} for number in range(30_000)]
    return json.dumps({"jsonrpc": "2.0", "id": 1, "result": history})


@pytest.mark.may_pause_the_loop("the standard reader, to compare with, is not in steps")
async def test_a_long_history_is_read_as_the_standard_reader_does(long_history: str) -> None:
    assert await large_json.load(long_history) == json.loads(long_history)


async def test_the_loop_goes_on_while_a_long_history_is_read(long_history: str) -> None:
    reading = asyncio.create_task(large_json.load(long_history))
    turns = 0
    while not reading.done():
        await asyncio.sleep(0)
        turns += 1
    assert len(reading.result()["result"]) == 30_000
    assert turns > 3
