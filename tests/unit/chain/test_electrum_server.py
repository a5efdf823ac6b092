"""One connection: the greeting, questions and answers, and each way in which it goes wrong."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
from connecting import IMPATIENT, QUICK, REGTEST, greeted, surroundings

from electrum_peer.scripted_server import (
    Change,
    Instead,
    Refuse,
    Say,
    ScriptedServer,
    garbage,
    half_a_line,
    hang_up,
    silence,
)
from electrum_peer.synthetic_chain import SyntheticChain
from pillarbox.bitcoin.hashes import sha256d
from pillarbox.chain import electrum_protocol as protocol
from pillarbox.chain import json_lines
from pillarbox.chain.chain_rules import CHAIN_RULES
from pillarbox.chain.electrum_errors import (
    ConnectionDroppedError,
    ElectrumError,
    GarbageError,
    HalfLineError,
    ServerBusyError,
    ServerRefusedError,
    ServerTooOldError,
    ServerUnreachableError,
    SilentServerError,
    TooMuchDataError,
    UnaskedReplyError,
    UnexpectedReplyError,
    WrongChainError,
)
from pillarbox.chain.electrum_link import SLOWEST
from pillarbox.chain.electrum_server import IN_FLIGHT, ElectrumServer
from pillarbox.chain.json_lines import MAX_LINE, Refusal
from pillarbox.chain.server_address import ServerAddress
from pillarbox.model.network import BITCOIN, Chain, Network

PING = "server.ping"


@pytest.mark.parametrize("version", ["1.4", "1.4.3", "1.5", "1.6", "1.6.1"])
async def test_servers_of_all_known_versions_are_understood(chain: SyntheticChain, version: str) -> None:
    async with ScriptedServer(chain, version=version) as scripted, greeted(scripted.address) as server:
        (headers,) = await server.ask([protocol.headers(3, 4)])
        assert headers == [block.header for block in chain.blocks[3:7]]
        assert server.tip.height == chain.height
    assert scripted.asked[0] == "server.version"


async def test_answers_come_in_the_order_of_the_questions(
    chain: SyntheticChain, server: ScriptedServer
) -> None:
    heights = [number % 10 for number in range(3 * IN_FLIGHT + 7)]
    async with greeted(server.address) as connection:
        answers = await connection.ask([protocol.header(height) for height in heights])
    assert answers == [chain.blocks[height].header for height in heights]


async def test_answers_held_back_and_padded_are_waited_for_together(chain: SyntheticChain) -> None:
    """A thousand questions one by one would take more than a minute."""
    async with ScriptedServer(chain, delay=0.1) as scripted, greeted(scripted.address) as server:
        assert len(await server.ask([protocol.header(0)] * 1_000)) == 1_000


async def test_a_refusal_is_told_in_its_place_and_ends_nothing(server: ScriptedServer) -> None:
    async with greeted(server.address) as connection:
        answers = await connection.ask_each([protocol.header(0), protocol.header(99), protocol.header(1)])
        assert [isinstance(answer, Refusal) for answer in answers] == [False, True, False]
        with pytest.raises(ServerRefusedError) as caught:
            await connection.ask([protocol.header(99)])
        assert caught.value.parameters["reason"] == "no block 99"
        assert not connection.lost


async def fails(scripted: ScriptedServer, error: type[ElectrumError]) -> ElectrumError:
    """The error with which connecting fails."""
    with pytest.raises(error) as caught:
        await ElectrumServer.connect(scripted.address, await surroundings(IMPATIENT), REGTEST)
    assert type(caught.value) is error
    assert caught.value.parameters["server"] == str(scripted.address)
    assert str(scripted.address) in caught.value.text.message
    return caught.value


@pytest.mark.parametrize(
    ("method", "instead", "error"),
    [
        ("server.version", garbage(), GarbageError),
        ("server.version", Say(b"[]\n"), GarbageError),
        ("server.version", Say(b'"\xff"\n'), GarbageError),
        ("server.version", Say(b"[" * 100_000 + b"\n"), GarbageError),
        ("server.version", Say(b'{"id": 1, "result": %s}\n' % (b"9" * 5_000)), GarbageError),
        ("server.version", half_a_line(), HalfLineError),
        ("server.version", hang_up(), ConnectionDroppedError),
        ("server.version", silence(), SilentServerError),
        ("server.version", Say(b'{"jsonrpc": "2.0", "id": 77, "result": null}\n'), UnaskedReplyError),
        ("server.version", Say(b'{"jsonrpc": "2.0", "id": null, "result": null}\n'), UnaskedReplyError),
        ("server.version", Say(b'{"jsonrpc": "2.0", "id": [1], "result": null}\n'), UnaskedReplyError),
        ("server.version", Say(b"{}\n"), UnaskedReplyError),
        ("server.version", Say(b"x" * (MAX_LINE + 1)), TooMuchDataError),
        ("server.version", Change(lambda _: None), UnexpectedReplyError),
        ("server.version", Change(lambda _: ["Old", "1.2"]), ServerTooOldError),
        ("server.version", Change(lambda _: ["New", "2.0"]), ServerTooOldError),
        ("server.version", Refuse(1, "unsupported protocol version: 1.4"), ServerTooOldError),
        ("server.version", Refuse(-101, "excessive resource usage"), ServerBusyError),
        ("blockchain.block.header", Change(lambda _: "00" * 80), WrongChainError),
        ("blockchain.block.header", Change(lambda header: header[2:]), UnexpectedReplyError),
        ("blockchain.block.header", Refuse(1, "no"), ServerRefusedError),
        ("blockchain.headers.subscribe", Change(lambda _: {}), UnexpectedReplyError),
        ("blockchain.headers.subscribe", silence(), SilentServerError),
    ],
)
async def test_each_fault_in_the_greeting_is_an_error_of_its_own(
    server: ScriptedServer, method: str, instead: Instead, error: type[ElectrumError]
) -> None:
    server.instead[method] = instead
    await fails(server, error)


async def test_a_server_that_is_not_there_is_told_so() -> None:
    async with ScriptedServer(SyntheticChain()) as scripted:
        pass
    error = await fails(scripted, ServerUnreachableError)
    assert "refused" in str(error.parameters["reason"]).lower()


async def test_a_name_that_nobody_has_is_told_so() -> None:
    nowhere = ServerAddress("nowhere.invalid", 50001, tls=False)
    with pytest.raises(ServerUnreachableError):
        await ElectrumServer.connect(nowhere, await surroundings(), REGTEST)


async def test_a_server_of_another_network_is_named_by_its_first_block(server: ScriptedServer) -> None:
    mainnet = CHAIN_RULES[Chain(BITCOIN, Network.MAINNET)]
    with pytest.raises(WrongChainError) as caught:
        await ElectrumServer.connect(server.address, await surroundings(), mainnet)
    assert caught.value.parameters["network"] == "Bitcoin mainnet"
    assert caught.value.parameters["found"] == "that of Bitcoin regtest"


async def test_a_server_of_no_known_chain_is_named_by_its_first_block(server: ScriptedServer) -> None:
    server.instead["blockchain.block.header"] = Change(lambda _: "00" * 80)
    error = await fails(server, WrongChainError)
    assert error.parameters["found"] == sha256d(bytes(80))[::-1].hex()


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (b"garbage\n", GarbageError),
        (b'{"jsonrpc": "2.0", "id": 1, "result": 0}\n', UnaskedReplyError),
        (
            b'{"jsonrpc": "2.0", "method": "blockchain.headers.subscribe", "params": []}\n',
            UnexpectedReplyError,
        ),
        (
            b'{"jsonrpc": "2.0", "method": "blockchain.scripthash.subscribe", "params": [1]}\n',
            UnexpectedReplyError,
        ),
    ],
)
async def test_nonsense_that_nobody_asked_for_ends_the_connection(
    server: ScriptedServer, said: bytes, error: type[ElectrumError]
) -> None:
    async with greeted(server.address) as connection:
        server.say(said)
        assert type(await connection.attend()) is error


async def test_notes_of_other_kinds_are_let_pass(server: ScriptedServer) -> None:
    async with greeted(server.address) as connection:
        server.say(b'{"jsonrpc": "2.0", "method": "server.peers.subscribe", "params": [[]]}\n')
        await connection.ask([protocol.ping()])
        assert not connection.lost


async def test_a_flood_of_lines_ends_the_connection(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with greeted(server.address) as connection:
        monkeypatch.setattr(json_lines, "MAX_UNREAD", 10_000)
        server.say(b'{"jsonrpc": "2.0", "method": "x", "params": []}\n' * 10_000)
        assert type(await connection.attend()) is TooMuchDataError


async def test_questions_under_way_when_the_connection_breaks_fail_with_the_reason(
    server: ScriptedServer,
) -> None:
    async with greeted(server.address) as connection:
        server.instead[PING] = silence()
        asking = asyncio.create_task(connection.ask([protocol.ping()] * 500))
        await server.was_asked(PING)
        server.hang_up()
        with pytest.raises(ConnectionDroppedError):
            await asking
        with pytest.raises(ConnectionDroppedError):
            await connection.ask([protocol.ping()])


async def test_silence_ends_the_connection_and_is_counted_from_the_question(server: ScriptedServer) -> None:
    async with greeted(server.address, IMPATIENT) as connection:
        await asyncio.sleep(2 * IMPATIENT.reply)
        assert not connection.lost
        server.instead[PING] = silence()
        with pytest.raises(SilentServerError):
            await connection.ask([protocol.ping()])


async def drip(server: ScriptedServer) -> None:
    server.say(b" ")


async def tell_of_blocks(server: ScriptedServer) -> None:
    server.chain.mine()
    server.announce()


@pytest.mark.parametrize("meanwhile", [drip, tell_of_blocks])
async def test_only_an_answer_ends_a_silence(
    server: ScriptedServer, meanwhile: Callable[[ScriptedServer], Awaitable[None]]
) -> None:
    async with greeted(server.address, IMPATIENT) as connection:
        server.instead[PING] = silence()
        asking = asyncio.create_task(connection.ask([protocol.ping()]))
        while not asking.done():
            await meanwhile(server)
            await asyncio.wait({asking}, timeout=IMPATIENT.reply / 10)
        assert isinstance(asking.exception(), SilentServerError)


async def test_a_question_that_is_passed_over_for_later_ones_is_noticed(server: ScriptedServer) -> None:
    async with greeted(server.address, IMPATIENT) as connection:
        server.instead[PING] = silence()
        asking = asyncio.create_task(connection.ask([protocol.ping()]))
        while not asking.done():
            await connection.ask([protocol.header(0)])
            await asyncio.wait({asking}, timeout=IMPATIENT.reply / 10)
        assert isinstance(asking.exception(), SilentServerError)


async def test_many_questions_may_take_longer_than_one(chain: SyntheticChain) -> None:
    """They are answered one after the other, in three times the time that one may take."""
    async with ScriptedServer(chain) as scripted, greeted(scripted.address, IMPATIENT) as connection:
        scripted.instead["blockchain.block.header"] = silence()
        first = len(scripted.asked) + 1
        asking = asyncio.create_task(connection.ask([protocol.header(0)] * 30))
        await scripted.was_asked("blockchain.block.header", 31)
        for number in range(first, first + 30):
            answer = {"jsonrpc": "2.0", "id": number, "result": chain.blocks[0].header.hex()}
            scripted.say(json.dumps(answer).encode() + b"\n")
            await asyncio.sleep(IMPATIENT.reply / 10)
        assert len(await asking) == 30


@pytest.mark.parametrize(("rate", "waited_for"), [(3 * SLOWEST, True), (SLOWEST // 3, False)])
async def test_a_long_answer_is_waited_for_while_it_comes_fast_enough(
    chain: SyntheticChain, server: ScriptedServer, rate: int, waited_for: bool
) -> None:
    async with greeted(server.address, IMPATIENT) as connection:
        number = len(server.asked) + 1
        server.instead["blockchain.block.header"] = silence()
        asking = asyncio.create_task(connection.ask([protocol.header(0)]))
        server.say(f'{{"jsonrpc": "2.0", "id": {number}, "result": "{chain.blocks[0].header.hex()}"'.encode())
        for _ in range(30):
            await asyncio.sleep(IMPATIENT.reply / 10)
            server.say(b" " * int(rate * IMPATIENT.reply / 10))
        server.say(b"}\n")
        await asyncio.wait({asking})
        assert (asking.exception() is None) == waited_for
        assert waited_for or isinstance(asking.exception(), SilentServerError)


async def test_an_idle_connection_is_kept_alive_by_pings(server: ScriptedServer) -> None:
    async with greeted(server.address, replace(QUICK, idle=0.02)) as connection:
        await server.was_asked(PING, 3)
        assert not connection.lost


async def test_whoever_stops_waiting_does_not_disturb_the_others(
    chain: SyntheticChain, server: ScriptedServer
) -> None:
    async with greeted(server.address) as connection:
        given_up = asyncio.create_task(connection.ask([protocol.ping()] * 1_000))
        await asyncio.sleep(0)
        given_up.cancel()
        assert await connection.ask([protocol.header(0)]) == [chain.blocks[0].header]
        with pytest.raises(asyncio.CancelledError):
            await given_up


async def test_the_words_of_a_server_are_shown_short_and_on_one_line(server: ScriptedServer) -> None:
    server.instead["blockchain.block.header"] = Refuse(1, "no\x1b[31m\nway {server} " + "x" * 10_000)
    error = await fails(server, ServerRefusedError)
    reason = str(error.parameters["reason"])
    assert reason.startswith("no [31m way {server} xxx")
    assert len(reason) == 200
    assert reason in error.text.message


async def test_a_connection_closes_at_once_and_twice(server: ScriptedServer) -> None:
    connection = await ElectrumServer.connect(server.address, await surroundings(), REGTEST)
    server.instead[PING] = silence()
    asking = asyncio.create_task(connection.ask([protocol.ping()]))
    await asyncio.sleep(0)
    await connection.aclose()
    await connection.aclose()
    with pytest.raises(ConnectionDroppedError):
        await asking
    assert connection.lost
