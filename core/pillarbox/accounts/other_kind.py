"""A public key that says it is for another coin or script type than the account to make of it."""

from collections.abc import Mapping
from types import MappingProxyType

from pillarbox.errors import PillarboxError
from pillarbox.keys.extended_key import ExtendedKey, ScriptType
from pillarbox.model.network import BITCOIN, Coin

_SCRIPT_WORDS: Mapping[ScriptType, str] = MappingProxyType(
    {
        ScriptType.P2PKH: "legacy addresses",
        ScriptType.P2SH_P2WPKH: "nested SegWit addresses",
        ScriptType.P2WPKH: "SegWit addresses",
        ScriptType.P2TR: "Taproot addresses",
    }
)


class KeyKindError(PillarboxError):
    """Parameters: found, wanted, advice."""

    code = "key-other-kind"
    title = "This key is meant for another kind of account"
    message = (
        "It says that it is for {found}, and the account to make is {wanted}. "
        "The addresses would not be the ones expected."
    )
    hint = "{advice}"


def other_kind(key: ExtendedKey, wanted: str, coin: Coin) -> KeyKindError:
    """`wanted` is the kind of the account to make, `coin` its coin. Only kinds that exist are advised."""
    from pillarbox.accounts import KINDS  # noqa: PLC0415  # the list is made of the kinds that ask here

    titles = {kind.coin.name: kind.coin.title for kind in KINDS}
    script_words = "" if key.script is None else _SCRIPT_WORDS[key.script]
    found = ", ".join(filter(None, (titles.get(key.coin, key.coin), script_words)))
    scripts = tuple(ScriptType) if key.script is None else (key.script,)
    coins = (key.coin,) if key.coin else (coin.name, BITCOIN.name)
    by_coin = ([f"{name}-{script}" for script in scripts if f"{name}-{script}" in KINDS] for name in coins)
    takers = next(filter(None, by_coin), [])
    again = f"xport the key again for {wanted}."
    advice = f"Add an account of kind {' or '.join(takers)}, or e{again}" if takers else f"E{again}"
    return KeyKindError(found=found, wanted=wanted, advice=advice)
