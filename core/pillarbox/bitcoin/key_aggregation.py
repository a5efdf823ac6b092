"""MuSig2 key aggregation (BIP327): several keys as one. No signing."""

from collections.abc import Sequence

from coincurve import PublicKey

from pillarbox.bitcoin.hashes import tagged_hash
from pillarbox.bitcoin.taproot import GROUP_ORDER

_ONE = (1).to_bytes(32, "big")


def sort_keys(keys: Sequence[bytes]) -> list[bytes]:
    """BIP327 KeySort: compressed keys (33 bytes each) in the order of their bytes."""
    return sorted(keys)


def aggregate(keys: Sequence[bytes]) -> PublicKey:
    """BIP327 KeyAgg of compressed keys, in the order given; sort them where no order is agreed on.

    Raises ValueError for no key, for one that is no point of the curve or not compressed, and where the sum
    is none (which nobody can bring about).
    """
    if not keys:
        raise ValueError("there is no key to aggregate")
    points = [_point(key) for key in keys]
    all_keys = tagged_hash("KeyAgg list", b"".join(keys))
    second = next((key for key in keys if key != keys[0]), b"")
    weighed = [
        point.multiply(_coefficient(all_keys, key, second)) for key, point in zip(keys, points, strict=True)
    ]
    return PublicKey.combine_keys(weighed) if len(weighed) > 1 else weighed[0]


def _point(key: bytes) -> PublicKey:
    if len(key) != 33:
        raise ValueError("a compressed public key has 33 bytes")
    return PublicKey(key)


def _coefficient(all_keys: bytes, key: bytes, second: bytes) -> bytes:
    if key == second:
        return _ONE
    hashed = int.from_bytes(tagged_hash("KeyAgg coefficient", all_keys + key), "big")
    return (hashed % GROUP_ORDER).to_bytes(32, "big")
