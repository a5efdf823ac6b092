"""The peers together: a chain of our own, a server that follows it, and somebody who pays."""

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from peers.bitcoin_node import BitcoinNode
from peers.electrum import ElectrumServer, Witness
from peers.payer import Payer
from peers.set_up import Peers

FIRST_BLOCKS = 440
"""Past height 432, where bcoin's regtest activates segwit; also leaves 340 rewards old enough to be spent."""

SERVER_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Regtest:
    """What end-to-end tests work with. Every call blocks; in a coroutine, use `asyncio.to_thread`."""

    node: BitcoinNode
    server: ElectrumServer
    payer: Payer
    witness: Witness

    def mine(self, count: int = 1) -> int:
        """Mine on the tip and wait until the Electrum server has followed. Returns the height."""
        self.payer.mine(count)
        return self.wait_for_tip()

    def reorganise(self, depth: int) -> int:
        """Replace the last `depth` blocks by one more, empty, and wait for the server. Returns the height."""
        self.node.invalidate(self.node.block_hash(self.node.height() - depth + 1))
        # Another script than before: the same one could rebuild the very block just invalidated.
        self.node.mine(depth + 1, b"\x00\x14" + secrets.token_bytes(20))
        return self.wait_for_tip()

    def wait_for_tip(self) -> int:
        """Wait until the Electrum server stands on the node's tip. Returns the height."""
        height = self.node.height()
        tip = self.node.call("getblockheader", self.node.block_hash(height), False)
        self.wait_until(lambda: self.witness.ask("blockchain.headers.subscribe")["hex"] == tip)
        return height

    def wait_until_known(self, script: bytes, txid: str) -> None:
        """Wait until the Electrum server has this transaction in the script's history."""
        self.wait_until(lambda: txid in {entry["tx_hash"] for entry in self.witness.history(script)})

    def wait_until(self, condition: Callable[[], bool]) -> None:
        """Poll. Raises TimeoutError."""
        deadline = time.monotonic() + SERVER_SECONDS
        while not condition():
            if time.monotonic() > deadline:
                raise TimeoutError(f"the Electrum server did not follow within {SERVER_SECONDS} s")
            time.sleep(0.01)


@contextmanager
def running_regtest(peers: Peers, folder: Path, *, ports: tuple[int, int] | None = None) -> Iterator[Regtest]:
    """A node with blocks, an Electrum server at its tip, a payer with coins; all ended on leaving.

    `ports` are the server's, TCP and TLS; free ones unless given.
    """
    with (
        running_node(peers, folder) as (node, payer),
        running_server(peers, node, folder, ports=ports) as server,
        Witness(server.tcp_port) as witness,
    ):
        regtest = Regtest(node, server, payer, witness)
        regtest.wait_for_tip()
        yield regtest


@contextmanager
def running_node(peers: Peers, folder: Path) -> Iterator[tuple[BitcoinNode, Payer]]:
    """A node with its first blocks, and the payer who mined them."""
    node = BitcoinNode(peers, folder)
    try:
        payer = Payer(node, secrets.token_bytes(32))
        payer.mine(FIRST_BLOCKS)
        yield node, payer
    finally:
        node.stop()


@contextmanager
def running_server(
    peers: Peers,
    node: BitcoinNode,
    folder: Path,
    *,
    delay_replies: bool = False,
    ports: tuple[int, int] | None = None,
) -> Iterator[ElectrumServer]:
    """An Electrum server of one's own on `node`, to be stopped or given another certificate at will."""
    server = ElectrumServer(peers, node, folder, delay_replies=delay_replies, ports=ports)
    try:
        yield server
    finally:
        server.stop()
