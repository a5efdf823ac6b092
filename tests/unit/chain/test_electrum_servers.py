"""The connection of a network: which server, when again, and what is said of it meanwhile."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from certificate_authority import self_signed
from connecting import IMPATIENT, QUICK, Pins, connects, reaches, running
from hypothesis import given
from hypothesis import strategies as st

from electrum_peer.scripted_server import (
    Change,
    Instead,
    Refuse,
    ScriptedServer,
    garbage,
    half_a_line,
    hang_up,
    silence,
)
from electrum_peer.synthetic_chain import SyntheticChain
from pillarbox.chain.electrum_errors import ConnectionClosedError, NoServerError
from pillarbox.chain.electrum_link import Patience
from pillarbox.chain.electrum_server import ElectrumServer
from pillarbox.chain.server_address import ServerAddress
from pillarbox.errors import DiskFullError
from pillarbox.model.progress import ConnectionPhase, ConnectionState

NOWHERE = ServerAddress("127.0.0.1", 1, tls=False)
"""Nobody listens at port 1."""


async def test_connecting_is_told_step_by_step(
    chain: SyntheticChain, server: ScriptedServer, tmp_path: Path
) -> None:
    states: list[ConnectionState] = []
    async with running(tmp_path, server.address) as servers:
        servers.on_change(states.append)
        await connects(servers)
        chain.mine()
        server.announce()
        await connects(servers, height=10)
    name = str(server.address)
    assert states == [
        ConnectionState(ConnectionPhase.CONNECTING, name),
        ConnectionState(ConnectionPhase.SYNCING, name),
        ConnectionState(ConnectionPhase.SYNCING, name, 0),
        ConnectionState(ConnectionPhase.SYNCING, name, 9),
        ConnectionState(ConnectionPhase.CONNECTED, name, 9),
        ConnectionState(ConnectionPhase.CONNECTED, name, 10),
        ConnectionState(ConnectionPhase.OFFLINE),
    ]


async def test_whoever_stops_listening_hears_no_more(server: ScriptedServer, tmp_path: Path) -> None:
    states: list[ConnectionState] = []
    async with running(tmp_path, server.address) as servers:
        end = servers.on_change(states.append)
        end()
        end()
        await connects(servers)
    assert states == []


def only_first_true(headers: str) -> str:
    """Zeros in place of all headers but one."""
    return headers[:160].ljust(len(headers), "0")


@pytest.mark.parametrize(
    ("method", "instead", "code"),
    [
        ("server.version", garbage(), "server-garbage"),
        ("server.version", half_a_line(), "server-half-line"),
        ("server.version", hang_up(), "connection-dropped"),
        ("server.version", silence(), "silent-server"),
        ("server.version", Refuse(1, "unsupported protocol version"), "server-version"),
        ("blockchain.block.header", Change(lambda _: "00" * 80), "wrong-chain"),
        ("blockchain.block.headers", Change(lambda _: {"hex": ""}), "missing-headers"),
        (
            "blockchain.block.headers",
            Change(lambda reply: {"hex": only_first_true(reply["hex"])}),
            "false-header",
        ),
        ("blockchain.block.headers", Change(lambda _: {"hex": 5}), "server-unexpected"),
        ("blockchain.block.headers", Refuse(-101, "too much"), "server-busy"),
        ("blockchain.block.headers", silence(), "silent-server"),
    ],
)
async def test_a_server_at_fault_is_named_and_the_next_one_used(
    chain: SyntheticChain, server: ScriptedServer, tmp_path: Path, method: str, instead: Instead, code: str
) -> None:
    server.instead[method] = instead
    async with running(tmp_path / "one", server.address, patience=IMPATIENT) as servers:
        state = await reaches(servers, lambda state: state.error is not None)
        assert state.error is not None
        assert state.error.code == code
        assert state.server == str(server.address)
        refused = code in {"server-version", "wrong-chain"}
        assert state.phase is (ConnectionPhase.REFUSED if refused else ConnectionPhase.OFFLINE)

    async with (
        ScriptedServer(chain) as second,
        running(tmp_path / "two", server.address, second.address, patience=IMPATIENT) as servers,
    ):
        state = await connects(servers)
        assert state.server == str(second.address)


async def test_a_server_that_comes_to_its_senses_is_used_again(
    server: ScriptedServer, tmp_path: Path
) -> None:
    server.instead["server.version"] = garbage()
    async with running(tmp_path, server.address) as servers:
        await reaches(servers, lambda state: state.error is not None)
        server.instead.clear()
        state = await connects(servers)
        assert state.error is None


async def test_a_broken_connection_is_made_again(
    chain: SyntheticChain, server: ScriptedServer, tmp_path: Path
) -> None:
    async with running(tmp_path, server.address) as servers:
        await connects(servers)
        chain.mine()
        server.hang_up()
        await connects(servers, height=10)
    assert server.connected == 2


async def test_a_server_that_went_away_is_waited_for(
    chain: SyntheticChain, server: ScriptedServer, tmp_path: Path
) -> None:
    async with running(tmp_path, server.address) as servers:
        await connects(servers)
        await server.stop()
        state = await reaches(servers, lambda state: state.error is not None)
        assert state.phase is ConnectionPhase.OFFLINE
        assert state.height == 9
        chain.mine()
        await server.start()
        await connects(servers, height=10)


async def test_the_first_server_is_preferred_and_the_others_kept_for_need(
    chain: SyntheticChain, server: ScriptedServer, tmp_path: Path
) -> None:
    async with (
        ScriptedServer(chain) as second,
        running(tmp_path, NOWHERE, server.address, second.address) as servers,
    ):
        assert (await connects(servers)).server == str(server.address)
        await server.stop()
        await reaches(servers, lambda state: state.server == str(second.address))
        assert (await connects(servers)).server == str(second.address)


@pytest.mark.logs_warning("Error on transport creation for incoming connection")
async def test_a_changed_certificate_is_refused_with_words(chain: SyntheticChain, tmp_path: Path) -> None:
    async with ScriptedServer(chain, tls=self_signed(tmp_path, "new").context) as scripted:
        pins = Pins({scripted.address.host_port: b"\x01" * 32})
        async with running(tmp_path, scripted.address, pins=pins) as servers:
            state = await reaches(servers, lambda state: state.error is not None)
    assert state.phase is ConnectionPhase.REFUSED
    assert state.error is not None
    assert state.error.code == "certificate-changed"
    assert state.certificate is not None
    assert state.certificate.known != state.certificate.shown
    assert all(text in state.error.message for text in (state.certificate.known, state.certificate.shown))


class FullDisk(Pins):
    """Takes nothing, and forgets nothing that it had."""

    def set(self, host_port: str, pin: bytes) -> None:
        raise DiskFullError(where="/here")


@pytest.mark.logs_warning("could not be kept", "Error on transport creation for incoming connection")
async def test_a_certificate_that_cannot_be_kept_is_trusted_for_this_run(
    chain: SyntheticChain, tmp_path: Path
) -> None:
    first, second = (self_signed(tmp_path, name) for name in ("first", "second"))
    async with (
        ScriptedServer(chain, tls=first.context) as scripted,
        running(tmp_path, scripted.address, pins=FullDisk()) as servers,
    ):
        await connects(servers)
        chain.mine()
        scripted.hang_up()
        await connects(servers, height=10)
        await scripted.stop()
        async with ScriptedServer(chain, tls=second.context, port=scripted.address.port):
            state = await reaches(servers, lambda state: state.phase is ConnectionPhase.REFUSED)
    assert state.error is not None
    assert state.error.code == "certificate-changed"


@pytest.mark.logs_warning("could not be used")
async def test_a_fault_of_our_own_is_told_and_the_next_server_used(
    chain: SyntheticChain, server: ScriptedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(tmp_path, server.address) as servers:
        with monkeypatch.context() as at_fault:
            at_fault.setattr(servers.headers, "follow", lambda _server: 1 / 0)
            state = await reaches(servers, lambda state: state.error is not None)
        assert state.error is not None
        assert state.error.code == "connection-trouble"
        await connects(servers)

    async with (
        ScriptedServer(chain) as second,
        running(tmp_path, server.address, second.address) as servers,
    ):
        follow = servers.headers.follow

        async def fail_with_the_first(served: ElectrumServer) -> None:
            if served.address == server.address:
                raise ValueError
            await follow(served)

        monkeypatch.setattr(servers.headers, "follow", fail_with_the_first)
        assert (await connects(servers)).server == str(second.address)


async def test_the_height_shown_is_the_servers_own(
    chain: SyntheticChain, server: ScriptedServer, tmp_path: Path
) -> None:
    async with running(tmp_path, server.address) as servers:
        await connects(servers, height=9)
    server.chain = chain.fork(3)
    async with running(tmp_path, server.address) as servers:
        await connects(servers, height=3)
        server.chain.mine()
        server.announce()
        await connects(servers, height=4)


@pytest.mark.parametrize(("behind", "used"), [(6, "second"), (5, "stuck")])
async def test_a_server_that_lacks_many_blocks_is_left_for_another(
    chain: SyntheticChain, server: ScriptedServer, tmp_path: Path, behind: int, used: str
) -> None:
    async with running(tmp_path, server.address) as servers:
        await connects(servers)
    async with (
        ScriptedServer(chain.fork(chain.height - behind)) as stuck,
        running(tmp_path, stuck.address, server.address) as servers,
    ):
        address = server.address if used == "second" else stuck.address
        assert (await connects(servers)).server == str(address)


async def test_a_server_that_lacks_many_blocks_is_used_where_no_other_answers(
    chain: SyntheticChain, server: ScriptedServer, tmp_path: Path
) -> None:
    async with running(tmp_path, server.address) as servers:
        await connects(servers)
    server.chain = chain.fork(1)
    patience = replace(QUICK, first_delay=0.05, longest_delay=600)
    async with running(tmp_path, server.address, NOWHERE, patience=patience) as servers:
        await connects(servers, height=1)
        server.chain.mine()
        server.announce()
        await connects(servers, height=2)


async def test_without_a_server_nothing_is_waited_for(tmp_path: Path) -> None:
    async with running(tmp_path) as servers:
        assert servers.state.phase is ConnectionPhase.UNSET
        with pytest.raises(NoServerError):
            await servers.server()


async def test_servers_can_be_set_while_running(server: ScriptedServer, tmp_path: Path) -> None:
    async with running(tmp_path) as servers:
        servers.replace([server.address])
        await connects(servers)
        servers.replace([])
        await reaches(servers, lambda state: state.phase is ConnectionPhase.UNSET)
        with pytest.raises(NoServerError):
            await servers.server()


async def test_another_server_put_first_is_gone_over_to_at_once(
    chain: SyntheticChain, server: ScriptedServer, tmp_path: Path
) -> None:
    async with ScriptedServer(chain) as second, running(tmp_path, server.address) as servers:
        await connects(servers)
        servers.replace([second.address, server.address])
        await reaches(servers, lambda state: state.server == str(second.address))
        await connects(servers)


async def test_the_server_in_use_is_kept_when_the_others_change(
    server: ScriptedServer, tmp_path: Path
) -> None:
    async with running(tmp_path, server.address) as servers:
        await connects(servers)
        servers.replace([server.address, NOWHERE])
        await (await servers.server()).ask([])
        await asyncio.sleep(0.05)
        assert servers.state.phase is ConnectionPhase.CONNECTED
    assert server.connected == 1


async def test_replacing_does_not_wait_for_a_server_that_does_not_answer(
    chain: SyntheticChain, server: ScriptedServer, tmp_path: Path
) -> None:
    server.instead["server.version"] = silence()
    patient = replace(QUICK, connect=600, reply=600)
    async with (
        ScriptedServer(chain) as second,
        running(tmp_path, server.address, patience=patient) as servers,
    ):
        await server.was_asked("server.version")
        servers.replace([second.address])
        await connects(servers)


@pytest.mark.parametrize(
    ("method", "instead"),
    [
        ("server.version", silence()),
        ("blockchain.block.headers", silence()),
        ("server.ping", silence()),
    ],
    ids=["greeting", "following", "connected"],
)
async def test_closing_waits_for_no_server(
    server: ScriptedServer, tmp_path: Path, method: str, instead: Instead
) -> None:
    server.instead[method] = instead
    patient = replace(QUICK, connect=600, reply=600, idle=0.01)
    async with running(tmp_path, server.address, patience=patient) as servers:
        await server.was_asked(method)
        async with asyncio.timeout(2):
            await servers.aclose()
        await servers.aclose()
        with pytest.raises(ConnectionClosedError):
            await servers.server()
        servers.replace([server.address])
        await servers.start()
    assert server.connected == 1


async def test_who_waits_for_a_connection_learns_of_the_end(tmp_path: Path) -> None:
    async with running(tmp_path, NOWHERE) as servers:
        waiting = asyncio.create_task(servers.server())
        await reaches(servers, lambda state: state.error is not None)
        await servers.aclose()
        with pytest.raises(ConnectionClosedError):
            await waiting


@given(st.integers(1, 1_000), st.floats(0, 1))
def test_a_server_is_left_alone_longer_after_each_failure_but_never_too_long(
    failures: int, jitter: float
) -> None:
    patience = Patience(first_delay=1, longest_delay=300, jitter=lambda: jitter)
    whole = min(2.0 ** min(failures - 1, 20), 300)
    assert whole / 2 <= patience.delay_after(failures) <= whole
    assert patience.delay_after(0) == 0
    assert patience.delay_after(failures) <= patience.delay_after(failures + 1)
