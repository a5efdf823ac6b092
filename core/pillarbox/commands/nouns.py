"""The nouns as JSON objects, as the command line promises them. Amounts are in `unit`, the smallest."""

from dataclasses import asdict
from typing import TYPE_CHECKING

from pillarbox.errors import ErrorText
from pillarbox.model.account import Account
from pillarbox.model.address import Address, AddressFlag
from pillarbox.model.network import Coin
from pillarbox.model.progress import ConnectionState

if TYPE_CHECKING:
    from pillarbox.app.application import WalletSummary
    from pillarbox.wallet.open_accounts import StateCounts
    from pillarbox.wallet.wallet import Wallet

JsonObject = dict[str, object]


def error_object(error: ErrorText) -> JsonObject:
    """What a command that failed prints under --json."""
    return {"ok": False, "error": asdict(error)}


def address_object(address: Address, branch: str, coin: Coin) -> JsonObject:
    return {
        "account": address.ref.account,
        "branch": branch,
        "index": address.ref.index,
        "path": address.path,
        "address": address.text,
        "state": address.state.word,
        "label": address.label,
        "held_until": address.held_until,
        "held_until_used": address.held_until_used,
        "handed_out_before": AddressFlag.HANDED_OUT_BEFORE in address.flags,
        "flags": list(address.flags.words),
        "received": address.received,
        "unit": coin.unit,
    }


def account_object(account: Account, counts: "StateCounts", coin: Coin) -> JsonObject:
    return {
        "account": account.id,
        "kind": account.kind,
        "network": account.network.value,
        "label": account.label,
        "number": account.number,
        "path": account.path,
        "fingerprint": account.fingerprint,
        "watch_only": account.watch_only,
        "gap_limit": account.gap_limit,
        "at_limit": account.at_limit.value,
        "scan_state": account.scan_state.value,
        "unused": counts.unused,
        "reserved": counts.reserved,
        "used": counts.used,
        "received": counts.received,
        "unit": coin.unit,
    }


def accounts_of(wallet: "Wallet") -> list[JsonObject]:
    """Every account of an open wallet."""
    accounts = wallet.accounts
    return [
        account_object(account, accounts.counts(account.id), accounts.kind(account.id).coin)
        for account in accounts.all()
    ]


def summary_object(summary: "WalletSummary") -> JsonObject:
    return {
        "name": summary.name,
        "id": summary.id,
        "network": summary.network.value,
        "open": summary.is_open,
        "in_keychain": summary.in_keychain,
        "has_passphrase": summary.has_passphrase,
    }


def wallet_object(wallet: "Wallet", summary: "WalletSummary") -> JsonObject:
    """An open wallet with its accounts."""
    return {
        **summary_object(summary),
        "locked": wallet.unlocking.locked,
        "fingerprint": wallet.fingerprint,
        "watch_only": wallet.watch_only,
        "accounts": accounts_of(wallet),
    }


def connection_object(state: ConnectionState) -> JsonObject:
    return {
        "phase": state.phase.value,
        "server": state.server,
        "height": state.height,
        "error": None if state.error is None else asdict(state.error),
    }
