"""`inspect`: items from the command line or, one a line, from standard input; one JSON object each."""

from collections.abc import Iterator, Mapping

from pillarbox.cli.input import BYTE_ORDER_MARK, STDIN, opened_input
from pillarbox.cli.render import Renderer
from pillarbox.commands.inspect import holds_secrets, inspect_text, inspector
from pillarbox.errors import PillarboxError


class SecretItemError(PillarboxError):
    """No parameters."""

    code = "secret-on-command-line"
    title = "This item holds a secret"
    message = (
        "Other programs on this computer can read a command line, and the shell may keep it. It was not used."
    )
    hint = "Give the item on standard input. If this key or these words hold money, consider them seen."


def inspect_items(given: Mapping[str, object], renderer: Renderer) -> bool:
    """Show an object for each item, in order; whether all could be read.

    Raises SecretItemError, FileUnreadableError where standard input is closed.
    """
    inspect = inspector(str(given["kind"]))
    item = given.get("item")
    if item is not None and holds_secrets(str(item)):
        raise SecretItemError
    whole = True
    for text in _lines_of_stdin() if item is None else (str(item),):
        found = inspect_text(inspect, text)
        renderer.json(found)
        whole = whole and bool(found["ok"])
    return whole


def _lines_of_stdin() -> Iterator[str]:
    """Every line that is not blank. Bytes that are no text become a mark that no item has."""
    with opened_input(STDIN) as lines:
        for line in lines:
            text = line.removeprefix(BYTE_ORDER_MARK).decode(errors="replace").strip()
            if text:
                yield text
