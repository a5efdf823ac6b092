"""Whether anybody tells of an account's payments, now."""

from pillarbox.app.connections import Connections
from pillarbox.model.account import AccountId
from pillarbox.model.network import Chain, Coin, Network
from pillarbox.model.progress import ConnectionPhase
from pillarbox.wallet.kind_facts import told_by
from pillarbox.wallet.wallet import Wallet
from pillarbox_gui.wording.usage import UsageNotice, unpayable_notice, usage_notice


def server_is_set(connections: Connections, coin: Coin, network: Network) -> bool:
    """Whether a server was chosen for the coin's chain, whether or not it answers."""
    return connections.state(Chain(coin, network)).phase is not ConnectionPhase.UNSET


def notice_of(wallet: Wallet, connections: Connections, account: AccountId) -> UsageNotice | None:
    """What is to be said where no server tells of this account; None where one does."""
    kind = wallet.accounts.kind(account)
    if not kind.payable:
        return unpayable_notice()
    return usage_notice(told_by(kind), kind.coin, server_is_set(connections, kind.coin, wallet.network))
