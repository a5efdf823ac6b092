"""Answers of an indexer that can be none: nothing is known then, which is not the same as nothing paid."""

import pytest
from test_cardano_indexer import OURS, history, text_of

from indexer_peer.scripted_indexer import Answer, Body, ScriptedIndexer, coin


def utxos(**changes: object) -> dict[str, object]:
    return {"hash": "aa" * 32, "inputs": [], "outputs": [coin(text_of(OURS), 5, 0)], **changes}


@pytest.mark.parametrize(
    "lie",
    [
        {},
        [],
        "text",
        utxos(hash="bb" * 32),
        utxos(outputs={}),
        utxos(inputs=None),
        utxos(outputs=["text"]),
        utxos(outputs=[coin(text_of(OURS), 5, -1)]),
        utxos(outputs=[coin(text_of(OURS), 5, True)]),
        utxos(outputs=[coin(text_of(OURS), -5, 0)]),
        utxos(outputs=[coin(text_of(OURS), 45_000_000_000_000_001, 0)]),
        utxos(outputs=[coin(text_of(OURS), 5, 0), coin(text_of(OURS), 6, 0)]),
        utxos(outputs=[coin(text_of(OURS), 5, 0, amount=[])]),
        utxos(outputs=[coin(text_of(OURS), 5, 0, amount=[{"unit": "lovelace", "quantity": 5}])]),
        utxos(outputs=[coin(text_of(OURS), 5, 0, amount=[{"unit": "lovelace", "quantity": "\u0665"}])]),
    ],
)
async def test_a_transaction_of_no_possible_shape_makes_the_address_unknown_not_unpaid(lie: object) -> None:
    async with ScriptedIndexer() as indexer:
        row = {"tx_hash": "aa" * 32, "tx_index": 0, "block_height": 5, "block_time": 0}
        indexer.always["/transactions"] = Answer([row])
        indexer.always["/txs/"] = Answer(lie)
        found = await history(indexer)
        assert found.refused
        assert not found.touched


@pytest.mark.parametrize(
    "lie",
    [
        {},
        None,
        ["text"],
        [{"tx_hash": "aa", "block_height": 5}],
        [{"tx_hash": "AA" * 32, "block_height": 5}],
        [{"tx_hash": "aa" * 32, "block_height": -1}],
        [{"tx_hash": "aa" * 32, "block_height": 5.0}],
        [{"tx_hash": "aa" * 32}],
        [{"tx_hash": f"{number:064x}", "block_height": 5} for number in range(101)],
    ],
)
async def test_a_history_of_no_possible_shape_makes_the_address_unknown_not_unpaid(lie: object) -> None:
    async with ScriptedIndexer() as indexer:
        indexer.always["/transactions"] = Answer(lie)
        assert (await history(indexer)).refused


async def test_a_page_of_some_other_web_server_is_not_an_address_never_seen() -> None:
    async with ScriptedIndexer() as indexer:
        indexer.always["/transactions"] = Body(b"<html>404</html>", 404)
        assert (await history(indexer)).refused == "it is no JSON"
        indexer.always["/transactions"] = Body(b"{}", 404)
        assert "404" in (await history(indexer)).refused
