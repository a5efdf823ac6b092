"""Headers: parse, work, and each rule that a chain of them has to keep."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.bitcoin.hashes import sha256d
from pillarbox.bitcoin.headers import (
    PERIOD,
    RULES,
    Flaw,
    Header,
    HeaderError,
    HeaderRules,
    Tip,
    bits_of,
    expected_bits,
    extend,
    replay,
    split,
    target_of,
    work_of,
)
from pillarbox.model.network import Network

GENESIS = bytes.fromhex(
    "0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac72c3e67768f61"
    "7fc81bc3888a51323a9fb8aa4b1e5e4a29ab5f49ffff001d1dac2b7c"
)
BLOCK_1 = bytes.fromhex(
    "010000006fe28c0ab6f1b372c1a6a246ae63f74f931e8365e15a089c68d6190000000000982051fd1e4ba744bbbe680e1fee1467"
    "7ba1a3c3540bf7b1cdb606e857233e0e61bc6649ffff001d01e36299"
)
MAINNET = RULES[Network.MAINNET]

EASY = 0x207FFFFF
"""Every second hash will do."""
HARDER = 0x201FFFFF
START = 1_700_000_000


def mine(tip: Tip, time: int, bits: int) -> bytes:
    """A header on `tip` with the work its bits ask for."""
    return next(
        raw
        for nonce in range(1 << 32)
        if int.from_bytes(
            sha256d(raw := Header(1, tip.hash, bytes(32), time, bits, nonce).serialise()), "little"
        )
        <= target_of(bits)
    )


def first_block(bits: int = EASY) -> Tip:
    return Tip.start(Header(1, bytes(32), bytes(32), START, bits, 0).serialise(), 0)


def grown(rules: HeaderRules, tip: Tip, times: Iterable[int], bits: int) -> tuple[Tip, list[bytes]]:
    """The tip and the headers of blocks at these times, all of the same difficulty, judged by nobody."""
    made: list[bytes] = []
    for time in times:
        made.append(mine(tip, time, bits))
        tip = replay(rules, tip, made[-1:])
    return tip, made


def one_period(rules: HeaderRules, bits: int, spacing: int) -> Tip:
    """The tip at the end of a period that took `spacing` seconds a block."""
    times = range(START + spacing, START + PERIOD * spacing, spacing)
    return grown(rules, first_block(bits), times, bits)[0]


def test_the_first_two_blocks_of_bitcoin_follow_each_other() -> None:
    assert sha256d(GENESIS) == MAINNET.genesis
    tip, work = extend(MAINNET, Tip.start(GENESIS, 0), [BLOCK_1])
    assert tip.height == 1
    assert tip.hash[::-1].hex() == "00000000839a8e6886ab5951d76f411475428afc90947ee320161bbf18eb6048"
    assert work == 0x1_0001_0001


def test_a_header_is_parsed_into_its_fields_and_back() -> None:
    header = Header.parse(BLOCK_1)
    assert header.previous == MAINNET.genesis
    assert (header.version, header.time, header.bits) == (1, 1231469665, 0x1D00FFFF)
    assert header.serialise() == BLOCK_1


@pytest.mark.parametrize(
    ("height", "first_time", "last_time", "bits", "expected"),
    [
        (32_255, 1261130161, 1262152739, 0x1D00FFFF, 0x1D00D86A),
        (2_015, 1231006505, 1233061996, 0x1D00FFFF, 0x1D00FFFF),
        (68_543, 1279008237, 1279297671, 0x1C05A3F4, 0x1C0168FD),
        (46_367, 1263163443, 1269211443, 0x1C387F6F, 0x1D00E1FD),
    ],
    ids=["as it was", "never below the limit", "a quarter at most", "four times at most"],
)
def test_difficulty_follows_the_time_that_a_period_took(
    height: int, first_time: int, last_time: int, bits: int, expected: int
) -> None:
    tip = Tip(height, bytes(32), last_time, bits, bits, first_time, bits, (last_time,))
    assert expected_bits(MAINNET, tip, last_time + 600) == expected


@pytest.mark.parametrize("bits", [0x1D00FFFF, 0x207FFFFF, 0x1B0404CB, 0x17034219, 0x03123456, 0x02123400])
def test_bits_stand_for_a_target_and_back(bits: int) -> None:
    assert bits_of(target_of(bits)) == bits


@given(st.integers(1, (1 << 256) - 1))
def test_the_compact_form_of_a_target_is_rounded_down(target: int) -> None:
    rounded = target_of(bits_of(target))
    assert rounded <= target
    assert target - rounded < max(1, target >> 15)


@pytest.mark.parametrize("bits", [0, 0x01003456, 0x1D80FFFF, 0xFF123456, 0x23000001 + 0x1000_0000])
def test_bits_that_stand_for_no_target_are_refused(bits: int) -> None:
    with pytest.raises(ValueError, match="no target"):
        target_of(bits)


def test_work_is_the_number_of_hashes_a_block_takes() -> None:
    assert work_of(0x1D00FFFF) == 0x1_0001_0001
    assert work_of(EASY) == 2


FREE = HeaderRules(bytes(32), EASY, retargets=False)


@pytest.fixture(scope="module")
def chain() -> list[bytes]:
    """Thirty blocks on `first_block()`."""
    return grown(FREE, first_block(), range(START + 600, START + 31 * 600, 600), EASY)[1]


def test_a_chain_is_judged_the_same_in_one_go_and_block_by_block(chain: Sequence[bytes]) -> None:
    whole, work = extend(FREE, first_block(), chain)
    tip, sum_of_work = first_block(), 0
    for raw in chain:
        tip, more = extend(FREE, tip, [raw])
        sum_of_work += more
    assert (tip, sum_of_work) == (whole, work)
    assert replay(FREE, first_block(), chain) == whole
    assert list(split(b"".join(chain))) == chain


def changed(raw: bytes, **fields: object) -> bytes:
    return Header.parse(raw)._replace(**fields).serialise()  # type: ignore[arg-type]  # as given by the test


def refused(rules: HeaderRules, tip: Tip, headers: Iterable[bytes]) -> tuple[Flaw, int]:
    with pytest.raises(HeaderError) as caught:
        extend(rules, tip, headers)
    return caught.value.flaw, caught.value.height


def test_each_broken_rule_is_told_with_the_height(chain: list[bytes]) -> None:
    tip = first_block()
    assert refused(FREE, tip, [*chain[:5], chain[6]]) == (Flaw.LINK, 6)
    assert refused(FREE, tip, [*chain[:5], chain[5][:-1]]) == (Flaw.LENGTH, 6)
    assert refused(FREE, tip, [*chain[:5], changed(chain[5], bits=HARDER)]) == (Flaw.DIFFICULTY, 6)


def test_a_block_without_the_work_is_refused() -> None:
    tip = first_block()
    lazy = next(
        raw
        for nonce in range(1 << 32)
        if int.from_bytes(
            sha256d(raw := Header(1, tip.hash, bytes(32), START + 1, EASY, nonce).serialise()), "little"
        )
        > target_of(EASY)
    )
    assert refused(FREE, tip, [lazy]) == (Flaw.WORK, 1)


def test_a_block_has_to_be_later_than_the_median_of_eleven(chain: list[bytes]) -> None:
    tip, _ = extend(FREE, first_block(), chain)
    median = START + 25 * 600
    assert refused(FREE, tip, [mine(tip, median, EASY)]) == (Flaw.TIME, 31)
    assert extend(FREE, tip, [mine(tip, median + 1, EASY)])[0].height == 31


def test_headers_that_do_not_link_are_not_replayed(chain: list[bytes]) -> None:
    with pytest.raises(HeaderError) as caught:
        replay(FREE, first_block(), [chain[0], chain[2]])
    assert (caught.value.flaw, caught.value.height) == (Flaw.LINK, 2)


RETARGETING = HeaderRules(bytes(32), EASY)
TESTNET3_LIKE = replace(RETARGETING, twenty_minute_rule=True)
TESTNET4_LIKE = replace(TESTNET3_LIKE, bip94=True)


def test_a_period_twice_as_fast_doubles_the_difficulty() -> None:
    tip = one_period(RETARGETING, EASY, 300)
    halved = bits_of(target_of(EASY) * (PERIOD - 1) * 300 // (PERIOD * 600))
    assert refused(RETARGETING, tip, [mine(tip, tip.time + 600, EASY)]) == (Flaw.DIFFICULTY, PERIOD)
    grown_on, _ = extend(RETARGETING, tip, [mine(tip, tip.time + 600, halved)])
    assert grown_on.bits == halved
    assert expected_bits(RETARGETING, grown_on, grown_on.time + 10_000) == halved


def test_without_retargeting_difficulty_stays_whatever_the_time() -> None:
    tip = one_period(FREE, EASY, 1)
    assert extend(FREE, tip, [mine(tip, tip.time + 1, EASY)])[0].bits == EASY


def test_after_twenty_minutes_testnet_takes_an_easy_block_but_only_then() -> None:
    tip = first_block(HARDER)
    easy = mine(tip, tip.time + 1201, EASY)
    assert extend(TESTNET4_LIKE, tip, [easy])[0].bits == EASY
    assert refused(TESTNET4_LIKE, tip, [mine(tip, tip.time + 1200, EASY)]) == (Flaw.DIFFICULTY, 1)
    assert refused(TESTNET4_LIKE, tip, [mine(tip, tip.time + 1201, HARDER)]) == (Flaw.DIFFICULTY, 1)
    assert refused(RETARGETING, tip, [easy]) == (Flaw.DIFFICULTY, 1)


def test_the_block_after_an_easy_one_has_the_period_s_difficulty_again() -> None:
    tip = first_block(HARDER)
    tip, _ = extend(TESTNET4_LIKE, tip, [mine(tip, tip.time + 1201, EASY)])
    tip, _ = extend(TESTNET4_LIKE, tip, [mine(tip, tip.time + 1201, EASY)])
    assert extend(TESTNET4_LIKE, tip, [mine(tip, tip.time + 600, HARDER)])[0].bits == HARDER


def ended_by_an_easy_block(rules: HeaderRules) -> Tip:
    """A period of the right length, of which the last block is an easy one."""
    times = range(START + 600, START + (PERIOD - 1) * 600, 600)
    tip, _ = grown(rules, first_block(HARDER), times, HARDER)
    return grown(rules, tip, [tip.time + 1201], EASY)[0]


def test_testnet4_keeps_its_difficulty_through_an_easy_last_block_and_testnet3_loses_it() -> None:
    tip = ended_by_an_easy_block(TESTNET4_LIKE)
    assert target_of(expected_bits(TESTNET4_LIKE, tip, tip.time + 600)) < 2 * target_of(HARDER)
    assert target_of(expected_bits(TESTNET3_LIKE, tip, tip.time + 600)) > 2 * target_of(HARDER)


def test_testnet4_refuses_to_begin_a_period_more_than_ten_minutes_in_the_past() -> None:
    tip = one_period(TESTNET4_LIKE, EASY, 600)
    bits = expected_bits(TESTNET4_LIKE, tip, tip.time)
    assert refused(TESTNET4_LIKE, tip, [mine(tip, tip.time - 601, bits)]) == (Flaw.TIME, PERIOD)
    assert extend(TESTNET4_LIKE, tip, [mine(tip, tip.time - 600, bits)])[0].height == PERIOD
    assert extend(TESTNET3_LIKE, tip, [mine(tip, tip.time - 601, bits)])[0].height == PERIOD
