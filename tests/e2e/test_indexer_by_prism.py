"""The Cardano indexer's client against Prism, which serves the interface's published description.

Prism answers with the description's own examples, and refuses what the description does not allow.
"""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from peers.indexer_mock import IndexerMock
from peers.set_up import PeersUnavailableError, set_up_npm

from pillarbox.chain.cardano_address import IndexerAddress, read_project_key
from pillarbox.chain.cardano_errors import (
    IndexerError,
    IndexerNonsenseError,
    OtherCardanoNetworkError,
    ProjectKeyRefusedError,
    QuestionRefusedError,
)
from pillarbox.chain.cardano_indexer import MAINNET_MAGIC, IndexerUsage
from pillarbox.chain.cardano_link import IndexerLink
from pillarbox.chain.cardano_protocol import Listed, Part, Tip
from pillarbox.clock import SystemClock
from pillarbox.model.network import Network

pytestmark = pytest.mark.e2e

KEY = "mainnetKeyThatAnybodyMayRead"
ADDRESS = (
    "addr1q9ld26v2lv8wvrxxmvg90pn8n8n5k6tdst06q2s856rwmvnueldzuuqmnsye359fqrk8hwvenjnqultn7djtrlft7jnq7dy7wv"
)
"""The one of the example transaction: it pays itself."""
TRANSACTION = "1e043f100dce12d107f679685acd2fc0610e10f72a92d412794c9773d11d8477"
TIP = Tip("4ea1ba291e8eef538635a53e59fddba7810d1679631cc3aed7c8e6c4091a516a", 15_243_593, 1_641_338_934)
"""As the description's example has it."""
BYRON = (
    "DdzFFzCqrhstpwKc8WMvPwwBb5oabcTW9zc5ykA37wJR4tYQucvsR9dXb2kEGNXkFJz2PtrpzfRiZkx8R1iNo8NYqdsukVmv7EAybFwC"
)


class ClockOfTheExample(SystemClock):
    def now(self) -> int:
        return TIP.time


@pytest.fixture(scope="module")
def mock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IndexerMock]:
    try:
        peer = set_up_npm("indexer", Path(__file__).parent / "peers" / "indexer")
    except PeersUnavailableError as reason:
        if os.environ.get("PILLARBOX_REQUIRE_PEERS"):
            raise
        pytest.skip(str(reason))
    running = IndexerMock(peer, tmp_path_factory.mktemp("indexer"))
    yield running
    running.stop()


@pytest.fixture
async def link(mock: IndexerMock) -> AsyncIterator[IndexerLink]:
    link = IndexerLink(IndexerAddress.parse(mock.url), read_project_key(KEY), SystemClock())
    yield link
    await link.aclose()


async def test_the_network_and_the_newest_block_are_read(link: IndexerLink) -> None:
    assert await link.magic() == MAINNET_MAGIC
    assert await link.tip() == TIP


@pytest.mark.parametrize("address", [ADDRESS, BYRON])
@pytest.mark.parametrize("page", [1, 2, 100])
async def test_a_page_of_a_history_is_read(link: IndexerLink, address: str, page: int) -> None:
    assert await link.page(address, page) == [
        Listed("8788591983aa73981fc92d6cddbbe643959f5a784e84b8bee0db15823f575a5b", 69),
        Listed("52e748c4dec58b687b90b0b40d383b9fe1f24c1a833b7395cdf07dd67859f46f", 4_547),
        Listed("e8073fd5318ff43eca18a852527166aa8008bee9ee9e891f585612b7e4ba700b", 564_654),
    ]


async def test_a_transaction_is_read(link: IndexerLink) -> None:
    assert await link.part(TRANSACTION, ADDRESS) == Part(((0, 42_000_000),), spends=True)
    assert await link.part(TRANSACTION, BYRON) == Part((), spends=False)


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("/addresses/x/transactions?count=101", QuestionRefusedError),
        ("/addresses/x/transactions?order=up", QuestionRefusedError),
        ("/x", IndexerNonsenseError),
    ],
)
async def test_prism_refuses_what_the_description_does_not_allow(
    link: IndexerLink, path: str, error: type[IndexerError]
) -> None:
    with pytest.raises(error):
        await link._get(path)


async def test_a_request_without_the_project_key_is_refused(mock: IndexerMock) -> None:
    link = IndexerLink(IndexerAddress.parse(mock.url), None, SystemClock())
    with pytest.raises(ProjectKeyRefusedError):
        await link.tip()
    await link.aclose()


async def test_histories_are_asked_for_as_the_description_allows(mock: IndexerMock) -> None:
    usage = IndexerUsage(
        Network.MAINNET,
        IndexerAddress.parse(mock.url),
        read_project_key(KEY),
        lambda key: key.decode(),
        clock=ClockOfTheExample(),
    )
    assert await usage.check() == TIP
    (found,) = await usage.history([ADDRESS.encode()])
    # Prism has one example for every transaction, whichever is asked for; it is not taken for another.
    assert found.refused == "it is about another transaction than the one asked for"
    await usage.aclose()


async def test_a_wallet_of_a_test_network_refuses_it(mock: IndexerMock) -> None:
    usage = IndexerUsage(
        Network.TESTNET, IndexerAddress.parse(mock.url), read_project_key(KEY), bytes.hex, clock=SystemClock()
    )
    with pytest.raises(OtherCardanoNetworkError):
        await usage.check()
    await usage.aclose()
