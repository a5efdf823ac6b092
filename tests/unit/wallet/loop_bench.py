"""A made-up Loop server and a made-up payer for the tests, which count what is paid."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from pillarbox.bitcoin import bolt11
from pillarbox.bitcoin.bolt11 import Invoice
from pillarbox.clock import Clock
from pillarbox.errors import PillarboxError
from pillarbox.lightning.payers import Paid, PaymentState, StateKind
from pillarbox.loop import l402
from pillarbox.loop.l402 import Challenge, Identifier
from pillarbox.loop.macaroon import Caveat, Macaroon
from pillarbox.loop.token_file import Token
from pillarbox.model.network import Network
from pillarbox.secret import Secret
from pillarbox.wallet.loop_surroundings import LoopSurroundings

SERVER = "https://loop.example"
SERVER_KEY = bytes.fromhex("03d528ecd9b696b54c907a9ed045447a79bb408ec39b68df504bb51f459bc3ffc9")
HOUR = 3_600
COST = 500_000


class Cut(PillarboxError):  # noqa: N818  # what a connection does
    """The connection is cut: nobody knows what happened on the other side."""

    code = "cut"


class Refused(PillarboxError):  # noqa: N818  # as above
    """The node says that it did not pay."""

    code = "refused"


def preimage_of(number: int) -> bytes:
    return hashlib.sha256(b"preimage %d" % number).digest()


def challenge(number: int, at: int, *, cost: int | None = COST, expiry: int = HOUR) -> Challenge:
    """The demand of this number, made at `at` (Unix seconds)."""
    payment_hash = hashlib.sha256(preimage_of(number)).digest()
    identifier = Identifier(payment_hash, hashlib.sha256(b"token %d" % number).digest())
    token = Macaroon(b"lsat", identifier.serialise(), (Caveat(b"services=loop:0"),), bytes(32))
    invoice = Invoice(
        Network.REGTEST, cost, at, payment_hash, bytes(32), "L402", expiry, frozenset({8, 14}), b""
    )
    return Challenge(token, bolt11.sign(invoice, Secret(bytes(31) + b"\x07")))


@dataclass(eq=False)
class FakePayer:
    """A node that pays as told to: `next_ending` decides what its next payment does."""

    name: str = "node"
    paid: dict[bytes, int] = field(default_factory=dict)
    """How often each payment hash was really paid."""
    states: dict[bytes, StateKind] = field(default_factory=dict)
    preimages: Callable[[bytes], bytes] = lambda payment_hash: _PREIMAGES[payment_hash]
    next_ending: str = "succeeds"

    async def pay(self, invoice: Invoice, text: str, most_fee_msat: int) -> Paid:
        payment_hash = invoice.payment_hash
        assert bolt11.parse(text) == invoice
        match self.next_ending:
            case "cut-before":
                raise Cut
            case "fails":
                self.states[payment_hash] = StateKind.FAILED
                raise Refused
            case "stays-in-flight":
                self.states[payment_hash] = StateKind.IN_FLIGHT
                raise Cut
        self.settle(payment_hash)
        if self.next_ending == "cut-after":
            raise Cut
        return Paid(self.preimages(payment_hash), 7)

    def settle(self, payment_hash: bytes) -> None:
        """It is paid now, once: a node pays no payment hash twice."""
        if self.states.get(payment_hash) is not StateKind.SUCCEEDED:
            self.paid[payment_hash] = self.paid.get(payment_hash, 0) + 1
        self.states[payment_hash] = StateKind.SUCCEEDED

    async def state(self, payment_hash: bytes) -> PaymentState:
        kind = self.states.get(payment_hash, StateKind.UNKNOWN)
        if kind is StateKind.SUCCEEDED:
            return PaymentState(kind, self.preimages(payment_hash), 7)
        return PaymentState(kind)


@dataclass(frozen=True)
class FakeAnswer:
    server_key: bytes
    expiry: int


@dataclass(eq=False)
class FakeServer:
    """Demands a payment of whoever has no token, and binds each token to one key."""

    url: str
    world: "LoopWorld"

    async def demand(self) -> Challenge | None:
        if not self.world.demands:
            return None
        self.world.demanded += 1
        return challenge(self.world.demanded - 1, self.world.clock.now(), cost=self.world.cost)

    async def new_address(self, client_key: bytes, token: Token) -> FakeAnswer:
        assert token.paid
        self.world.registered.append(client_key)
        if self.world.cut:
            raise Cut
        return FakeAnswer(self.world.server_key, self.world.expiry)


class LoopWorld:
    """Every server and node there is for a wallet, the chain's height, and the folder of backups."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self.folder = folder
        self.clock = clock
        self.demands = True
        self.demanded = 0
        self.cost = COST
        self.cut = False
        self.server_key = SERVER_KEY
        self.expiry = 144
        self.registered: list[bytes] = []
        self.payer = FakePayer()
        self.tip = 500
        self._receivers: list[Callable[[int], None]] = []
        self.surroundings = LoopSurroundings(
            lambda url: FakeServer(url.rstrip("/"), self),
            lambda _node: self.payer,
            self,
            lambda _network: folder,
        )

    def height(self, network: Network) -> int:
        return self.tip

    def on_block(self, network: Network, receive: Callable[[int], None]) -> Callable[[], None]:
        self._receivers.append(receive)
        return lambda: self._receivers.remove(receive)

    def mine(self, tip: int) -> None:
        self.tip = tip
        for receive in tuple(self._receivers):
            receive(tip)


_PREIMAGES = {hashlib.sha256(preimage_of(number)).digest(): preimage_of(number) for number in range(64)}


def token_id_of(demand: Challenge) -> bytes:
    return l402.read_identifier(demand.token.identifier).token_id
