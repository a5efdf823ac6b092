"""Histories of scripts: complete, in order, and only as far as they are proven."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from connecting import IMPATIENT, connects, reaches, running

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
from pillarbox.bitcoin.transaction import Transaction, TxInput, TxOutput
from pillarbox.chain import script_histories
from pillarbox.chain.electrum_errors import ConnectionClosedError, NoServerError
from pillarbox.chain.electrum_servers import ElectrumServers
from pillarbox.chain.electrum_usage import ElectrumUsage
from pillarbox.model.payment import ScriptHistory, Sighting

HISTORY = "blockchain.scripthash.get_history"
TRANSACTION = "blockchain.transaction.get"
MERKLE = "blockchain.transaction.get_merkle"

OURS = b"\x00\x14" + b"\x01" * 20
OTHER = b"\x00\x14" + b"\x02" * 20
NEVER = b"\x00\x14" + b"\x03" * 20


def untouched(script: bytes) -> ScriptHistory:
    return ScriptHistory(script, touched=False, sightings=())


async def ask(folder: Path, server: ScriptedServer, *scripts: bytes) -> list[ScriptHistory]:
    """The histories, on a connection of their own."""
    async with running(folder, server.address) as servers:
        return list(await ElectrumUsage(servers).history(scripts))


@pytest.mark.parametrize("version", ["1.4", "1.6"])
async def test_every_output_to_a_script_is_a_sighting(
    chain: SyntheticChain, tmp_path: Path, version: str
) -> None:
    paid = chain.pay(OURS, 1_000, (OTHER, 5), (OURS, 2_000))
    height = chain.mine()
    waiting = chain.pay(OURS, 3_000)
    async with ScriptedServer(chain, version=version) as server:
        (history,) = await ask(tmp_path, server, OURS)
    assert history == ScriptHistory(
        OURS,
        touched=True,
        sightings=(
            Sighting(OURS, paid.txid_text, 0, 1_000, height, proven=True),
            Sighting(OURS, paid.txid_text, 2, 2_000, height, proven=True),
            Sighting(OURS, waiting.txid_text, 0, 3_000, 0, proven=False),
        ),
    )


async def test_histories_come_in_the_order_asked_even_twice(
    chain: SyntheticChain, server: ScriptedServer, tmp_path: Path
) -> None:
    chain.pay(OURS, 1_000)
    asked = [NEVER, OURS, NEVER, OTHER, OURS]
    histories = await ask(tmp_path, server, *asked)
    assert [history.watch_key for history in histories] == asked
    assert [history.touched for history in histories] == [False, True, False, False, True]
    assert histories[0] == untouched(NEVER)


async def test_nothing_asked_is_nothing_answered(server: ScriptedServer, tmp_path: Path) -> None:
    assert await ask(tmp_path, server) == []


async def test_a_coin_spent_stays_a_sighting(
    chain: SyntheticChain, server: ScriptedServer, tmp_path: Path
) -> None:
    paid = chain.pay(OURS, 1_000)
    chain.mine()
    chain.spend(paid)
    chain.mine()
    (history,) = await ask(tmp_path, server, OURS)
    assert [(each.txid, each.amount) for each in history.sightings] == [(paid.txid_text, 1_000)]


async def test_what_spends_the_scripts_coins_is_told(
    chain: SyntheticChain, server: ScriptedServer, tmp_path: Path
) -> None:
    paid, again = chain.pay(OURS, 1_000), chain.pay(OURS, 500)
    spending = chain.spend(paid)
    coin = TxInput(again.txid, 0, b"", 0)
    to_itself = chain.add(Transaction(2, (coin,), (TxOutput(300, OURS), TxOutput(200, OTHER)), 0))
    chain.mine()
    ours, other = await ask(tmp_path, server, OURS, OTHER)
    assert set(ours.spends) == {spending.txid_text, to_itself.txid_text}
    assert {each.amount for each in ours.sightings} == {1_000, 500, 300}
    assert set(ours.spent) == {
        (paid.txid_text, 0, spending.txid_text),
        (again.txid_text, 0, to_itself.txid_text),
    }
    assert other.spends == other.spent == ()


async def test_a_payment_is_proven_among_many(
    chain: SyntheticChain, server: ScriptedServer, tmp_path: Path
) -> None:
    scripts = [b"\x51" + bytes([number]) for number in range(30)]
    for number, script in enumerate(scripts):
        chain.pay(script, number + 1)
    chain.mine()
    histories = await ask(tmp_path, server, *scripts)
    assert [[(each.amount, each.proven) for each in history.sightings] for history in histories] == [
        [(number + 1, True)] for number in range(30)
    ]


async def test_more_scripts_than_are_asked_at_once_are_answered(
    chain: SyntheticChain, server: ScriptedServer, tmp_path: Path
) -> None:
    scripts = [number.to_bytes(4) for number in range(1_001)]
    chain.pay(scripts[0], 1, *[(script, 2) for script in scripts[1::100]])
    chain.mine()
    histories = await ask(tmp_path, server, *scripts)
    assert [at for at, history in enumerate(histories) if history.touched] == [0, *range(1, 1_001, 100)]


async def test_a_large_transaction_is_read(
    chain: SyntheticChain, server: ScriptedServer, tmp_path: Path
) -> None:
    chain.pay(OURS, 1, *[(OTHER, number) for number in range(2_000)])
    chain.mine()
    ours, other = await ask(tmp_path, server, OURS, OTHER)
    assert [each.amount for each in ours.sightings] == [1]
    assert [each.amount for each in other.sightings] == list(range(2_000))
    assert all(each.proven for each in other.sightings)


def another_transaction(_: object) -> str:
    return Transaction(2, (TxInput(bytes(32), 0, b"", 0),), (TxOutput(1, OURS),), 0).serialise().hex()


def with_unconfirmed_twin(history: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [*history, {"tx_hash": "ab" * 32, "height": 0}]


def other_branch(reply: dict[str, Any]) -> dict[str, Any]:
    return reply | {"merkle": ["00" * 32 for _ in reply["merkle"]]}


def told_at(height: int) -> Callable[[list[dict[str, Any]]], list[dict[str, Any]]]:
    return lambda history: [item | {"height": height} for item in history]


def deeper(reply: dict[str, Any]) -> dict[str, Any]:
    return reply | {"merkle": reply["merkle"] + ["00" * 32]}


FAULTS: list[tuple[str, Instead, str]] = [
    (HISTORY, garbage(), "server-garbage"),
    (HISTORY, half_a_line(), "server-half-line"),
    (HISTORY, hang_up(), "connection-dropped"),
    (HISTORY, silence(), "silent-server"),
    (HISTORY, Change(lambda _: {"not": "a list"}), "server-unexpected"),
    (HISTORY, Change(with_unconfirmed_twin), "server-refused"),
    (HISTORY, Change(told_at(5)), "false-proof"),
    (TRANSACTION, Refuse(2, "daemon error"), "server-refused"),
    (TRANSACTION, Refuse(-102, "server busy"), "server-busy"),
    (TRANSACTION, Change(lambda _: "zz"), "server-unexpected"),
    (TRANSACTION, Change(lambda raw: raw[:-2]), "false-transaction"),
    (TRANSACTION, Change(another_transaction), "false-transaction"),
    (
        TRANSACTION,
        Change(lambda raw: raw.replace("e803000000000000", "e903000000000000")),
        "false-transaction",
    ),
    (TRANSACTION, silence(), "silent-server"),
    (MERKLE, Change(other_branch), "false-proof"),
    (MERKLE, Change(deeper), "false-proof"),
    (MERKLE, Change(lambda reply: reply | {"pos": reply["pos"] ^ 1}), "false-proof"),
    (MERKLE, Change(lambda reply: reply | {"pos": 1 << 20}), "false-proof"),
    (MERKLE, Change(lambda _: None), "server-unexpected"),
    (MERKLE, Refuse(1, "no"), "false-proof"),
    (MERKLE, silence(), "silent-server"),
]


@pytest.mark.parametrize(("method", "instead", "code"), FAULTS)
async def test_a_lying_or_broken_server_is_given_up_and_the_next_one_asked(
    chain: SyntheticChain, server: ScriptedServer, tmp_path: Path, method: str, instead: Instead, code: str
) -> None:
    chain.pay(OURS, 1_000)
    chain.mine()
    server.instead[method] = instead
    async with ScriptedServer(chain) as honest:
        expected = await ask(tmp_path / "honest", honest, OURS)
        async with running(tmp_path / "both", server.address, honest.address, patience=IMPATIENT) as servers:
            assert list(await ElectrumUsage(servers).history([OURS])) == expected
        assert server.asked.count(method) > 0

    async with running(tmp_path / "alone", server.address, patience=IMPATIENT) as servers:
        asking = asyncio.create_task(_ask_for_ever(servers))
        state = await reaches(servers, lambda state: state.error is not None)
        asking.cancel()
        await asyncio.wait({asking})
    assert state.error is not None
    assert state.error.code == code


async def _ask_for_ever(servers: ElectrumServers) -> None:
    await ElectrumUsage(servers).history([OURS])


async def test_a_transaction_that_has_nothing_to_do_with_the_script_is_no_use_of_it(
    chain: SyntheticChain, server: ScriptedServer, tmp_path: Path
) -> None:
    unrelated = chain.pay(OTHER, 1_000)
    chain.mine()
    server.instead[HISTORY] = Change(lambda _: [{"tx_hash": unrelated.txid_text, "height": 10}])
    async with running(tmp_path, server.address) as servers:
        asking = asyncio.create_task(_ask_for_ever(servers))
        state = await reaches(servers, lambda state: state.error is not None)
        asking.cancel()
        await asyncio.wait({asking})
    assert state.error is not None
    assert state.error.code == "false-transaction"
    assert "nothing to do with the address" in state.error.message


@pytest.mark.parametrize("height", [11, 2_000_000_000])
async def test_a_payment_in_a_block_beyond_the_chain_is_told_unproven(
    chain: SyntheticChain, server: ScriptedServer, tmp_path: Path, height: int
) -> None:
    chain.pay(OURS, 1_000)
    server.instead[HISTORY] = Change(told_at(height))
    (history,) = await ask(tmp_path, server, OURS)
    assert [(each.height, each.proven) for each in history.sightings] == [(height, False)]


async def test_a_payment_that_changes_its_block_between_listing_and_proving_is_listed_again(
    chain: SyntheticChain, server: ScriptedServer, tmp_path: Path
) -> None:
    paid = chain.pay(OURS, 1_000)
    height = chain.mine()

    def once(history: list[dict[str, Any]]) -> list[dict[str, Any]]:
        server.instead.clear()
        return told_at(5)(history)

    server.instead[HISTORY] = Change(once)
    (history,) = await ask(tmp_path, server, OURS)
    assert history.sightings == (Sighting(OURS, paid.txid_text, 0, 1_000, height, proven=True),)
    assert server.connected == 1


async def test_a_payment_that_could_be_an_inner_node_is_told_unproven_and_nobody_blamed(
    chain: SyntheticChain, server: ScriptedServer, tmp_path: Path
) -> None:
    short = b"\x51\x52\x53\x54"
    assert len(chain.pay(short, 1_000).stripped) == 64
    chain.mine()
    (history,) = await ask(tmp_path, server, short)
    assert [each.proven for each in history.sightings] == [False]
    assert server.connected == 1


async def test_a_server_on_a_lighter_fork_proves_nothing_beyond_the_fork(
    chain: SyntheticChain, server: ScriptedServer, tmp_path: Path
) -> None:
    async with running(tmp_path, server.address) as servers:
        await connects(servers)
    fork = chain.fork(5)
    early = fork.pay(OURS, 1_000)
    fork.mine()
    async with ScriptedServer(fork) as other:
        (history,) = await ask(tmp_path, other, OURS)
    assert history.sightings == (Sighting(OURS, early.txid_text, 0, 1_000, 6, proven=False),)


async def test_a_refused_script_is_told_with_the_reason_and_the_server_kept(
    chain: SyntheticChain, server: ScriptedServer, tmp_path: Path
) -> None:
    server.instead[HISTORY] = Refuse(1, "history \x1b[31mtoo\nlarge" + "x" * 1_000)
    async with running(tmp_path, server.address) as servers:
        (history,) = await ElectrumUsage(servers).history([OURS])
        assert history.refused.startswith("history [31mtoo large")
        assert len(history.refused) == 200
        assert not history.touched
        await connects(servers)
    assert server.connected == 1


async def test_what_one_server_refuses_the_next_one_is_asked_for(
    chain: SyntheticChain, server: ScriptedServer, tmp_path: Path
) -> None:
    chain.pay(OURS, 1_000)
    server.instead[HISTORY] = Refuse(1, "history too large")
    async with (
        ScriptedServer(chain) as second,
        running(tmp_path, server.address, second.address) as servers,
    ):
        histories = await ElectrumUsage(servers).history([OTHER, OURS])
        assert [(each.touched, each.refused) for each in histories] == [(False, ""), (True, "")]
        assert servers.state.server == str(second.address)


async def test_what_every_server_refuses_is_told_as_refused_and_each_was_asked_once(
    chain: SyntheticChain, server: ScriptedServer, tmp_path: Path
) -> None:
    async with (
        ScriptedServer(chain) as second,
        running(tmp_path, server.address, second.address) as servers,
    ):
        for refusing in (server, second):
            refusing.instead[HISTORY] = Refuse(1, "history too large")
        histories = await ElectrumUsage(servers).history([OURS, OTHER])
        assert [each.refused for each in histories] == ["history too large"] * 2
        assert (server.connected, second.connected) == (1, 1)


async def test_a_new_payment_asks_for_no_more_than_itself_however_long_the_history(
    chain: SyntheticChain, server: ScriptedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(script_histories, "_KEPT", 2)
    paid = [chain.pay(OURS, amount) for amount in range(1, 9)]
    chain.mine()
    spent = chain.spend(paid[0])
    chain.mine()
    async with running(tmp_path, server.address) as servers:
        usage = ElectrumUsage(servers)
        await usage.history([OURS])
        chain.pay(OURS, 9)
        server.asked.clear()
        (history,) = await usage.history([OURS])
        assert [each.amount for each in history.sightings] == list(range(1, 10))
        assert (server.asked.count(TRANSACTION), server.asked.count(MERKLE)) == (1, 0)
        height = chain.mine()
        server.announce()
        await connects(servers, height)
        server.asked.clear()
        (history,) = await usage.history([OURS])
        assert all(each.proven for each in history.sightings)
        assert (server.asked.count(TRANSACTION), server.asked.count(MERKLE)) == (0, 1)
    assert spent.txid_text not in {each.txid for each in history.sightings}


async def test_an_eviction_in_between_is_asked_about_again(
    chain: SyntheticChain, server: ScriptedServer, tmp_path: Path
) -> None:
    chain.pay(OURS, 1_000)

    def evict(history: object) -> object:
        chain.mempool.clear()
        return history

    server.instead[HISTORY] = Change(evict)
    assert await ask(tmp_path, server, OURS) == [untouched(OURS)]
    assert server.connected == 1


async def test_without_a_server_the_question_is_refused(tmp_path: Path) -> None:
    async with running(tmp_path) as servers:
        with pytest.raises(NoServerError):
            await ElectrumUsage(servers).history([OURS])


async def test_a_question_ends_with_the_connection(server: ScriptedServer, tmp_path: Path) -> None:
    server.instead[HISTORY] = silence()
    async with running(tmp_path, server.address) as servers:
        asking = asyncio.create_task(_ask_for_ever(servers))
        await server.was_asked(HISTORY)
        await servers.aclose()
        with pytest.raises(ConnectionClosedError):
            await asking


async def test_what_was_proven_is_not_asked_for_again(
    chain: SyntheticChain, server: ScriptedServer, tmp_path: Path
) -> None:
    chain.pay(OURS, 1_000)
    chain.mine()
    async with running(tmp_path, server.address) as servers:
        usage = ElectrumUsage(servers)
        first = await usage.history([OURS])
        assert await usage.history([OURS]) == first
    assert server.asked.count(TRANSACTION) == 1
    assert server.asked.count(MERKLE) == 1
