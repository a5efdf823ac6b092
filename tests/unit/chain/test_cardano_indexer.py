"""Histories of Cardano addresses from an indexer: right, limited, faulty, lying."""

import asyncio
import gzip
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from certificate_authority import self_signed
from test_electrum_proxy import Proxy

from indexer_peer.scripted_indexer import (
    Answer,
    Body,
    HangUp,
    Instead,
    ScriptedIndexer,
    Slow,
    Status,
    coin,
)
from pillarbox.chain.cardano_address import IndexerAddress, read_project_key
from pillarbox.chain.cardano_errors import (
    DailyLimitError,
    IndexerBannedError,
    IndexerBusyError,
    IndexerError,
    IndexerFailedError,
    IndexerNonsenseError,
    IndexerUnreachableError,
    OtherCardanoNetworkError,
    ProjectKeyRefusedError,
)
from pillarbox.chain.cardano_indexer import IndexerUsage
from pillarbox.chain.cardano_link import IndexerLink, IndexerPatience
from pillarbox.chain.electrum_errors import ConnectionClosedError
from pillarbox.chain.server_address import ServerAddress
from pillarbox.clock import SystemClock
from pillarbox.model.network import Network
from pillarbox.model.payment import ScriptHistory, Sighting
from pillarbox.model.progress import ConnectionPhase

OURS, OTHER = b"ours", b"other"
KEY = "mainnetSecretProjectKey0123456789"
QUICK = IndexerPatience(
    reply=5,
    attempts=3,
    first_delay=0.01,
    longest_delay=0.05,
    per_second=10_000,
    burst=1_000,
    poll=0.02,
    a_question=0,
)
UNTOUCHED = ScriptHistory(OURS, touched=False, sightings=())


class SilentProxy(Proxy):
    """One that takes connections, and says nothing until it shall."""

    silent = True

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.silent:
            await reader.read()
        else:
            await super()._serve(reader, writer)


def text_of(key: bytes) -> str:
    return f"addr1{key.decode()}"


@asynccontextmanager
async def usage_of(
    address: IndexerAddress,
    key: str = "",
    network: Network = Network.MAINNET,
    patience: IndexerPatience = QUICK,
) -> AsyncIterator[IndexerUsage]:
    secret = read_project_key(key) if key else None
    usage = IndexerUsage(network, address, secret, text_of, clock=SystemClock(), patience=patience)
    async with asyncio.timeout(20):
        try:
            yield usage
        finally:
            await usage.aclose()


async def told(usage: IndexerUsage) -> ConnectionPhase:
    """The phase of the next state that is told."""
    phases: asyncio.Queue[ConnectionPhase] = asyncio.Queue()
    end = usage.on_change(lambda state: phases.put_nowait(state.phase))
    try:
        return await phases.get()
    finally:
        end()


async def history(indexer: ScriptedIndexer, patience: IndexerPatience = QUICK) -> ScriptHistory:
    async with usage_of(indexer.address, patience=patience) as usage:
        (found,) = await usage.history([OURS])
        return found


async def test_an_address_never_seen_is_untouched() -> None:
    async with ScriptedIndexer() as indexer:
        assert await history(indexer) == UNTOUCHED


async def test_each_output_that_pays_an_address_is_told_with_its_height() -> None:
    async with ScriptedIndexer() as indexer:
        paid = indexer.add(
            [coin(text_of(OTHER), 5, 0), coin(text_of(OURS), 2_000_000, 1), coin(text_of(OURS), 7, 2)]
        )
        assert await history(indexer) == ScriptHistory(
            OURS,
            True,
            (
                Sighting(OURS, paid.txid, 1, 2_000_000, paid.height, proven=True),
                Sighting(OURS, paid.txid, 2, 7, paid.height, proven=True),
            ),
        )


async def test_histories_come_in_the_order_asked_and_a_repeated_address_is_asked_for_once() -> None:
    async with ScriptedIndexer() as indexer, usage_of(indexer.address) as usage:
        indexer.pay(text_of(OTHER), 1)
        found = await usage.history([OURS, OTHER, OURS])
        assert [each.watch_key for each in found] == [OURS, OTHER, OURS]
        assert [each.touched for each in found] == [False, True, False]
        assert indexer.count(text_of(OURS)) == 1


async def test_a_transaction_that_spends_from_the_address_is_told_as_spending() -> None:
    async with ScriptedIndexer() as indexer:
        paid = indexer.pay(text_of(OURS), 9)
        spent = indexer.add([coin(text_of(OTHER), 8, 0)], [coin(text_of(OURS), 9, 0, tx_hash=paid.txid)])
        found = await history(indexer)
        assert found.spends == (spent.txid,)
        assert [each.txid for each in found.sightings] == [paid.txid]


