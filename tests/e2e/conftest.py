"""The peers as fixtures. Where they cannot be installed, tests that need them are skipped and say why."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from peers.electrum import ElectrumServer
from peers.oracle import LOCKED, Oracle
from peers.regtest import Regtest, running_regtest, running_server
from peers.set_up import Peers, PeersUnavailableError, set_up, set_up_npm

T = TypeVar("T")


def _installed(set_up: Callable[[], T]) -> T:
    """Where PILLARBOX_REQUIRE_PEERS is set, as in CI, the absence of peers is a failure."""
    try:
        return set_up()
    except PeersUnavailableError as reason:
        if os.environ.get("PILLARBOX_REQUIRE_PEERS"):
            raise
        pytest.skip(str(reason))


@pytest.fixture(scope="session")
def peers() -> Peers:
    """The installed programs."""
    return _installed(set_up)


@pytest.fixture(scope="session")
def cardano_oracle() -> Oracle:
    """Emurgo's library."""
    return Oracle(_installed(lambda: set_up_npm("oracles", LOCKED)), "cardano_oracle.js")


@pytest.fixture(scope="session")
def dash_oracle() -> Oracle:
    """Dash's own library, and npm's bech32."""
    return Oracle(_installed(lambda: set_up_npm("oracles", LOCKED)), "dash_oracle.js")


@pytest.fixture(scope="session")
def regtest(peers: Peers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Regtest]:
    """One chain, server and payer for the whole run: a test relies on its own scripts, never on a height."""
    with running_regtest(peers, tmp_path_factory.mktemp("regtest")) as running:
        yield running


@pytest.fixture
def electrum_server(peers: Peers, regtest: Regtest, tmp_path: Path) -> Iterator[ElectrumServer]:
    """A second server on the same chain, for one test to stop, restart, or give another certificate."""
    with running_server(peers, regtest.node, tmp_path) as server:
        yield server


@pytest.fixture
def delaying_server(peers: Peers, regtest: Regtest, tmp_path: Path) -> Iterator[ElectrumServer]:
    """A second server on the same chain that delays and pads its replies, as public servers do."""
    with running_server(peers, regtest.node, tmp_path, delay_replies=True) as server:
        yield server
