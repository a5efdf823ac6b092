"""Taproot output keys (BIP341), spent by key alone (BIP86)."""

from coincurve import PublicKey

from pillarbox.bitcoin.hashes import tagged_hash
from pillarbox.bitcoin.serialization import sized

GROUP_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


def output_key(internal: PublicKey, merkle_root: bytes = b"") -> bytes:
    """The x coordinate (32 bytes) of the internal key tweaked by `merkle_root`; empty: no script path.

    The tweak is added to the even one of the key's two points. For an odd point P it is taken off instead:
    P - tG and -P + tG have one x coordinate, and finding -P would cost a square root.
    Raises ValueError where BIP341 knows no output key (once in 2^128).
    """
    point = internal.format()
    tweak = tagged_hash("TapTweak", point[1:] + merkle_root)
    if point[0] == 3:
        number = int.from_bytes(tweak, "big")
        if number >= GROUP_ORDER:
            raise ValueError("the tweak is outside the group")
        tweak = ((GROUP_ORDER - number) % GROUP_ORDER).to_bytes(32, "big")
    return internal.add(tweak).format()[1:]


def lift_x(x_only: bytes) -> PublicKey:
    """The even point with this x coordinate (32 bytes). Raises ValueError where the curve has none."""
    return PublicKey(b"\x02" + x_only)


LEAF_VERSION = 0xC0
"""Of a tapscript (BIP342)."""


def leaf_hash(script: bytes) -> bytes:
    """The hash of a tapscript: the Merkle root, where it is the only leaf."""
    return tagged_hash("TapLeaf", bytes((LEAF_VERSION,)) + sized(script))


def tweaked(internal: PublicKey, merkle_root: bytes) -> PublicKey:
    """The output key as a point, whose oddness a control block tells. Raises ValueError as `output_key`."""
    even = lift_x(internal.format()[1:])
    return even.add(tagged_hash("TapTweak", even.format()[1:] + merkle_root))


def control_block(internal: PublicKey, output: PublicKey) -> bytes:
    """What a spender of the only leaf shows beside its script: 33 bytes."""
    return bytes((LEAF_VERSION | output.format()[0] & 1,)) + internal.format()[1:]
