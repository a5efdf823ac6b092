"""Block headers: what makes a chain of them valid, and how much work it holds.

Checked are linkage, proof of work, difficulty, and that time passes the median of the last eleven. Not
checked are what headers alone cannot tell: transactions, signet's signature, and the miner's clock.
"""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple, Self

from pillarbox.bitcoin.hashes import sha256d
from pillarbox.model.network import Network

HEADER_SIZE = 80
PERIOD = 2016
"""Blocks between two changes of difficulty."""

MEDIAN_SPAN = 11
"""Blocks whose median time the next one has to pass."""

_SPACING = 600
_TIMESPAN = PERIOD * _SPACING
_MAX_TIMEWARP = 600
_FORM = struct.Struct("<i32s32sIII")


class Flaw(StrEnum):
    """Why a header does not belong where it stands."""

    LENGTH = "it is not 80 bytes long"
    LINK = "it does not follow the block before it"
    WORK = "it lacks the work that its difficulty asks for"
    DIFFICULTY = "its difficulty is not what the rules ask for at this height"
    TIME = "its time is not later than those of the blocks before it"
    GENESIS = "it is not the first block of this network"


class HeaderError(ValueError):
    """The header at `height` is refused; `flaw` says why."""

    def __init__(self, flaw: Flaw, height: int) -> None:
        super().__init__(f"block {height}: {flaw.value}")
        self.flaw = flaw
        self.height = height


class Header(NamedTuple):
    """The fields of a header. `previous` and `merkle_root` are in wire order, `time` is Unix seconds."""

    version: int
    previous: bytes
    merkle_root: bytes
    time: int
    bits: int
    nonce: int

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Raises struct.error unless `raw` is 80 bytes."""
        return cls(*_FORM.unpack(raw))

    def serialise(self) -> bytes:
        return _FORM.pack(*self)


def split(headers: bytes) -> Iterator[bytes]:
    """The headers of which `headers` is the concatenation."""
    return (headers[at : at + HEADER_SIZE] for at in range(0, len(headers), HEADER_SIZE))


@lru_cache(maxsize=256)
def target_of(bits: int) -> int:
    """The number that a block's hash may not exceed. Raises ValueError for bits that stand for none."""
    exponent, mantissa = bits >> 24, bits & 0x7F_FFFF
    target = mantissa << 8 * (exponent - 3) if exponent > 3 else mantissa >> 8 * (3 - exponent)
    if bits & 0x80_0000 or not 0 < target < 1 << 256:
        raise ValueError("these bits stand for no target")
    return target


def bits_of(target: int) -> int:
    """The compact form of `target`, rounded down to the 23 bits it has room for."""
    exponent = (target.bit_length() + 7) // 8
    mantissa = target >> 8 * (exponent - 3) if exponent > 3 else target << 8 * (3 - exponent)
    if mantissa & 0x80_0000:
        mantissa >>= 8
        exponent += 1
    return exponent << 24 | mantissa


def work_of(bits: int) -> int:
    """How many hashes a block of this difficulty takes on average."""
    return (1 << 256) // (target_of(bits) + 1)


@dataclass(frozen=True, slots=True)
class HeaderRules:
    """What differs between networks. Hashes are in wire order."""

    genesis: bytes
    limit_bits: int
    """The lowest difficulty there is, in compact form."""
    retargets: bool = True
    twenty_minute_rule: bool = False
    """A block twenty minutes after the one before may have the lowest difficulty."""
    bip94: bool = False
    """Testnet4: difficulty changes count from a period's first block, whose time cannot be warped back."""


def _hash(text: str) -> bytes:
    return bytes.fromhex(text)[::-1]


RULES = {
    Network.MAINNET: HeaderRules(
        _hash("000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f"), 0x1D00FFFF
    ),
    Network.TESTNET: HeaderRules(
        _hash("00000000da84f2bafbbc53dee25a72ae507ff4914b867c565be350b0da8bf043"),
        0x1D00FFFF,
        twenty_minute_rule=True,
        bip94=True,
    ),
    Network.SIGNET: HeaderRules(
        _hash("00000008819873e925422c1ff0f99f7cc9bbb232af63a077a480a3633bee1ef6"), 0x1E0377AE
    ),
    Network.REGTEST: HeaderRules(
        _hash("0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206"),
        0x207FFFFF,
        retargets=False,
        twenty_minute_rule=True,
    ),
}
"""Testnet is testnet4: docs/decisions/testnet4.md."""


