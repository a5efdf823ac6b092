"""A second wallet, BDK's, that restores from the same Electrum server and must find what ours finds."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Self

import bdkpython as bdk  # type: ignore[import-untyped]  # no stubs

from peers.payer import output_script

BRANCHES = {0: bdk.KeychainKind.EXTERNAL, 1: bdk.KeychainKind.INTERNAL}

DESCRIPTORS: Mapping[str, Callable[..., bdk.Descriptor]] = {
    "bitcoin-p2pkh": bdk.Descriptor.new_bip44,
    "bitcoin-p2sh-p2wpkh": bdk.Descriptor.new_bip49,
    "bitcoin-p2wpkh": bdk.Descriptor.new_bip84,
    "bitcoin-p2tr": bdk.Descriptor.new_bip86,
}
"""By Pillarbox's names for the kinds of account."""

REQUESTS_A_BATCH = 50
"""Of 10, 50 and 200 the one with which BDK is fastest here."""


@dataclass(frozen=True, slots=True)
class Words:
    """Recovery words, and what BDK makes of their first account on regtest."""

    text: str

    @classmethod
    def fresh(cls) -> Self:
        return cls(str(bdk.Mnemonic(bdk.WordCount.WORDS12)))

    def script(self, kind: str, branch: int, index: int) -> bytes:
        """The output script of an address."""
        address = _descriptor(self.text, kind, branch).derive_address(index, bdk.Network.REGTEST)
        return output_script(str(address))

    def wallet(self, kind: str) -> bdk.Wallet:
        """An empty wallet, in memory."""
        external, internal = (_descriptor(self.text, kind, branch) for branch in BRANCHES)
        return bdk.Wallet(external, internal, bdk.Network.REGTEST, bdk.Persister.new_in_memory())


@cache
def _descriptor(words: str, kind: str, branch: int) -> bdk.Descriptor:
    key = bdk.DescriptorSecretKey(bdk.NetworkKind.TEST, bdk.Mnemonic.from_string(words), None)
    return DESCRIPTORS[kind](key, BRANCHES[branch], bdk.NetworkKind.TEST)


@dataclass(frozen=True, slots=True)
class BdkScan:
    """What BDK found: address texts and satoshis received, by (branch, index)."""

    addresses: Mapping[tuple[int, int], str]
    received: Mapping[tuple[int, int], int]
    seconds: float
    """From connecting to the wallet's state updated."""


def full_scan(words: Words, kind: str, port: int, *, gap_limit: int = 20) -> BdkScan:
    """Restore from words. Blocks; BDK releases the interpreter meanwhile."""
    wallet = words.wallet(kind)
    start = time.perf_counter()
    client = bdk.ElectrumClient(f"tcp://127.0.0.1:{port}")
    request = wallet.start_full_scan().build()
    update = client.full_scan(request, gap_limit, REQUESTS_A_BATCH, fetch_prev_txouts=False)
    wallet.apply_update(update)
    seconds = time.perf_counter() - start

    addresses: dict[tuple[int, int], str] = {}
    received: dict[tuple[int, int], int] = {}
    numbers = {keychain: number for number, keychain in BRANCHES.items()}
    for output in wallet.list_output():
        place = (numbers[output.keychain], output.derivation_index)
        addresses[place] = str(wallet.peek_address(output.keychain, output.derivation_index).address)
        received[place] = received.get(place, 0) + output.txout.value.to_sat()
    return BdkScan(addresses, received, seconds)
