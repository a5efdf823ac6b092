"""What Cardano's two public-key families share: m/purpose'/1815'/account'/role/index (BIP44, CIP-1852)."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pillarbox.accounts.bitcoin import NewerAccountError
from pillarbox.accounts.kind import Enrolment, Params
from pillarbox.bitcoin.hashes import tagged_hash
from pillarbox.cardano import account_key
from pillarbox.cardano.roots import icarus_root
from pillarbox.cardano.soft_keys import SoftKey, children
from pillarbox.errors import InvalidInputError
from pillarbox.keys.bip32 import MAX_INDEX, format_path, hardened
from pillarbox.keys.extended_key import ExtendedKeyError, is_extended_public_key
from pillarbox.keys.root import Root
from pillarbox.model.address import DerivedAddress
from pillarbox.model.network import CARDANO, Network
from pillarbox.secret import Secret

PARAMS_VERSION = 1


class CardanoKeyError(ExtendedKeyError):
    """Parameters: why."""

    title = "This is not the public key of a Cardano account"
    hint = "Export it from a Cardano wallet: acct_xvk1..., or 128 hexadecimal digits. Nothing was changed."


Make = Callable[[SoftKey, int, int, bytes], tuple[str, bytes]]
"""Role node, role, index and public key -> address text and its raw bytes."""


@dataclass(frozen=True, slots=True)
class SoftDeriver:
    """The addresses of one account key."""

    account: SoftKey
    make: Make
    account_path: str

    def derive(self, branch: int, start: int, count: int) -> Sequence[DerivedAddress]:
        node = self.account.child(branch)
        return [
            DerivedAddress(index, *self.make(node, branch, index, key))
            for index, key in children(node, start, count)
        ]

    def path(self, branch: int, index: int) -> str:
        return f"{self.account_path}/{branch}/{index}".removeprefix("/")


def entropy_of(root: Root) -> Secret:
    """What Cardano's keys start at. Raises InvalidInputError for a root of a seed alone."""
    if root.entropy is None:
        why = "Cardano's keys are made from the recovery words. A seed alone does not do."
        raise InvalidInputError(what="seed", why=why)
    return root.entropy


def require_number(number: int) -> None:
    """Raises InvalidInputError outside the range of account numbers."""
    if not 0 <= number <= MAX_INDEX:
        raise InvalidInputError(what="account number", why="Account numbers are 0 to 2147483647.")


def enrol(kind: str, purpose: int, need: Enrolment) -> Params:
    """Raises InvalidInputError, ExtendedKeyError, PrivateKeyGivenError."""
    if need.root is not None:
        require_number(need.number)
        steps = hardened(purpose), hardened(CARDANO.slip44), hardened(need.number)
        with (
            icarus_root(entropy_of(need.root), need.root.passphrase) as root,
            root.descendant(steps) as account,
        ):
            key, path = account.public(), f"m/{format_path(steps)}"
    elif need.public is not None:
        key, path = _public_key(need.public), ""
    else:
        raise InvalidInputError(what="account", why="Neither the recovery words nor a public key were given.")
    identity = f"{kind}/{need.network}/".encode() + key.to_bytes()
    return Params(
        data=json.dumps({"version": PARAMS_VERSION, "key": account_key.encode(key), "path": path}),
        path=path,
        fingerprint="",
        same_key=tagged_hash("Pillarbox/account", identity).hex(),
    )


def _public_key(text: str) -> SoftKey:
    """Raises CardanoKeyError, PrivateKeyGivenError."""
    if is_extended_public_key(text):
        raise CardanoKeyError(why="it is a Bitcoin-style key, which Cardano does not have")
    try:
        return account_key.parse(text)
    except ExtendedKeyError as error:
        raise CardanoKeyError(**error.parameters) from error


def kept(params: str) -> tuple[SoftKey, str]:
    """The account key and its path ("" where unknown) of a kind's params. Raises NewerAccountError."""
    found = json.loads(params)
    if found["version"] != PARAMS_VERSION:
        raise NewerAccountError(version=found["version"])
    return account_key.parse(found["key"]), found["path"]


NETWORKS = frozenset({Network.MAINNET, Network.TESTNET})
