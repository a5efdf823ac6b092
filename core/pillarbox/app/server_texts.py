"""Servers as the settings keep them: an indexer's web address for Cardano, HOST:PORT[:t|s] for all others."""

from pillarbox.chain.cardano_address import IndexerAddress
from pillarbox.chain.server_address import ServerAddress
from pillarbox.model.network import CARDANO


def server_text(chain: str, text: str) -> str:
    """A server of the chain of this `Chain.name` in its plain form. Raises InvalidInputError."""
    if chain.startswith(f"{CARDANO.name}/"):
        return str(IndexerAddress.parse(text))
    return str(ServerAddress.parse(text))
