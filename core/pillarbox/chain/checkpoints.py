"""Block hashes shipped with the program: what a server's chain has to lead through.

One file a network, `checkpoints/NETWORK.bin` among the resources: 32 bytes for every 2016 blocks, the hash of
the last of them in wire order, from the first 2016 on. docs/formats/checkpoints.md says where they come from.
"""

from importlib.resources import files

from pillarbox.bitcoin.headers import PERIOD
from pillarbox.model.network import Network

_HASH_SIZE = 32


def shipped_checkpoints(network: Network) -> tuple[bytes, ...]:
    """The hash of block 2015, 4031, and so on; none for a network that everybody makes anew."""
    shipped = files("pillarbox_resources") / "checkpoints" / f"{network.value}.bin"
    if not shipped.is_file():
        return ()
    data = shipped.read_bytes()
    return tuple(data[at : at + _HASH_SIZE] for at in range(0, len(data), _HASH_SIZE))


def last_block(checkpoint: int) -> int:
    """The height that the checkpoint of this number, from 0, is the hash of."""
    return (checkpoint + 1) * PERIOD - 1
