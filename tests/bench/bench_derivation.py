"""Addresses a second, P2WPKH and P2TR, beside bip-utils, bdkpython and the bare curve operation.

Every engine keeps its branch node, and first proves itself on 2,000 addresses of the published test account.
Rounds are short and interleaved, so that a busy machine slows all alike. Rates are of CPU time, medians of
the rounds; `ratio` is the median of what each round gives, and `target` the least one that is good enough.
"""

import json
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from operator import truediv
from pathlib import Path
from statistics import median
from time import process_time

import bdkpython
from bip_utils import Bip44Changes, Bip84, Bip84Coins, Bip86, Bip86Coins
from coincurve import PublicKey
from coincurve._libsecp256k1 import ffi, lib
from coincurve.context import GLOBAL_CONTEXT

from pillarbox.accounts import KINDS
from pillarbox.accounts.kind import Enrolment
from pillarbox.model.network import Network

CHECKED = 2000
PER_ROUND = 500
ROUNDS = 21
VECTORS = json.loads(Path(__file__).parents[1].joinpath("vectors/addresses.json").read_text())["bip84_bip86"]

Engine = Callable[[int], Iterable[str]]
"""Makes so many addresses, from index 0."""


@dataclass(frozen=True, slots=True)
class Course:
    """One script type: its engines by name, what the addresses must hash to, and what is good enough.

    `curve_operations` is how many point additions an address cannot do without.
    """

    name: str
    engines: Mapping[str, Engine]
    digest: str
    curve_operations: int
    targets: Mapping[str, float]


def pillarbox_engine(kind: str, public: str) -> Engine:
    chosen = KINDS.get(kind)
    params = chosen.enrol(Enrolment(Network.MAINNET, 0, public=public))
    deriver = chosen.deriver(params.data, Network.MAINNET)
    return lambda count: [row.text for row in deriver.derive(0, 0, count)]


def bip_utils_engine(bip: type[Bip84 | Bip86], coin: Bip84Coins | Bip86Coins, public: str) -> Engine:
    chain = bip.FromExtendedKey(public, coin).Change(Bip44Changes.CHAIN_EXT)
    return lambda count: [chain.AddressIndex(index).PublicKey().ToAddress() for index in range(count)]


def bdk_engine(descriptor: str) -> Engine:
    parsed = bdkpython.Descriptor(descriptor, bdkpython.NetworkKind.MAIN)
    network = bdkpython.Network.BITCOIN
    return lambda count: [str(parsed.derive_address(index, network)) for index in range(count)]


def curve_engine(operations: int) -> Engine:
    """libsecp256k1's own addition of a multiple of the generator, with as little as can be around it.

    Each one adds another number, as each address does: one number over and over would find all it needs in
    the processor's nearest cache.
    """
    context, add, new = GLOBAL_CONTEXT.ctx, lib.secp256k1_ec_pubkey_tweak_add, ffi.new
    tweaks = [sha256(index.to_bytes(4, "big")).digest() for index in range(CHECKED * operations)]
    parent = PublicKey.from_secret(tweaks[0]).public_key[0]

    def add_often(count: int) -> Iterable[str]:
        for tweak in tweaks[: count * operations]:
            add(context, new("secp256k1_pubkey *", parent), tweak)
        return ()

    return add_often


def courses() -> tuple[Course, ...]:
    xpub = KINDS.get("bitcoin-p2wpkh").enrol(Enrolment(Network.MAINNET, 0, public=VECTORS["zpub84"]))
    xpub84 = json.loads(xpub.data)["key"]
    digests = VECTORS["sha256_of_2000_newline_joined"]
    return (
        Course(
            "P2WPKH",
            {
                "pillarbox": pillarbox_engine("bitcoin-p2wpkh", VECTORS["zpub84"]),
                "bip-utils": bip_utils_engine(Bip84, Bip84Coins.BITCOIN, VECTORS["zpub84"]),
                "bdkpython": bdk_engine(f"wpkh({xpub84}/0/*)"),
                "curve": curve_engine(1),
            },
            digests["wpkh-2000"],
            1,
            {"bip-utils": 2.8, "bdkpython": 1.0, "curve": 1 / 1.6},
        ),
        Course(
            "P2TR",
            {
                "pillarbox": pillarbox_engine("bitcoin-p2tr", VECTORS["xpub86"]),
                "bip-utils": bip_utils_engine(Bip86, Bip86Coins.BITCOIN, VECTORS["xpub86"]),
                "bdkpython": bdk_engine(f"tr({VECTORS['xpub86']}/0/*)"),
                "curve": curve_engine(2),
            },
            digests["tr-2000"],
            2,
            {"bip-utils": 3.8, "bdkpython": 1.0, "curve": 1 / 1.6},
        ),
    )


def check(course: Course) -> None:
    """Raises RuntimeError unless every engine makes the right addresses; warms each up on the way."""
    for name, engine in course.engines.items():
        made = "\n".join(engine(CHECKED))
        if name != "curve" and sha256(made.encode()).hexdigest() != course.digest:
            raise RuntimeError(f"{name} makes other {course.name} addresses")


def rates(engines: Mapping[str, Engine]) -> dict[str, list[float]]:
    """Addresses a second of CPU time, for each engine and round."""
    measured: dict[str, list[float]] = {name: [] for name in engines}
    for _ in range(ROUNDS):
        for name, engine in engines.items():
            started = process_time()
            engine(PER_ROUND)
            measured[name].append(PER_ROUND / (process_time() - started))
    return measured


def run() -> dict[str, dict[str, object]]:
    """The entries of build/bench.json."""
    entries: dict[str, dict[str, object]] = {}
    for course in courses():
        check(course)
        measured = rates(course.engines)
        ours = measured.pop("pillarbox")
        for peer, theirs in measured.items():
            entries[f"derive {course.name}, beside {peer}"] = {
                "value": round(median(ours)),
                "unit": "addresses/s",
                "target": course.targets[peer],
                "peer": f"{course.curve_operations} x secp256k1 tweak_add" if peer == "curve" else peer,
                "peer_value": round(median(theirs)),
                "ratio": round(median(map(truediv, ours, theirs)), 3),
            }
    return entries


if __name__ == "__main__":
    sys.stdout.write(json.dumps(run(), indent=2) + "\n")
