"""Whatever comes from outside is read or refused in words, soon, in little memory, and the same twice."""

import pytest
from entrances import PARSERS, STRAINS
from mutation import Parser, broken_forms

FEW, MANY = 400, 30_000


@pytest.mark.parametrize("parser", PARSERS, ids=str)
def test_what_is_whole_is_read(parser: Parser) -> None:
    for data in parser.seeds:
        assert parser.parse(data) is not None
        parser.require_an_answer(data)
        parser.require_little_memory(data)


@pytest.mark.parametrize("parser", PARSERS, ids=str)
def test_what_is_broken_is_read_or_refused_in_words(parser: Parser) -> None:
    for data in broken_forms(parser.seeds, FEW):
        parser.require_an_answer(data)


@pytest.mark.parametrize("parser", PARSERS, ids=str)
def test_what_is_broken_takes_little_memory(parser: Parser) -> None:
    for data in broken_forms(parser.seeds, FEW // 5, number=1):
        parser.require_little_memory(data)


@pytest.mark.slow
@pytest.mark.parametrize("parser", PARSERS, ids=str)
def test_many_broken_forms(parser: Parser) -> None:
    for data in broken_forms(parser.seeds, MANY, number=2):
        parser.require_an_answer(data)
    for data in broken_forms(parser.seeds, MANY // 20, number=3):
        parser.require_little_memory(data)


@pytest.mark.parametrize("name", STRAINS)
def test_what_is_made_to_cost_much_costs_little(name: str) -> None:
    (parser,) = (parser for parser in PARSERS if parser.name == name)
    for data in STRAINS[name]:
        parser.require_an_answer(data)
        parser.require_little_memory(data)
