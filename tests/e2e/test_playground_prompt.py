"""What the prompt of the network to try Pillarbox on answers to a line that it cannot obey."""

from typing import cast

import pytest
from peers.playground import obey
from peers.regtest import Regtest

NO_NETWORK = cast(Regtest, None)
"""Nothing here may reach the network."""


def test_paying_what_is_no_address_says_so() -> None:
    with pytest.raises(ValueError, match=r"^nonsense is not an address of this network$"):
        obey(NO_NETWORK, "pay nonsense 1")


@pytest.mark.parametrize("line", ["pay", "pay nonsense"])
def test_paying_without_an_amount_says_what_is_missing(line: str) -> None:
    assert obey(NO_NETWORK, line) == "Say which address and how much, in BTC: pay ADDRESS 0.5"
