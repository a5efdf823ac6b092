"""A Cardano indexer in memory, that speaks the Blockfrost-compatible interface on 127.0.0.1.

async with ScriptedIndexer() as indexer:
    indexer.pay("addr1...", 2_000_000)             # in a block of its own
    indexer.instead["/blocks/latest"] = [Status(429, retry_after="1")]     # misbehave, once
"""
