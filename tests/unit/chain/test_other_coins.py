"""Servers of Dash, Litecoin and Dogecoin: the right chain, a payment seen and proven, blocks replaced."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from struct import pack

import pytest
from connecting import connects, quiet, reaches, running, told, watching

from electrum_peer.coins import FIRST_HEADERS, chain_from
from electrum_peer.scripted_server import Change, ScriptedServer
from electrum_peer.synthetic_chain import SyntheticChain
from pillarbox.bitcoin.hashes import sha256d
from pillarbox.bitcoin.headers import Header
from pillarbox.bitcoin.transaction import Transaction, TxInput, TxOutput
from pillarbox.chain.chain_rules import CHAIN_RULES
from pillarbox.chain.electrum_usage import ElectrumUsage
from pillarbox.chain.shown_headers import RECENT, ShownHeaders
from pillarbox.model.network import BITCOIN_CASH, Chain, Network
from pillarbox.model.payment import ScriptHistory
from pillarbox.model.progress import ConnectionPhase

OURS = b"\x76\xa9\x14" + b"\x01" * 20 + b"\x88\xac"
UNTOUCHED = ScriptHistory(OURS, touched=False, sightings=())
HEADER = "blockchain.block.header"
MERKLE = "blockchain.transaction.get_merkle"
TRANSACTION = "blockchain.transaction.get"

OTHERS = {chain.name: rules for chain, rules in CHAIN_RULES.items() if chain.name in FIRST_HEADERS}

IDS = {
    "litecoin/mainnet": "12a765e31ffd4059bada1e25190f6e98c99d9714d334efa41a195a7e7e04bfe2",
    "litecoin/testnet": "4966625a4b2851d9fdee139e56211a0d88575f59ed816ff5e6a63deb4e3e29a0",
    "litecoin/regtest": "530827f38f93b43ed12af0b3ad25a288dc02ed74d6d7857862df51fc56c416f9",
    "dogecoin/mainnet": "1a91e3dace36e2be3bf030a65679fe821aa1d6ef92e7c9902eb318182c355691",
    "dogecoin/testnet": "bb0a78264637406b6360aad926284d544d7049f45189db5664f3c4d07350559e",
    "dogecoin/regtest": "3d2160a3b5dc4a9d62e7e66a295f70313ac808440ef7400d6c0772171ce973a5",
}
"""The first blocks as explorers show them."""


@pytest.fixture(params=["dash/regtest", "litecoin/regtest", "dogecoin/regtest"])
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def chain(name: str) -> SyntheticChain:
    return chain_from(name)


@pytest.fixture
async def server(chain: SyntheticChain) -> AsyncIterator[ScriptedServer]:
    async with ScriptedServer(chain) as serving:
        yield serving


@pytest.fixture
def headers(name: str) -> ShownHeaders:
    return ShownHeaders(OTHERS[name])


def test_every_chain_of_another_coin_is_known_by_its_first_block() -> None:
    assert set(OTHERS) == set(FIRST_HEADERS)
    for chain_name, rules in OTHERS.items():
        assert sha256d(FIRST_HEADERS[chain_name]) == rules.first


@pytest.mark.parametrize("chain_name", IDS)
def test_where_a_block_id_is_the_double_sha256_it_is_the_one_that_people_know(chain_name: str) -> None:
    assert OTHERS[chain_name].first[::-1].hex() == IDS[chain_name]


def test_dashs_first_headers_hold_what_its_reference_software_has() -> None:
    """Their X11 hashes were compared with 00000ffd590b1485..., 00000bafbc94add7... and 000008ca1832a4ba..."""
    root = bytes.fromhex("e0028eb9648db56b1ac77cf090b99048a8007e2bb64b68f092c03c7f56a662c7")[::-1]
    for chain_name, time, bits, nonce in (
        ("dash/mainnet", 1390095618, 0x1E0FFFF0, 28917698),
        ("dash/testnet", 1390666206, 0x1E0FFFF0, 3861367235),
        ("dash/regtest", 1417713337, 0x207FFFFF, 1096447),
    ):
        assert FIRST_HEADERS[chain_name] == pack("<i32s32sIII", 1, bytes(32), root, time, bits, nonce)


async def test_a_payment_is_seen_when_it_waits_and_proven_once_it_is_in_a_block(
    server: ScriptedServer, headers: ShownHeaders, tmp_path: Path
) -> None:
    async with watching(tmp_path, server, headers=headers) as (servers, watch):
        watch.add([OURS])
        assert await told(watch, OURS) == UNTOUCHED
        server.chain.pay(OURS, 5_000)
        server.announce()
        (waiting,) = (await told(watch, OURS)).sightings
        assert (waiting.amount, waiting.height, waiting.proven) == (5_000, 0, False)
        height = server.chain.mine()
        server.announce()
        proven = await told(watch, OURS, lambda history: history.sightings[0].proven)
        assert proven.sightings[0].height == height
        assert proven.sightings[0].block == server.chain.blocks[height].hash
        assert servers.state.height == height


async def test_an_old_payment_is_proven_by_the_header_of_its_block_alone(
    chain: SyntheticChain, headers: ShownHeaders, tmp_path: Path
) -> None:
    chain.pay(OURS, 5_000)
    height = chain.mine()
    chain.mine(3 * RECENT)
    async with ScriptedServer(chain) as server, running(tmp_path, server.address, headers=headers) as servers:
        (history,) = await ElectrumUsage(servers).history([OURS])
        assert [(each.height, each.proven) for each in history.sightings] == [(height, True)]
        assert server.asked.count(HEADER) == 1 + (RECENT - 1) + 1


@pytest.mark.parametrize(
    ("wanted", "shown"), [("dash/regtest", "litecoin/regtest"), ("dogecoin/mainnet", "")]
)
async def test_a_server_of_another_coin_is_refused_and_both_are_named(
    wanted: str, shown: str, tmp_path: Path
) -> None:
    chain = chain_from(shown) if shown else SyntheticChain()
    async with (
        ScriptedServer(chain) as server,
        running(tmp_path, server.address, headers=ShownHeaders(OTHERS[wanted])) as servers,
    ):
        state = await reaches(servers, lambda state: state.phase is ConnectionPhase.REFUSED)
    assert state.error is not None
    assert state.error.code == "wrong-chain"
    assert OTHERS[wanted].title in state.error.message
    assert (OTHERS[shown].title if shown else "Bitcoin regtest") in state.error.message


async def test_a_payment_whose_block_is_replaced_is_proven_no_more(
    chain: SyntheticChain, server: ScriptedServer, headers: ShownHeaders, tmp_path: Path
) -> None:
    paid = chain.pay(OURS, 1_000)
    height = chain.mine()
    async with watching(tmp_path, server, headers=headers) as (_, watch):
        watch.add([OURS])
        assert (await told(watch, OURS)).sightings[0].proven
        server.chain = chain.fork(height - 1)
        server.chain.mine(2)
        server.announce()
        assert await told(watch, OURS) == UNTOUCHED
        server.chain.add(paid)
        server.chain.mine()
        server.announce()
        again = await told(watch, OURS, lambda history: history.sightings[0].proven)
        assert again.sightings[0].height == height + 2


async def test_a_server_that_lags_takes_no_proof_back(
    chain: SyntheticChain, server: ScriptedServer, headers: ShownHeaders, tmp_path: Path
) -> None:
    paid = chain.pay(OURS, 1_000)
    height = chain.mine()
    lagging = chain.fork(height - 1)
    lagging.add(paid)
    async with (
        ScriptedServer(lagging) as second,
        watching(tmp_path, server, second, headers=headers) as (servers, watch),
    ):
        watch.add([OURS])
        assert (await told(watch, OURS)).sightings[0].proven
        await server.stop()
        await reaches(servers, lambda state: state.server == str(second.address))
        await connects(servers)
        await quiet(watch)
        assert headers.height == height


async def test_a_height_that_was_made_up_drives_no_honest_server_out(
    chain: SyntheticChain, server: ScriptedServer, headers: ShownHeaders, tmp_path: Path
) -> None:
    long = chain.fork(chain.height)
    long.mine(400)
    async with (
        ScriptedServer(long) as liar,
        running(tmp_path, liar.address, server.address, headers=headers) as servers,
    ):
        await connects(servers, long.height)
        await liar.stop()
        await reaches(servers, lambda state: state.server == str(server.address))
        await connects(servers, chain.height)
        chain.mine()
        server.announce()
        await connects(servers, chain.height)
        assert headers.height == chain.height


async def test_what_an_earlier_run_saw_proven_needs_no_branch_and_no_transaction_again(
    chain: SyntheticChain, server: ScriptedServer, name: str, tmp_path: Path
) -> None:
    chain.pay(OURS, 1_000)
    chain.mine()
    async with watching(tmp_path, server, headers=ShownHeaders(OTHERS[name])) as (_, watch):
        watch.add([OURS])
        before = await told(watch, OURS)
    server.asked.clear()
    async with watching(tmp_path, server, headers=ShownHeaders(OTHERS[name])) as (_, watch):
        watch.add([OURS], before.sightings)
        assert await told(watch, OURS) == before
    assert not {MERKLE, TRANSACTION} & set(server.asked)


async def test_a_branch_that_does_not_lead_to_the_block_proves_nothing(
    chain: SyntheticChain, server: ScriptedServer, headers: ShownHeaders, tmp_path: Path
) -> None:
    chain.pay(OURS, 1_000)
    chain.mine()
    server.instead[MERKLE] = Change(lambda reply: {**reply, "merkle": ["11" * 32 for _ in reply["merkle"]]})
    async with running(tmp_path, server.address, headers=headers) as servers:
        asking = asyncio.create_task(ElectrumUsage(servers).history([OURS]))
        state = await reaches(servers, lambda state: state.error is not None)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
    assert state.error is not None
    assert state.error.code == "false-proof"


@pytest.mark.parametrize("name", ["litecoin/regtest", "dogecoin/regtest"], indirect=True)
async def test_a_header_that_does_not_follow_the_one_before_is_refused(
    server: ScriptedServer, headers: ShownHeaders, tmp_path: Path
) -> None:
    chain = server.chain
    stranger = Header.parse(chain.blocks[5].header)._replace(time=7).serialise()
    server.instead[HEADER] = Change(lambda shown: shown.replace(chain.blocks[5].header.hex(), stranger.hex()))
    async with running(tmp_path, server.address, headers=headers) as servers:
        state = await reaches(servers, lambda state: state.error is not None)
    assert state.error is not None
    assert (state.error.code, "Block 6" in state.error.message) == ("false-header", True)


async def test_a_payment_in_a_special_dash_transaction_is_seen(tmp_path: Path) -> None:
    chain = chain_from("dash/regtest")
    spent = TxInput(b"\x07" * 32, 0, b"", 0)
    chain.add(Transaction(3 | 1 << 16, (spent,), (TxOutput(900, OURS),), 0, b"\x03abc"))
    height = chain.mine()
    headers = ShownHeaders(OTHERS["dash/regtest"])
    async with ScriptedServer(chain) as server, running(tmp_path, server.address, headers=headers) as servers:
        (history,) = await ElectrumUsage(servers).history([OURS])
    assert [(each.amount, each.height, each.proven) for each in history.sightings] == [(900, height, True)]


CASH = CHAIN_RULES[Chain(BITCOIN_CASH, Network.REGTEST)]


@pytest.mark.parametrize("length", [20, 2])
async def test_a_twin_with_the_same_first_block_is_refused(length: int, tmp_path: Path) -> None:
    wanted, twin = SyntheticChain(), SyntheticChain()
    wanted.mine(20)
    twin.mine(length)
    rules = replace(CASH, side=(5, wanted.blocks[5].hash))
    async with (
        ScriptedServer(twin) as server,
        running(tmp_path, server.address, headers=ShownHeaders(rules)) as servers,
    ):
        state = await reaches(servers, lambda state: state.phase is ConnectionPhase.REFUSED)
    assert state.error is not None
    assert state.error.code == "checkpoint-conflict"
    assert "Bitcoin Cash regtest" in state.error.message
    assert "block 5" in state.error.message


async def test_the_chain_that_has_its_own_block_is_followed(tmp_path: Path) -> None:
    chain = SyntheticChain()
    chain.mine(20)
    headers = ShownHeaders(replace(CASH, side=(5, chain.blocks[5].hash)))
    async with ScriptedServer(chain) as server, watching(tmp_path, server, headers=headers) as (_, watch):
        watch.add([OURS])
        chain.pay(OURS, 5_000)
        chain.mine()
        server.announce()
        seen = await told(watch, OURS, lambda history: bool(history.sightings))
        assert seen.sightings[0].amount == 5_000
