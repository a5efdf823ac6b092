"""Loop's nouns as plain text for people. Servers' words may be in it: who prints it makes it printable."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from pillarbox.cli.moments import moment

DEPOSIT_HEAD = ("OUTPOINT", "AMOUNT", "BLOCK", "STATE", "YOURS ALONE FROM", "ADDRESS")


def deposit_row(deposit: Any) -> Sequence[str]:
    block = deposit["confirmed_at"]
    state = deposit["state"]
    if deposit["spent_by"]:
        state = f"{state}, spent"
    return (
        deposit["outpoint"],
        f"{deposit['amount']} {deposit['unit']}",
        "unconfirmed" if block is None else str(block),
        state,
        "now" if deposit["expired"] else _recovery(deposit["recovery"]),
        deposit["address"],
    )


def _status(found: Any) -> str:
    return "\n".join(_status_lines(found))


def _status_lines(found: Any) -> Iterator[str]:
    if not found["addresses"]:
        yield "There is no static address yet: pillarbox account add NAME loop-static --server URL"
    for each in found["addresses"]:
        yield each["address"]
        yield f"  account     {each['account']} {each['label']}"
        yield f"  server      {each['server'] or 'not known'}"
        yield f"  waits       {each['expiry']} blocks"
        yield f"  deposits    {each['deposits']}, {each['amount']} {each['unit']}"
        alone = _recovery(each["earliest_recovery"]) or f"{each['expiry']} blocks after a deposit's own"
        yield f"  yours alone {alone}"
    for token in found["tokens"]:
        yield f"token {token['token_id']}  {token['state']}  {token['server'] or 'server not known'}"
    if (pending := found["pending"]) is not None:
        yield f"{pending['server']} wants {pending['amount_msat']} millisatoshi. The invoice:"
        yield pending["invoice"]
        yield "  it is over" if pending["over"] else f"  until       {moment(pending['ends_at'])}"
    if found["addresses"] and found["chain_error"]:
        yield f"Deposits may lack: {found['chain_error']}"
    for trouble in found["backup_troubles"]:
        yield f"No backup in {trouble['folder']}: {trouble['error']['message']}"


def _token(token: Any) -> str:
    said = {
        "paid": "is paid. Now make its address: pillarbox account add NAME loop-static --server URL",
        "discarded": "was discarded. If it was paid after all, its preimage still makes it a paid one.",
    }.get(token["state"], f"is {token['state']}.")
    lines = [f"Token {token['token_id']} {said}"]
    lines += [f"  warning     {warning}" for warning in token.get("warnings", ())]
    lines += [f"  file        {token['file']}"] if "file" in token else []
    return "\n".join(lines)


def _exit(made: Any) -> str:
    """The transaction alone on the first line, so that a script may take that."""
    lines = [
        made["hex"],
        f"  pays        {made['amount']} {made['unit']} to {made['to']}",
        f"  fee         {made['fee']} {made['unit']}",
        f"  txid        {made['txid']}",
        f"  key         {made['key_path']}",
    ]
    lines.append(
        "  It is signed. Nothing has broadcast it: give it to any node."
        if made["signed"]
        else "  It is not signed: --sign does that with the recovery words."
    )
    return "\n".join(lines)


def _recovered(found: Any) -> str:
    lines = [
        found["static_address"],
        f"  from        {found['backup_file']}",
        f"  token       {'restored' if found['restored_l402'] else 'was here already'}",
        f"  address     {'restored' if found['restored_static_address'] else 'was here already'}",
        f"  deposits    {found['num_deposits_found']}",
    ]
    if found["deposit_reconciliation_error"]:
        lines.append(f"  but         {found['deposit_reconciliation_error']}")
    for each in found["older"]:
        what = each["static_address"] if each["ok"] else f"not restored: {each['error']['message']}"
        lines.append(f"  and before  {what} ({each['backup_file']})")
    failed = (each for each in found["candidates"] if not each["ok"])
    lines += [f"  not used    {each['name']}: {each['error']['message']}" for each in failed]
    return "\n".join(lines)


def _recovery(recovery: Any) -> str:
    return "" if recovery is None else f"block {recovery['height']}, about {moment(recovery['at'])}"


LOOP_TEXTS: Mapping[str, Callable[[Any], str]] = MappingProxyType(
    {
        "loop status": _status,
        "loop pay": _token,
        "loop discard": _token,
        "loop token": _token,
        "loop exit": _exit,
        "loop recover": _recovered,
    }
)
