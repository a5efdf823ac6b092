"""Output scripts, and the addresses that name them on each network."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from types import MappingProxyType

from pillarbox.bitcoin import base58, cashaddr
from pillarbox.bitcoin.base58 import Base58Error
from pillarbox.bitcoin.bech32 import Bech32Error, Refusal, WitnessEncoder, decode_witness
from pillarbox.bitcoin.cashaddr import CashAddrError
from pillarbox.errors import PillarboxError
from pillarbox.model.network import BITCOIN, BITCOIN_CASH, DASH, DOGECOIN, LITECOIN, Coin, Network


class AddressUnreadableError(PillarboxError):
    """Parameters: why."""

    code = "address-unreadable"
    title = "This is not an address that can be read"
    message = "Reading it failed: {why}. Money sent to a damaged address may be lost."
    hint = "Copy the whole address again from where it came from. Do not correct it by hand."


class AddressUnknownError(AddressUnreadableError):
    """Parameters: why."""

    code = "address-unknown"
    title = "This is no address Pillarbox knows"
    message = "It may belong to a coin that Pillarbox does not handle, or it may be damaged: {why}."
    hint = "Check which coin it is for, and copy it whole from where it came from."


class AddressNetworkError(PillarboxError):
    """Parameters: found, wanted."""

    code = "address-other-network"
    title = "This address belongs to another network"
    message = "It is a {found} address, and {wanted} is in use here. Money cannot move between the two."
    hint = "Ask for a {wanted} address, or open a wallet of the other network."


class OutputForm(StrEnum):
    """What a script demands of a spender, as far as the output itself tells."""

    P2PKH = "p2pkh"
    P2SH = "p2sh"
    P2WPKH = "p2wpkh"
    P2WSH = "p2wsh"
    P2TR = "p2tr"
    WITNESS = "witness"
    """A witness version or program size that has no meaning yet."""


@dataclass(frozen=True, slots=True)
class AddressFormat:
    """How one network writes addresses: Base58Check version bytes, and the Bech32 prefix or "".

    With `cash`, a CashAddr prefix, Base58Check is only read.
    """

    p2pkh: int
    p2sh: int
    prefix: str
    cash: str = ""

    def p2pkh_address(self, key_hash: bytes) -> str:
        if self.cash:
            return cashaddr.encode(self.cash, cashaddr.P2PKH, key_hash)
        return base58.encode_check(bytes((self.p2pkh,)) + key_hash)

    def p2sh_address(self, script_hash: bytes) -> str:
        if self.cash:
            return cashaddr.encode(self.cash, cashaddr.P2SH, script_hash)
        return base58.encode_check(bytes((self.p2sh,)) + script_hash)

    def witness_encoder(self, version: int, size: int) -> WitnessEncoder:
        """Writes the addresses of one witness version and program size."""
        return _witness_encoder(self.prefix, version, size)


@cache
def _witness_encoder(prefix: str, version: int, size: int) -> WitnessEncoder:
    return WitnessEncoder(prefix, version, size)


FORMATS: Mapping[Network, AddressFormat] = MappingProxyType(
    {
        Network.MAINNET: AddressFormat(0x00, 0x05, "bc"),
        Network.TESTNET: AddressFormat(0x6F, 0xC4, "tb"),
        Network.SIGNET: AddressFormat(0x6F, 0xC4, "tb"),
        Network.REGTEST: AddressFormat(0x6F, 0xC4, "bcrt"),
    }
)


COIN_FORMATS: Mapping[Coin, Mapping[Network, AddressFormat]] = MappingProxyType(
    {
        BITCOIN: FORMATS,
        DASH: MappingProxyType(
            {
                Network.MAINNET: AddressFormat(0x4C, 0x10, ""),
                Network.TESTNET: AddressFormat(0x8C, 0x13, ""),
                Network.REGTEST: AddressFormat(0x8C, 0x13, ""),
            }
        ),
        LITECOIN: MappingProxyType(
            {
                Network.MAINNET: AddressFormat(0x30, 0x32, "ltc"),
                Network.TESTNET: AddressFormat(0x6F, 0x3A, "tltc"),
                Network.REGTEST: AddressFormat(0x6F, 0x3A, "rltc"),
            }
        ),
        DOGECOIN: MappingProxyType(
            {
                Network.MAINNET: AddressFormat(0x1E, 0x16, ""),
                Network.TESTNET: AddressFormat(0x71, 0xC4, ""),
            }
        ),
        BITCOIN_CASH: MappingProxyType(
            {
                Network.MAINNET: AddressFormat(0x00, 0x05, "", "bitcoincash"),
                Network.TESTNET: AddressFormat(0x6F, 0xC4, "", "bchtest"),
                Network.REGTEST: AddressFormat(0x6F, 0xC4, "", "bchreg"),
            }
        ),
    }
)

_BASE58_LEADS: Mapping[Coin, str] = MappingProxyType(
    {BITCOIN: "123mn", DASH: "X7y89", LITECOIN: "LMmnQ", DOGECOIN: "D9An2", BITCOIN_CASH: ""}
)
_CASH_LEADS = ("q", "p")
"""How CashAddrs of 20 bytes begin where their prefix is left out."""
_BASE58_REST = re.compile(r"[1-9A-HJ-NP-Za-km-z]{25,34}")
"""How Base58 addresses look after their first letter, checksum aside."""


@dataclass(frozen=True, slots=True)
class Output:
    """What an output script holds: a hash or a key, and the witness version where there is one."""

    form: OutputForm
    program: bytes
    version: int | None = None

    @property
    def script(self) -> bytes:
        match self.form:
            case OutputForm.P2PKH:
                return p2pkh_script(self.program)
            case OutputForm.P2SH:
                return p2sh_script(self.program)
            case _:
                return witness_script(self.version or 0, self.program)


@dataclass(frozen=True, slots=True)
class ParsedAddress:
    """What an address says. Test networks share their encodings, so that it may fit several `networks`."""

    output: Output
    networks: tuple[Network, ...]


def p2pkh_script(key_hash: bytes) -> bytes:
    """OP_DUP OP_HASH160 <20 bytes> OP_EQUALVERIFY OP_CHECKSIG."""
    return b"\x76\xa9\x14" + key_hash + b"\x88\xac"


def p2sh_script(script_hash: bytes) -> bytes:
    """OP_HASH160 <20 bytes> OP_EQUAL (BIP16)."""
    return b"\xa9\x14" + script_hash + b"\x87"


def witness_head(version: int, size: int) -> bytes:
    """What stands before a witness program of `size` bytes (2 to 40) in its script."""
    return bytes((version + 0x50 if version else 0, size))


def witness_script(version: int, program: bytes) -> bytes:
    """OP_<version> <program> (BIP141): version 0 to 16, program of 2 to 40 bytes."""
    return witness_head(version, len(program)) + program


def witness_output(version: int, program: bytes) -> Output:
    forms = {(0, 20): OutputForm.P2WPKH, (0, 32): OutputForm.P2WSH, (1, 32): OutputForm.P2TR}
    return Output(forms.get((version, len(program)), OutputForm.WITNESS), program, version)


def parse_script(script: bytes) -> Output | None:
    """What an output script that has an address holds; None for any other script."""
    if len(script) == 25 and script == p2pkh_script(script[3:23]):
        return Output(OutputForm.P2PKH, script[3:23])
    if len(script) == 23 and script == p2sh_script(script[2:22]):
        return Output(OutputForm.P2SH, script[2:22])
    if 4 <= len(script) <= 42 and script[1] == len(script) - 2:
        version = script[0] and script[0] - 0x50
        if 0 <= version <= 16 and not (version == 0 and script[1] not in (20, 32)):
            return witness_output(version, script[2:])
    return None


def script_to_address(script: bytes, network: Network) -> str | None:
    """The address of an output script, or None where it has none."""
    output = parse_script(script)
    if output is None:
        return None
    form = FORMATS[network]
    if output.version is not None:
        return form.witness_encoder(output.version, len(output.program)).encode(output.program)
    if output.form is OutputForm.P2PKH:
        return form.p2pkh_address(output.program)
    return form.p2sh_address(output.program)


def _networks(coin: Coin, **wanted: int | str) -> tuple[Network, ...]:
    """The coin's networks whose format has these values."""
    return tuple(
        network
        for network, form in COIN_FORMATS[coin].items()
        if all(getattr(form, name) == value for name, value in wanted.items())
    )


