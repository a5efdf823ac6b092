"""Run e-x, configured by its own environment variables, until standard input ends.

usage, with the Python of the server's own venv: python electrum_server.py [--delay-replies]

e-x holds each reply back for up to a second and pads it, as public servers do: off here unless asked for.
"""

import asyncio
import logging
import os
import signal
import sys
import threading

from electrumx import Controller, Env  # type: ignore[import-not-found]  # in the server's own venv
from electrumx.server.transport import PaddedRSTransport  # type: ignore[import-not-found]  # as above


def end_with_standard_input() -> None:
    """The tests hold the other end: it closes when they are done, and also when they crash."""
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    if "--delay-replies" not in sys.argv[1:]:
        PaddedRSTransport.WAIT_FOR_BUFFER_GROWTH_SECONDS = 0.0
        PaddedRSTransport.MIN_PACKET_SIZE = 1
    threading.Thread(target=end_with_standard_input, daemon=True).start()
    asyncio.run(Controller(Env()).run())


main()
