"""Cardano's first accounts: m/account'/index', each address hardened and with its sealed path (`Ddz...`).

Indices here count from 0 and mean the hardened ones (source 003): the last is 2^31-2.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from pillarbox.accounts import cardano_reading
from pillarbox.accounts.bitcoin import NewerAccountError
from pillarbox.accounts.cardano_soft import NETWORKS, entropy_of, require_number
from pillarbox.accounts.kind import AddressParts, Enrolment, Extra, KeyNeed, Params, Requirement, UsageProof
from pillarbox.bitcoin.hashes import tagged_hash
from pillarbox.cardano import byron_address
from pillarbox.cardano.byron_path import hardened_place, open_path, path_passphrase, seal_path
from pillarbox.cardano.roots import byron_root
from pillarbox.errors import InvalidInputError, WordsNeededError
from pillarbox.keys.bip32 import hardened
from pillarbox.keys.root import Root
from pillarbox.model.account import EXTERNAL, Branch
from pillarbox.model.address import DerivedAddress
from pillarbox.model.network import CARDANO, Coin, Network
from pillarbox.pool.sequence import LAST_SEQUENTIAL

PARAMS_VERSION = 1
OUT_OF_RANGE = f"a Byron account's indices are 0 to {LAST_SEQUENTIAL}"


@dataclass(frozen=True, slots=True)
class ByronDeriver:
    """Gives addresses while the root is in hand, and tells at any time which ones are the account's."""

    account: int
    passphrase: bytes
    """Of the paths inside the addresses. It moves no coin; it tells which addresses belong together."""
    magic: int | None
    root: Root | None

    def derive(self, branch: int, start: int, count: int) -> Sequence[DerivedAddress]:
        del branch
        if self.root is None:
            raise WordsNeededError(purpose="each Byron address is made with them")
        if start < 0 or count < 0 or start + count > LAST_SEQUENTIAL + 1:
            raise IndexError(OUT_OF_RANGE)
        path = (hardened(self.account),)
        found = []
        with byron_root(entropy_of(self.root)) as master, master.descendant(path) as account:
            for index in range(start, start + count):
                with account.child(hardened(index)) as child:
                    key = child.public().to_bytes()
                sealed = seal_path(self.passphrase, (*path, hardened(index)))
                raw = byron_address.to_bytes(byron_address.of_key(key, sealed, self.magic))
                found.append(DerivedAddress(index, byron_address.text_of(raw), raw))
        return found

    def path(self, branch: int, index: int) -> str:
        del branch
        return f"m/{self.account}'/{index}'"

    def place_of(self, text: str) -> tuple[int, int] | None:
        """The account and index that an address of this network says it is of; None for a stranger's.

        Its sealed path alone says so, which others can copy. Raises AddressUnreadableError.
        """
        address = byron_address.decode(text)
        if address.magic != self.magic:
            return None
        return hardened_place(open_path(self.passphrase, address))


@dataclass(frozen=True, slots=True)
class ByronKind:
    """Accounts of the first Daedalus."""

    name: str = cardano_reading.BYRON
    title: str = "Cardano · Byron"
    sentence: str = "Only for old Byron addresses; most from Daedalus are not found this way."
    coin: Coin = CARDANO
    networks: frozenset[Network] = NETWORKS
    branches: tuple[Branch, ...] = (EXTERNAL,)
    last_index: int = LAST_SEQUENTIAL
    extras: tuple[Extra, ...] = ()
    gap_limit: int = 20
    key_need: KeyNeed = KeyNeed.EACH_ADDRESS
    usage: UsageProof = UsageProof.CHAIN
    requires: frozenset[Requirement] = frozenset()
    payable: bool = True

    def enrol(self, need: Enrolment) -> Params:
        if need.root is None:
            why = "Its addresses are hardened: no public key gives them. The recovery words are needed."
            raise InvalidInputError(what="account", why=why)
        require_number(need.number)
        with byron_root(entropy_of(need.root)) as master:
            public = master.public()
        identity = f"{self.name}/{need.network}/{need.number}/".encode() + public.to_bytes()
        passphrase = path_passphrase(public).hex()
        kept = {"version": PARAMS_VERSION, "account": need.number, "path_passphrase": passphrase}
        same_key = tagged_hash("Pillarbox/account", identity).hex()
        return Params(json.dumps(kept), f"m/{need.number}'", "", same_key)

    def deriver(self, params: str, network: Network, root: Root | None = None) -> ByronDeriver:
        """Raises NewerAccountError."""
        kept = json.loads(params)
        if kept["version"] != PARAMS_VERSION:
            raise NewerAccountError(version=kept["version"])
        passphrase = bytes.fromhex(kept["path_passphrase"])
        return ByronDeriver(kept["account"], passphrase, cardano_reading.MAGICS[network], root)

    def read(self, text: str, network: Network | None = None) -> AddressParts | None:
        parts = cardano_reading.read(text, network)
        return parts if parts is not None and parts.kind == self.name else None


CARDANO_BYRON = ByronKind()
