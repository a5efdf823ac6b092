"""`inspect KIND`: look at anything, change nothing. One item in, one JSON object out, whatever it is."""

import json
import logging
import re
from collections.abc import Callable, Mapping
from importlib import import_module
from types import MappingProxyType

from pillarbox.accounts.secret_texts import holds_private_key
from pillarbox.commands.arguments import ArgumentsError
from pillarbox.errors import ErrorText, InvalidInputError, PillarboxError

log = logging.getLogger(__name__)

JsonObject = dict[str, object]
Item = str | Mapping[str, object]
Inspect = Callable[[Item], JsonObject]

LONGEST_ITEM = 1 << 20
"""Characters."""

_INSPECTORS: Mapping[str, str] = MappingProxyType(
    {
        "address": "inspect_addresses:inspect_address",
        "derive": "inspect_addresses:inspect_derive",
        "static-address": "inspect_loop:inspect_static_address",
        "lnd-key": "inspect_loop:inspect_lnd_key",
        "loop-backup": "inspect_loop:inspect_loop_backup",
        "loop-backups": "inspect_loop:inspect_loop_backups",
        "l402-token": "inspect_loop:inspect_l402_token",
        "backup": "inspect_backups:inspect_backup",
    }
)
KINDS = tuple(_INSPECTORS)
SECRET_KEYS = frozenset({"mnemonic", "entropy", "seed", "passphrase", "key"})
"""Keys of an item that make it a secret."""
_SECRET_WORDS = re.compile(r"mnemonic|entropy|seed|passphrase|\bkey\b")
"""The same in what is no JSON; a public key is none of them."""

_UNEXPECTED = ErrorText(
    "internal",
    "Pillarbox met a problem it does not know",
    "This item could not be read, in a way nobody foresaw.",
    "Report the item if it holds no secret, with the end of the log file.",
)


def inspector(kind: str) -> Inspect:
    """The function behind a kind. Raises ArgumentsError for a kind that is not known."""
    if kind not in _INSPECTORS:
        raise ArgumentsError(why=f"The kinds to inspect are {', '.join(KINDS)}.")
    module, name = _INSPECTORS[kind].split(":")
    found: Inspect = getattr(import_module(f"pillarbox.commands.{module}"), name)
    return found


def read_item(text: str) -> Item:
    """A JSON object where the text is one, else the text itself. Raises InvalidInputError."""
    text = text.strip()
    if not text:
        raise InvalidInputError(what="item", why="Nothing was given.")
    if len(text) > LONGEST_ITEM:
        raise InvalidInputError(what="item", why="It is far longer than any item is.")
    try:
        found = json.loads(text) if text.startswith("{") else text
        json.dumps(found, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise InvalidInputError(what="item", why="It holds half a character, which is not text.") from None
    except (ValueError, RecursionError):
        raise InvalidInputError(what="item", why="It begins like a JSON object and is none.") from None
    return found if isinstance(found, dict) else text


def holds_secrets(text: str) -> bool:
    """Whether an item must not be given on a command line, where every program of the machine can read it."""
    if holds_private_key(text):
        return True
    try:
        item = read_item(text)
    except InvalidInputError:
        # What is not JSON may still be a mistyped secret.
        return _SECRET_WORDS.search(text) is not None
    return len(item.split()) > 1 if isinstance(item, str) else bool(SECRET_KEYS & set(item))


def inspect_text(inspect: Inspect, text: str) -> JsonObject:
    """The object for one item, `ok` included. Never raises: one bad item does not stop the rest."""
    try:
        return {"ok": True, **inspect(read_item(text))}
    except PillarboxError as error:
        told = error.text
    except Exception:
        log.exception("an item could not be inspected")
        told = _UNEXPECTED
    return {"ok": False, "error": {"code": told.code, "message": told.message, "hint": told.hint}}
