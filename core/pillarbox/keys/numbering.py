"""Recovery words as they stand on paper and in lists: with their numbers, in order."""

import re
from collections.abc import Sequence

_NUMBER = re.compile(r"([0-9]{1,2})[.):]?", re.ASCII)
_NUMBERED = re.compile(r"([0-9]{1,2})[.):](.+)", re.ASCII)


def without_numbers(given: Sequence[str]) -> Sequence[str]:
    """The words of "1. abandon 2. ability", "1 abandon ..." or "1.abandon ...".

    What is not numbered from 1 on, each word once and in order, stays as it is.
    """
    apart = [_NUMBER.fullmatch(each) for each in given[::2]]
    if _count([each and each[1] for each in apart]) and len(given) % 2 == 0:
        return given[1::2]
    together = [_NUMBERED.fullmatch(each) for each in given]
    if _count([each and each[1] for each in together]):
        return [each[2] for each in together if each]
    return given


def _count(numbers: Sequence[str | None]) -> bool:
    return bool(numbers) and list(numbers) == [str(number) for number in range(1, len(numbers) + 1)]
