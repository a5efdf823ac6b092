"""The servers and nodes that wallets reach over Lightning."""

from pillarbox.errors import InvalidInputError
from pillarbox.storage.lightning_nodes import LightningNode
from pillarbox.wallet.loop_surroundings import Server
from pillarbox.wallet.payer import Payer


def server(url: str) -> Server:
    """A server of static addresses. Raises InvalidInputError."""
    raise InvalidInputError(what="server", why=f"This version cannot reach {url[:80]!a}.")


def payer(node: LightningNode) -> Payer:
    """An lnd node. Raises InvalidInputError."""
    raise InvalidInputError(what="node", why=f"This version cannot reach {node.url[:80]!a}.")
