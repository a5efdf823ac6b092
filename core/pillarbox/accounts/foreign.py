"""Names texts of other coins and systems that people take for an address. Only where it is certain."""

import re

from pillarbox.accounts.secret_texts import holds_private_key
from pillarbox.bitcoin.script import AddressUnknownError


class PrivateKeyNotAddressError(AddressUnknownError):
    """No parameters: the key itself is in no message."""

    code = "private-key-not-address"
    title = "This is a private key, not an address"
    message = "This is a private key: whoever sees it can take its money. Pillarbox did not keep it."
    hint = "Show it to nobody, and clear the clipboard if you pasted it. Give an address instead."


class ForeignAddressError(AddressUnknownError):
    """Parameters: what."""

    code = "address-foreign"
    title = "This is {what}"
    message = "This is {what}. Pillarbox makes and watches no such thing, so it says nothing more of it."
    hint = "Look at it with the program that it came from."


_HEX, _BASE58 = "[0-9a-fA-F]", "[1-9A-HJ-NP-Za-km-z]"
_FORMS = (
    (rf"0x{_HEX}{{40}}", "an Ethereum address"),
    (r"ln(bc|tb|bcrt|tbs)[0-9]*[munp]?1[02-9ac-hj-np-z]{50,}", "a Lightning invoice, which is paid once"),
    (r"lno1[02-9ac-hj-np-z]{20,}", "a Lightning offer"),
    (r"lnurl1[02-9ac-hj-np-z]{20,}", "a Lightning link (LNURL)"),
    (r"t?ark1[02-9ac-hj-np-z]{40,}", "an Ark address"),
    (rf"[48]{_BASE58}{{94}}", "a Monero address"),
    (rf"4{_BASE58}{{105}}", "a Monero address with a payment id"),
    (rf"r{_BASE58}{{24,34}}", "an address of the XRP Ledger"),
    (rf"T{_BASE58}{{33}}", "a Tron address"),
    (rf"t[13]{_BASE58}{{33}}", "a transparent Zcash address"),
    (r"zs1[02-9ac-hj-np-z]{75}", "a shielded Zcash address"),
    (r"cosmos1[02-9ac-hj-np-z]{38}", "a Cosmos address"),
    (r"simpleledger:[02-9ac-hj-np-z]{42}", "an address for tokens on Bitcoin Cash (SLP)"),
    (r"[xyztuvXYZTUV]pub[1-9A-HJ-NP-Za-km-z]{100,}", "an extended public key, not an address"),
    (r"acct_xvk1[02-9ac-hj-np-z]{50,}", "a Cardano account's public key, not an address"),
)


def refusal_of(text: str) -> AddressUnknownError | None:
    """What to say of a text that is certain to be something else than an address of ours; None of others."""
    if holds_private_key(text):
        return PrivateKeyNotAddressError()
    what = name_of(text)
    return None if what is None else ForeignAddressError(what=what)


def name_of(text: str) -> str | None:
    """What a text is, such as "an Ethereum address"; None where its form does not tell."""
    plain = text.lower() if text.isupper() else text
    return next((name for form, name in _FORMS if re.fullmatch(form, plain)), None)
