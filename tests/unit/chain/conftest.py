"""Fixtures for the tests of the chain room."""

from collections.abc import AsyncIterator

import pytest

from electrum_peer.scripted_server import ScriptedServer
from electrum_peer.synthetic_chain import SyntheticChain


@pytest.fixture
def chain() -> SyntheticChain:
    """Regtest's first block and nine more."""
    made = SyntheticChain()
    made.mine(9)
    return made


@pytest.fixture
async def server(chain: SyntheticChain) -> AsyncIterator[ScriptedServer]:
    """An honest server on `chain`."""
    async with ScriptedServer(chain) as serving:
        yield serving
