"""Every fault of a server has words of its own."""

import re
from string import Formatter

import pytest

from pillarbox.chain import electrum_errors
from pillarbox.errors import PillarboxError

ERRORS = [
    each
    for each in vars(electrum_errors).values()
    if isinstance(each, type) and issubclass(each, PillarboxError) and "code" in vars(each)
]


def parameters_in(error: type[PillarboxError]) -> set[str]:
    """Those that its templates need."""
    templates = error.title + error.message + error.hint
    return {name for _, name, _, _ in Formatter().parse(templates) if name}


def parameters_promised(error: type[PillarboxError]) -> set[str]:
    """Those that its docstring names."""
    listed = re.match(r"Parameters: ([a-z, ]+)", error.__doc__ or "")
    return set(re.split(r",\s*", listed[1])) if listed else set()


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.code)
def test_the_words_need_just_what_the_docstring_promises(error: type[PillarboxError]) -> None:
    assert parameters_in(error) == parameters_promised(error)
    text = error(**dict.fromkeys(parameters_in(error), "THIS")).text
    assert all((text.code, text.title, text.message, text.hint))
    assert "{" not in text.message


def test_no_two_errors_share_a_code() -> None:
    codes = [error.code for error in ERRORS]
    assert len(codes) == len(set(codes)) > 20
