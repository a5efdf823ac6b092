"""What an answer has to look like, in every version, and what is refused."""

from collections.abc import Callable

import pytest

from electrum_peer.synthetic_chain import GENESIS
from pillarbox.chain import electrum_protocol as protocol
from pillarbox.chain.electrum_protocol import (
    AnnouncedTip,
    Call,
    HistoryItem,
    MerkleBranch,
    ReplyError,
    Version,
)

TXID = "11" * 31 + "22"


def test_a_script_is_named_by_its_hash_reversed() -> None:
    """The example of the protocol's own documentation."""
    script = bytes.fromhex("76a91462e907b15cbf27d5425399ebf6f0fb50ebb88f1888ac")
    name = "8b01df4e368ea28f8dc0423bcf7a4923e3a12d307c875e47a0cfbf90b5c39161"
    assert protocol.script_hash(script) == name


def test_headers_come_as_a_text_or_as_a_list() -> None:
    call = protocol.headers(0, 2)
    assert call.read({"hex": GENESIS.hex() * 2, "count": 2, "max": 2016}) == [GENESIS, GENESIS]
    assert call.read({"headers": [GENESIS.hex()] * 2, "count": 2, "max": 2016}) == [GENESIS, GENESIS]
    assert call.read({"hex": "", "count": 0, "max": 2016}) == []


def test_answers_become_nouns() -> None:
    assert protocol.version().read(["ElectrumX 1.18.0", "1.4.3"]) == Version("ElectrumX 1.18.0", (1, 4))
    assert protocol.header(0).read(GENESIS.hex()) == GENESIS
    assert protocol.follow_headers().read({"hex": GENESIS.hex(), "height": 5}) == AnnouncedTip(5, GENESIS)
    assert protocol.follow_script("ab").read(None) is None
    assert protocol.follow_script("ab").read("cd" * 32) == "cd" * 32
    assert protocol.transaction(TXID).read("0102") == b"\x01\x02"
    history = [{"tx_hash": TXID, "height": 5}, {"height": -1, "fee": 7, "tx_hash": TXID}]
    assert protocol.history("ab").read(history) == (HistoryItem(TXID, 5), HistoryItem(TXID, -1))


def test_a_branch_is_turned_into_wire_order() -> None:
    found = protocol.merkle_branch(TXID, 5).read({"merkle": [TXID], "pos": 1, "block_height": 5})
    assert found == MerkleBranch((bytes.fromhex(TXID)[::-1],), 1)


@pytest.mark.parametrize(
    ("call", "reply"),
    [
        (protocol.version(), None),
        (protocol.version(), ["ElectrumX"]),
        (protocol.version(), ["ElectrumX", 1.4]),
        (protocol.version(), ["ElectrumX", "one"]),
        (protocol.header(0), "zz"),
        (protocol.header(0), GENESIS.hex()[2:]),
        (protocol.header(0), 7),
        (protocol.headers(0, 1), {"hex": GENESIS.hex() * 2}),
        (protocol.headers(0, 1), {"hex": GENESIS.hex()[2:]}),
        (protocol.headers(0, 1), {"headers": GENESIS.hex()}),
        (protocol.headers(0, 1), {}),
        (protocol.headers(0, 1), []),
        (protocol.follow_headers(), {"hex": GENESIS.hex(), "height": -1}),
        (protocol.follow_headers(), {"hex": GENESIS.hex(), "height": True}),
        (protocol.follow_headers(), {"hex": GENESIS.hex(), "height": "5"}),
        (protocol.follow_headers(), {"height": 5}),
        (protocol.follow_script("ab"), 5),
        (protocol.follow_script("ab"), ""),
        (protocol.follow_script("ab"), "cd"),
        (protocol.follow_script("ab"), "xy" * 32),
        (protocol.history("ab"), {}),
        (protocol.history("ab"), [{"tx_hash": TXID}]),
        (protocol.history("ab"), [{"tx_hash": "11", "height": 5}]),
        (protocol.history("ab"), [{"tx_hash": TXID, "height": 1 << 31}]),
        (protocol.history("ab"), [TXID]),
        (protocol.transaction(TXID), {}),
        (protocol.merkle_branch(TXID, 5), {"merkle": ["11"], "pos": 0}),
        (protocol.merkle_branch(TXID, 5), {"merkle": [], "pos": -1}),
        (protocol.merkle_branch(TXID, 5), {"pos": 0}),
    ],
)
def test_an_answer_of_another_shape_is_refused(call: Call[object], reply: object) -> None:
    with pytest.raises(ReplyError):
        call.read(reply)


def test_notes_are_read_like_answers() -> None:
    assert protocol.read_headers_note([{"hex": GENESIS.hex(), "height": 5}]) == AnnouncedTip(5, GENESIS)
    assert protocol.read_script_note(["ab", None]) == ("ab", None)


@pytest.mark.parametrize(
    ("read", "parameters"),
    [
        (protocol.read_headers_note, []),
        (protocol.read_headers_note, {"hex": GENESIS.hex(), "height": 5}),
        (protocol.read_script_note, ["ab"]),
        (protocol.read_script_note, [5, "cd"]),
        (protocol.read_script_note, ["ab", 5]),
        (protocol.read_script_note, ["ab", ""]),
        (protocol.read_script_note, None),
    ],
)
def test_a_note_of_another_shape_is_refused(read: Callable[[object], object], parameters: object) -> None:
    with pytest.raises(ReplyError):
        read(parameters)
