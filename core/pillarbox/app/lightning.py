"""The servers and nodes that wallets reach over Lightning. Their libraries are loaded when first used."""

from pillarbox.lightning.payers import Payer
from pillarbox.storage.lightning_nodes import LightningNode
from pillarbox.wallet.loop_surroundings import Server


def server(url: str) -> Server:
    """A server of static addresses. Slow the first time. Raises InvalidInputError."""
    from pillarbox.lightning.static_address_service import StaticAddressServer  # noqa: PLC0415  # as said above

    return StaticAddressServer(url)


def payer(node: LightningNode) -> Payer:
    """An lnd node. Slow the first time. Raises InvalidInputError."""
    from pillarbox.lightning.lnd_payer import LndPayer  # noqa: PLC0415  # as said above

    made = LndPayer(node.url, node.macaroon, node.certificate)
    made.name = node.url.rstrip("/")  # which tells it from another node
    return made
