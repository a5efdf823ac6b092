"""A Bitcoin full node on regtest, in memory."""

import base64
import http.client
import json
import re
import time
from pathlib import Path
from typing import Any

from bip_utils import SegwitBech32Encoder  # type: ignore[import-untyped]  # no stubs

from peers.peer_process import PeerProcess
from peers.set_up import Peers

API_KEY = "regtest"
START_SECONDS = 30
BLOCKS_A_CALL = 100


class NodeRefusedError(Exception):
    """The node answered a call with an error."""


class BitcoinNode:
    """Ready once constructed. Its calls block, a few milliseconds each; they may come from any thread."""

    def __init__(self, peers: Peers, folder: Path) -> None:
        script = Path(__file__).with_name("bitcoin_node.js")
        self._process = PeerProcess("node", [peers.node, script, peers.node_modules, API_KEY], folder)
        try:
            self.rpc_port = self._wait_until_ready()
        except BaseException:
            self.stop()
            raise

    def _wait_until_ready(self) -> int:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if ready := re.search(r'^\{"rpcPort":(\d+)\}$', self._process.output, re.MULTILINE):
                return int(ready[1])
            self._process.check_alive()
            time.sleep(0.02)
        raise self._process.failed(f"was not ready after {START_SECONDS} s")

    @property
    def rpc_url(self) -> str:
        return f"http://any:{API_KEY}@127.0.0.1:{self.rpc_port}/"

    def call(self, method: str, *parameters: Any) -> Any:
        """One JSON-RPC call. Raises NodeRefusedError."""
        body = json.dumps({"id": 1, "method": method, "params": parameters})
        credentials = base64.b64encode(f"any:{API_KEY}".encode()).decode()
        connection = http.client.HTTPConnection("127.0.0.1", self.rpc_port, timeout=60)
        try:
            connection.request("POST", "/", body, {"authorization": f"Basic {credentials}"})
            reply = json.load(connection.getresponse())
        finally:
            connection.close()
        if reply.get("error"):
            raise NodeRefusedError(f"{method}: {reply['error']['message']}")
        return reply["result"]

    def height(self) -> int:
        return int(self.call("getblockcount"))

    def block_hash(self, height: int) -> str:
        return str(self.call("getblockhash", height))

    def mine(self, count: int, script: bytes) -> list[str]:
        """`count` blocks on the tip, their rewards to a version 0 witness `script`. Returns their hashes."""
        # bcoin's regtest addresses have a prefix of their own; the scripts behind them are everyone's.
        address = SegwitBech32Encoder.Encode("rb", 0, script[2:])
        hashes: list[str] = []
        while len(hashes) < count:
            hashes += self.call("generatetoaddress", min(BLOCKS_A_CALL, count - len(hashes)), address)
        return hashes

    def invalidate(self, block_hash: str) -> None:
        """Forget this block and all that stand on it. Their transactions do not return to the mempool."""
        self.call("invalidateblock", block_hash)

    def broadcast(self, transaction: bytes) -> str:
        """Its id, once it is in the mempool. Raises NodeRefusedError for one that is not valid."""
        return str(self.call("sendrawtransaction", transaction.hex()))

    def stop(self) -> None:
        self._process.stop()
