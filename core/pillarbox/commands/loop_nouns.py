"""Loop's nouns as JSON objects. Amounts in satoshi or, where it is said, in millisatoshi."""

from dataclasses import asdict
from typing import TYPE_CHECKING

from pillarbox.bitcoin import bolt11
from pillarbox.commands.nouns import JsonObject
from pillarbox.errors import ErrorText
from pillarbox.loop.generations import Generation
from pillarbox.storage.l402_tokens import StoredToken, TokenState

if TYPE_CHECKING:
    from pillarbox.wallet.loop_files import FoundFile
    from pillarbox.wallet.loop_generations import KeptStatic
    from pillarbox.wallet.loop_restore import Older
    from pillarbox.wallet.loop_services import LoopServices
    from pillarbox.wallet.static_addresses import Listed, Recovery
    from pillarbox.wallet.static_exits import Exit
    from pillarbox.wallet.wallet import Wallet


def token_object(token: StoredToken) -> JsonObject:
    """Without what is secret of it. `created_at` in Unix nanoseconds."""
    read = token.token
    return {
        "token_id": token.token_id.hex(),
        "server": token.server,
        "state": token.state.value,
        "paid": token.state is TokenState.PAID,
        "payment_hash": token.payment_hash.hex(),
        "amount_msat": read.amount_msat,
        "fee_msat": read.fee_msat,
        "created_at": token.created_at,
    }


def pending_object(token: StoredToken, now: int) -> JsonObject:
    """What is to be paid. `over`: the server takes the payment no more."""
    invoice = bolt11.parse(token.invoice)
    return {
        "server": token.server,
        "invoice": token.invoice,
        "amount_msat": invoice.amount_msat,
        "ends_at": invoice.ends_at,
        "over": now >= invoice.ends_at,
        "sent_by": token.sent_by,
    }


async def account_status(loop: "LoopServices", kept: "KeptStatic") -> JsonObject:
    """A static address with what lies on it. `token_id`: None where its token is not here."""
    static, account = kept.static, kept.account
    listed = await loop.addresses.listed(account.id)
    return {
        "account": account.id,
        "label": account.label,
        "server": static.server,
        "address": static.registered_text,
        "expiry": static.expiry,
        "first_height": static.first_height,
        "token_id": None if kept.token is None else kept.token.token_id.hex(),
        "deposits": len(listed),
        "amount": sum(each.deposit.amount for each in listed),
        "unit": "sat",
        "earliest_recovery": _recovery_object(await loop.addresses.earliest_recovery(account.id)),
    }


def deposit_object(wallet: "Wallet", listed: "Listed") -> JsonObject:
    deposit = listed.deposit
    return {
        "outpoint": deposit.outpoint,
        "account": deposit.ref.account,
        "address": wallet.accounts.address(deposit.ref).text,
        "path": wallet.accounts.address(deposit.ref).path,
        "amount": deposit.amount,
        "unit": "sat",
        "confirmed_at": deposit.confirmed_at or None,
        "state": deposit.state.value,
        "visible": deposit.visible,
        "spent_by": deposit.spent_by or None,
        "recovery": _recovery_object(listed.recovery),
        "expired": listed.expired,
    }


def exit_object(made: "Exit") -> JsonObject:
    transaction = made.transaction
    return {
        "outpoint": made.deposit.outpoint,
        "txid": transaction.txid_text,
        "hex": transaction.serialise().hex(),
        "signed": made.signed,
        "to": made.address,
        "amount": transaction.outputs[0].amount,
        "fee": made.fee,
        "unit": "sat",
        "key_path": made.key_path,
    }


def found_object(file: "FoundFile") -> JsonObject:
    """A backup file that was looked at, and why it was no use."""
    told: JsonObject = {"name": file.path.name, "folder": str(file.path.parent)}
    if isinstance(file.found, Generation):
        return {**told, "ok": True}
    return {**told, "ok": False, "error": asdict(file.found.text)}


def older_object(older: "Older") -> JsonObject:
    """What became of a generation before the latest: its account, or why there is none."""
    told: JsonObject = {"backup_file": str(older.path)}
    if isinstance(older.became, ErrorText):
        return {**told, "ok": False, "error": asdict(older.became)}
    made = older.became
    return {
        **told,
        "ok": True,
        "restored": made.static_address,
        "static_address": made.address,
        "account": made.account.id,
    }


def _recovery_object(recovery: "Recovery | None") -> JsonObject | None:
    return None if recovery is None else {"height": recovery.height, "at": recovery.at}
