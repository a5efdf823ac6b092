"""What commands reply, as JSON for programs or as plain text for people."""

import json
import re
import shlex
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, TextIO

from pillarbox.app.local_socket import Json
from pillarbox.cli import backup_text
from pillarbox.cli.kind_text import kind_text
from pillarbox.cli.loop_text import DEPOSIT_HEAD, LOOP_TEXTS, deposit_row
from pillarbox.cli.text import Row, moment, printable, table
from pillarbox.commands.nouns import error_object
from pillarbox.errors import ErrorText, PillarboxError
from pillarbox.model.progress import Progress

_PROPOSED = re.compile(r"(pillarbox [a-z-]+(?: [a-z-]+)?) NAME\b")
"""A command for this wallet, as errors propose it."""
_NOTHING: Mapping[str, str] = {
    "backup list": "No backup in {place}.",
    "loop deposits": (
        "No deposits seen. Only a server tells of them: pillarbox sync NAME --electrum HOST:PORT"
    ),
    "wallet list": "No wallet yet: pillarbox wallet create NAME",
    "addresses": "No such address.",
}
"""By command: what to say where the answer is empty."""

Text = Callable[[Any], str]
"""From an object to its lines."""


_HINTS: Mapping[str, str] = {
    "gap-reached": (
        "Say what to do: --at-limit reuse hands out the address that was held longest, "
        "--at-limit extend goes beyond the gap limit."
    ),
    "no-key-source": (
        "Make more with the recovery words: pillarbox account prepare NAME ACCOUNT. "
        "Or make a held address available again: pillarbox release NAME ADDRESS"
    ),
    "l402-payment-needed": (
        "Pay it from any Lightning wallet and give the proof: pillarbox loop pay NAME --preimage-file F. Or "
        "have your own node pay: pillarbox loop pay NAME --lnd URL --lnd-macaroon-file F --lnd-cert F. "
        "Then run this again."
    ),
    "l402-too-dear": "Allow it knowingly (--max-cost SAT), or choose another server.",
    "not-scanned": (
        "Let it look first: pillarbox sync NAME. Or hand one out knowingly without it: --unscanned."
    ),
}
"""By an error's code: which option answers it here, where the window would show a button."""


class OutputUnwritableError(PillarboxError):
    """Parameters: why."""

    code = "output-unwritable"
    title = "The reply could not be written"
    message = "Standard output does not take it: {why}. What the command did is done and saved."
    hint = "Look at what is there before you run the command again."


class Renderer:
    """Objects go to `out`; progress, notes, and errors for people go to `err`.

    Writing to `out` raises OutputUnwritableError, and BrokenPipeError where its reader is gone.
    """

    def __init__(
        self, *, as_json: bool, out: TextIO, err: TextIO, given: Mapping[str, object] | None = None
    ) -> None:
        """`given`: what was asked for, so that hints can name it."""
        self._as_json = as_json
        self._given = given or {}
        self._out = out
        self._err = err
        self._rows: list[Row] = []
        self._line_is_open = False
        self.shown = 0
        """How many objects were replied so far."""

    def reply(self, command: str, found: Json) -> None:
        """One object of a command's reply."""
        self._end_line()
        self.shown += 1
        self._note_trouble(found.get("keychain_trouble"))
        if self._as_json:
            self.json(found)
        elif command in _TABLES:
            self._rows.append(_TABLES[command][1](found))
        else:
            self._write(f"{printable(self._named(_TEXTS.get(command, _lines)(found)))}\n")

    def nothing(self, command: str) -> None:
        """The command is done and had nothing to reply: programs get nothing, people are told."""
        if command in _NOTHING and not self._as_json:
            self._write(f"{printable(self._named(_NOTHING[command].format_map(self._given)))}\n")

    def finish(self, command: str) -> None:
        """The command has replied all it will: only now the widths of a table's columns are known."""
        rows, self._rows = self._rows, []
        self._end_line()
        self._write(table((_TABLES[command][0], *rows)) if rows else "")

    def json(self, found: Json) -> None:
        self._write(json.dumps(found) + "\n")

    def progress(self, progress: Progress) -> None:
        total = "" if progress.total is None else f" of {progress.total}"
        text = f"{progress.done}{total} done, {progress.found} found"
        if self._err.isatty():
            self._say(f"\r\x1b[K{text}")
            self._line_is_open = True
        else:
            self._say(f"{text}\n")

    def note(self, text: str) -> None:
        """Words beside the reply."""
        self._end_line()
        self._say(f"{printable(text)}\n")

    def error(self, error: ErrorText) -> None:
        """An object for programs; words for people, and where the object cannot be written."""
        self._end_line()
        told = replace(error, hint=self._named(_HINTS.get(error.code, error.hint)))
        if self._as_json:
            with suppress(OutputUnwritableError, BrokenPipeError):
                self.json(error_object(told))
                return
        self.note(f"{told.title}\n  {told.message}\n  {told.hint}")

    def _named(self, text: str) -> str:
        """With the wallet's own name, and the account's, in the commands that are proposed."""
        wallet, account = self._given.get("wallet"), self._given.get("account")
        if wallet:
            text = _PROPOSED.sub(lambda found: f"{found[1]} {shlex.quote(str(wallet))}", text)
        if wallet and account:
            quoted = shlex.quote(str(account))
            text = text.replace(f"{shlex.quote(str(wallet))} ACCOUNT", f"{shlex.quote(str(wallet))} {quoted}")
        return text

    def _note_trouble(self, trouble: Any) -> None:
        """A keychain that was not used is no failure, but the person expects it to open the wallet."""
        if trouble is not None:
            self.note(f"{trouble['title']}. {trouble['message']}\n  The passphrase opens the wallet.")

    def _end_line(self) -> None:
        if self._line_is_open:
            self._line_is_open = False
            self._say("\n")

    def _write(self, text: str) -> None:
        try:
            self._out.write(text)
            self._out.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise OutputUnwritableError(why=error.strerror or type(error).__name__) from error

    def _say(self, text: str) -> None:
        with suppress(OSError):  # nobody reads it there: no reason to fail
            self._err.write(text)
            self._err.flush()


