"""Dash's accounts on its own chain beside BIP44's: CoinJoin, identities and masternodes (DIP-3, 9 and 13).

The operator keys of masternodes are BLS and are left out (docs/decisions/no-bls-operator-pool.md).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pillarbox.accounts import single_pool
from pillarbox.accounts.bitcoin import PARAMS_VERSION, BitcoinKind, NewerAccountError
from pillarbox.accounts.coins import DASH_P2PKH
from pillarbox.accounts.kind import AddressParts, Enrolment, Extra, KeyNeed, Params, Requirement, UsageProof
from pillarbox.accounts.single_key import address_maker
from pillarbox.accounts.single_pool import SinglePoolDeriver, coin_type, require_number
from pillarbox.bitcoin.hashes import tagged_hash
from pillarbox.bitcoin.script import COIN_FORMATS, p2pkh_script
from pillarbox.errors import InvalidInputError, WordsNeededError
from pillarbox.keys import slip10
from pillarbox.keys.bip32 import MAX_INDEX, ChildKeys, format_path, hardened
from pillarbox.keys.extended_key import ScriptType
from pillarbox.keys.root import Root
from pillarbox.model.account import EXTERNAL, Branch
from pillarbox.model.address import DerivedAddress
from pillarbox.model.network import DASH, Coin, Network

PURPOSE = 9
"""Of DIP-9: m/9'/coin'/feature'/..."""
FORM = "dash-pool"
"""All of these pools make the same addresses of the same key."""
ONLY_ACCOUNT = "A wallet has one account of this kind, and its number is 0."


@dataclass(frozen=True, slots=True)
class DashPoolKind:
    """One row of P2PKH addresses at m/9'/coin'/steps', with the account's number after them if `numbered`."""

    name: str
    title: str
    sentence: str
    steps: tuple[int, ...]
    numbered: bool = False
    coin: Coin = DASH
    networks: frozenset[Network] = DASH_P2PKH.networks
    branches: tuple[Branch, ...] = (EXTERNAL,)
    last_index: int = MAX_INDEX
    extras: tuple[Extra, ...] = ()
    gap_limit: int = 5
    key_need: KeyNeed = KeyNeed.ENROL
    usage: UsageProof = UsageProof.CHAIN
    requires: frozenset[Requirement] = frozenset()
    payable: bool = True

    def enrol(self, need: Enrolment) -> Params:
        path = _pool_path(self.steps, self.numbered, need)
        return single_pool.enrol(FORM, path, need, self.name)

    def deriver(self, params: str, network: Network, root: Root | None = None) -> SinglePoolDeriver:
        """Raises NewerAccountError. The root is not needed, and not looked at."""
        del root
        node, path = single_pool.kept(params)
        make = address_maker(ScriptType.P2PKH, COIN_FORMATS[DASH][network])
        return SinglePoolDeriver(ChildKeys(node), make, path)

    def read(self, text: str, network: Network | None = None) -> AddressParts | None:
        """None: nothing tells its addresses from those of a usual account."""
        del text, network
        return None


@dataclass(frozen=True, slots=True)
class PlatformNodeDeriver:
    """Ed25519 keys below a hardened path; the address is that of the node's id, as Tenderdash makes it."""

    path_to: tuple[int, ...]
    network: Network
    root: Root | None

    def derive(self, branch: int, start: int, count: int) -> Sequence[DerivedAddress]:
        del branch
        if self.root is None:
            raise WordsNeededError(purpose="each platform node key is made with them")
        if start < 0 or count < 0 or start + count > MAX_INDEX + 1:
            raise IndexError("an index is 0 to 2147483647")
        form = COIN_FORMATS[DASH][self.network]
        found = []
        with (
            slip10.Ed25519Node.from_seed(self.root.seed) as master,
            master.descendant(self.path_to) as parent,
        ):
            for index in range(start, start + count):
                with parent.child(hardened(index)) as leaf:
                    node_id = slip10.tenderdash_id(leaf.public_key())
                found.append(DerivedAddress(index, form.p2pkh_address(node_id), p2pkh_script(node_id)))
        return found

    def path(self, branch: int, index: int) -> str:
        del branch
        return f"m/{format_path((*self.path_to, hardened(index)))}"


