"""Key aggregation by the vectors of BIP327."""

import json
from pathlib import Path
from typing import Any

import pytest

from pillarbox.bitcoin.key_aggregation import aggregate, sort_keys

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "loop.json").read_text())
AGGREGATION = VECTORS["bip327_key_agg"]


def keys_of(case: dict[str, Any]) -> list[bytes]:
    return [bytes.fromhex(AGGREGATION["pubkeys"][index]) for index in case["key_indices"]]


@pytest.mark.parametrize("case", AGGREGATION["valid_test_cases"])
def test_keys_are_aggregated(case: dict[str, Any]) -> None:
    assert aggregate(keys_of(case)).format()[1:].hex() == case["expected"].lower()


@pytest.mark.parametrize(
    "case",
    [case for case in AGGREGATION["error_test_cases"] if case["error"]["type"] == "invalid_contribution"],
    ids=lambda case: case["comment"],
)
def test_what_is_no_key_is_refused(case: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        aggregate(keys_of(case))


def test_no_key_at_all_is_refused() -> None:
    with pytest.raises(ValueError, match="no key"):
        aggregate([])


def test_keys_are_sorted_by_their_bytes() -> None:
    case = VECTORS["bip327_key_sort"]
    keys = [bytes.fromhex(key) for key in case["pubkeys"]]
    assert [key.hex() for key in sort_keys(keys)] == [key.lower() for key in case["sorted_pubkeys"]]
