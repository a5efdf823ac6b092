"""`inspect address` and `inspect derive`: look at addresses, change nothing."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from pillarbox.accounts import KINDS, Kinds
from pillarbox.accounts.kind import AccountKind, Enrolment
from pillarbox.accounts.reader import read, without_link
from pillarbox.commands.public_keys import require_account
from pillarbox.errors import InvalidInputError
from pillarbox.keys import mnemonic
from pillarbox.keys.mnemonic import Mnemonic
from pillarbox.keys.root import Root
from pillarbox.model.network import Network
from pillarbox.secret import Secret

Item = str | Mapping[str, object]
"""A bare text, or an object with the keys of the command line's contract."""

MAX_COUNT = 100_000
"""Addresses of one item."""
_SOURCES = ("mnemonic", "entropy", "seed", "xpub")
_KEYS = frozenset(
    {*_SOURCES, "passphrase", "kind", "network", "account", "role", "start", "count", "ark_server"}
)
"""All that an item to derive from may have, beside what its kind takes."""


def inspect_address(item: Item, kinds: Kinds = KINDS) -> dict[str, object]:
    """An address's `kind`, `network`, and what its encoding holds. Raises PillarboxError.

    `item` is the address or a payment link with it, or `{"address", "network"?}`.
    """
    given = {"address": item} if isinstance(item, str) else item
    network = _network(given) if "network" in given else None
    parts = read(without_link(_text(given, "address")), network, kinds)
    return {"kind": parts.kind, "network": parts.network, **parts.holds}


def inspect_derive(item: Item, kinds: Kinds = KINDS) -> dict[str, object]:
    """`addresses` and `paths` from words, entropy, a seed or an account's public key. Raises PillarboxError.

    Without its keys: `account` and `start` are 0, `count` is 1, `role` is the kind's first branch.
    A public key has its own account, and is given with no other.
    An index that has no address is missing in both lists.
    """
    if isinstance(item, str):
        raise InvalidInputError(
            what="item", why="To derive takes a JSON object with a key source and a kind."
        )
    _require_known(item, {extra.name for kind in kinds for extra in kind.extras})
    kind = kinds.typed(_text(item, "kind"))
    network = _network(item)
    if network not in kind.networks:
        raise InvalidInputError(what="network", why=f"{kind.title} does not exist on {network}.")
    branch = _branch(item, kind)
    start = _number(item, "start", 0)
    count = _number(item, "count", 1)
    if count > MAX_COUNT:
        raise InvalidInputError(what="count", why=f"One item derives at most {MAX_COUNT} addresses.")
    root, public = _key_source(item)
    try:
        account = _number(item, "account", 0)
        params = kind.enrol(Enrolment(network, account, root, public, _extras(item, kind)))
        if public is not None and "account" in item:
            require_account(account, params)
        deriver = kind.deriver(params.data, network, root)
        rows = deriver.derive(branch, start, count)
    except IndexError as error:
        raise InvalidInputError(
            what="index", why="The branch ends before the last index asked for."
        ) from error
    finally:
        if root is not None:
            root.wipe()
    return {
        "addresses": [row.text for row in rows],
        "paths": [deriver.path(branch, row.index) for row in rows],
    }


def _require_known(item: Mapping[str, object], extras: AbstractSet[str]) -> None:
    """Raises InvalidInputError for a key that means nothing: a mistyped one would be left out unseen."""
    unknown = sorted(set(item) - _KEYS - extras)
    if unknown:
        raise InvalidInputError(what="item", why=f"It has {unknown[0][:40]!a}, which means nothing here.")


def _key_source(item: Mapping[str, object]) -> tuple[Root | None, str | None]:
    """The root or the public key of an item."""
    sources = [name for name in _SOURCES if name in item]
    if len(sources) != 1:
        raise InvalidInputError(what="item", why=f"It needs exactly one of {', '.join(_SOURCES)}.")
    (source,) = sources
    text = _text(item, source)
    if source == "xpub":
        return None, text
    if source == "seed":
        with Secret(_bytes(text, source)) as seed:
            return Root.of_seed(seed), None
    passphrase = Secret.from_text(_text(item, "passphrase") if "passphrase" in item else "")
    with passphrase, _words(text, source) as words:
        return Root.of(words, passphrase), None


def _words(text: str, source: str) -> Mnemonic:
    if source == "entropy":
        return mnemonic.from_entropy(Secret(_bytes(text, source)))
    with Secret.from_text(text) as words:
        return mnemonic.read(words)


def _branch(item: Mapping[str, object], kind: AccountKind) -> int:
    role = item.get("role", kind.branches[0].number)
    for branch in kind.branches:
        if type(role) in (int, str) and role in (branch.name, branch.number, str(branch.number)):
            return branch.number
    known = ", ".join(f"{branch.name} ({branch.number})" for branch in kind.branches)
    raise InvalidInputError(what="role", why=f"{kind.title} has these: {known}.")


def _extras(item: Mapping[str, object], kind: AccountKind) -> dict[str, int]:
    """The numbers that accounts of this kind have beside their own, as far as they are given."""
    return {extra.name: _number(item, extra.name, extra.default) for extra in kind.extras}


def _network(item: Mapping[str, object]) -> Network:
    name = _text(item, "network")
    if name not in frozenset(Network):
        raise InvalidInputError(what="network", why=f"The known ones are {', '.join(Network)}.")
    return Network(name)


def _text(item: Mapping[str, object], name: str) -> str:
    value = item.get(name)
    if name not in item:
        raise InvalidInputError(what="item", why=f'It lacks "{name}".')
    if not isinstance(value, str):
        raise InvalidInputError(what="item", why=f'Its "{name}" must be a text.')
    return value


def _number(item: Mapping[str, object], name: str, default: int) -> int:
    value = item.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise InvalidInputError(what="item", why=f"Its {name} must be a whole number, 0 or more.")
    return value


def _bytes(text: str, name: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise InvalidInputError(what=name, why="It must be pairs of hexadecimal digits.") from None