@pytest.mark.parametrize("mark", ["collateral", "reference"])
async def test_an_input_only_pledged_or_referred_to_is_not_spent(mark: str) -> None:
    async with ScriptedIndexer() as indexer:
        indexer.add(
            [coin(text_of(OTHER), 8, 0)], [coin(text_of(OURS), 9, 0, tx_hash="00" * 32, **{mark: True})]
        )
        assert await history(indexer) == ScriptHistory(OURS, touched=True, sightings=())


async def test_an_output_that_is_only_promised_as_collateral_pays_nothing() -> None:
    async with ScriptedIndexer() as indexer:
        indexer.pay(text_of(OURS), 9, collateral=True)
        assert (await history(indexer)).sightings == ()


@pytest.mark.parametrize("count", [99, 100, 101, 250])
async def test_a_history_of_several_pages_is_read_whole(count: int) -> None:
    async with ScriptedIndexer() as indexer:
        for amount in range(1, count + 1):
            indexer.pay(text_of(OURS), amount)
        found = await history(indexer)
        assert [each.amount for each in found.sightings] == list(range(1, count + 1))
        assert f"count=100&page={count // 100 + 1}&order=asc" in "".join(indexer.asked)


async def test_pages_that_shift_while_they_are_read_lose_no_payment() -> None:
    async with ScriptedIndexer() as indexer, usage_of(indexer.address) as usage:
        made = [indexer.pay(text_of(OURS), amount) for amount in range(1, 151)]
        await usage.history([OURS])

        def shift(page: int) -> None:
            if page == 2 and made[0].txid in indexer.transactions:
                indexer.reorganise(made[0])

        indexer.on_page = shift
        (found,) = await usage.history([OURS])
        assert [each.amount for each in found.sightings] == list(range(2, 151))


async def test_pages_that_overlap_are_read_again() -> None:
    async with ScriptedIndexer() as indexer:
        made = [indexer.pay(text_of(OURS), amount) for amount in range(1, 151)]
        rows = [
            {"tx_hash": each.txid, "tx_index": 0, "block_height": each.height, "block_time": 0}
            for each in made[99:150]
        ]
        indexer.instead["page=2"] = [Answer(rows)]
        found = await history(indexer)
        assert len(found.sightings) == 150
        assert indexer.count("page=2") == 2


async def test_a_server_that_shows_the_same_page_for_ever_is_refused() -> None:
    async with ScriptedIndexer() as indexer:
        rows = [
            {"tx_hash": f"{number:064x}", "tx_index": 0, "block_height": 1, "block_time": 0}
            for number in range(100)
        ]
        indexer.always["/transactions"] = Answer(rows)
        assert (await history(indexer)).refused == "it shows the same page again"


async def test_a_history_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pillarbox.chain.cardano_histories.MOST_PAGES", 2)
    async with ScriptedIndexer() as indexer:
        for amount in range(1, 202):
            indexer.pay(text_of(OURS), amount)
        assert "more than 200 transactions" in (await history(indexer)).refused


async def test_a_transaction_that_is_gone_before_it_is_read_is_left_out() -> None:
    async with ScriptedIndexer() as indexer:
        gone, stays = indexer.pay(text_of(OURS), 1), indexer.pay(text_of(OURS), 2)
        indexer.on_transaction = lambda: gone.txid in indexer.transactions and indexer.reorganise(gone)
        found = await history(indexer)
        assert [each.txid for each in found.sightings] == [stays.txid]
        assert indexer.count("page=1") == 2


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Status(403), ProjectKeyRefusedError),
        (Status(401), ProjectKeyRefusedError),
        (Status(402), DailyLimitError),
        (Status(418), IndexerBannedError),
        (Status(429), IndexerBusyError),
        (Status(500), IndexerFailedError),
        (Status(503), IndexerFailedError),
        (HangUp(), IndexerUnreachableError),
        (HangUp(b"HTTP/1.1 200 X\r\nContent-Length: 90\r\n\r\n{"), IndexerUnreachableError),
        (HangUp(b"this is not HTTP\r\n\r\n"), IndexerUnreachableError),
        (Slow(), IndexerUnreachableError),
        (Body(b"<html>Welcome</html>"), IndexerNonsenseError),
        (Body(b"<html>Not found</html>", 404), IndexerNonsenseError),
        (Body(b"[" * 100_000), IndexerNonsenseError),
        (Body(b" " * 5_000_000), IndexerNonsenseError),
        (Body(b"", 302), IndexerNonsenseError),
        (Body(gzip.compress(b'{"network_magic": 764824073}'), encoding="gzip"), IndexerNonsenseError),
        (Answer({"network_magic": "764824073"}), IndexerNonsenseError),
        (Answer({"network_magic": True}), IndexerNonsenseError),
        (Answer([]), IndexerNonsenseError),
        (Status(404), IndexerNonsenseError),
    ],
)
async def test_what_is_wrong_with_an_indexer_is_said(fault: Instead, error: type[IndexerError]) -> None:
    async with ScriptedIndexer(KEY) as indexer:
        indexer.always["/genesis"] = fault
        async with usage_of(indexer.address, KEY, patience=replace(QUICK, reply=0.3)) as usage:
            with pytest.raises(error) as refusal:
                await usage.check()
        assert KEY not in f"{refusal.value} {refusal.value.text} {refusal.value.parameters!r}"
        assert str(indexer.address) in str(refusal.value)


