"""Arguments of commands as JSON and back, strictly: what arrives over a socket is checked like any input.

An arguments class is a frozen dataclass of texts, whole numbers, yes or no, choices (StrEnum) and secrets.
Any may be None. Its `__post_init__` may raise InvalidInputError for values that do not fit.
"""

from collections.abc import Hashable
from dataclasses import MISSING, Field, fields
from enum import StrEnum
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, cast, get_args, get_origin, get_type_hints

from pillarbox.app.local_socket import Json
from pillarbox.errors import PillarboxError
from pillarbox.secret import Secret

A = TypeVar("A")

LARGEST_NUMBER = 2**63 - 1


class ArgumentsError(PillarboxError):
    """Parameters: why."""

    code = "invalid-arguments"
    title = "This command was not given what it needs"
    message = "{why}"
    hint = "Look at the command's help. Nothing was changed."


def decode(kind: type[A], given: Json) -> A:
    """An arguments object of class `kind`. Raises ArgumentsError, and what `kind` itself refuses.

    A secret may also be given as it is, so that a front end need not make a text of it.
    """
    known = _fields(cast(Hashable, kind))
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise ArgumentsError(why=f"It takes no {_printable(unknown[0])}.")
    missing = [name for name, (field, _) in known.items() if name not in given and _is_required(field)]
    if missing:
        raise ArgumentsError(why=f"It needs {missing[0]}.")
    return kind(**{name: _decode_value(name, known[name][1], value) for name, value in given.items()})


def encode(arguments: Any) -> dict[str, object]:
    """The JSON form of an arguments object. It holds secrets in the clear: for the private socket alone."""
    found = {field.name: getattr(arguments, field.name) for field in fields(arguments)}
    return {name: _encode_value(value) for name, value in found.items() if value is not None}


@cache
def _fields(kind: Any) -> dict[str, tuple["Field[Any]", tuple[type, ...]]]:
    """Every field by name, with the types its value may have."""
    hints = get_type_hints(kind)
    return {field.name: (field, _choices(hints[field.name])) for field in fields(kind)}


def _choices(hint: Any) -> tuple[type, ...]:
    return get_args(hint) if get_origin(hint) is UnionType else (hint,)


def _is_required(field: "Field[Any]") -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _decode_value(name: str, kinds: tuple[type, ...], value: object) -> object:
    for kind in kinds:
        if kind is NoneType and value is None:
            return None
        if kind in (int, bool) and type(value) is kind:
            return _number(name, int(value)) if kind is int else value
        if kind is Secret and isinstance(value, Secret):
            return value
        if isinstance(value, str) and kind in (str, Secret):
            text = _text(name, value)
            return Secret.from_text(text) if kind is Secret else text
        if isinstance(value, str) and issubclass(kind, StrEnum):
            return _choice(name, kind, value)
    raise ArgumentsError(why=f"Its {name} is not of the right type.")


def _number(name: str, value: int) -> int:
    if not 0 <= value <= LARGEST_NUMBER:
        raise ArgumentsError(why=f"Its {name} is out of range.")
    return value


def _text(name: str, value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ArgumentsError(why=f"Its {name} is not valid text (UTF-8).") from None
    if "\0" in value:
        raise ArgumentsError(why=f"Its {name} holds a character that no text has.")
    return value


def _choice(name: str, kind: type[StrEnum], value: str) -> StrEnum:
    try:
        return kind(value)
    except ValueError:
        raise ArgumentsError(why=f"Its {name} is one of {', '.join(kind)}.") from None


def _encode_value(value: object) -> object:
    match value:
        case Secret():
            return value.text()
        case StrEnum():
            return value.value
        case _:
            return value


def _printable(text: str) -> str:
    return ascii(text[:40])
