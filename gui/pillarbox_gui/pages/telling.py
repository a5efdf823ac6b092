"""Whether anybody tells of an account's payments, now."""

from PySide6.QtCore import QCoreApplication

from pillarbox.app.connections import Connections
from pillarbox.model.account import AccountId, ScanState
from pillarbox.model.network import Chain
from pillarbox.model.progress import ConnectionPhase
from pillarbox.wallet.kind_facts import told_by
from pillarbox.wallet.wallet import Wallet
from pillarbox_gui.theme.tokens import Tone
from pillarbox_gui.wording.states import StatusWords, connection_words
from pillarbox_gui.wording.usage import UsageNotice, down_notice, unpayable_notice, usage_notice

translate = QCoreApplication.translate


def chain_of(wallet: Wallet, account: AccountId) -> Chain:
    """Where the account is paid."""
    return Chain(wallet.accounts.kind(account).coin, wallet.network)


def notice_of(wallet: Wallet, connections: Connections, account: AccountId) -> UsageNotice | None:
    """What is to be said where no server tells of this account; None where one does."""
    kind = wallet.accounts.kind(account)
    if not kind.payable:
        return unpayable_notice()
    state = connections.state(chain_of(wallet, account), wallet.id)
    return usage_notice(told_by(kind), kind.coin, state.phase is not ConnectionPhase.UNSET)


def shown_notice(wallet: Wallet, connections: Connections, account: AccountId) -> UsageNotice | None:
    """The same, and where its own server does not answer."""
    if (notice := notice_of(wallet, connections, account)) is not None:
        return notice
    chain = chain_of(wallet, account)
    return down_notice(connections.state(chain, wallet.id), chain.coin)


def connection_fact(wallet: Wallet, connections: Connections, account: AccountId) -> StatusWords:
    """The connection to this account's own chain, for the status line."""
    chain, notice = chain_of(wallet, account), notice_of(wallet, connections, account)
    if notice is not None and not notice.server_helps:
        text = translate("states", "No server tells of this account")
        return StatusWords(Tone.QUIET, "offline", text, notice.words)
    return connection_words(connections.state(chain, wallet.id), chain.coin)


def received_is_known(wallet: Wallet, connections: Connections, account: AccountId) -> bool:
    """Whether nothing seen means that nothing came: a server told of the past, or answers now."""
    if notice_of(wallet, connections, account) is not None:
        return False
    state = wallet.accounts.get(account).scan_state
    answers = connections.state(chain_of(wallet, account), wallet.id).phase is ConnectionPhase.CONNECTED
    return state is ScanState.SCANNED or (state is ScanState.MADE_HERE and answers)