async def test_a_port_where_nobody_listens_is_unreachable() -> None:
    async with ScriptedIndexer() as indexer:
        address = indexer.address
    async with usage_of(address) as usage:
        with pytest.raises(IndexerUnreachableError):
            await usage.check()


@pytest.mark.parametrize(
    ("network", "magic"), [(Network.MAINNET, 1), (Network.TESTNET, 764_824_073), (Network.MAINNET, 2)]
)
async def test_an_indexer_of_another_network_is_refused(network: Network, magic: int) -> None:
    async with ScriptedIndexer(magic=magic) as indexer, usage_of(indexer.address, network=network) as usage:
        with pytest.raises(OtherCardanoNetworkError):
            await usage.check()
        asking = asyncio.create_task(usage.history([OURS]))
        assert await told(usage) is ConnectionPhase.REFUSED
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        assert usage.state.error is not None
        assert usage.state.error.code == "indexer-other-network"
        assert indexer.count("/addresses/") == 0


@pytest.mark.parametrize("magic", [1, 2, 1_097_911_063])
async def test_every_test_network_serves_a_testnet_wallet(magic: int) -> None:
    async with (
        ScriptedIndexer(magic=magic) as indexer,
        usage_of(indexer.address, network=Network.TESTNET) as usage,
    ):
        assert (await usage.check()).height == indexer.height


