"""The shipped checkpoints, as far as they can be checked without the chain."""

from itertools import pairwise
from pathlib import Path

import pytest

from pillarbox.bitcoin.headers import RULES, target_of
from pillarbox.chain.checkpoints import last_block, shipped_checkpoints
from pillarbox.chain.header_chain import HeaderChain
from pillarbox.model.network import Network


@pytest.mark.parametrize(
    ("network", "count", "last", "first_hash"),
    [
        (Network.MAINNET, 478, 963_647, "00000000693067b0e6b440bc51450b9f3850561b07f6d3c021c54fbd6abb9763"),
        (Network.TESTNET, 74, 149_183, "00000000962a7fc2ef639196051fe181ed53ac6aa4cdfead14dca90f58aa36bc"),
        (Network.SIGNET, 157, 316_511, "000000c0a3841a6ae64c45864ae25314b40fd522bfb299a4b6bd5ef288cae74d"),
    ],
)
def test_each_network_has_its_hashes(network: Network, count: int, last: int, first_hash: str) -> None:
    checkpoints = shipped_checkpoints(network)
    assert len(checkpoints) == count
    assert last_block(count - 1) == last
    assert checkpoints[0][::-1].hex() == first_hash


@pytest.mark.parametrize("network", [Network.MAINNET, Network.TESTNET, Network.SIGNET])
def test_each_hash_has_at_least_the_work_of_the_easiest_block(network: Network) -> None:
    limit = target_of(RULES[network].limit_bits)
    checkpoints = shipped_checkpoints(network)
    assert all(int.from_bytes(each, "little") <= limit for each in checkpoints)
    assert len(set(checkpoints)) == len(checkpoints)


def test_work_on_mainnet_grew_as_everybody_knows() -> None:
    """Leading zero bits of the hashes, a few years apart: a table shuffled or cut would not keep this up."""
    years = [
        256 - int.from_bytes(each, "little").bit_length() for each in shipped_checkpoints(Network.MAINNET)
    ]
    averages = [sum(years[at : at + 80]) / len(years[at : at + 80]) for at in range(0, len(years), 80)]
    assert all(earlier < later for earlier, later in pairwise(averages))


def test_everybody_makes_their_own_regtest() -> None:
    assert shipped_checkpoints(Network.REGTEST) == ()


def test_the_chain_stands_on_the_last_checkpoint(tmp_path: Path) -> None:
    chain = HeaderChain.of(Network.MAINNET, tmp_path)
    assert chain.height is None
    assert chain.floor == 963_647