@dataclass(frozen=True, slots=True)
class PlatformNodeKind:
    """Keys of a masternode's Platform part: m/9'/coin'/3'/4'/index', Ed25519 by SLIP-10."""

    name: str = "dash-provider-platform-node"
    title: str = "Dash · Platform node"
    sentence: str = "Names of nodes for running an evonode. Coins sent to one are lost."
    coin: Coin = DASH
    networks: frozenset[Network] = DASH_P2PKH.networks
    branches: tuple[Branch, ...] = (EXTERNAL,)
    last_index: int = MAX_INDEX
    extras: tuple[Extra, ...] = ()
    gap_limit: int = 5
    key_need: KeyNeed = KeyNeed.EACH_ADDRESS
    usage: UsageProof = UsageProof.HAND_ONLY
    requires: frozenset[Requirement] = frozenset()
    payable: bool = False

    def enrol(self, need: Enrolment) -> Params:
        if need.root is None:
            why = "Its keys are hardened: no public key gives them. The recovery words are needed."
            raise InvalidInputError(what="account", why=why)
        path = _pool_path((3, 4), False, need)
        with slip10.Ed25519Node.from_seed(need.root.seed) as master, master.descendant(path) as account:
            identity = f"{self.name}/{need.network}/".encode() + account.public_key()
        return Params(
            json.dumps({"version": PARAMS_VERSION, "path": list(path)}),
            f"m/{format_path(path)}",
            "",
            tagged_hash("Pillarbox/account", identity).hex(),
        )

    def deriver(self, params: str, network: Network, root: Root | None = None) -> PlatformNodeDeriver:
        """Raises NewerAccountError."""
        kept = json.loads(params)
        if kept["version"] != PARAMS_VERSION:
            raise NewerAccountError(version=kept["version"])
        return PlatformNodeDeriver(tuple(kept["path"]), network, root)

    def read(self, text: str, network: Network | None = None) -> AddressParts | None:
        """None: nothing tells its addresses from those of a usual account."""
        del text, network
        return None


def _pool_path(steps: tuple[int, ...], numbered: bool, need: Enrolment) -> tuple[int, ...]:
    require_number(need.number)
    if not numbered and need.number and need.root is not None:
        raise InvalidInputError(what="account number", why=ONLY_ACCOUNT)
    whole = (PURPOSE, coin_type(DASH.slip44, need.network), *steps, *((need.number,) if numbered else ()))
    return tuple(map(hardened, whole))


DASH_BIP32 = replace(
    DASH_P2PKH,
    name="dash-bip32",
    title="Dash · BIP32",
    sentence="Only for money in an early Dash wallet, with paths such as m/0'/0/5.",
    purpose=None,
)
DASH_COINJOIN: BitcoinKind = replace(
    DASH_P2PKH,
    name="dash-coinjoin",
    title="Dash · CoinJoin",
    sentence="Where a Dash wallet keeps what it has mixed.",
    purpose=PURPOSE,
    feature=(4,),
    gap_limit=100,
)
DASH_IDENTITY_REGISTRATION = DashPoolKind(
    "dash-identity-registration",
    "Dash · Identity registration",
    "Pays for registering identities on Dash Platform.",
    (5, 1),
)
DASH_IDENTITY_TOPUP = DashPoolKind(
    "dash-identity-topup",
    "Dash · Identity top-up",
    "Pays for topping up the identity with the same number as the account.",
    (5, 2),
    numbered=True,
)
DASH_IDENTITY_TOPUP_UNBOUND = DashPoolKind(
    "dash-identity-topup-unbound",
    "Dash · Top-up, any identity",
    "Pays for topping up identities that this wallet did not register.",
    (5, 2),
)
DASH_IDENTITY_INVITATION = DashPoolKind(
    "dash-identity-invitation",
    "Dash · Invitation",
    "Pays for inviting others to Dash Platform.",
    (5, 3),
)
DASH_PROVIDER_VOTING = DashPoolKind(
    "dash-provider-voting",
    "Dash · Masternode voting",
    "Voting keys of masternodes; not for receiving payments.",
    (3, 1),
)
DASH_PROVIDER_OWNER = DashPoolKind(
    "dash-provider-owner",
    "Dash · Masternode owner",
    "Owner keys of masternodes; not for receiving payments.",
    (3, 2),
)
DASH_PLATFORM_NODE = PlatformNodeKind()

DASH_KINDS = (
    DASH_COINJOIN,
    DASH_BIP32,
    DASH_IDENTITY_REGISTRATION,
    DASH_IDENTITY_TOPUP,
    DASH_IDENTITY_TOPUP_UNBOUND,
    DASH_IDENTITY_INVITATION,
    DASH_PROVIDER_VOTING,
    DASH_PROVIDER_OWNER,
    DASH_PLATFORM_NODE,
)
