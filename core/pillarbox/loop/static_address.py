"""Loop's static addresses: spent by client and server together at once, by the client alone after `expiry`.

Protocol version 0: a taproot output whose internal key is both keys' aggregate (BIP327, sorted), with one
leaf, `<client> OP_CHECKSIGVERIFY <expiry> OP_CHECKSEQUENCEVERIFY`.
"""

from dataclasses import dataclass
from functools import cached_property

from coincurve import PublicKey

from pillarbox.bitcoin import taproot
from pillarbox.bitcoin.key_aggregation import aggregate, sort_keys
from pillarbox.bitcoin.script import witness_script
from pillarbox.errors import PillarboxError

PROTOCOL_VERSION = 0
LONGEST_EXPIRY = 28_800
"""Blocks, about 200 days: the longest that is accepted of a server."""
MOST_BLOCKS = 0xFFFF
"""The longest expiry that BIP68 can hold, and its bits that count blocks."""
_CHECKSIGVERIFY, _CHECKSEQUENCEVERIFY = 0xAD, 0xB2
_ONE = 0x51


class StaticAddressError(PillarboxError):
    """Parameters: why."""

    code = "static-address-refused"
    title = "These are no parameters of a static address"
    message = "{why}. Nothing was paid to such an address, and none is shown."
    hint = "Try again later. If it stays so, another server has to be asked."


@dataclass(frozen=True)
class StaticAddress:
    """What an address is made of. Keys are compressed, 33 bytes; `expiry` is the output's age in blocks."""

    client_key: bytes
    server_key: bytes
    expiry: int

    @cached_property
    def timeout_script(self) -> bytes:
        expiry = script_number(self.expiry)
        return (
            b"\x20"
            + self.client_key[1:]
            + bytes((_CHECKSIGVERIFY,))
            + expiry
            + bytes((_CHECKSEQUENCEVERIFY,))
        )

    @cached_property
    def internal_key(self) -> PublicKey:
        return aggregate(sort_keys([self.client_key, self.server_key]))

    @cached_property
    def output_key(self) -> PublicKey:
        return taproot.tweaked(self.internal_key, taproot.leaf_hash(self.timeout_script))

    @property
    def script(self) -> bytes:
        """The output script that is paid to."""
        return witness_script(1, self.output_key.format()[1:])

    @property
    def control_block(self) -> bytes:
        """What the spender by time-out shows beside the script."""
        return taproot.control_block(self.internal_key, self.output_key)


def require_served(server_key: bytes, expiry: int) -> None:
    """Take a server's answer for what it is: a stranger's. Raises StaticAddressError."""
    require_key(server_key, "server")
    if not expiry:
        raise StaticAddressError(why="The server's waiting time is no blocks at all")
    if expiry & ~MOST_BLOCKS:
        raise StaticAddressError(why="The server's waiting time is no count of blocks")
    if expiry > LONGEST_EXPIRY:
        raise StaticAddressError(
            why=f"The server wants {expiry} blocks of waiting, and {LONGEST_EXPIRY} are the most"
        )


def require_key(key: bytes, whose: str) -> None:
    """Raises StaticAddressError for bytes that are no compressed key on the curve."""
    if len(key) != 33:
        raise StaticAddressError(why=f"The {whose}'s key has {len(key)} bytes, not 33")
    try:
        PublicKey(key)
    except ValueError as error:
        raise StaticAddressError(why=f"The {whose}'s key is none") from error


def script_number(number: int) -> bytes:
    """A positive number as the shortest push that a script may hold (BIP62)."""
    if 1 <= number <= 16:
        return bytes((_ONE - 1 + number,))
    data = number.to_bytes(number.bit_length() // 8 + 1, "little")
    return bytes((len(data),)) + data
