"""Shelley addresses (CIP-19): a header byte, one or two parts, Bech32 without a length limit of its own."""

from dataclasses import dataclass

from pillarbox.bitcoin import bech32
from pillarbox.bitcoin.script import AddressUnreadableError

LIMIT = 256
"""Longest text that is read. The longest pointer address that can exist has 111 characters."""

_HASH = 28
_PREFIXES = {(False, 0): "addr_test", (False, 1): "addr", (True, 0): "stake_test", (True, 1): "stake"}


@dataclass(frozen=True, slots=True)
class Pointer:
    """Where a stake key was registered: slot, transaction in it, certificate in that."""

    slot: int
    transaction: int
    certificate: int


@dataclass(frozen=True, slots=True)
class ShelleyAddress:
    """`network`: 0 for the test networks, 1 for mainnet. Hashes are BLAKE2b-224, 28 bytes.

    With `payment` and `stake`: a base or pointer address; `payment` alone: enterprise; `stake` alone: reward.
    `by_script` says of each hash whether it is a script's.
    """

    network: int
    payment: bytes | None = None
    stake: bytes | Pointer | None = None
    payment_by_script: bool = False
    stake_by_script: bool = False


def encode(address: ShelleyAddress) -> str:
    """The text of an address. Raises ValueError for parts that do not make one."""
    prefix = _PREFIXES.get((address.payment is None, address.network))
    if prefix is None:
        raise ValueError("the network is 0 or 1")
    return bech32.encode(prefix, bech32.to_values(to_bytes(address)), bech32.Variant.BECH32)


def to_bytes(address: ShelleyAddress) -> bytes:
    """Header and parts. Raises ValueError for parts that do not make an address."""
    payment, stake = address.payment or b"", address.stake
    tail = _pointer_bytes(stake) if isinstance(stake, Pointer) else stake or b""
    hashes = [part for part in (address.payment, stake) if isinstance(part, bytes)]
    if any(len(part) != _HASH for part in hashes) or not payment + tail:
        raise ValueError("a hash has 28 bytes, and an address has one at least")
    return bytes([_kind(address) << 4 | address.network]) + payment + tail


def _kind(address: ShelleyAddress) -> int:
    if address.payment is None:
        return 14 + address.stake_by_script
    if address.stake is None:
        return 6 + address.payment_by_script
    if isinstance(address.stake, Pointer):
        return 4 + address.payment_by_script
    return 2 * address.stake_by_script + address.payment_by_script


def decode(text: str) -> ShelleyAddress:
    """The inverse of `encode`; all upper case is read too. Raises AddressUnreadableError."""
    try:
        prefix, values, variant = bech32.decode(text, LIMIT)
        raw = bech32.from_values(values)
    except bech32.Bech32Error as error:
        raise AddressUnreadableError(why=str(error)) from error
    if variant is not bech32.Variant.BECH32:
        raise AddressUnreadableError(why="its checksum is of another kind")
    address = from_bytes(raw)
    if _PREFIXES[address.payment is None, address.network] != prefix:
        raise AddressUnreadableError(why="its beginning names another network or kind than its content")
    return address


def from_bytes(raw: bytes) -> ShelleyAddress:
    """The inverse of `to_bytes`. Raises AddressUnreadableError."""
    kind, network = (raw[0] >> 4, raw[0] & 15) if raw else (8, 0)
    if network > 1:
        raise AddressUnreadableError(why="it is of an unknown network")
    first, rest = raw[1 : 1 + _HASH], raw[1 + _HASH :]
    script = bool(kind & 1)
    if kind < 4:
        address = ShelleyAddress(network, first, rest, script, bool(kind & 2))
    elif kind < 6:
        address = ShelleyAddress(network, first, _pointer(rest), script)
    elif kind < 8:
        address = ShelleyAddress(network, first, None, script)
    elif kind >= 14:
        address = ShelleyAddress(network, None, first, False, script)
    else:
        raise AddressUnreadableError(why="it is of an unknown kind")
    hashes = [part for part in (address.payment, address.stake) if isinstance(part, bytes)]
    if any(len(part) != _HASH for part in hashes) or to_bytes(address) != raw:
        raise AddressUnreadableError(why="it is too short, too long, or not written in the one proper way")
    return address


def _pointer(data: bytes) -> Pointer:
    numbers, number = [], 0
    for byte in data:
        number = number << 7 | byte & 127
        if byte < 128:
            numbers.append(number)
            number = 0
    if len(numbers) != 3 or max(numbers) >= 1 << 64:
        raise AddressUnreadableError(why="its pointer is damaged")
    return Pointer(*numbers)


def _pointer_bytes(pointer: Pointer) -> bytes:
    return b"".join(map(_varint, (pointer.slot, pointer.transaction, pointer.certificate)))


def _varint(number: int) -> bytes:
    """Seven bits a byte, highest first; every byte but the last has its top bit set."""
    digits = [number & 127]
    while number := number >> 7:
        digits.append(number & 127 | 128)
    return bytes(reversed(digits))
