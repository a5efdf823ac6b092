"""BDK as the second opinion: it finds on the Electrum server what was paid, and only that."""

import asyncio

import pytest
from peers.bdk_peer import Words, full_scan
from peers.payer import Output, output_script
from peers.regtest import Regtest

pytestmark = pytest.mark.e2e

KIND = "bitcoin-p2wpkh"


async def test_a_full_scan_finds_what_was_paid_on_both_branches(regtest: Regtest) -> None:
    words = Words.fresh()
    paid = {(0, 0): 10_000, (0, 7): 20_000, (1, 3): 30_000}
    outputs = [Output(words.script(KIND, *place), amount) for place, amount in paid.items()]
    await asyncio.to_thread(regtest.payer.pay_all, outputs)
    await asyncio.to_thread(regtest.mine)

    scan = await asyncio.to_thread(full_scan, words, KIND, regtest.server.tcp_port)

    assert scan.received == paid
    assert [output_script(scan.addresses[place]) for place in paid] == [output.script for output in outputs]
