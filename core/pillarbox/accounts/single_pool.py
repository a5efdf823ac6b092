"""Accounts that are one row of addresses: the account's key, and an index right below it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from pillarbox.accounts.bitcoin import PARAMS_VERSION, NewerAccountError
from pillarbox.accounts.kind import Enrolment, Params
from pillarbox.accounts.other_kind import other_kind
from pillarbox.accounts.single_key import AddressMaker
from pillarbox.bitcoin.hashes import tagged_hash
from pillarbox.errors import InvalidInputError
from pillarbox.keys.bip32 import MAX_INDEX, ChildKeys, PrivateNode, PublicNode, format_path
from pillarbox.keys.extended_key import ScriptType, format_extended_key, parse_extended_key
from pillarbox.model.address import DerivedAddress
from pillarbox.model.network import DASH, Network


@dataclass(frozen=True, slots=True)
class SinglePoolDeriver:
    """The addresses of one account key; there is one branch, and no step for it in the path."""

    keys: ChildKeys
    make: AddressMaker
    account_path: str

    def derive(self, branch: int, start: int, count: int) -> Sequence[DerivedAddress]:
        del branch
        return [DerivedAddress(index, *self.make(key)) for index, key in self.keys.between(start, count)]

    def path(self, branch: int, index: int) -> str:
        del branch
        return f"{self.account_path}/{index}".removeprefix("/")


def require_number(number: int) -> None:
    """Raises InvalidInputError outside the range of account numbers."""
    if not 0 <= number <= MAX_INDEX:
        raise InvalidInputError(what="account number", why="Account numbers are 0 to 2147483647.")


def enrol(form: str, path: tuple[int, ...], need: Enrolment, kind: str) -> Params:
    """From the words at `path`, or from a public key. `form` names how keys become addresses of a `kind`.

    Raises InvalidInputError, KeyKindError, and what `parse_extended_key` and `require_network` raise.
    """
    if need.root is not None:
        with PrivateNode.from_seed(need.root.seed) as master, master.descendant(path) as account:
            fingerprint, node = master.public().fingerprint.hex(), account.public()
        written = f"m/{format_path(path)}"
    elif need.public is not None:
        key = parse_extended_key(need.public)
        key.require_network(need.network)
        if key.coin not in ("", DASH.name) or key.script not in (None, ScriptType.P2PKH):
            raise other_kind(key, kind, DASH)
        node, origin = key.node, key.origin
        fingerprint = origin.fingerprint.hex() if origin else ""
        written = f"m/{format_path(origin.path)}" if origin else ""
    else:
        raise InvalidInputError(what="account", why="Neither the recovery words nor a public key were given.")
    identity = f"{form}/{need.network}/".encode() + node.key + node.chain_code
    text = format_extended_key(node, need.network)
    return Params(
        data=json.dumps({"version": PARAMS_VERSION, "key": text, "path": written}),
        path=written,
        fingerprint=fingerprint,
        same_key=tagged_hash("Pillarbox/account", identity).hex(),
    )


def kept(params: str) -> tuple[PublicNode, str]:
    """The account's node and path of a kind's params. Raises NewerAccountError."""
    found = json.loads(params)
    if found["version"] != PARAMS_VERSION:
        raise NewerAccountError(version=found["version"])
    return parse_extended_key(found["key"]).node, found["path"]


def coin_type(slip44: int, network: Network) -> int:
    """The coin's own on mainnet, 1 on every test network (SLIP-44)."""
    return slip44 if network is Network.MAINNET else 1