def _amount(found: Json) -> str:
    return f"{found['received']} {found['unit']}"


def _held(address: Json) -> str:
    if address["state"] != "reserved":
        return ""
    until: Any = address["held_until"]
    if until is None:
        if address.get("ends_with_command"):
            return "not once this command ends; use --hold or --label to keep it for somebody"
        return "until used" if address["held_until_used"] else "until Pillarbox closes"
    return f"until {moment(until)}"


def _address_row(address: Any) -> Row:
    return (
        f"{address['branch']}/{address['index']}",
        address["state"],
        address["address"],
        _amount(address),
        _held(address),
        address["label"],
        ", ".join(address["flags"]),
    )


def _account_row(account: Any) -> Row:
    return (
        str(account["account"]),
        account["label"],
        account["kind"],
        _place(account),
        f"{account['unused']} unused, {account['reserved']} reserved, {account['used']} used",
        _amount(account),
        _past(account),
    )


def _place(account: Any) -> str:
    """Where its keys lie, as far as that is known."""
    watch_only = "watch-only" if account["watch_only"] else ""
    return ", ".join(filter(None, (account["path"], watch_only)))


def _past(account: Any) -> str:
    """Where a scan came to the end of the addresses that were made, also which command makes more."""
    state: str = account["scan_state"]
    lacks = account["lacks_addresses"] and state == "unscanned"
    return f"{state}, words needed to go on: account prepare" if lacks else state


def _wallet_row(wallet: Any) -> Row:
    key = "opened by the keychain" if wallet["in_keychain"] else "opened by its passphrase"
    return (
        wallet["name"],
        wallet["network"] or "unknown",
        "open" if wallet["open"] else "closed",
        wallet["error"]["title"] if "error" in wallet else key,
    )


_ACCOUNT_HEAD = ("ID", "LABEL", "KIND", "PATH", "ADDRESSES", "RECEIVED", "PAST")
_TABLES: Mapping[str, tuple[Row, Callable[[Json], Row]]] = {
    "backup list": (backup_text.LISTED_HEAD, backup_text.listed_row),
    "wallet list": (("NAME", "NETWORK", "NOW", "KEY"), _wallet_row),
    "account list": (_ACCOUNT_HEAD, _account_row),
    "loop deposits": (DEPOSIT_HEAD, deposit_row),
    "addresses": (("PLACE", "STATE", "ADDRESS", "RECEIVED", "HELD", "LABEL", "FLAGS"), _address_row),
}


def _lines(found: Any) -> str:
    width = max((len(name) for name in found), default=0)
    return "\n".join(f"{name.ljust(width)}  {printable(str(value))}" for name, value in found.items())


def _address_text(address: Any) -> str:
    """The address alone on the first line, so that a script may take that."""
    told = (
        ("state", address["state"]),
        ("path", address["path"]),
        ("held", _held(address)),
        ("label", address["label"]),
        ("asks for", _asked(address)),
        ("link", address.get("uri")),
        ("note", "somebody was shown this address before" if address["handed_out_before"] else ""),
        ("note", address.get("note")),
    )
    lines = (f"  {name.ljust(10)}  {printable(value)}" for name, value in told if value)
    return "\n".join((address["address"], *lines))


