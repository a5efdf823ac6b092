"""Bitcoin's single-key accounts: BIP44, BIP49, BIP84 and BIP86, on every network.

Addresses come from the account's extended public key alone: m/purpose'/coin'/account'/branch/index.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from pillarbox.accounts.descriptor import account_key
from pillarbox.accounts.kind import (
    AddressParts,
    Enrolment,
    Extra,
    KeyNeed,
    Params,
    Requirement,
    UsageProof,
)
from pillarbox.accounts.other_kind import other_kind
from pillarbox.accounts.single_key import AddressMaker, address_maker
from pillarbox.bitcoin.hashes import tagged_hash
from pillarbox.bitcoin.script import (
    COIN_FORMATS,
    AddressUnreadableError,
    OutputForm,
    ParsedAddress,
    parse_address,
)
from pillarbox.errors import InvalidInputError, PillarboxError
from pillarbox.keys.bip32 import (
    MAX_INDEX,
    ChildKeys,
    PrivateNode,
    PublicNode,
    format_path,
    hardened,
)
from pillarbox.keys.extended_key import (
    ExtendedKey,
    KeyOrigin,
    ScriptType,
    format_extended_key,
    parse_extended_key,
)
from pillarbox.keys.root import Root
from pillarbox.model.account import EXTERNAL, INTERNAL, Branch
from pillarbox.model.address import DerivedAddress
from pillarbox.model.network import BITCOIN, Coin, Network

PARAMS_VERSION = 1


class NewerAccountError(PillarboxError):
    """Parameters: version."""

    code = "account-newer"
    title = "A newer Pillarbox made this account"
    message = "Its description has version {version}, which this Pillarbox cannot read. Nothing is lost."
    hint = "Update Pillarbox, then open the wallet again."


class BitcoinDeriver:
    """The addresses of one account key. Each branch's node is made once, when first asked for."""

    __slots__ = ("_branches", "_make", "_node", "_path")

    def __init__(self, node: PublicNode, make: AddressMaker, path: str) -> None:
        """`path` is the account's, or "" where unknown: then paths count from the account key."""
        self._node = node
        self._make = make
        self._path = path
        self._branches: dict[int, ChildKeys] = {}

    def derive(self, branch: int, start: int, count: int) -> Sequence[DerivedAddress]:
        keys = self._branches.get(branch)
        if keys is None:
            keys = self._branches[branch] = ChildKeys(self._node.child(branch))
        make = self._make
        found = []
        for index, key in keys.between(start, count):
            try:
                text, script = make(key)
            except ValueError:
                continue
            found.append(DerivedAddress(index, text, script))
        return found

    def path(self, branch: int, index: int) -> str:
        return f"{self._path}/{branch}/{index}".removeprefix("/")


