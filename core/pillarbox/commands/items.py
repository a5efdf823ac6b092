"""What an item to inspect holds, taken out of it with an error in words for anything else."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from pillarbox.errors import InvalidInputError
from pillarbox.model.network import Network

Object = Mapping[str, object]
Item = str | Object
"""A bare text, or an object with the keys of the command line's contract."""


def require_object(item: Item, known: AbstractSet[str]) -> Object:
    """Raises InvalidInputError for a bare text, and for a key that means nothing: a mistyped one."""
    if isinstance(item, str):
        raise InvalidInputError(
            what="item", why=f"It takes a JSON object, with some of {', '.join(sorted(known))}."
        )
    unknown = sorted(set(item) - known)
    if unknown:
        raise InvalidInputError(what="item", why=f"It has {unknown[0][:40]!a}, which means nothing here.")
    return item


def one_of(item: Object, *names: str) -> str:
    """Which of them it has. Raises InvalidInputError for none and for several."""
    found = [name for name in names if name in item]
    if len(found) != 1:
        raise InvalidInputError(what="item", why=f"It needs exactly one of {', '.join(names)}.")
    return found[0]


def text(item: Object, name: str) -> str:
    value = item.get(name)
    if name not in item:
        raise InvalidInputError(what="item", why=f'It lacks "{name}".')
    if not isinstance(value, str):
        raise InvalidInputError(what="item", why=f'Its "{name}" must be a text.')
    return value


def number(item: Object, name: str, default: int | None = None) -> int:
    """Raises InvalidInputError; also for none, without a default."""
    if default is None and name not in item:
        raise InvalidInputError(what="item", why=f'It lacks "{name}".')
    value = item.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise InvalidInputError(what="item", why=f"Its {name} must be a whole number, 0 or more.")
    return value


def network(item: Object) -> Network:
    name = text(item, "network")
    if name not in frozenset(Network):
        raise InvalidInputError(what="network", why=f"The known ones are {', '.join(Network)}.")
    return Network(name)


def data(digits: str, name: str) -> bytes:
    """Bytes of hexadecimal digits."""
    try:
        return bytes.fromhex(digits)
    except ValueError:
        raise InvalidInputError(what=name, why="It must be pairs of hexadecimal digits.") from None
