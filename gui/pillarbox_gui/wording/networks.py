"""Networks in words."""

from PySide6.QtCore import QCoreApplication

from pillarbox.model.network import Network

translate = QCoreApplication.translate


def network_words(network: Network) -> str:
    """What a person calls a network, and whether its coins are worth anything."""
    return {
        Network.MAINNET: translate("networks", "Mainnet, real money"),
        Network.TESTNET: translate("networks", "Testnet, for trying out"),
        Network.SIGNET: translate("networks", "Signet, for trying out"),
        Network.REGTEST: translate("networks", "Regtest, on this computer"),
    }[network]
