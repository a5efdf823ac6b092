"""A Bitcoin network of one's own to try Pillarbox on, gone when you leave. Its coins are worth nothing.

usage: PYTHONPATH=tests/e2e python -m peers.playground
"""

import sys
import tempfile
from decimal import Decimal, InvalidOperation
from pathlib import Path

from peers.bitcoin_node import NodeRefusedError
from peers.payer import SATOSHIS_A_COIN, output_script
from peers.peer_process import PeerFailedError
from peers.regtest import Regtest, running_regtest
from peers.set_up import PeersUnavailableError, set_up

PORTS = (50001, 50002)
WELCOME = f"""\
A Bitcoin regtest network is running. Its Electrum server: 127.0.0.1:{PORTS[0]}:t
(with TLS: 127.0.0.1:{PORTS[1]}:s)

  pay ADDRESS AMOUNT    pay an address, AMOUNT in BTC
  mine [COUNT]          mine blocks, which confirms payments
  quit
"""


def obey(regtest: Regtest, line: str) -> str:
    """Do what a line says, and what to answer. Raises ValueError or NodeRefusedError."""
    match line.split():
        case ["pay", address, amount]:
            try:
                satoshis = int(Decimal(amount) * SATOSHIS_A_COIN)
            except InvalidOperation:
                raise ValueError(f"{amount} is not an amount") from None
            try:
                script = output_script(address)
            except ValueError:
                raise ValueError(f"{address} is not an address of this network") from None
            return f"paid in transaction {regtest.payer.pay(script, satoshis)}"
        case ["pay", *_]:
            return "Say which address and how much, in BTC: pay ADDRESS 0.5"
        case ["mine"]:
            return f"height {regtest.mine()}"
        case ["mine", count]:
            return f"height {regtest.mine(int(count))}"
        case _:
            return WELCOME


def main() -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        running_regtest(set_up(), Path(folder), ports=PORTS) as regtest,
    ):
        print(WELCOME, end="> ", flush=True)
        for line in sys.stdin:
            if line.strip() in {"quit", "exit"}:
                break
            try:
                print(obey(regtest, line))
            except (ValueError, NodeRefusedError) as error:
                print(f"That did not work: {error}")
            print("> ", end="", flush=True)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        print()
    except (PeersUnavailableError, PeerFailedError) as error:
        sys.exit(str(error))