@dataclass(frozen=True, slots=True)
class Tip:
    """A block, and all that the rules need of those before it to judge the next."""

    height: int
    hash: bytes
    """Wire order."""
    time: int
    bits: int
    steady_bits: int
    """The period's difficulty, whatever the twenty-minute rule made of single blocks."""
    first_time: int
    """Of the first block of this block's period."""
    first_bits: int
    times: tuple[int, ...]
    """Of the last eleven blocks, this one the last; fewer near the start of what is known."""

    @classmethod
    def start(cls, raw: bytes, height: int, earlier: Iterable[bytes] = ()) -> Self:
        """A period's first block, trusted for its hash; `earlier` are up to ten headers before it."""
        header = Header.parse(raw)
        bits, time = header.bits, header.time
        times = (*(Header.parse(each).time for each in earlier), time)
        return cls(height, sha256d(raw), time, bits, bits, time, bits, times)

    def next(self, raw: bytes, header: Header, limit_bits: int) -> "Tip":
        """The tip once `raw`, which is `header`, stands on this one. Judges nothing."""
        height, bits, time = self.height + 1, header.bits, header.time
        times = (*self.times[1 - MEDIAN_SPAN :], time)
        if height % PERIOD == 0:
            return Tip(height, sha256d(raw), time, bits, bits, time, bits, times)
        steady = self.steady_bits if bits == limit_bits else bits
        return Tip(height, sha256d(raw), time, bits, steady, self.first_time, self.first_bits, times)


def expected_bits(rules: HeaderRules, tip: Tip, time: int) -> int:
    """The difficulty that the block after `tip` must have when it is made at `time`."""
    if (tip.height + 1) % PERIOD == 0:
        return _retargeted(rules, tip) if rules.retargets else tip.bits
    if not rules.twenty_minute_rule:
        return tip.bits
    return rules.limit_bits if time > tip.time + 2 * _SPACING else tip.steady_bits


def _retargeted(rules: HeaderRules, tip: Tip) -> int:
    timespan = min(max(tip.time - tip.first_time, _TIMESPAN // 4), _TIMESPAN * 4)
    target = target_of(tip.first_bits if rules.bip94 else tip.bits)
    return bits_of(min(target * timespan // _TIMESPAN, target_of(rules.limit_bits)))


def extend(rules: HeaderRules, tip: Tip, headers: Iterable[bytes]) -> tuple[Tip, int]:
    """The tip once `headers`, 80 bytes each, stand on `tip`, and the work that they add.

    Raises HeaderError for the first that breaks a rule.
    """
    work = 0
    for raw in headers:
        if len(raw) != HEADER_SIZE:
            raise HeaderError(Flaw.LENGTH, tip.height + 1)
        header = Header.parse(raw)
        following = tip.next(raw, header, rules.limit_bits)
        if (flaw := _flaw(rules, tip, header, following.hash)) is not None:
            raise HeaderError(flaw, following.height)
        work += work_of(header.bits)
        tip = following
    return tip, work


def _flaw(rules: HeaderRules, tip: Tip, header: Header, block_hash: bytes) -> Flaw | None:
    if header.previous != tip.hash:
        return Flaw.LINK
    if header.bits != expected_bits(rules, tip, header.time):
        return Flaw.DIFFICULTY
    if int.from_bytes(block_hash, "little") > target_of(header.bits):
        return Flaw.WORK
    warped = rules.bip94 and (tip.height + 1) % PERIOD == 0 and header.time < tip.time - _MAX_TIMEWARP
    if warped or header.time <= sorted(tip.times)[len(tip.times) // 2]:
        return Flaw.TIME
    return None


def replay(rules: HeaderRules, tip: Tip, headers: Iterable[bytes]) -> Tip:
    """The tip once `headers`, judged before, stand on `tip`. Raises HeaderError where they do not link."""
    for raw in headers:
        header = Header.parse(raw)
        if header.previous != tip.hash:
            raise HeaderError(Flaw.LINK, tip.height + 1)
        tip = tip.next(raw, header, rules.limit_bits)
    return tip
