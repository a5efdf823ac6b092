"""Invoices of the Lightning network (BOLT 11): read with their signature checked, and signed."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from coincurve import PrivateKey, PublicKey
from coincurve.ecdsa import cdata_to_der, deserialize_compact

from pillarbox.bitcoin import bech32
from pillarbox.bitcoin.bech32 import Bech32Error, Variant
from pillarbox.errors import PillarboxError
from pillarbox.model.network import Network
from pillarbox.secret import Secret

LONGEST = 7_089
"""Characters: what the largest QR code holds."""
DEFAULT_EXPIRY = 3_600
"""Seconds."""
_LONGEST_EXPIRY = 1 << 62
"""Seconds: what a database can still count."""
_PREFIXES: Mapping[str, Network] = MappingProxyType(
    {"bc": Network.MAINNET, "tb": Network.TESTNET, "tbs": Network.SIGNET, "bcrt": Network.REGTEST}
)
_HEAD = re.compile(r"ln(bcrt|bc|tbs|tb)(?:([1-9][0-9]{0,18})([munp]?))?", re.ASCII)
_PICO = {"": 10**12, "m": 10**9, "u": 10**6, "n": 10**3, "p": 1}
"""How many pico-bitcoin, tenths of a millisatoshi, a unit has."""
_PAYMENT_HASH, _SECRET, _DESCRIPTION, _PAYEE, _DESCRIPTION_HASH, _EXPIRY, _FEATURES = 1, 16, 13, 19, 23, 6, 5
_ONCE = (_PAYMENT_HASH, _SECRET, _DESCRIPTION, _PAYEE, _DESCRIPTION_HASH, _EXPIRY, _FEATURES)
_SIZES = {_PAYMENT_HASH: 52, _SECRET: 52, _DESCRIPTION_HASH: 52, _PAYEE: 53}
"""In 5-bit values; a field of another size is passed over."""
_TIME_VALUES, _SIGNATURE_VALUES = 7, 104
_KNOWN_FEATURES = frozenset({8, 14, 16, 24, 48})
"""That an invoice may require: TLV onion, payment secret, several parts, blinded routes, metadata."""


class Flaw(StrEnum):
    """Why a text is no invoice."""

    PREFIX = "it is not of the form ln..., with a network that is known"
    AMOUNT = "its amount is finer than a millisatoshi"
    SHORT = "it ends too early"
    FIELD = "a field in it reaches past its end"
    TWICE = "it gives one value twice"
    NO_HASH = "it has no payment hash"
    TEXT = "its description is damaged"
    EXPIRY = "it ends later than any time does"
    SIGNATURE = "its signature is not the payee's"


class InvoiceError(PillarboxError):
    """Parameters: why."""

    code = "invoice-unreadable"
    title = "This invoice cannot be read"
    message = "Reading it failed: {why}. Nothing was paid."
    hint = "Ask for a new invoice."


@dataclass(frozen=True, slots=True)
class Invoice:
    """`amount_msat` in millisatoshi, None where the payer chooses; times in Unix seconds.

    `payee`: compressed key. `payment_secret`: empty in the oldest ones, which no node pays any more.
    """

    network: Network
    amount_msat: int | None
    made_at: int
    payment_hash: bytes
    payment_secret: bytes
    description: str
    expiry: int
    features: frozenset[int]
    payee: bytes

    @property
    def ends_at(self) -> int:
        """From then on it is paid no more."""
        return self.made_at + self.expiry

    @property
    def unknown_requirements(self) -> frozenset[int]:
        """Feature bits that a payer must know, and this version does not."""
        return frozenset(bit for bit in self.features if bit % 2 == 0 and bit not in _KNOWN_FEATURES)


def parse(text: str) -> Invoice:
    """Raises InvoiceError."""
    try:
        prefix, values, variant = bech32.decode(text.strip(), LONGEST)
    except Bech32Error as error:
        raise InvoiceError(why=error.refusal.value) from error
    found = _HEAD.fullmatch(prefix)
    if found is None or variant is not Variant.BECH32:
        raise InvoiceError(why=Flaw.PREFIX.value)
    if len(values) < _TIME_VALUES + _SIGNATURE_VALUES:
        raise InvoiceError(why=Flaw.SHORT.value)
    signed, signature = values[:-_SIGNATURE_VALUES], bech32.from_values(values[-_SIGNATURE_VALUES:])
    fields = dict(_fields(signed[_TIME_VALUES:]))
    if _PAYMENT_HASH not in fields:
        raise InvoiceError(why=Flaw.NO_HASH.value)
    return Invoice(
        network=_PREFIXES[found[1]],
        amount_msat=_amount(found[2], found[3]),
        made_at=_number(signed[:_TIME_VALUES]),
        payment_hash=_data(fields[_PAYMENT_HASH]),
        payment_secret=_data(fields.get(_SECRET, b"")),
        description=_description(fields),
        expiry=_expiry(fields),
        features=_features(fields.get(_FEATURES, b"")),
        payee=_payee(_digest(prefix, signed), signature, _data(fields.get(_PAYEE, b""))),
    )


def sign(invoice: Invoice, key: Secret) -> str:
    """The text of an invoice, signed with its payee's private key (32 bytes)."""
    name = next(name for name, network in _PREFIXES.items() if network is invoice.network)
    prefix = f"ln{name}{_amount_text(invoice.amount_msat)}"
    values = _values(invoice.made_at, _TIME_VALUES)
    values += _field(_PAYMENT_HASH, bech32.to_values(invoice.payment_hash))
    values += _field(_SECRET, bech32.to_values(invoice.payment_secret))
    values += _field(_DESCRIPTION, bech32.to_values(invoice.description.encode()))
    values += _field(_EXPIRY, _values(invoice.expiry))
    values += _field(_FEATURES, _values(sum(1 << bit for bit in invoice.features)))
    signature = PrivateKey(key.reveal()).sign_recoverable(_digest(prefix, values), hasher=None)
    return bech32.encode(prefix, values + bech32.to_values(signature), Variant.BECH32)