async def test_the_project_key_is_sent_and_neither_logged_nor_shown(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    async with ScriptedIndexer(KEY) as indexer, usage_of(indexer.address, KEY) as usage:
        indexer.instead["/addresses/"] = [Status(400, f"no project {KEY} here")]
        (found,) = await usage.history([OURS])
        assert found.refused == "no project *** here"
        assert await usage.history([OURS]) == [UNTOUCHED]
    assert KEY not in caplog.text
    assert text_of(OURS) not in caplog.text
    assert all(KEY not in target for target in indexer.asked)


async def test_a_pause_that_the_indexer_asks_for_is_kept() -> None:
    async with ScriptedIndexer() as indexer:
        indexer.instead["/addresses/"] = [Status(429, retry_after="1")]
        began = asyncio.get_running_loop().time()
        found = await history(indexer, replace(QUICK, longest_delay=5))
        assert found == UNTOUCHED
        assert asyncio.get_running_loop().time() - began >= 1


@pytest.mark.parametrize("wish", ["", "soon", "Wed, 21 Oct 2026 07:28:00 GMT", "9" * 400, "-1", "²"])
async def test_a_pause_of_any_form_ends(wish: str) -> None:
    async with ScriptedIndexer() as indexer:
        indexer.instead["/addresses/"] = [Body(b"", 429) if wish == "²" else Status(429, retry_after=wish)]
        assert await history(indexer) == UNTOUCHED


async def test_passing_faults_are_outlasted_and_lose_nothing() -> None:
    async with ScriptedIndexer() as indexer:
        paid = [indexer.pay(text_of(OURS), amount) for amount in (1, 2)]
        indexer.instead["/txs/"] = [Status(500), HangUp()]
        indexer.instead["/"] = [Status(500), HangUp(), Status(502), HangUp(), Status(503), Status(500)]
        found = await history(indexer)
        assert [each.txid for each in found.sightings] == [each.txid for each in paid]


async def test_a_long_history_goes_on_where_trouble_with_the_indexer_stopped_it() -> None:
    async with ScriptedIndexer() as indexer, usage_of(indexer.address) as usage:
        for amount in range(1, 51):
            indexer.pay(text_of(OURS), amount)

        def fail_after_half() -> None:
            if indexer.count("/txs/") == 25:
                indexer.always["/"] = Status(500)

        indexer.on_transaction = fail_after_half
        asking = asyncio.create_task(usage.history([OURS]))
        while await told(usage) is not ConnectionPhase.OFFLINE:
            pass
        indexer.on_transaction = lambda: None
        indexer.always.clear()
        indexer.asked.clear()
        (found,) = await asking
        assert len(found.sightings) == 50
        assert indexer.count("/txs/") <= 26


@pytest.mark.parametrize(
    ("fault", "reason"),
    [(Status(500), "the error 500"), (HangUp(), "broke off"), (Slow(), "silent")],
)
async def test_an_address_that_an_indexer_fails_at_is_refused_and_keeps_no_other_from_being_told(
    fault: Instead, reason: str
) -> None:
    async with ScriptedIndexer() as indexer:
        indexer.always[text_of(OURS)] = fault
        paid = indexer.pay(text_of(OTHER), 1)
        async with usage_of(indexer.address, patience=replace(QUICK, reply=0.2)) as usage:
            ours, other = await usage.history([OURS, OTHER])
            assert reason in ours.refused
            assert [each.txid for each in other.sightings] == [paid.txid]
            (alone,) = await usage.history([OURS])
            assert reason in alone.refused
            assert usage.state.phase is ConnectionPhase.CONNECTED


async def test_an_indexer_that_fails_at_everything_refuses_no_address() -> None:
    async with ScriptedIndexer() as indexer, usage_of(indexer.address) as usage:
        await usage.check()
        indexer.always["/"] = Status(500)
        asking = asyncio.create_task(usage.history([OURS]))
        assert await told(usage) is ConnectionPhase.OFFLINE
        assert not asking.done()
        indexer.always.clear()
        assert await asking == [UNTOUCHED]


async def test_questions_are_limited_in_number_and_in_pace() -> None:
    async with ScriptedIndexer() as indexer:
        patience = replace(QUICK, per_second=100, burst=10, at_once=3)
        async with usage_of(indexer.address, patience=patience) as usage:
            began = asyncio.get_running_loop().time()
            await usage.history([f"a{number}".encode() for number in range(59)])
            assert asyncio.get_running_loop().time() - began >= 0.5
        assert indexer.most_at_once <= 3


async def test_closing_ends_whoever_waits_for_an_answer() -> None:
    async with ScriptedIndexer() as indexer, usage_of(indexer.address) as usage:
        indexer.always["/genesis"] = Status(403)
        asking = asyncio.create_task(usage.history([OURS]))
        assert await told(usage) is ConnectionPhase.REFUSED
        await usage.aclose()
        with pytest.raises(ConnectionClosedError):
            await asking


async def test_an_onion_is_asked_through_the_proxy_by_its_name_and_never_without() -> None:
    onion = IndexerAddress.parse(f"http://{'a' * 56}.onion:3000/api/v0")
    async with ScriptedIndexer() as indexer, usage_of(onion) as usage:
        with pytest.raises(IndexerUnreachableError):
            await usage.check()
        async with Proxy(ServerAddress("127.0.0.1", indexer.port)).listening() as proxy:
            await usage.use(onion, None, proxy.address)
            assert (await usage.check()).height == indexer.height
            await usage.aclose()
        assert proxy.asked_for == [(f"{'a' * 56}.onion", 3000)]


@pytest.mark.parametrize("reply", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x05\xff", b"\x05"])
async def test_a_proxy_that_is_none_is_said_to_give_no_connection(reply: bytes) -> None:
    address = IndexerAddress.parse("https://indexer.example/api/v0")
    async with Proxy(ServerAddress("127.0.0.1", 1)).listening() as proxy, usage_of(address) as usage:
        proxy.method = reply
        await usage.use(address, None, proxy.address)
        with pytest.raises(IndexerUnreachableError, match="the proxy at"):
            await usage.check()


async def test_a_proxy_that_was_silent_for_long_is_used_again() -> None:
    address = IndexerAddress.parse(f"http://{'a' * 56}.onion:3000/api/v0")
    async with (
        ScriptedIndexer() as indexer,
        SilentProxy(ServerAddress("127.0.0.1", indexer.port)).listening() as proxy,
        asyncio.timeout(20),
    ):
        patience = replace(QUICK, reply=0.1, attempts=1, at_once=40)
        link = IndexerLink(address, None, SystemClock(), proxy.address, patience)
        answers = await asyncio.gather(*(link.tip() for _ in range(120)), return_exceptions=True)
        assert all(isinstance(answer, IndexerUnreachableError) for answer in answers)
        proxy.silent = False
        assert (await link.tip()).height == indexer.height
        await link.aclose()


@pytest.mark.logs_warning("Error on transport creation for incoming connection", "SSL")
async def test_a_certificate_that_no_authority_vouches_for_is_refused(tmp_path: Path) -> None:
    certificate = self_signed(tmp_path, "indexer")
    async with ScriptedIndexer(tls=certificate.context) as indexer, usage_of(indexer.address) as usage:
        with pytest.raises(IndexerUnreachableError, match="certificate"):
            await usage.check()
