"""From a public key to an address: the script types that one key alone can spend."""

from collections.abc import Callable

from coincurve import PublicKey

from pillarbox.bitcoin.hashes import hash160
from pillarbox.bitcoin.script import AddressFormat, p2pkh_script, p2sh_script, witness_head
from pillarbox.bitcoin.taproot import output_key
from pillarbox.keys.extended_key import ScriptType

AddressMaker = Callable[[PublicKey], tuple[str, bytes]]
"""Public key -> address text and output script. Raises ValueError where the key has no address."""


def address_maker(script: ScriptType, form: AddressFormat) -> AddressMaker:
    """What turns public keys into addresses of one script type on one network."""
    match script:
        case ScriptType.P2PKH:
            return _p2pkh(form)
        case ScriptType.P2SH_P2WPKH:
            return _p2sh_p2wpkh(form)
        case ScriptType.P2WPKH:
            return _p2wpkh(form)
        case ScriptType.P2TR:
            return _p2tr(form)


def _p2pkh(form: AddressFormat) -> AddressMaker:
    def make(key: PublicKey) -> tuple[str, bytes]:
        key_hash = hash160(key.format())
        return form.p2pkh_address(key_hash), p2pkh_script(key_hash)

    return make


def _p2sh_p2wpkh(form: AddressFormat) -> AddressMaker:
    head = witness_head(0, 20)

    def make(key: PublicKey) -> tuple[str, bytes]:
        script_hash = hash160(head + hash160(key.format()))
        return form.p2sh_address(script_hash), p2sh_script(script_hash)

    return make


def _p2wpkh(form: AddressFormat) -> AddressMaker:
    encode, head = form.witness_encoder(0, 20).encode, witness_head(0, 20)

    def make(key: PublicKey) -> tuple[str, bytes]:
        key_hash = hash160(key.format())
        return encode(key_hash), head + key_hash

    return make


def _p2tr(form: AddressFormat) -> AddressMaker:
    encode, head = form.witness_encoder(1, 32).encode, witness_head(1, 32)

    def make(key: PublicKey) -> tuple[str, bytes]:
        output = output_key(key)
        return encode(output), head + output

    return make
