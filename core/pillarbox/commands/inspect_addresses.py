"""`inspect address` and `inspect derive`: look at addresses, change nothing."""

from collections.abc import Mapping

from pillarbox.accounts import KINDS, Kinds
from pillarbox.accounts.kind import AccountKind, Enrolment
from pillarbox.accounts.reader import read, without_link
from pillarbox.commands import items
from pillarbox.commands.items import Item
from pillarbox.commands.public_keys import require_account
from pillarbox.errors import InvalidInputError
from pillarbox.keys import mnemonic
from pillarbox.keys.mnemonic import Mnemonic
from pillarbox.keys.root import Root
from pillarbox.secret import Secret

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
    network = items.network(given) if "network" in given else None
    parts = read(without_link(items.text(given, "address")), network, kinds)
    return {"kind": parts.kind, "network": parts.network, **parts.holds}


def inspect_derive(item: Item, kinds: Kinds = KINDS) -> dict[str, object]:
    """`addresses` and `paths` from words, entropy, a seed or an account's public key. Raises PillarboxError.

    Without its keys: `account` and `start` are 0, `count` is 1, `role` is the kind's first branch.
    A public key has its own account, and is given with no other.
    An index that has no address is missing in both lists.
    """
    item = items.require_object(item, _KEYS | {extra.name for kind in kinds for extra in kind.extras})
    kind = kinds.typed(items.text(item, "kind"))
    network = items.network(item)
    if network not in kind.networks:
        raise InvalidInputError(what="network", why=f"{kind.title} does not exist on {network}.")
    branch = _branch(item, kind)
    start = items.number(item, "start", 0)
    count = items.number(item, "count", 1)
    if count > MAX_COUNT:
        raise InvalidInputError(what="count", why=f"One item derives at most {MAX_COUNT} addresses.")
    root, public = _key_source(item)
    try:
        account = items.number(item, "account", 0)
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


def _key_source(item: Mapping[str, object]) -> tuple[Root | None, str | None]:
    """The root or the public key of an item."""
    source = items.one_of(item, *_SOURCES)
    text = items.text(item, source)
    if source == "xpub":
        return None, text
    if source == "seed":
        with Secret(items.data(text, source)) as seed:
            return Root.of_seed(seed), None
    passphrase = Secret.from_text(items.text(item, "passphrase") if "passphrase" in item else "")
    with passphrase, _words(text, source) as words:
        return Root.of(words, passphrase), None


def _words(text: str, source: str) -> Mnemonic:
    if source == "entropy":
        return mnemonic.from_entropy(Secret(items.data(text, source)))
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
    return {extra.name: items.number(item, extra.name, extra.default) for extra in kind.extras}