def _amount(digits: str | None, unit: str | None) -> int | None:
    if digits is None:
        return None
    amount, rest = divmod(int(digits) * _PICO[unit or ""], 10)
    if rest:
        raise InvoiceError(why=Flaw.AMOUNT.value)
    return amount


def _amount_text(amount: int | None) -> str:
    if amount is None:
        return ""
    unit = next(unit for unit, pico in _PICO.items() if amount * 10 % pico == 0)
    return f"{amount * 10 // _PICO[unit]}{unit}"


def _fields(values: bytes) -> Iterator[tuple[int, bytes]]:
    """Those of their proper size, by kind. Raises InvoiceError."""
    seen: set[int] = set()
    at = 0
    while at < len(values):
        if at + 3 > len(values):
            raise InvoiceError(why=Flaw.FIELD.value)
        kind, size = values[at], values[at + 1] << 5 | values[at + 2]
        data = values[at + 3 : at + 3 + size]
        if len(data) < size:
            raise InvoiceError(why=Flaw.FIELD.value)
        at += 3 + size
        if kind not in _ONCE or size != _SIZES.get(kind, size):
            continue
        if kind in seen:
            raise InvoiceError(why=Flaw.TWICE.value)
        seen.add(kind)
        yield kind, data


def _description(fields: Mapping[int, bytes]) -> str:
    try:
        return _data(fields.get(_DESCRIPTION, b"")).decode()
    except UnicodeDecodeError as error:
        raise InvoiceError(why=Flaw.TEXT.value) from error


def _expiry(fields: Mapping[int, bytes]) -> int:
    seconds = _number(fields[_EXPIRY]) if _EXPIRY in fields else DEFAULT_EXPIRY
    if seconds > _LONGEST_EXPIRY:
        raise InvoiceError(why=Flaw.EXPIRY.value)
    return seconds


def _features(values: bytes) -> frozenset[int]:
    number = _number(values)
    return frozenset(bit for bit in range(5 * len(values)) if number >> bit & 1)


def _payee(digest: bytes, signature: bytes, named: bytes) -> bytes:
    """Who signed: the key that is named, or the one that the signature gives. Raises InvoiceError."""
    try:
        if not named:
            return PublicKey.from_signature_and_message(signature, digest, hasher=None).format()
        if PublicKey(named).verify(cdata_to_der(deserialize_compact(signature[:64])), digest, hasher=None):
            return named
    except Exception as error:  # what coincurve raises for a signature out of range is a bare one
        raise InvoiceError(why=Flaw.SIGNATURE.value) from error
    raise InvoiceError(why=Flaw.SIGNATURE.value)


def _digest(prefix: str, values: bytes) -> bytes:
    return hashlib.sha256(prefix.encode() + _padded(values)).digest()


def _number(values: bytes) -> int:
    number = 0
    for value in values:
        number = number << 5 | value
    return number


def _values(number: int, size: int = 0) -> bytes:
    """Big-endian 5-bit values, as few as will do, or `size` of them."""
    count = size or -(-number.bit_length() // 5)
    return bytes(number >> 5 * place & 31 for place in reversed(range(count)))


def _field(kind: int, values: bytes) -> bytes:
    return bytes((kind, len(values) >> 5, len(values) & 31)) + values


def _padded(values: bytes) -> bytes:
    """As bytes, zero bits added at the end."""
    padding = -len(values) * 5 % 8
    return (_number(values) << padding).to_bytes((len(values) * 5 + padding) // 8, "big")


def _data(values: bytes) -> bytes:
    """As bytes, without the bits that fill no byte."""
    return (_number(values) >> len(values) * 5 % 8).to_bytes(len(values) * 5 // 8, "big")
