"""What a guess at a passphrase costs."""

import asyncio

import pytest

from pillarbox.secret import Secret
from pillarbox.vault.passphrase import Cost, derive_key


@pytest.mark.parametrize(
    "cost", [(1024, 3, 4), (65_536, 2, 4), (65_536, 3, 0), (1 << 40, 3, 4), (65_536, 99, 4)]
)
def test_a_cost_out_of_bounds_is_refused(cost: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="bounds"):
        Cost(*cost)


async def test_salt_cost_and_passphrase_all_matter() -> None:
    base = await derive_key(Secret(b"a"), b"s" * 16, Cost())
    assert len(base) == 32
    assert base == await derive_key(Secret(b"a"), b"s" * 16, Cost())
    assert base != await derive_key(Secret(b"b"), b"s" * 16, Cost())
    assert base != await derive_key(Secret(b"a"), b"t" * 16, Cost())
    assert base != await derive_key(Secret(b"a"), b"s" * 16, Cost(passes=4))


async def test_a_passphrase_that_is_no_text_is_taken_as_it_is() -> None:
    assert await derive_key(Secret(b"\xff\xfe"), b"s" * 16, Cost()) != await derive_key(
        Secret(b"\xff"), b"s" * 16, Cost()
    )


async def test_several_may_ask_at_once() -> None:
    asks = (derive_key(Secret(b"a"), bytes([n]) * 16, Cost()) for n in range(4))
    keys = await asyncio.wait_for(asyncio.gather(*asks), 60)
    assert len({key.reveal() for key in keys}) == 4
