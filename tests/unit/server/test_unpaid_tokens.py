"""What becomes of tokens that nobody pays, and of who asks for too many."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from lnd_peer import MACAROON, Reply, ScriptedNode
from pillarbox.clock import SystemClock
from pillarbox.lightning.static_address_service import (
    PaymentRequiredError,
    ServerRefusedError,
    StaticAddressServer,
)
from pillarbox.loop.l402 import Challenge, read_identifier
from pillarbox.loop.token_file import Token
from pillarbox.model.network import Network
from pillarbox.secret import Secret
from pillarbox.server.demand_limits import WINDOW, DemandLimits, PeerDemands, TooManyDemandsError
from pillarbox.server.l402_gate import INVOICE_EXPIRY, LEEWAY, Gate, SignedInvoices
from pillarbox.server.lnd_invoices import LndInvoices
from pillarbox.server.program import serving
from pillarbox.server.store import KeptToken, Store
from static_address_peer import CLIENT_KEY, bought, options, running, unpaid

OVER = INVOICE_EXPIRY + LEEWAY + 1


@dataclass
class ClockAhead(SystemClock):
    """Seconds ahead of the machine's, whose hours pass in a moment."""

    ahead: int = 0

    def now(self) -> int:
        return super().now() + self.ahead

    def monotonic(self) -> float:
        return super().monotonic() + self.ahead

    async def sleep_until(self, deadline: float) -> None:
        await asyncio.sleep(0.01)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = await Store.open(str(tmp_path / "server.db"))
    yield opened
    await opened.aclose()


@pytest.fixture
async def node(tmp_path: Path) -> AsyncIterator[ScriptedNode]:
    async with ScriptedNode(tmp_path) as serving_node:
        yield serving_node


def token(number: int, **changes: object) -> KeptToken:
    made = KeptToken(*(bytes([number]) * 32 for _ in range(4)), amount_msat=1_000, made_at=number)
    return replace(made, **changes)  # type: ignore[arg-type]  # as the tests want them


async def demand(url: str) -> Challenge:
    challenge = await StaticAddressServer(url).demand()
    assert challenge is not None
    return challenge


def token_id(of: Token) -> bytes:
    return read_identifier(of.macaroon.identifier).token_id


async def gone(store: Store, lost: bytes) -> None:
    async with asyncio.timeout(5):
        while await store.token(lost) is not None:  # noqa: ASYNC110  # the server's doing, in its own time
            await asyncio.sleep(0.01)


async def test_a_running_server_forgets_what_nobody_paid_and_never_what_was_paid(
    tmp_path: Path, store: Store
) -> None:
    clock = ClockAhead()
    async with serving(options(tmp_path), clock) as listening:
        left = unpaid(await demand(listening.url))
        challenge = await demand(listening.url)
        bought_one = await bought(challenge, listening.admin)
        clock.ahead = OVER
        await gone(store, token_id(left))
        clock.ahead = 100 * OVER
        await asyncio.sleep(0.1)
        assert await StaticAddressServer(listening.url).new_address(CLIENT_KEY, bought_one)


async def test_a_server_that_begins_forgets_what_ran_out_meanwhile(tmp_path: Path, store: Store) -> None:
    async with running(tmp_path) as listening:
        left = unpaid(await demand(listening.url))
    async with running(tmp_path):
        await asyncio.sleep(0.1)
        assert await store.token(token_id(left)) is not None
    async with serving(options(tmp_path), ClockAhead(OVER)):
        await gone(store, token_id(left))


async def test_of_a_nodes_invoices_those_are_forgotten_that_the_node_says_were_not_paid(
    node: ScriptedNode, store: Store
) -> None:
    states = ["SETTLED", "OPEN", "CANCELED", "ACCEPTED"]
    for number, state in enumerate(states, 1):
        await store.keep_token(token(number, preimage=None))
        node.replies[f"/v1/invoice/{(bytes([number]) * 32).hex()}"] = Reply(({"state": state},))
    await store.keep_token(token(9, preimage=None))
    gate = Gate(store, LndInvoices(node.url, Secret(MACAROON), node.certificate), 1_000, SystemClock())
    await gate.forget_unpaid()
    kept = [number for number in (1, 2, 3, 4, 9) if await store.token(bytes([number]) * 32) is not None]
    assert kept == [1, 4, 9]
    paid = await store.token(bytes([1]) * 32)
    assert paid is not None
    assert paid.paid_at is not None


async def test_a_server_without_that_node_keeps_its_tokens(store: Store) -> None:
    await store.keep_token(token(1, preimage=None))
    invoices = SignedInvoices(await store.signing_key(), Network.REGTEST, SystemClock())
    await Gate(store, invoices, 1_000, SystemClock()).forget_unpaid()
    assert await store.token(bytes([1]) * 32) is not None


@pytest.mark.logs_warning("a caller was sent no demand")
async def test_where_too_many_are_unpaid_it_says_so_and_who_paid_is_let_in(
    tmp_path: Path, store: Store
) -> None:
    async with running(tmp_path, limits=DemandLimits(unpaid=3)) as listening:
        first = await demand(listening.url)
        for _ in range(2):
            await demand(listening.url)
        with pytest.raises(ServerRefusedError, match="waits for 3 payments already; try again in an hour"):
            await demand(listening.url)
        assert await store.unpaid(0) == 3
        paid_for = await bought(first, listening.admin)
        assert await StaticAddressServer(listening.url).new_address(CLIENT_KEY, paid_for)
        with pytest.raises(PaymentRequiredError):
            await StaticAddressServer(listening.url).new_address(CLIENT_KEY, None)


def test_one_peer_gets_so_many_demands_an_hour() -> None:
    clock = ClockAhead()
    peers = PeerDemands(DemandLimits(per_peer=2), clock)
    for host in ("192.0.2.1", "::ffff:192.0.2.1", "2001:db8::1", "2001:db8::ffff:1"):
        peers.count(host)
    for host in ("192.0.2.1", "2001:db8::2"):
        with pytest.raises(TooManyDemandsError):
            peers.count(host)
    peers.count("192.0.2.2")
    peers.count("2001:db8:0:1::1")
    clock.ahead = WINDOW + 1
    peers.count("192.0.2.1")


def test_this_computer_is_not_counted_as_a_proxy_has_everybody_behind_it() -> None:
    peers = PeerDemands(DemandLimits(per_peer=1), SystemClock())
    for host in ("127.0.0.1", "::1", "::ffff:127.0.0.1", None) * 5:
        if host is not None:
            peers.count(host)