def _parse_cash(text: str, prefixes: tuple[str, ...], coin: Coin) -> ParsedAddress:
    try:
        prefix, kind, program = cashaddr.decode(text, prefixes)
    except CashAddrError as error:
        if text.lower().startswith(tuple(f"{prefix}:" for prefix in prefixes)):
            raise AddressUnreadableError(why=str(error)) from error
        raise AddressUnknownError(why=str(error)) from error
    form = OutputForm.P2PKH if kind == cashaddr.P2PKH else OutputForm.P2SH
    return ParsedAddress(Output(form, program), _networks(coin, cash=prefix))


def _parse_base58(text: str, coin: Coin) -> ParsedAddress:
    try:
        payload = base58.decode_check(text)
    except Base58Error as error:
        if text[:1] in _BASE58_LEADS[coin] and _BASE58_REST.fullmatch(text, 1):
            raise AddressUnreadableError(why=str(error)) from error
        raise AddressUnknownError(why=str(error)) from error
    version, program = payload[:1], payload[1:]
    if len(payload) == 21:
        for form, networks in (
            (OutputForm.P2PKH, _networks(coin, p2pkh=version[0])),
            (OutputForm.P2SH, _networks(coin, p2sh=version[0])),
        ):
            if networks:
                return ParsedAddress(Output(form, program), networks)
    raise AddressUnknownError(why=f"its first byte or its length is not that of a {coin.title} address")


def parse_address(text: str, coin: Coin = BITCOIN) -> ParsedAddress:
    """What an address of any of the coin's networks says.

    Raises AddressUnreadableError for a damaged one, and its subclass AddressUnknownError for a text that
    does not look like one.
    """
    cash = tuple(form.cash for form in COIN_FORMATS[coin].values() if form.cash)
    if cash and (":" in text or text[:1].lower() in _CASH_LEADS):
        return _parse_cash(text, cash, coin)
    prefixes = [form.prefix for form in COIN_FORMATS[coin].values() if form.prefix]
    try:
        prefix, witness = decode_witness(prefixes, text)
    except Bech32Error as error:
        if text.lower().startswith(tuple(f"{prefix}1" for prefix in prefixes)):
            raise AddressUnreadableError(why=error.refusal.value) from error
        if error.refusal is Refusal.PREFIX:
            raise AddressUnknownError(why=error.refusal.value) from error
        return _parse_base58(text, coin)
    return ParsedAddress(witness_output(*witness), _networks(coin, prefix=prefix))


def address_to_script(text: str, network: Network) -> bytes:
    """The output script of an address on `network`.

    Raises AddressUnreadableError, or AddressNetworkError for an address of another network.
    """
    parsed = parse_address(text)
    if network not in parsed.networks:
        raise AddressNetworkError(found=parsed.networks[0], wanted=network)
    return parsed.output.script
