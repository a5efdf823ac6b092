"""Tells texts that hold a private key, so that none is taken where others can read it."""

import re

_BASE58, _BECH32 = "[1-9A-HJ-NP-Za-km-z]", "[02-9ac-hj-np-z]"
_FORMS = (
    rf"(?<!\w)[xyztuvXYZTUV]prv{_BASE58}{{20,}}",
    rf"(?<!\w)(?:[LMt]tpv|[dt]gpv|drkv){_BASE58}{{20,}}",
    rf"(?i:(?<![a-z])[a-z]+_x?sk1{_BECH32}{{20,}})",
    rf"(?i:(?<!\w)nsec1{_BECH32}{{20,}})",
    rf"(?<!\w)[5KL9c67XTQ]{_BASE58}{{50,51}}(?!\w)",
    rf"(?<!\w)6P{_BASE58}{{56}}(?!\w)",
)
"""BIP32 and SLIP-132; the same of other coins; Cardano (CIP-5); Nostr; WIF of each coin; BIP38."""
_PRIVATE = re.compile("|".join(_FORMS))


def holds_private_key(text: str) -> bool:
    """Whether a private key stands somewhere in the text, whole or damaged."""
    return _PRIVATE.search(text) is not None
