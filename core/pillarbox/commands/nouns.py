"""The nouns as JSON objects, as the command line promises them. Amounts are in `unit`, the smallest."""

from dataclasses import asdict
from typing import TYPE_CHECKING

from pillarbox.errors import ErrorText
from pillarbox.model.account import Account, ScanState
from pillarbox.model.address import Address, AddressFlag
from pillarbox.model.network import Coin
from pillarbox.model.progress import ConnectionState, Progress

if TYPE_CHECKING:
    from pillarbox.app.wallet_summary import WalletSummary
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


def account_object(wallet: "Wallet", account: Account) -> JsonObject:
    counts = wallet.accounts.counts(account.id)
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
        "scan_state": _scan_state(wallet, account).value,
        "lacks_addresses": wallet.accounts.lacks_rows(account.id),
        "unused": counts.unused,
        "reserved": counts.reserved,
        "used": counts.used,
        "received": counts.received,
        "unit": wallet.accounts.kind(account.id).coin.unit,
    }


def _scan_state(wallet: "Wallet", account: Account) -> ScanState:
    """A scan that was begun once and gets nowhere now, such as without a server, is none."""
    if account.scan_state is not ScanState.SCANNING:
        return account.scan_state
    looked_at = wallet.scanning.progress.get(account.id, Progress(0, None)).done
    goes_on = looked_at and wallet.scanning.is_running(account.id)
    return ScanState.SCANNING if goes_on else ScanState.UNSCANNED


def accounts_of(wallet: "Wallet") -> list[JsonObject]:
    """Every account of an open wallet."""
    return [account_object(wallet, account) for account in wallet.accounts.all()]


def summary_object(summary: "WalletSummary") -> JsonObject:
    """With `error` where the wallet's key file cannot be read; then `id` and `network` are null."""
    found: JsonObject = {
        "name": summary.name,
        "id": summary.id,
        "network": None if summary.network is None else summary.network.value,
        "open": summary.is_open,
        "in_keychain": summary.in_keychain,
        "has_passphrase": summary.has_passphrase,
    }
    return found if summary.trouble is None else {**found, "error": asdict(summary.trouble)}


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