def _asked(address: Any) -> str:
    """In whole coins, and in the unit that all else is told in."""
    request = address.get("request")
    if not request or request["amount"] is None:
        return ""
    return f"{request['amount_text']} ({request['amount']} {address['unit']})"


def _new_account_text(account: Any) -> str:
    rows = table((_ACCOUNT_HEAD, _account_row(account)))
    return f"{rows}{account.get('note', '')}".rstrip("\n")


def _prepared_text(made: Any) -> str:
    count = made["made"]
    return f"{count} {'address was' if count == 1 else 'addresses were'} made ahead."


def _wallet_text(wallet: Any) -> str:
    head = {
        "wallet": wallet["name"],
        "network": wallet["network"],
        "fingerprint": wallet["fingerprint"] or "unknown",
        "keys": "watch-only" if wallet["watch_only"] else "recovery words, sealed by the passphrase",
        "opened by": "the keychain, or the passphrase" if wallet["in_keychain"] else "the passphrase",
    }
    accounts = table((_ACCOUNT_HEAD, *(_account_row(account) for account in wallet["accounts"])))
    return f"{_lines(head)}\n\n{accounts}".rstrip("\n")


def _new_wallet_text(wallet: Any) -> str:
    words = wallet["words"].split()
    rows = [words[start : start + 4] for start in range(0, len(words), 4)]
    numbered = (
        "".join(f"{4 * row + place + 1:4d}. {word:<10}" for place, word in enumerate(line)).rstrip()
        for row, line in enumerate(rows)
    )
    return "\n".join(
        (
            "Write these words down on paper, in this order. Only the window shows them again.",
            "Whoever has them can spend everything; without them nobody can restore this wallet.",
            "",
            *numbered,
            "",
            _wallet_text(wallet),
        )
    )


def _lock_text(wallet: Any) -> str:
    return f"{printable(wallet['name'])} is {'locked' if wallet['locked'] else 'unlocked'}."


def _sync_text(found: Any) -> str:
    if "event" in found:
        return f"{moment(found.get('at'))}{found['event']}: {_event_text(found)}"
    rows = (_account_row(account) for account in found["accounts"])
    failed, refused = found["failed"], found["refused"]
    but = f", but no server would tell of {refused} of its addresses" if refused else ""
    lines = [
        f"{printable(found['wallet'])} is up to date with {each['server']} at height {each['height']}{but}."
        for chain, each in found["connections"].items()
        if chain not in failed
    ]
    lines += [f"{chain}: {printable(error['message'])}" for chain, error in failed.items()]
    if found["unasked"]:
        lines.append(f"Nobody was asked about {', '.join(found['unasked'])}: no server is set.")
    told = "\n".join(lines)
    return f"{told}\n\n{table((_ACCOUNT_HEAD, *rows))}".rstrip("\n")


def _event_text(found: Any) -> str:
    if "address" in found:
        return "  ".join(cell for cell in _address_row(found) if cell)
    return f"{found['phase']} {found['server']}".strip()


def _check_text(check: Any) -> str:
    return f"{'ok    ' if check['ok'] else 'BROKEN'}  {check['check']}: {printable(check['detail'])}"


def _serving_text(found: Any) -> str:
    pays = f", and takes payments of test invoices at {found['admin']}" if found["admin"] else ""
    return f"The server listens at {found['listening']}{pays}. Ctrl+C ends it."


_TEXTS: Mapping[str, Text] = {
    "serve": _serving_text,
    "test-invoice pay": lambda paid: paid["preimage"],
    "wallet create": _new_wallet_text,
    "wallet import": _wallet_text,
    "wallet show": _wallet_text,
    "wallet lock": _lock_text,
    "wallet unlock": _lock_text,
    "account prepare": _prepared_text,
    "account add": _new_account_text,
    "account kinds": kind_text,
    "receive": _address_text,
    "release": _address_text,
    "mark-used": _address_text,
    "sync": _sync_text,
    "self-test": _check_text,
    "backup now": backup_text.status_text,
    "backup status": backup_text.status_text,
    "backup drill": backup_text.status_text,
    "backup passphrase": backup_text.status_text,
    "backup bundle": backup_text.written_text,
    "backup folders": backup_text.folders_text,
    "backup verify": backup_text.verified_text,
    "backup verify-by-wallet": backup_text.verified_text,
    "restore": backup_text.restored_text,
    "restore into": backup_text.restored_text,
    **LOOP_TEXTS,
}
