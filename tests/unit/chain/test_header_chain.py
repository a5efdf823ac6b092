"""The chain of headers: followed, kept on disk, reorganised, anchored in checkpoints."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from connecting import greeted

from electrum_peer.scripted_server import Change, ScriptedServer
from electrum_peer.synthetic_chain import SyntheticChain
from pillarbox.bitcoin.hashes import sha256d
from pillarbox.bitcoin.headers import HEADER_SIZE, PERIOD, RULES, Header
from pillarbox.chain import header_chain
from pillarbox.chain.electrum_errors import (
    CheckpointConflictError,
    ElectrumError,
    FalseHeaderError,
    MissingHeadersError,
    ServerBehindError,
)
from pillarbox.chain.header_chain import HeaderChain, HeadersChange
from pillarbox.model.network import Network

FILE = "regtest.headers"
HEADERS = "blockchain.block.headers"


def headers_in(folder: Path, checkpoints: Sequence[bytes] = ()) -> HeaderChain:
    return HeaderChain(Network.REGTEST, RULES[Network.REGTEST], checkpoints, folder)


async def follow(headers: HeaderChain, scripted: ScriptedServer) -> None:
    """Follow on a connection of its own, as after a reconnect."""
    async with greeted(scripted.address) as server:
        await headers.follow(server)


async def has(headers: HeaderChain, chain: SyntheticChain, scripted: ScriptedServer) -> bool:
    """Whether the chain holds just these blocks."""
    async with greeted(scripted.address) as server:
        known = await headers.headers_at(server, range(chain.height + 1))
    return headers.height == chain.height and [known[height].serialise() for height in sorted(known)] == [
        block.header for block in chain.blocks
    ]


async def test_headers_are_followed_to_the_tip(
    chain: SyntheticChain, server: ScriptedServer, tmp_path: Path
) -> None:
    headers = headers_in(tmp_path / "headers")
    await follow(headers, server)
    assert await has(headers, chain, server)
    assert headers.shared_height == chain.height
    assert (tmp_path / "headers" / FILE).read_bytes() == b"".join(block.header for block in chain.blocks)


async def test_a_new_block_is_taken_from_the_announcement(
    chain: SyntheticChain, server: ScriptedServer, tmp_path: Path
) -> None:
    headers = headers_in(tmp_path)
    await follow(headers, server)
    chain.mine()
    asked = server.asked.count(HEADERS)
    await follow(headers, server)
    assert await has(headers, chain, server)
    assert server.asked.count(HEADERS) == asked


@pytest.fixture(scope="module")
def long_chain() -> SyntheticChain:
    """Three periods and a bit."""
    made = SyntheticChain()
    made.mine(3 * PERIOD + 100)
    return made


@pytest.fixture(scope="module")
def longer_chain(long_chain: SyntheticChain) -> SyntheticChain:
    """A fork of it from within its second period, with more work."""
    made = long_chain.fork(PERIOD + 50)
    made.mine(2 * PERIOD + 60)
    return made


@pytest.mark.parametrize("version", ["1.4", "1.6"])
async def test_thousands_of_headers_are_followed(
    long_chain: SyntheticChain, version: str, tmp_path: Path
) -> None:
    headers = headers_in(tmp_path)
    async with ScriptedServer(long_chain, version=version) as server:
        await follow(headers, server)
        assert await has(headers, long_chain, server)


async def test_a_server_may_give_fewer_headers_at_a_time(
    chain: SyntheticChain, server: ScriptedServer, tmp_path: Path
) -> None:
    server.instead[HEADERS] = Change(lambda reply: reply | {"hex": reply["hex"][: 3 * 2 * HEADER_SIZE]})
    headers = headers_in(tmp_path)
    await follow(headers, server)
    assert await has(headers, chain, server)


async def test_after_a_restart_nothing_is_fetched_again(
    chain: SyntheticChain, server: ScriptedServer, tmp_path: Path
) -> None:
    await follow(headers_in(tmp_path), server)
    server.asked.clear()
    headers = headers_in(tmp_path)
    await headers.load()
    await follow(headers, server)
    assert await has(headers, chain, server)
    assert HEADERS not in server.asked


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: b"",
        lambda kept: kept[:-1],
        lambda kept: kept[:7],
        lambda kept: kept[: 5 * HEADER_SIZE] + bytes(HEADER_SIZE) + kept[6 * HEADER_SIZE :],
        lambda kept: bytes([kept[0] ^ 1]) + kept[1:],
        lambda kept: kept + bytes(1000),
        lambda kept: kept + b"\xff" * HEADER_SIZE,
    ],
    ids=["emptied", "torn", "stub", "hole", "other start", "zeros", "noise"],
)
async def test_a_damaged_file_costs_a_download_only(
    chain: SyntheticChain, server: ScriptedServer, tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    await follow(headers_in(tmp_path), server)
    file = tmp_path / FILE
    file.write_bytes(damage(file.read_bytes()))
    headers = headers_in(tmp_path)
    await headers.load()
    await follow(headers, server)
    assert await has(headers, chain, server)

    mended = headers_in(tmp_path)
    await mended.load()
    assert mended.height == chain.height


@pytest.mark.logs_warning("headers could not be kept")
async def test_a_disk_that_takes_nothing_costs_a_download_only(
    chain: SyntheticChain, server: ScriptedServer, tmp_path: Path
) -> None:
    blocked = tmp_path / "a file"
    blocked.touch()
    headers = headers_in(blocked)
    await follow(headers, server)
    assert await has(headers, chain, server)


def changes_of(headers: HeaderChain) -> list[HeadersChange]:
    changes: list[HeadersChange] = []
    headers.on_change(changes.append)
    return changes


async def test_the_chain_with_more_work_is_followed_and_the_first_replaced_height_told(
    chain: SyntheticChain, server: ScriptedServer, tmp_path: Path
) -> None:
    headers = headers_in(tmp_path)
    await follow(headers, server)
    changes = changes_of(headers)

    server.chain = chain.fork(6)
    server.chain.mine(4)
    await follow(headers, server)

    assert await has(headers, server.chain, server)
    assert changes == [HeadersChange(10, 7)]
    again = headers_in(tmp_path)
    await again.load()
    assert again.height == 10


@pytest.mark.parametrize("length", [1, 2, 3])
async def test_a_fork_with_no_more_work_is_not_followed(
    chain: SyntheticChain, server: ScriptedServer, tmp_path: Path, length: int
) -> None:
    headers = headers_in(tmp_path)
    await follow(headers, server)
    changes = changes_of(headers)
    async with ScriptedServer(chain.fork(6)) as other:
        other.chain.mine(length)
        await follow(headers, other)
        assert (headers.height, headers.shared_height) == (9, 6)
    assert changes == []
    assert await has(headers, chain, server)


async def test_a_server_that_lags_behind_is_followed_as_far_as_it_goes(
    chain: SyntheticChain, server: ScriptedServer, tmp_path: Path
) -> None:
    headers = headers_in(tmp_path)
    await follow(headers, server)
    async with ScriptedServer(chain.fork(4)) as behind:
        await follow(headers, behind)
    assert (headers.height, headers.shared_height) == (9, 4)


async def test_a_deep_reorganisation_is_found(
    long_chain: SyntheticChain, longer_chain: SyntheticChain, tmp_path: Path
) -> None:
    headers = headers_in(tmp_path)
    async with ScriptedServer(long_chain) as server:
        await follow(headers, server)
    changes = changes_of(headers)
    async with ScriptedServer(longer_chain) as server:
        await follow(headers, server)
        assert await has(headers, longer_chain, server)
    assert [change.replaced_from for change in changes if change.replaced_from] == [PERIOD + 51]


def altered(header: str, **fields: object) -> str:
    changed = Header.parse(bytes.fromhex(header))._replace(**fields)  # type: ignore[arg-type]  # as given
    return changed.serialise().hex()


def with_header(reply: dict[str, str], at: int, **fields: object) -> dict[str, str]:
    text, size = reply["hex"], 2 * HEADER_SIZE
    changed = altered(text[at * size : (at + 1) * size], **fields)
    return reply | {"hex": text[: at * size] + changed + text[(at + 1) * size :]}


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"previous": bytes(32)}, "does not follow"),
        ({"bits": 0x1D00FFFF}, "difficulty"),
        ({"bits": 0}, "difficulty"),
        ({"merkle_root": bytes(32)}, "work"),
    ],
)
async def test_a_false_header_is_told_with_its_height_and_nothing_of_it_kept(
    server: ScriptedServer, tmp_path: Path, fields: dict[str, object], reason: str
) -> None:
    headers = headers_in(tmp_path)

    def falsify(reply: dict[str, str]) -> dict[str, str]:
        if len(reply["hex"]) < 9 * 2 * HEADER_SIZE:
            return reply
        nonce = 0
        while (changed := with_header(reply, 4, nonce=nonce, **fields)) and reason == "work":
            block_hash = sha256d(bytes.fromhex(changed["hex"][4 * 160 : 5 * 160]))
            if block_hash[-1] & 0x80:
                break
            nonce += 1
        return changed

    server.instead[HEADERS] = Change(falsify)
    with pytest.raises(FalseHeaderError) as caught:
        await follow(headers, server)
    assert caught.value.parameters["height"] == 5
    assert reason in str(caught.value.parameters["reason"])
    assert headers.height == 0


async def test_headers_that_are_announced_but_not_shown_are_missed(
    server: ScriptedServer, tmp_path: Path
) -> None:
    server.instead["blockchain.headers.subscribe"] = Change(lambda tip: tip | {"height": 1_000})
    with pytest.raises(MissingHeadersError) as caught:
        await follow(headers_in(tmp_path), server)
    assert caught.value.parameters["height"] == 10


async def test_a_server_that_reorganises_while_it_is_followed_is_followed_again(
    chain: SyntheticChain, server: ScriptedServer, tmp_path: Path
) -> None:
    headers = headers_in(tmp_path)
    await follow(headers, server)
    chain.mine(3)
    fork = chain.fork(8)
    fork.mine(9)

    def switch(reply: object) -> object:
        server.chain = fork
        return reply

    async with greeted(server.address) as connection:
        server.instead[HEADERS] = Change(switch)
        await headers.follow(connection)
    assert await has(headers, fork, server)


def checkpoints_of(chain: SyntheticChain, count: int) -> list[bytes]:
    return [chain.blocks[(number + 1) * PERIOD - 1].hash for number in range(count)]


@pytest.fixture
def checkpoints(long_chain: SyntheticChain) -> list[bytes]:
    """Of the first two periods."""
    return checkpoints_of(long_chain, 2)


async def test_only_headers_from_the_last_checkpoint_on_are_fetched(
    long_chain: SyntheticChain, checkpoints: list[bytes], tmp_path: Path
) -> None:
    headers = headers_in(tmp_path, checkpoints)
    async with ScriptedServer(long_chain) as server:
        await follow(headers, server)
    assert headers.height == long_chain.height
    assert headers.floor == 2 * PERIOD - 1
    kept = (tmp_path / FILE).read_bytes()
    assert kept == b"".join(block.header for block in long_chain.blocks[PERIOD:])


async def test_older_headers_are_believed_when_they_lead_to_their_checkpoint(
    long_chain: SyntheticChain, checkpoints: list[bytes], tmp_path: Path
) -> None:
    headers = headers_in(tmp_path, checkpoints)
    heights = [0, 5, PERIOD - 1, PERIOD, 2 * PERIOD - 1, long_chain.height]
    async with ScriptedServer(long_chain) as scripted, greeted(scripted.address) as server:
        await headers.follow(server)
        found = await headers.headers_at(server, heights)
        assert {height: each.serialise() for height, each in found.items()} == {
            height: long_chain.blocks[height].header for height in heights
        }
        asked = scripted.asked.count(HEADERS)
        await headers.headers_at(server, [6])
        assert scripted.asked.count(HEADERS) == asked


async def test_what_one_caller_makes_be_forgotten_another_still_has(
    long_chain: SyntheticChain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(header_chain, "_KEPT_PERIODS", 1)
    headers = headers_in(tmp_path, [long_chain.blocks[number * PERIOD - 1].hash for number in (1, 2, 3)])
    async with ScriptedServer(long_chain) as scripted, greeted(scripted.address) as server:
        await headers.follow(server)
        for _ in range(3):
            await headers.headers_at(server, [5])
            one, both = await asyncio.gather(
                headers.headers_at(server, [PERIOD]), headers.headers_at(server, [5, PERIOD])
            )
            assert (set(one), set(both)) == ({PERIOD}, {5, PERIOD})


@pytest.mark.logs_warning("headers could not be (read|kept)")
async def test_headers_that_cannot_be_read_cost_a_download_only(
    chain: SyntheticChain, server: ScriptedServer, tmp_path: Path
) -> None:
    (tmp_path / FILE).mkdir()
    headers = headers_in(tmp_path)
    await headers.load()
    await follow(headers, server)
    assert await has(headers, chain, server)


@pytest.mark.parametrize(
    ("at", "error"), [(70, FalseHeaderError), (PERIOD - 1, CheckpointConflictError)], ids=["inside", "last"]
)
async def test_older_headers_that_lead_elsewhere_are_refused(
    long_chain: SyntheticChain, checkpoints: list[bytes], tmp_path: Path, at: int, error: type[ElectrumError]
) -> None:
    headers = headers_in(tmp_path, checkpoints)
    async with ScriptedServer(long_chain) as scripted, greeted(scripted.address) as server:
        await headers.follow(server)
        scripted.instead[HEADERS] = Change(lambda reply: with_header(reply, at, nonce=7, version=9))
        with pytest.raises(error):
            await headers.headers_at(server, [5])


async def test_a_chain_that_does_not_lead_through_the_checkpoint_is_refused(
    long_chain: SyntheticChain, longer_chain: SyntheticChain, checkpoints: list[bytes], tmp_path: Path
) -> None:
    headers = headers_in(tmp_path, checkpoints)
    async with ScriptedServer(longer_chain) as server:
        with pytest.raises(CheckpointConflictError) as caught:
            await follow(headers, server)
    assert caught.value.parameters["height"] == 2 * PERIOD - 1
    assert headers.height is None
    async with ScriptedServer(long_chain) as server:
        await follow(headers, server)
    async with ScriptedServer(longer_chain) as server:
        with pytest.raises(CheckpointConflictError):
            await follow(headers, server)
    assert headers.height == long_chain.height


async def test_a_server_that_has_not_reached_the_checkpoint_is_behind(
    long_chain: SyntheticChain, checkpoints: list[bytes], tmp_path: Path
) -> None:
    async with ScriptedServer(long_chain.fork(2 * PERIOD - 2)) as server:
        with pytest.raises(ServerBehindError):
            await follow(headers_in(tmp_path, checkpoints), server)


async def test_newer_checkpoints_start_the_file_anew(
    long_chain: SyntheticChain, checkpoints: list[bytes], tmp_path: Path
) -> None:
    async with ScriptedServer(long_chain) as server:
        await follow(headers_in(tmp_path, checkpoints), server)
        newer = headers_in(tmp_path, checkpoints_of(long_chain, 3))
        await newer.load()
        assert newer.height is None
        await follow(newer, server)
    assert newer.height == long_chain.height


async def test_following_can_be_cancelled_and_taken_up_again(
    long_chain: SyntheticChain, tmp_path: Path
) -> None:
    headers = headers_in(tmp_path)
    async with ScriptedServer(long_chain) as server:
        following = asyncio.create_task(follow(headers, server))
        await server.was_asked(HEADERS)
        following.cancel()
        with pytest.raises(asyncio.CancelledError):
            await following
        await follow(headers, server)
        assert await has(headers, long_chain, server)