@dataclass(frozen=True, slots=True)
class BitcoinKind:
    """One script type, and the numbers that give its accounts their path."""

    name: str
    title: str
    sentence: str
    script: ScriptType
    purpose: int | None
    """The number of the BIP; None for accounts right below the master key."""
    form: OutputForm
    """How its addresses look. Those of P2SH do not tell what they wrap: all are read as this kind's."""
    coin: Coin = BITCOIN
    networks: frozenset[Network] = frozenset(Network)
    branches: tuple[Branch, ...] = (EXTERNAL, INTERNAL)
    last_index: int = MAX_INDEX
    extras: tuple[Extra, ...] = ()
    gap_limit: int = 20
    key_need: KeyNeed = KeyNeed.ENROL
    usage: UsageProof = UsageProof.CHAIN
    requires: frozenset[Requirement] = frozenset()
    payable: bool = True
    feature: tuple[int, ...] = ()
    """What stands between coin type and account, as in DIP-9."""

    def account_path(self, network: Network, number: int) -> tuple[int, ...]:
        """Purpose, coin type (the coin's on mainnet, 1 on every test network) and account, all hardened."""
        if self.purpose is None:
            return (hardened(number),)
        coin_type = self.coin.slip44 if network is Network.MAINNET else 1
        return tuple(map(hardened, (self.purpose, coin_type, *self.feature, number)))

    def enrol(self, need: Enrolment) -> Params:
        if need.root is not None:
            return self._params(self._account_key(need.root, need.network, need.number), need.network)
        if need.public is None:
            raise InvalidInputError(
                what="account", why="Neither the recovery words nor a public key were given."
            )
        key = account_key(need.public)
        key.require_network(need.network)
        if key.coin not in ("", self.coin.name) or key.script not in (None, self.script):
            raise other_kind(key, self.name, self.coin)
        return self._params(key, need.network)

    def deriver(self, params: str, network: Network, root: Root | None = None) -> BitcoinDeriver:
        """Raises NewerAccountError. The root is not needed, and not looked at."""
        del root
        kept = json.loads(params)
        if kept["version"] != PARAMS_VERSION:
            raise NewerAccountError(version=kept["version"])
        key = parse_extended_key(kept["key"])
        return BitcoinDeriver(
            key.node, address_maker(self.script, COIN_FORMATS[self.coin][network]), self._path(key, network)
        )

    def read(self, text: str, network: Network | None = None) -> AddressParts | None:
        try:
            parsed = parse_address(text, self.coin)
        except AddressUnreadableError:
            return None
        if parsed.output.form is not self.form or (network is not None and network not in parsed.networks):
            return None
        return address_parts(self.name, parsed, network)

    def _account_key(self, root: Root, network: Network, number: int) -> ExtendedKey:
        if not 0 <= number <= MAX_INDEX:
            raise InvalidInputError(what="account number", why="Account numbers are 0 to 2147483647.")
        path = self.account_path(network, number)
        with PrivateNode.from_seed(root.seed) as master, master.descendant(path) as account:
            origin = KeyOrigin(master.public().fingerprint, path)
            return ExtendedKey(account.public(), (network,), self.script, origin)

    def _params(self, key: ExtendedKey, network: Network) -> Params:
        text = format_extended_key(key.node, network)
        origin = f"[{key.origin}]" if key.origin else ""
        coin = "" if self.coin == BITCOIN else f"{self.coin.name}/"
        identity = f"{coin}{self.script}/{network}/".encode() + key.node.key + key.node.chain_code
        return Params(
            data=json.dumps({"version": PARAMS_VERSION, "key": f"{origin}{text}"}),
            path=self._path(key, network),
            fingerprint=key.origin.fingerprint.hex() if key.origin else "",
            same_key=tagged_hash("Pillarbox/account", identity).hex(),
        )

    def _path(self, key: ExtendedKey, network: Network) -> str:
        """The account's path: as its origin says, or as the BIP has it for a key of that depth, or "".

        A key of another coin is written with Bitcoin's letters too: only its origin says where it lies.
        """
        node = key.node
        if key.origin is not None:
            return "/".join(filter(None, ("m", format_path(key.origin.path))))
        if node.depth == 0:
            return "m"
        if self.coin != BITCOIN:
            return ""
        path = self.account_path(network, node.child_number & MAX_INDEX)
        return f"m/{format_path(path)}" if (node.depth, node.child_number) == (len(path), path[-1]) else ""


def address_parts(name: str, parsed: ParsedAddress, network: Network | None) -> AddressParts:
    """An address under the name of its kind; on its first network where none is given."""
    output, networks = parsed.output, parsed.networks
    holds: dict[str, str | int] = {"program": output.program.hex(), "script": output.script.hex()}
    if output.version is not None:
        holds["witness_version"] = output.version
    if len(networks) > 1:
        holds["networks"] = " ".join(networks)
    return AddressParts(name, network or networks[0], holds)


P2PKH = BitcoinKind(
    "bitcoin-p2pkh",
    "Bitcoin · Legacy",
    "For payers who know only the oldest addresses; spending costs most.",
    ScriptType.P2PKH,
    44,
    OutputForm.P2PKH,
)
P2SH_P2WPKH = BitcoinKind(
    "bitcoin-p2sh-p2wpkh",
    "Bitcoin · Nested SegWit",
    "SegWit for payers who cannot pay to bc1 addresses.",
    ScriptType.P2SH_P2WPKH,
    49,
    OutputForm.P2SH,
)
P2WPKH = BitcoinKind(
    "bitcoin-p2wpkh",
    "Bitcoin · SegWit",
    "The usual choice: low fees, and nearly everybody can pay to it.",
    ScriptType.P2WPKH,
    84,
    OutputForm.P2WPKH,
)
P2TR = BitcoinKind(
    "bitcoin-p2tr",
    "Bitcoin · Taproot",
    "The newest, and cheapest to spend; some payers cannot pay to it yet.",
    ScriptType.P2TR,
    86,
    OutputForm.P2TR,
)
