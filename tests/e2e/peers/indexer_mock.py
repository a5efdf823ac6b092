"""Prism, serving what the published description of the Blockfrost-compatible interface gives as examples."""

import re
import time
from pathlib import Path

from peers.peer_process import PeerProcess
from peers.set_up import NpmPeer

START_SECONDS = 60


class IndexerMock:
    """Ready once constructed. What the description does not allow is answered with 401, 404 or 422."""

    def __init__(self, peer: NpmPeer, folder: Path) -> None:
        script = Path(__file__).with_name("indexer_mock.js")
        self._process = PeerProcess("indexer-mock", [peer.node, script, peer.node_modules], folder)
        try:
            self.url = f"http://127.0.0.1:{self._wait_until_ready()}"
        except BaseException:
            self.stop()
            raise

    def _wait_until_ready(self) -> int:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if ready := re.search(r'^\{"port":(\d+)\}$', self._process.output, re.MULTILINE):
                return int(ready[1])
            self._process.check_alive()
            time.sleep(0.05)
        raise self._process.failed(f"was not ready after {START_SECONDS} s")

    def stop(self) -> None:
        self._process.stop()
